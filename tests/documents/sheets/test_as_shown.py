"""What a cell shows counts as much as what it keeps: display formats, strike-through, hidden and doubled columns."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import date

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font

from documents.sheets.files.styles import around, shows
from documents.sheets.reading import Finding, Reading
from tests.support.sheet_factory import MEANINGS, ignored, notes, read, saved, workbook

HEAD = ("序号", "问题", "整改措施", "责任单位", "整改时限")


def formatted(value: date | int | str, number_format: str) -> Finding:
    """The finding whose limit is kept as that value and shown in that format."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEAD)
    sheet.append((1, "学习计划不落实", "订计划", "县教育局", value))
    sheet["E2"].number_format = number_format
    (finding,) = read(saved(book)).findings
    return finding


MONTHS = [
    'yyyy"年"m"月"',
    "mmm-yy",
    "yyyy/m",
    "yyyy-mm",
    "yyyy.mm",
    '[$-804]yyyy"年"m"月";@',
    "[$-409]mmm\\-yy",
    "e年m月",
]


@pytest.mark.parametrize("number_format", MONTHS)
def test_a_date_that_shows_a_month_only_is_the_month_as_in_text(number_format: str) -> None:
    finding = formatted(date(2027, 6, 1), number_format)
    assert (finding.state, finding.due) == ("guessed", date(2027, 6, 30))
    assert "2027年6月" in notes(finding)["E2"]
    assert "存的是 2027-06-01" in notes(finding)["E2"]
    in_text = formatted("2027年6月", "General")
    assert (in_text.due, in_text.state) == (finding.due, finding.state)


def test_a_month_that_runs_has_not_passed_though_its_first_day_has() -> None:
    """Today is 22 November 2026."""
    assert formatted(date(2026, 11, 1), 'yyyy"年"m"月"').due == date(2026, 11, 30)


def test_a_date_that_shows_a_year_only_is_its_end() -> None:
    finding = formatted(date(2027, 1, 1), 'yyyy"年"')
    assert (finding.state, finding.due) == ("guessed", date(2027, 12, 31))


@pytest.mark.parametrize(
    "number_format", ["yyyy-mm-dd", 'yyyy"年"m"月"d"日"', 'm"月"d"日"', "d-mmm-yy", "yyyy/m/d h:mm"]
)
def test_a_date_that_shows_its_day_is_understood(number_format: str) -> None:
    finding = formatted(date(2027, 6, 1), number_format)
    assert (finding.state, finding.due) == ("understood", date(2027, 6, 1))


def test_words_that_the_format_puts_round_a_number_are_part_of_the_limit() -> None:
    shown, typed = formatted(10, '0"个工作日"'), formatted("10个工作日", "General")
    assert (shown.due, shown.state) == (typed.due, typed.state)


@pytest.mark.parametrize(
    ("code", "part"),
    [
        ("yyyy/m/d;@", "day"),
        ('yyyy"年"m"月"', "month"),
        ('"d"yyyy', "year"),
        ("h:mm", "time"),
        ("mm:ss", "time"),
        ("yyyy-mm hh:mm", "month"),
        ("General", None),
        ("0.00", None),
        ("#,##0", None),
        ("0.00E+00", None),
        ("[Red]0", None),
    ],
)
def test_the_finest_part_of_a_date_that_a_format_shows(code: str, part: str | None) -> None:
    assert shows(code) == part


def test_only_words_that_say_something_are_taken_from_a_number_format() -> None:
    assert around('"第"0"号"') == ("第", "号")
    assert around("0%") is None
    assert around('0.00"万元"') is None


def struck(cells: Sequence[str], rich: dict[str, CellRichText] | None = None) -> Reading:
    """Two findings; these cells are crossed out, those hold runs of which some are."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        HEAD,
        (1, "已撤销的问题", "不再整改", "县教育局", "2027-06-30"),
        (2, "仍需整改的问题", "整改", "县财政局", "2027-06-30"),
    ):
        sheet.append(row)
    for where in cells:
        sheet[where].font = Font(strike=True)
    for where, text in (rich or {}).items():
        sheet[where] = text
    return read(saved(book))


def test_a_row_that_is_struck_out_is_no_finding_and_says_so() -> None:
    reading = struck(["A2", "B2", "C2", "D2", "E2"])
    assert [finding.title for finding in reading.findings] == ["仍需整改的问题"]
    assert ignored(reading)[2] == "整行加了删除线（已撤销的问题），没有读入"
    assert [f.title for f in struck(["B2", "C2", "D2", "E2"]).findings] == ["仍需整改的问题"], "the number may be left"


def test_a_struck_cell_is_not_taken_and_says_so() -> None:
    first, second = struck(["E2"]).findings
    assert (first.state, first.due) == ("guessed", None)
    assert "“2027-06-30”加了删除线，没有采用" in [note.text for note in first.notes]
    assert second.state == "understood"


def test_of_a_text_that_is_struck_in_part_the_rest_is_taken() -> None:
    """As people write over a limit: the old one crossed out, the new one beside it."""
    old = TextBlock(InlineFont(strike=True), "2026年12月31日")
    first, _ = struck([], {"E2": CellRichText(old, "2027年6月30日")}).findings
    assert (first.due, first.state) == (date(2027, 6, 30), "guessed")
    assert "“2026年12月31日”加了删除线，没有采用" in [note.text for note in first.notes]


def columns(head: Sequence[object], row: Sequence[object], hide: str = "") -> Finding:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(head))
    sheet.append(list(row))
    if hide:
        sheet.column_dimensions[hide].hidden = True
    (finding,) = read(saved(book)).findings
    return finding


ROW = (1, "学习不深入", "订计划", "县教育局", "2026-12-31", "2027-06-30")
TWICE = [
    ("整改时限", "调整后整改时限"),
    ("原完成时限", "现完成时限"),
    ("原定整改时限", "整改时限"),
    ("整改时限", "最终整改时限"),
]


@pytest.mark.parametrize(("old", "new"), TWICE)
@pytest.mark.parametrize("turned", [False, True])
def test_what_was_adjusted_comes_before_what_was_and_both_are_named(old: str, new: str, turned: bool) -> None:
    head, row = [*HEAD[:4], old, new], list(ROW)
    if turned:
        head[4:], row[4:] = [new, old], [ROW[5], ROW[4]]
    finding = columns(head, row)
    assert (finding.due, finding.state) == (date(2027, 6, 30), "guessed")
    (says,) = notes(finding).values()
    assert old in says
    assert new in says


def test_columns_of_one_meaning_that_say_the_same_are_no_guess() -> None:
    finding = columns([*HEAD[:4], "整改时限", "调整后整改时限"], [*ROW[:4], "2027-06-30", "2027-06-30"])
    assert (finding.due, finding.state) == (date(2027, 6, 30), "understood")


def test_a_hidden_column_comes_after_one_that_is_shown() -> None:
    finding = columns([*HEAD[:4], "整改时限", "完成时限"], ROW, hide="E")
    assert (finding.due, finding.state) == (date(2027, 6, 30), "guessed")
    assert "“整改时限”（2026-12-31）" in notes(finding)["E2"]


def test_what_only_a_hidden_column_says_is_a_guess() -> None:
    finding = columns(HEAD, ROW[:5], hide="E")
    assert (finding.due, finding.state) == (date(2026, 12, 31), "guessed")
    assert "隐藏" in notes(finding)["E2"]


def test_it_holds_for_every_meaning_and_not_for_limits_alone() -> None:
    finding = columns(
        ["序号", "问题", "责任单位", "现责任单位", "时限"], [1, "学习不深入", "县教育局", "县财政局", "2027-06-30"]
    )
    assert (finding.lead_units, finding.state) == (("县财政局",), "guessed")
    assert "县教育局" in notes(finding)["C2"]


GRADES = ("序号", "问题描述", "涉及点位", "问题等级", "责任部门", "发现日期")


def csv(*rows: Sequence[object], delimiter: str = ",") -> Reading:
    text = "\n".join(delimiter.join(str(cell) for cell in row) for row in rows)
    return read(text.encode(), "台账.csv")


def test_a_column_that_says_the_kind_under_another_name_is_taken_by_a_guess() -> None:
    first, second = csv(
        GRADES,
        (1, "台账记录不规范", "库房", "立行立改", "县教育局", "2026-09-18"),
        (2, "备机未经验收", "出水口", "限期整改", "县财政局", "2026-09-05"),
    ).findings
    assert (first.kind, first.state) == ("at_once", "guessed")
    assert "问题等级" in notes(first)["D2"]
    assert second.kind == "staged"


def test_no_column_is_dropped_without_a_word() -> None:
    reading = csv(GRADES, (1, "台账记录不规范", "库房", "三级", "县教育局", "2026-09-18"))
    (said,) = [remark for remark in reading.remarks if "没有采用" in remark]
    for column in ("C 列“涉及点位”", "D 列“问题等级”", "F 列“发现日期”"):
        assert column in said
    assert reading.unused == ("C 列“涉及点位”", "D 列“问题等级”", "F 列“发现日期”")
    assert csv((*HEAD, "备注"), (*ROW[:5], "已函告")).unused == ("F 列“备注”",)
    assert csv((*HEAD, ""), (*ROW[:5], "多出的话")).unused == ("没有表头的 F 列",)
    assert csv((*HEAD, "备注"), (*ROW[:5], "")).unused == (), "what holds nothing is not missed"


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_the_one_that_cuts_the_heading(delimiter: str) -> None:
    long = "学习不深入，研讨不充分，记录不规范，台账不清晰；责任不到位；考核不严格"
    reading = csv(HEAD, (1, long, "1.订计划；2.抓落实；3.勤检查", "县教育局", "2027年6月30日"), delimiter=delimiter)
    (finding,) = reading.findings
    assert (finding.title, finding.lead_units, finding.state) == (long, ("县教育局",), "understood")


@pytest.mark.parametrize("heading", ["任务名称", "工作事项", "督办事项名称", "整改任务"])
def test_headings_of_other_systems_name_what_is_wrong(heading: str) -> None:
    finding = columns(("序号", heading, "责任单位", "时限"), (1, "规范组织生活", "县教育局", "2027-06-30"))
    assert (finding.title, finding.state) == ("规范组织生活", "understood")


@pytest.mark.parametrize("heading", ["责任处室", "责任股室", "承办部门"])
def test_headings_of_other_systems_name_who_answers(heading: str) -> None:
    finding = columns(("序号", "问题", heading, "时限"), (1, "规范组织生活", "县教育局", "2027-06-30"))
    assert (finding.lead_units, finding.state) == (("县教育局",), "understood")


def test_attributes_of_a_unit_are_no_units() -> None:
    finding = columns(("序号", "问题", "牵头单位", "单位性质", "时限"), (1, "规范", "县教育局", "机关", "2027-06-30"))
    assert (finding.lead_units, finding.co_units, finding.state) == (("县教育局",), (), "understood")


def repacked(data: bytes, name: str = "", pattern: bytes = b"", instead: bytes = b"", slash: str = "/") -> bytes:
    """The package with part of a part replaced, or with other slashes in its names."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(packed, "w") as new:
        for part in old.namelist():
            content = old.read(part)
            if name and part.endswith(name):
                content, count = re.subn(pattern, instead, content)
                assert count == 1
            info = zipfile.ZipInfo(part)
            info.filename = part.replace("/", slash)
            new.writestr(info, content)
    return packed.getvalue()


USUAL = workbook([HEAD, (1, "学习不深入", "订计划", "县教育局", "2027-06-30")])


def test_names_with_backslashes_are_read() -> None:
    assert read(repacked(USUAL, slash="\\")).findings == read(USUAL).findings


@pytest.mark.parametrize("ref", [b"A0:E2", b"A1:E0", b"?", b""])
def test_a_declared_range_is_a_hint_only(ref: bytes) -> None:
    data = repacked(USUAL, "sheet1.xml", rb'<dimension ref="[^"]*"', b'<dimension ref="' + ref + b'"')
    assert read(data).findings == read(USUAL).findings


def units_of(*names: str) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.remove(book.active)
    for name in names:
        sheet = book.create_sheet(name)
        sheet.append(HEAD)
        sheet.append((1, f"{name}学习不深入", "订计划", name, "年底前"))
    return saved(book)


def test_one_sheet_for_each_unit_is_read_one_at_a_time_or_all_together() -> None:
    from datetime import date as day

    from documents.sheets.register import read_register
    from documents.sheets.unreadable import SheetRefused
    from tests.support.sheet_factory import COUNTY

    def of(sheet: str) -> Reading:
        data = units_of("县教育局", "县财政局", "县民政局")
        return read_register(
            data, "台账.xlsx", directory=COUNTY, today=day(2026, 11, 22), meanings=MEANINGS, sheet=sheet
        )

    first = of("")
    assert [finding.lead_units for finding in first.findings] == [("县教育局",)]
    assert any("“县财政局”、“县民政局”也像台账" in remark for remark in first.remarks)
    assert [finding.lead_units for finding in of("县民政局").findings] == [("县民政局",)]
    every = of("all")
    assert of("全部") == every
    assert [finding.sheet for finding in every.findings] == ["县教育局", "县财政局", "县民政局"]
    assert [next(iter(notes(finding))) for finding in every.findings] == ["县教育局!E2", "县财政局!E2", "县民政局!E2"]
    assert not any("也像台账" in remark for remark in every.remarks)
    with pytest.raises(SheetRefused, match="县财政局"):
        of("县水利局")
