"""A column whose heading only may mean something is a guess that says so, or left unread and named; never silent."""

import pytest

from tests.support.sheet_factory import grid, notes, read, workbook

FINDING = "三会一课记录不规范"


@pytest.mark.parametrize(
    "heading", ["更新日期", "修改时间", "批准时间", "填表日期", "汇总时间", "会议时间", "移交日期"]
)
def test_a_date_that_is_no_limit_is_left_unread_and_named_beside_one_that_is(heading: str) -> None:
    rows = [("问题", "责任单位", heading, "整改时限"), (FINDING, "县教育局", "2027-06-30", "2026-12-31")]
    for order in (rows, [(*row[:2], row[3], row[2]) for row in rows]):
        reading = read(workbook(order))
        (finding,) = reading.findings
        assert (str(finding.due), finding.state) == ("2026-12-31", "understood"), notes(finding)
        assert any(heading in column for column in reading.unused)
        assert any(heading in remark for remark in reading.remarks)


@pytest.mark.parametrize("heading", ["更新日期", "批准时间", "检查时间", "发现日期"])
def test_a_date_of_something_else_is_no_limit_even_alone(heading: str) -> None:
    reading = read(workbook([("问题", "责任单位", heading), (FINDING, "县教育局", "2027-06-30")]))
    assert reading.findings[0].due is None
    assert any(heading in column for column in reading.unused)


@pytest.mark.parametrize("heading", ["填表日期", "会议时间", "调整后日期", "汇总时间（年月日）"])
def test_a_date_that_may_be_the_limit_is_a_guess_that_names_its_heading(heading: str) -> None:
    finding = grid([("问题", "责任单位", heading), (FINDING, "县教育局", "2027-06-30")]).findings[0]
    assert (str(finding.due), finding.state) == ("2027-06-30", "guessed")
    assert any(heading in note and "整改时限" in note for note in notes(finding).values())


@pytest.mark.parametrize(
    "heading", ["整改完成日期", "调整后时间", "计划时间", "最迟完成时间", "要求整改时间", "整改时限要求"]
)
def test_a_date_whose_heading_says_that_it_is_the_limit_is_understood(heading: str) -> None:
    finding = grid([("问题", "责任单位", heading), (FINDING, "县教育局", "2027-06-30")]).findings[0]
    assert (str(finding.due), finding.state) == ("2027-06-30", "understood"), notes(finding)


@pytest.mark.parametrize("heading", ["交办单位", "移交部门", "下达单位", "报送单位", "联系单位"])
def test_a_unit_that_may_not_be_the_one_to_act_is_not_taken_in_silence(heading: str) -> None:
    rows = [("问题", heading, "责任单位", "整改时限"), (FINDING, "县民政局", "县教育局", "2026-12-31")]
    beside = read(workbook(rows))
    assert beside.findings[0].lead_units == ("县教育局",)
    assert beside.findings[0].state == "understood", notes(beside.findings[0])
    assert any(heading in column for column in beside.unused)
    alone = read(workbook([("问题", heading, "整改时限"), (FINDING, "县民政局", "2026-12-31")])).findings[0]
    assert alone.state == "guessed"
    assert any(heading in note for note in notes(alone).values())


def test_the_leader_who_remarked_is_not_the_one_in_charge() -> None:
    rows = [
        ("问题", "责任单位", "批示领导", "责任领导", "整改时限"),
        (FINDING, "县教育局", "王一", "张三", "2026-12-31"),
    ]
    reading = read(workbook(rows))
    assert reading.findings[0].said("leader") == "张三"
    assert any("批示领导" in column for column in reading.unused)


def test_a_column_that_is_filled_in_further_rows_of_a_finding_only_is_named() -> None:
    rows = [
        ("序号", "问题", "整改措施", "责任单位", "整改时限", "所需经费"),
        (1, FINDING, "补齐记录", "县教育局", "2026-12-31", ""),
        ("", "", "定期检查", "", "", "三万元"),
        ("合计", "", "", "", "", ""),
    ]
    reading = read(workbook(rows))
    assert reading.findings[0].rows == (2, 3)
    assert reading.unused == ("F 列“所需经费”",)
    assert any("所需经费" in remark for remark in reading.remarks)
    under = [*rows[:2], ("", "", "", "", "", ""), ("", "", "", "", "", "制表：张三")]
    assert read(workbook(under)).unused == ()
