"""A form goes out as a workbook and comes back: the same answers, or every cell that cannot be taken."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.blanks.layout import BlankSheet, lines
from documents.blanks.reading import read_blank, read_number
from documents.blanks.writing import written_blank
from documents.sheets.cells import clean
from documents.sheets.files.child import read as read_in_this_process
from documents.sheets.files.workbook import _decode, read_workbook
from rules.forms.answers import AnswersRefused
from rules.forms.answers import read as read_answers
from rules.forms.fingerprint import questions_mark
from rules.forms.form import AnswerKind, Form, FormField, Option, Question

WAYS = (Option(id="site", name="实地"), Option(id="call", name="电话，视频"))
FORM = Form(
    id="month",
    fields=(
        FormField(id="visits", name="走访户数", kind=AnswerKind.COUNT, need=True, most=100),
        FormField(id="dues", name="实缴党费", kind=AnswerKind.MONEY),
        FormField(id="rate", name="到会率", kind=AnswerKind.PERCENT, places=1),
        FormField(id="on", name="主题党日", kind=AnswerKind.DATE),
        FormField(id="since", name="自哪个月", kind=AnswerKind.MONTH),
        FormField(id="moved", name="党员是否变动", kind=AnswerKind.YES_NO),
        FormField(id="way", name="方式", kind=AnswerKind.CHOICE, options=WAYS),
        FormField(id="where", name="公示地点", kind=AnswerKind.CHOICES, options=(*WAYS, Option(id="net", name="内网"))),
        FormField(id="unit", name="联系单位", kind=AnswerKind.UNIT),
        FormField(id="said", name="小结", kind=AnswerKind.TEXT),
        FormField(id="proof", name="佐证", kind=AnswerKind.EVIDENCE),
        FormField(id="sum", name="合计", kind=AnswerKind.COUNT, derive="visits"),
        FormField(
            id="people",
            name="困难户/帮扶",
            kind=AnswerKind.ROWS,
            most=5,
            columns=(
                Question(id="who", name="姓名", kind=AnswerKind.NAME, need=True),
                Question(id="paid", name="慰问金", kind=AnswerKind.MONEY),
                Question(id="how", name="方式", kind=AnswerKind.CHOICE, options=WAYS),
            ),
        ),
    ),
)
UNITS = {"u001": "县教育局", "u002": "=县公安局"}
BLANK = BlankSheet(
    no="YD2026-0001",
    title="每月一报（2026年11月）",
    unit="县教育局",
    step="填报",
    due="2026-12-05",
    mark=questions_mark(FORM, "submit", "fill"),
    form=FORM,
)
FILLED = {
    "visits": "12",
    "dues": "1250.50",
    "rate": "12.5",
    "on": "2026-11-20",
    "since": "2026-03",
    "moved": "no",
    "way": "call",
    "where": "site,net",
    "unit": "u002",
    "said": "=1+1\n第二行",
    "people.1.who": "欧阳修远",
    "people.1.paid": "500.00",
    "people.1.how": "site",
    "people.3.who": "@甲",
}


def unit_id(name: str) -> str:
    """The only two units there are."""
    return next((id_ for id_, called in UNITS.items() if name in (id_, called)), "")


def edited(change: Callable[[Any], None], blank: BlankSheet = BLANK, filled: dict[str, str] | None = None) -> bytes:
    """The file after somebody changed it in another program."""
    book = openpyxl.load_workbook(io.BytesIO(written_blank(blank, filled or {}, {"visits": "上次填的是 9"}, UNITS)))
    change(book)
    into = io.BytesIO()
    book.save(into)
    return into.getvalue()


def back(data: bytes, blank: BlankSheet = BLANK) -> dict[str, str]:
    """What comes back of it. The file is opened in this process: the bounded child has tests of its own."""
    return read_blank(_decode(read_in_this_process(data, "xlsx")), blank, unit_id)


def refused(change: Callable[[Any], None], blank: BlankSheet = BLANK) -> dict[str, str]:
    """Each cell that is refused, with what is said of it."""
    with pytest.raises(AnswersRefused) as refusal:
        back(edited(change), blank)
    return {fault.at: f"{fault.actual}；应为{fault.expected}" for fault in refusal.value.faults}


def cell_of(at: str) -> str:
    """Where the field stands on the first sheet."""
    return next(place.address for place in lines(FORM) if place.at == at).partition("!")[2]


def put(at: str, value: object, number_format: str = "") -> Callable[[Any], None]:
    """Writes into the field's cell."""

    def change(book: Any) -> None:
        cell = book["填报"][cell_of(at)]
        cell.value = value
        if number_format:
            cell.number_format = number_format

    return change


def test_what_goes_out_filled_in_comes_back_the_same_through_the_bounded_reader() -> None:
    data = written_blank(BLANK, FILLED, {}, UNITS)
    book = read_workbook(data, "一月.xlsx")
    assert read_number(book) == BLANK.no
    assert read_blank(book, BLANK, unit_id) == FILLED
    assert read_answers(FORM, {**FILLED, "people.2.who": "补"})[0] == ("visits", "12"), "and can be handed in"


def test_an_empty_blank_says_nothing_though_something_must_be_answered() -> None:
    assert back(written_blank(BLANK, {}, {}, UNITS)) == {}


def test_choices_are_drop_downs_and_old_answers_stand_beside_the_cell() -> None:
    book = openpyxl.load_workbook(io.BytesIO(written_blank(BLANK, {}, {"visits": "上次填的是 9"}, UNITS)))
    page = book["填报"]
    lists = {one.formula1 for one in page.data_validations.dataValidation if one.type == "list"}
    choices = book["选项"]
    assert choices.sheet_state == "hidden"
    offered = {
        tuple(cell.value for (cell,) in choices[reference.partition("!")[2].replace("$", "")]) for reference in lists
    }
    assert offered == {("是", "否"), ("实地", "电话，视频"), tuple(UNITS.values())}
    assert page[cell_of("visits").replace("B", "C")].value == "上次填的是 9"
    assert page["B2"].value == BLANK.no
    assert page["B3"].value == BLANK.mark
    assert [sheet.title for sheet in book] == ["填报", "困难户帮扶", "选项"]
    assert not any(cell.data_type == "f" for sheet in book for row in sheet for cell in row), "nothing computes"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (put("visits", "十二"), "写的是“十二”；应为0 至 100 的整数"),
        (put("visits", 12.5), "写的是“12.5”；应为0 至 100 的整数"),
        (put("visits", 1000), "写的是“1000”；应为0 至 100 的整数"),
        (put("visits", "=6*2"), "是公式；应为直接写下的值，0 至 100 的整数"),
        (put("said", '=HYPERLINK("http://x")'), "是公式；应为直接写下的值，文字，1000 字以内"),
        (put("visits", "#N/A"), "是出错的值；应为0 至 100 的整数"),
        (put("dues", "12.555"), "写的是“12.555”；应为不小于 0 的至多 2 位小数的数"),
        (put("rate", 0.125), "是数 0.125，分不清是 0.125% 还是它的百倍；应为写成文字，如 12.5%"),
        (put("on", "上周五"), "写的是“上周五”；应为日期，形如 2026-03-05"),
        (put("since", "三月"), "写的是“三月”；应为月份，形如 2026-03"),
        (put("moved", "大概"), "写的是“大概”；应为是 或 否"),
        (put("way", "视频"), "写的是“视频”；应为其中之一：实地、电话，视频"),
        (put("unit", "县文旅局"), "写的是“县文旅局”；应为名录里的一个单位，按全称写"),
        (put("said", "长" * 1001), "有 1001 字；应为1000 字以内"),
        (put("proof", "照片.jpg"), "写的是“照片.jpg”；应为材料在网页上传"),
    ],
)
def test_a_cell_of_the_wrong_kind_is_refused_by_its_address(change: Callable[[Any], None], said: str) -> None:
    found = refused(change)
    assert list(found.values()) == [said]
    (where,) = found
    assert where.startswith("填报!B")


@pytest.mark.parametrize(
    ("change", "at", "text"),
    [
        (put("rate", "12.5%"), "rate", "12.5"),
        (put("rate", 12.5), "rate", "12.5"),
        (put("moved", True), "moved", "yes"),
        (put("since", date(2026, 3, 1), "yyyy年m月"), "since", "2026-03"),
        (put("on", date(2026, 3, 1), "yyyy-mm-dd"), "on", "2026-03-01"),
        (put("dues", 0.3), "dues", "0.30"),
        (put("said", 7), "said", "7"),
    ],
)
def test_what_spreadsheets_make_of_what_is_typed_is_read_as_it_was_meant(
    change: Callable[[Any], None], at: str, text: str
) -> None:
    assert back(edited(change)) == {at: text}


def test_a_foreign_sheet_is_refused_at_the_number_and_a_stale_one_at_the_mark() -> None:
    other = replace(BLANK, no="YD2026-0002")
    assert list(refused(lambda _: None, other)) == ["填报!B2"]
    form = replace(FORM, fields=FORM.fields[1:])
    stale = replace(BLANK, form=form, mark=questions_mark(form, "submit", "fill"))
    assert list(refused(lambda _: None, stale)) == ["填报!B3"]


def test_rows_that_were_put_in_or_sorted_are_refused_where_they_stand() -> None:
    found = refused(lambda book: book["填报"].insert_rows(9))
    assert "填报!A9" in found
    assert "应为“走访户数（必填）”" in found["填报!A9"]

    def headless(book: Any) -> None:
        book["困难户帮扶"]["B2"].value = "电话"

    assert list(refused(headless)) == ["困难户帮扶!B2"]


def test_what_is_written_beside_the_table_is_not_lost_in_silence() -> None:
    def note(book: Any) -> None:
        book["填报"]["E9"].value = "见附件"
        book["困难户帮扶"]["B9"].value = "第六户"

    assert list(refused(note)) == ["填报!E9", "困难户帮扶!B9"]
    assert list(refused(lambda book: book.create_sheet("另附"))) == ["另附!A1"]
    assert list(refused(lambda book: book.remove(book["困难户帮扶"]))) == ["困难户帮扶!A1"]
    assert list(refused(lambda book: setattr(book["填报"], "title", "Sheet1"))) == ["填报!A1"]


def test_every_fault_is_named_at_once_and_of_a_table_by_row() -> None:
    def change(book: Any) -> None:
        put("visits", "多")(book)
        book["困难户帮扶"]["C4"].value = "五百"
        book["困难户帮扶"]["D5"].value = "信件"

    assert list(refused(change)) == ["填报!B9", "困难户帮扶!C4", "困难户帮扶!D5"]


WRITTEN = st.text(min_size=1, max_size=40).filter(lambda text: bool(clean(text)) or not text.strip())
"""Whatever somebody sees in a cell, or nothing: of a text of nothing but soft hyphens, say, the sheet knows nothing."""


def seen(answers: Mapping[str, str]) -> dict[str, str]:
    return {at: text for at, written in answers.items() if (text := clean(written))}


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["said", "people.1.who", "people.2.who"]), WRITTEN),
    st.integers(min_value=0, max_value=100),
    st.integers(min_value=0, max_value=10**12),
)
def test_whatever_can_be_answered_goes_out_and_comes_back(texts: dict[str, str], visits: int, fen: int) -> None:
    written = {**texts, "visits": str(visits), "dues": f"{fen // 100}.{fen % 100:02}"}
    try:
        answered = read_answers(FORM, {at: text for at, text in written.items() if text.strip()})
    except AnswersRefused:
        return
    pairs = {pair[0]: pair[1] for pair in answered}
    kept = {at: text for at, text in pairs.items() if at.startswith("people") or at in ("said", "visits", "dues")}
    found = back(written_blank(BLANK, kept, {}, UNITS))
    assert seen(found) == seen(kept)
