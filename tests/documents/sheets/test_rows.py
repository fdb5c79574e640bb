"""Which rows are findings, which continue the one above, and which are no findings at all."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.sheet_factory import HEADING, TODAY, grid, ignored, notes, one

DUE = "2026-12-31"


def row(
    number: object, finding: object, measures: object = "改", units: object = "县教育局", due: object = DUE
) -> tuple[object, ...]:
    return (number, finding, measures, units, "", "", due, "")


def test_a_merged_finding_with_several_measures_is_one_finding() -> None:
    rows = [
        HEADING,
        row(1, "学习不够", "订计划"),
        row("", "", "抓落实", "", ""),
        row("", "", "常检查", "", ""),
        row(2, "党费不清"),
    ]
    merges = [(2, c, 4, c) for c in (1, 2, 4, 7)]
    first, second = grid(rows, merges).findings
    assert (first.rows, first.answers.get("measures", ()), first.state) == (
        (2, 3, 4),
        ("订计划", "抓落实", "常检查"),
        "understood",
    )
    assert second.rows == (5,)


def test_an_unmerged_blank_finding_with_measures_continues_the_one_above() -> None:
    rows = [HEADING, row(1, "学习不够", "订计划"), row("", "", "抓落实", "", ""), row(2, "党费不清")]
    first, second = grid(rows).findings
    assert (first.rows, first.answers.get("measures", ()), first.state) == ((2, 3), ("订计划", "抓落实"), "understood")
    assert second.rows == (3 + 1,)


def test_a_new_number_without_a_finding_is_wrong_at_its_cell() -> None:
    findings = grid([HEADING, row(1, "学习不够"), row(2, "", "抓落实")]).findings
    assert [finding.state for finding in findings] == ["understood", "wrong"]
    assert "B3" in notes(findings[1])


def test_merged_units_and_dates_hold_for_all_their_rows() -> None:
    rows = [HEADING, row(1, "学习不够"), row(2, "党费不清", units="", due=""), row(3, "谈心少", units="", due="")]
    findings = grid(rows, [(2, 4, 4, 4), (2, 7, 4, 7)]).findings
    assert [finding.lead_units for finding in findings] == [("县教育局",)] * 3
    assert [str(finding.due) for finding in findings] == [DUE] * 3
    assert {finding.state for finding in findings} == {"understood"}


def test_continuing_rows_with_other_limits_take_the_latest_by_a_guess() -> None:
    rows = [HEADING, row(1, "学习不够", due="2026-12-10"), row("", "", "抓落实", "县民政局", "2026-12-31")]
    (finding,) = grid(rows, [(2, 1, 3, 1), (2, 2, 3, 2)]).findings
    assert (str(finding.due), finding.state) == ("2026-12-31", "guessed")
    assert finding.lead_units == ("县教育局", "县民政局")
    assert "G3" in notes(finding)


def test_the_same_number_and_finding_written_out_again_is_one_finding() -> None:
    rows = [HEADING, row(1, "学习不够", "订计划"), row(1, "学习不够", "抓落实")]
    (finding,) = grid(rows).findings
    assert finding.rows == (2, 3)


def test_as_above_is_taken_from_above_by_a_guess() -> None:
    findings = grid([HEADING, row(1, "学习不够"), row(2, "党费不清", units="同上", due="〃")]).findings
    assert (findings[1].lead_units, str(findings[1].due), findings[1].state) == (("县教育局",), DUE, "guessed")
    assert {"D3", "G3"} <= set(notes(findings[1]))


@pytest.mark.parametrize(
    "text", ["合计", "总计", "共计", "小计", "合 计", "合计：2个", "合计（2条）", "共2个问题", "共计2项", "总计2"]
)
def test_total_lines_are_no_findings(text: str) -> None:
    rows = [HEADING, row(1, "学习不够"), row(2, "党费不清"), (), (text, "2", "", "", "", "", "", "")]
    reading = grid(rows)
    assert [finding.rows for finding in reading.findings] == [(2,), (3,)]
    assert ignored(reading)[5] == "合计行"
    in_second_column = grid([*rows[:4], ("", text, "2", "", "", "", "", "")])
    assert ignored(in_second_column)[5] == "合计行"


@pytest.mark.parametrize(
    "text",
    [
        "填报人：张三", "审核人：李四", "填报日期：2026年11月20日", "注：一式两份", "说明：本表由各单位填写",
        "备注：以上均为初稿", "制表人：", "填表人: 张三",
        "单位负责人（签字）：", "联系电话：0571-12345678", "（盖章）", "注1：请认真填写", "主要负责人签字：",
        "以下空白", "（以下无正文）",
        "填报单位（盖章）：县委办",
    ],
)  # fmt: skip
def test_footers_are_no_findings(text: str) -> None:
    reading = grid([HEADING, row(1, "学习不够"), (text,), ("", text)])
    assert [finding.rows for finding in reading.findings] == [(2,)]
    assert sorted(ignored(reading)) == [1, 3, 4]


def test_a_footer_in_several_cells_is_no_finding() -> None:
    reading = grid([HEADING, row(1, "学习不够"), ("填报人：张三", "", "审核人：李四", "", "填报日期：2026.11.20")])
    assert len(reading.findings) == 1
    assert ignored(reading)[3] == "表尾"


def test_lines_after_a_note_belong_to_it() -> None:
    tail = [("注：1.请认真填写。",), ("2.请于月底前报送。",), ("3.联系人另行通知。",)]
    reading = grid([HEADING, row(1, "学习不够"), *tail])
    assert len(reading.findings) == 1
    assert sorted(ignored(reading)) == [1, 3, 4, 5]


@pytest.mark.parametrize("text", ["一、政治建设方面", "（一）政治建设方面", "政治建设方面", "一、政治建设方面（2个）"])
def test_a_section_is_the_category_of_what_follows(text: str) -> None:
    rows = [HEADING, (text,), row(1, "学习不够"), row(2, "党费不清"), ("二、作风建设方面",), row(3, "调研少")]
    for merges in ([], [(2, 1, 2, 8), (5, 1, 5, 8)]):
        reading = grid(rows, merges)
        assert [finding.said("category") for finding in reading.findings] == [
            "政治建设方面",
            "政治建设方面",
            "作风建设方面",
        ]
        assert [why for why in ignored(reading).values()] == ["表头", "小节标题", "小节标题"]


def test_a_section_in_the_finding_column_is_the_category_too() -> None:
    reading = grid([HEADING, ("", "一、政治建设方面"), row(1, "学习不够")])
    assert [(finding.said("category"), finding.rows) for finding in reading.findings] == [("政治建设方面", (3,))]


def test_a_section_whose_number_stands_in_its_own_cell_is_the_category_too() -> None:
    rows = [HEADING, ("一", "政治建设方面"), row(1, "学习不够"), ("（二）", "作风方面（1个）"), row(2, "调研少")]
    assert [finding.said("category") for finding in grid(rows).findings] == ["政治建设方面", "政治建设方面 / 作风方面"]


def test_a_signature_and_a_date_under_the_table_are_no_findings() -> None:
    table = [HEADING, row(1, "学习不够")]
    for under in ([()], [("合计", "1")], [("本表由各单位填写后报送",)]):
        signed = [*under, ("", "", "", "", "", "县委办公室"), ("", "", "", "", "", "", "2026年11月20日")]
        (finding,) = grid([*table, *signed]).findings
        assert (finding.rows, finding.state) == ((2,), "understood")


def test_sections_within_sections_are_joined() -> None:
    rows = [HEADING, ("一、政治建设",), ("（一）学习方面",), row(1, "学习不够"), ("二、作风",), row(2, "调研少")]
    assert [finding.said("category") for finding in grid(rows).findings] == ["政治建设 / 学习方面", "作风"]


def test_a_repeated_heading_is_no_finding() -> None:
    reading = grid([HEADING, row(1, "学习不够"), HEADING, row(2, "党费不清")])
    assert [finding.rows for finding in reading.findings] == [(2,), (4,)]
    assert ignored(reading)[3] == "重复的表头"


def test_a_second_table_with_other_columns_is_read_by_its_own_heading() -> None:
    second = ("序号", "责任单位", "问题", "完成时限", "整改措施")
    reading = grid([HEADING, row(1, "学习不够"), (), second, (1, "县民政局", "党费不清", DUE, "收齐")])
    assert reading.findings[1].lead_units == ("县民政局",)
    assert reading.findings[1].answers.get("measures", ()) == ("收齐",)


def test_numbers_without_content_and_examples_are_ignored() -> None:
    reading = grid([HEADING, ("例", "示例问题", "措施", "县教育局", "", "", DUE), row(1, "学习不够"), (2,), (3,)])
    assert [finding.rows for finding in reading.findings] == [(3,)]
    assert ignored(reading) == {1: "表头", 2: "填写示例", 4: "只有序号，没有内容", 5: "只有序号，没有内容"}


def test_blank_rows_are_passed_over_quietly() -> None:
    reading = grid([HEADING, (), row(1, "学习不够"), ("", " ", "　"), row(2, "党费不清"), ()])
    assert [finding.rows for finding in reading.findings] == [(3,), (5,)]
    assert ignored(reading) == {1: "表头"}


def test_a_finding_that_begins_like_a_total_or_a_note_is_still_a_finding() -> None:
    rows = [
        HEADING,
        row(1, "合计金额与明细不符"),
        row(2, "小计算机管理混乱"),
        row(3, "注重形式，轻视实效"),
        row(4, "说明材料缺失"),
        row(5, "共产党员教育薄弱"),
    ]
    assert len(grid(rows).findings) == 5


def test_a_missing_time_limit_is_a_guess_at_its_cell() -> None:
    finding = one(due="")
    assert (finding.state, finding.due, finding.kind) == ("guessed", None, "staged")
    assert "G2" in notes(finding)


def test_text_that_begins_like_a_formula_is_kept_as_text() -> None:
    for text in ("=学习不够", "+学习不够", "-学习不够", "@学习不够"):
        assert (one(finding=text).title, one(finding=text).state) == (text, "understood")


@pytest.mark.parametrize("sign", ["\x07", "\x0b", "\x1b", "\x7f", "\x85", "\u202e"])
def test_control_characters_are_wrong_at_their_cell(sign: str) -> None:
    for cell, finding in {
        "B2": one(finding=f"学习{sign}不够"),
        "C2": one(measures=f"改{sign}"),
        "H2": one(remark=sign + "x"),
    }.items():
        assert finding.state == "wrong"
        assert cell in notes(finding)
        assert sign not in finding.title + "".join(finding.answers.get("measures", ()))


def test_a_cell_that_is_too_long_is_wrong_at_its_cell() -> None:
    finding = one(measures="改" * 10_001)
    assert finding.state == "wrong"
    assert "C2" in notes(finding)


def test_a_number_is_no_finding() -> None:
    finding = one(finding=0)
    assert finding.state == "wrong"
    assert "B2" in notes(finding)


def test_progress_that_says_finished_is_a_guess() -> None:
    rows = [
        ("问题", "责任单位", "完成时限", "进展情况"),
        ("学习不够", "县教育局", DUE, "已完成"),
        ("党费不清", "县教育局", DUE, "已完成80%"),
    ]
    assert [finding.state for finding in grid(rows).findings] == ["guessed", "understood"]


def test_thousands_of_lone_lines_cost_little() -> None:
    began = time.monotonic()
    reading = grid([HEADING, row(1, "学习不够"), *[("某方面",)] * 4_000])
    assert len(reading.findings) == 1
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "sign", ["（", "( ", "一是", "1", "①", "牵头:a", "和", "2026年", " 　", "²", "填报人", "\n", "某方面"]
)
@pytest.mark.parametrize("column", range(8))
def test_a_cell_full_of_one_sign_costs_little_and_breaks_nothing(sign: str, column: int) -> None:
    cells: list[object] = list(row(2, "学习不够"))
    cells[column] = (sign * 10_000)[:10_000]
    began = time.monotonic()
    assert grid([HEADING, row(1, "学习不够"), cells]).findings
    assert time.monotonic() - began < 1


@settings(deadline=None, max_examples=200)
@given(st.lists(st.text(max_size=25), min_size=8, max_size=8))
def test_no_text_whatever_breaks_a_row(cells: list[str]) -> None:
    reading = grid([HEADING, row(1, "学习不够"), cells])
    assert reading.findings[0].rows[0] == 2


CELLS = st.sampled_from(
    [
        "",
        "",
        "",
        "1",
        "2",
        "学习不够",
        "合计",
        "县教育局",
        "2026-12-31",
        "一、政治方面",
        "注：x",
        "同上",
        "立行立改",
        "a。b",
        "问题",
        "责任单位",
        "3 项",
    ]
)


@settings(deadline=None)
@given(
    st.lists(st.lists(CELLS, min_size=8, max_size=8), max_size=12),
    st.lists(st.tuples(*[st.integers(1, 14)] * 2, st.integers(0, 3), st.integers(0, 3)), max_size=4),
)
def test_every_filled_row_is_in_one_finding_or_ignored(
    body: list[list[str]], ranges: list[tuple[int, int, int, int]]
) -> None:
    rows = [["台账"], [*HEADING], *body]
    merges, taken = [], set[tuple[int, int]]()
    for top, left, height, width in ranges:
        cells = {(top + a, left + b) for a in range(height + 1) for b in range(width + 1)}
        if top > 2 and not cells & taken:
            taken |= cells
            merges.append((top, left, top + height, left + width))
            for r, c in cells - {(top, left)}:
                if r <= len(rows) and c <= len(rows[r - 1]):
                    rows[r - 1][c - 1] = ""
    reading = grid(rows, merges)
    named = [number for finding in reading.findings for number in finding.rows] + list(ignored(reading))
    filled = {number for number, cells in enumerate(rows, 1) if any(cells)}
    assert len(named) == len(set(named))
    assert filled <= set(named)
    assert all(finding.due is None or finding.state == "wrong" or finding.due >= TODAY for finding in reading.findings)


def test_what_is_too_long_for_an_item_is_wrong_before_it_is_issued() -> None:
    rows = (
        row(1, "长" * 2001),
        row(2, "问题二", "措" * 2001),
        row(3, "问题三", "\n".join(f"{n}.办第{n}件" for n in range(1, 52))),
        row(4, "长" * 2000, "措" * 2000),
    )
    found = grid([HEADING, *rows]).findings
    assert [finding.state for finding in found] == ["wrong", "wrong", "wrong", "understood"]
    assert [list(notes(finding)) for finding in found[:3]] == [["B2"], ["C3"], ["C4"]]
