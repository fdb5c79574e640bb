"""Which columns are found under headings as people write them."""

import pytest

from tests.support.sheet_factory import HEADING, grid, ignored, notes

BODY = (1, "三会一课记录不规范", "规范记录", "县教育局", "张三", "李四", "2026-12-31", "")


@pytest.mark.parametrize(
    ("index", "spellings"),
    [
        (0, ["序号", "编号", "序 号", "序\n号", "问题编号", "No."]),
        (1, ["问题", "存在问题", "存在的问题", "问题描述", "反馈问题", "具体问题", "发现的问题", "主要问题",
        "突出问题", "存在　问题",
             "问题表现", "整改问题", "问题清单", "检查发现的主要问题", "巡察反馈问题（具体表现）", "“存在问题”"]),
        (2, ["整改措施", "整改举措", "措施", "具体整改措施", "整改措施（必填）", "整改\n措施", "整 改 措 施",
        "整改措施*", "拟采取的整改措施", "整改措施及进展"]),
        (3, ["责任单位", "整改责任单位", "承办单位", "责任部门", "牵头单位", "主责单位", "牵头责任单位",
        "责任\n单位", "整改单位",
             "责任单位（部门）", "责任单位:", "责任党支部"]),
        (4, ["责任领导", "分管领导", "牵头领导", "县级责任领导", "包抓领导", "责任领导（签字）"]),
        (5, ["责任人", "具体责任人", "联系人", "直接责任人", "经办人", "责任人（姓名）", "具体责任人及职务"]),
        (6, ["整改时限", "完成时限", "完成时间", "整改期限", "时限", "截止日期", "计划完成时间", "整改完成时限",
        "办结时限", "整改\r\n时限",
             "时间节点", "整改时限（年月日）", "预计完成整改时间"]),
    ],
)  # fmt: skip
def test_each_column_is_found_in_all_its_spellings(index: int, spellings: list[str]) -> None:
    for spelling in spellings:
        heading = [*HEADING]
        heading[index] = spelling
        finding = grid([heading, BODY]).findings[0]
        assert finding.title == "三会一课记录不规范", spelling
        assert finding.answers.get("measures", ()) == ("规范记录",), spelling
        assert finding.lead_units == ("县教育局",), spelling
        assert (finding.said("leader"), finding.state) == ("张三", "understood"), (spelling, notes(finding))
        assert finding.said("person") == "李四", spelling
        assert finding.due is not None, spelling


@pytest.mark.parametrize("spelling", ["整改目标", "目标", "预期目标", "整改标准", "目标要求"])
def test_the_goal_is_found(spelling: str) -> None:
    heading = ("问题", spelling, "责任单位", "完成时限")
    assert grid([heading, ("学习不够", "形成常态", "县教育局", "2026-12-31")]).findings[0].said("goal") == "形成常态"


def test_category_source_and_basis_are_found() -> None:
    heading = (
        "序号",
        "问题类别",
        "问题来源",
        "依据",
        "问题描述",
        "责任单位",
        "整改方式",
        "完成时限",
        "整改进展",
        "完成情况",
    )
    row = (1, "组织建设", "县委巡察", "云委发〔2026〕1号", "学习不够", "县教育局", "立行立改", "", "", "")
    finding = grid([heading, row]).findings[0]
    assert (finding.said("category"), finding.said("source"), finding.said("basis")) == (
        "组织建设",
        "县委巡察",
        "云委发〔2026〕1号",
    )
    assert (finding.kind, finding.due, finding.state) == ("at_once", None, "understood")


def test_a_two_row_heading_with_merged_groups_is_read() -> None:
    rows = [
        ("县直机关问题整改台账", "", "", "", "", "", "", ""),
        ("序号", "存在问题", "责任单位", "", "责任人", "", "整改时限", "备注"),
        ("", "", "牵头单位", "配合单位", "姓名", "联系电话", "", ""),
        (1, "学习不够", "县教育局", "县民政局", "李四", "13800000000", "2026-12-31", ""),
    ]
    merges = [(1, 1, 1, 8), (2, 3, 2, 4), (2, 5, 2, 6), *((2, c, 3, c) for c in (1, 2, 7, 8))]
    reading = grid(rows, merges)
    finding = reading.findings[0]
    assert (finding.rows, finding.lead_units, finding.co_units) == ((4,), ("县教育局",), ("县民政局",))
    assert (finding.said("person"), finding.state) == ("李四", "understood")
    assert ignored(reading) == {1: "标题", 2: "表头", 3: "表头"}
    assert reading.title == "县直机关问题整改台账"


def test_a_two_row_heading_without_merges_is_read_as_csv_has_it() -> None:
    rows = [
        ("序号", "存在问题", "责任单位", "", "整改时限"),
        ("", "", "牵头", "配合", ""),
        ("1", "学习不够", "县教育局", "县民政局", "2026-12-31"),
    ]
    finding = grid(rows).findings[0]
    assert (finding.rows, finding.lead_units, finding.co_units) == ((3,), ("县教育局",), ("县民政局",))


def test_a_group_row_that_is_no_heading_by_itself_is_read_with_the_row_below() -> None:
    rows = [
        ("序号", "问题情况", "", "整改安排", "", ""),
        ("", "类别", "具体问题", "措施", "责任单位", "时限"),
        (1, "学习", "学习不够", "加强学习", "县教育局", "2026-12-31"),
    ]
    reading = grid(rows, [(1, 1, 2, 1), (1, 2, 1, 3), (1, 4, 1, 6)])
    finding = reading.findings[0]
    assert (finding.title, finding.said("category"), finding.answers.get("measures", ())) == (
        "学习不够",
        "学习",
        ("加强学习",),
    )
    assert finding.rows == (3,)


def test_dates_in_the_progress_group_are_not_the_time_limit() -> None:
    rows = [
        ("问题", "责任单位", "整改时限", "完成情况", ""),
        ("", "", "", "是否完成", "完成时间"),
        ("学习不够", "县教育局", "2026-12-31", "否", "2026-01-01"),
    ]
    finding = grid(rows, [(1, 4, 1, 5), (1, 1, 2, 1), (1, 2, 2, 2), (1, 3, 2, 3)]).findings[0]
    assert str(finding.due) == "2026-12-31"
    assert finding.state == "understood"


def test_lines_above_the_heading_are_not_taken_for_it() -> None:
    rows = [
        ("附件1", "", "", ""),
        ("全县党建工作问题整改责任分解表", "", "", ""),
        ("填报单位：县委办", "", "填报日期：2026年11月20日", ""),
        ("", "", "", ""),
        ("存在问题", "整改措施", "责任单位", "整改时限"),
        ("学习不够", "加强学习", "县教育局", "2026-12-31"),
    ]
    reading = grid(rows, [(2, 1, 2, 4)])
    assert reading.findings[0].rows == (6,)
    assert sorted(ignored(reading)) == [1, 2, 3, 5]


def test_a_row_that_counts_the_columns_is_ignored() -> None:
    rows = [HEADING, ("1", "2", "3", "4", "5", "6", "7", "8"), BODY]
    reading = grid(rows)
    assert [finding.rows for finding in reading.findings] == [(3,)]
    assert ignored(reading)[2] == "栏目编号"


def test_the_register_may_begin_anywhere() -> None:
    rows = [(), (), ("", "", *HEADING), ("", "", *BODY)]
    reading = grid(rows)
    assert reading.findings[0].rows == (4,)
    assert sorted(reading.columns) == ["C", "D", "E", "F", "G", "H", "I", "J"]


def test_of_two_person_columns_the_more_exact_one_is_taken() -> None:
    rows = [
        ("问题", "责任单位", "联系人", "具体责任人", "完成时限"),
        ("学习不够", "县教育局", "王五", "李四", "2026-12-31"),
    ]
    assert grid(rows).findings[0].said("person") == "李四"


def test_start_times_are_not_the_time_limit() -> None:
    rows = [("问题", "责任单位", "开始时间", "完成时间"), ("学习不够", "县教育局", "2026-01-01", "2026-12-31")]
    assert str(grid(rows).findings[0].due) == "2026-12-31"


def test_supervising_units_are_not_responsible_ones() -> None:
    rows = [("问题", "督办单位", "责任单位", "完成时限"), ("学习不够", "县民政局", "县教育局", "2026-12-31")]
    assert grid(rows).findings[0].lead_units == ("县教育局",)
