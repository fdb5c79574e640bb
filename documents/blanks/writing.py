"""A blank as an .xlsx file: choices as drop-downs, what has been filled in already, and nothing that computes."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from io import BytesIO
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from documents.blanks.layout import (
    BLANK_HEADINGS,
    FIRST_ROW,
    HEAD_ROW,
    HINT,
    LABEL,
    LISTS,
    MAIN_SHEET,
    NO_ROW,
    TABLE_FIRST,
    TABLE_HEAD,
    UPLOADED_ON_PAGE,
    VALUE,
    BlankCell,
    BlankSheet,
    TableSheet,
    cells,
    column_label,
    lines,
    tables,
)
from documents.sheets.cells import column_letter
from rules.forms.answers import expected_of
from rules.forms.form import NUMERIC, AnswerKind, Question
from rules.forms.wording import text_words

HOW = "只填“填写”一栏和各张表；行、列不要增删。填好后在事项的页面上传，成为草稿，核对以后再提交。"
UNITS_OFFERED = 500
"""So many units are offered as a list; of more, the name is written."""
_YES_NO = ("是", "否")
_MESSAGE, _TITLE = 255, 32
"""Characters that a cell's message and its title may have."""
_TYPED_AS_TEXT = frozenset({AnswerKind.TEXT, AnswerKind.NAME, AnswerKind.UNIT, AnswerKind.MONTH, AnswerKind.PERCENT})
"""Kinds that a spreadsheet would turn into something else: 12.5% into 0.125, 2026-03 into a day."""


def written_blank(
    blank: BlankSheet, filled: Mapping[str, str], hints: Mapping[str, str], units: Mapping[str, str]
) -> bytes:
    """The file. `filled`: what it begins with, by place, canonical; `hints`: what is said beside each field; `units`:
    what units are called, by id."""
    return _Writer(blank, filled, hints, units).file()


class _Writer:
    def __init__(
        self, blank: BlankSheet, filled: Mapping[str, str], hints: Mapping[str, str], units: Mapping[str, str]
    ) -> None:
        self._blank, self._filled, self._hints, self._units = blank, filled, hints, units
        self._into = BytesIO()
        plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self._book = xlsxwriter.Workbook(self._into, plain)
        self._book.set_properties({"title": f"{blank.no} {blank.step}"})
        edge: dict[str, Any] = {"text_wrap": True, "valign": "top", "border": 1, "border_color": "#b6c2d1"}
        open_ = {**edge, "locked": False, "bg_color": "#fffdf0"}
        self._bold = self._book.add_format({"bold": True, "font_size": 14, "text_wrap": True, "valign": "top"})
        self._mute = self._book.add_format({"font_color": "#5a6675", "text_wrap": True, "valign": "top"})
        self._head = self._book.add_format({**edge, "bold": True, "bg_color": "#e8eef5"})
        self._label = self._book.add_format(edge)
        self._closed = self._book.add_format({**edge, "font_color": "#5a6675", "bg_color": "#f2f4f7"})
        self._number = self._book.add_format(open_)
        self._text = self._book.add_format({**open_, "num_format": "@"})
        self._day = self._book.add_format({**open_, "num_format": "yyyy-mm-dd", "align": "left"})
        self._lists: dict[tuple[str, ...], str] = {}

    def file(self) -> bytes:
        self._main(self._book.add_worksheet(MAIN_SHEET))
        for table in tables(self._blank.form):
            self._table(self._book.add_worksheet(table.name), table)
        if self._lists:
            self._choices(self._book.add_worksheet(LISTS))
        self._book.close()
        return self._into.getvalue()

    def _main(self, page: Worksheet) -> None:
        page.set_column(LABEL, LABEL, 30)
        page.set_column(VALUE, VALUE, 46)
        page.set_column(HINT, HINT, 44)
        page.merge_range(0, LABEL, 0, HINT, self._blank.title, self._bold)
        for row, (label, text) in enumerate(self._blank.head, NO_ROW):
            page.write_string(row, LABEL, label, self._mute)
            page.write_string(row, VALUE, text, self._mute)
        page.merge_range(HEAD_ROW - 1, LABEL, HEAD_ROW - 1, HINT, HOW, self._mute)
        for column, words in enumerate(BLANK_HEADINGS):
            page.write_string(HEAD_ROW, column, words, self._head)
        for place in lines(self._blank.form):
            page.write_string(place.row, LABEL, place.label, self._label)
            self._answer(page, place)
            self._check(page, place, place.row)
            page.write_string(place.row, HINT, self._hints.get(place.at, ""), self._mute)
        page.freeze_panes(FIRST_ROW, 0)
        self._finish(page)

    def _table(self, page: Worksheet, table: TableSheet) -> None:
        field = table.field
        page.set_column(0, 0, 5)
        page.set_column(1, len(field.columns), 24)
        said = "；".join(one for one in (f"{field.name}：{expected_of(field)}", self._hints.get(field.id, "")) if one)
        page.write_string(0, 0, said)
        page.write_string(TABLE_HEAD, 0, "行", self._head)
        for n, column in enumerate(field.columns, 1):
            page.write_string(TABLE_HEAD, n, column_label(column), self._head)
        for number in range(table.rows):
            page.write_number(TABLE_FIRST + number, 0, number + 1, self._label)
        for place in cells(table):
            self._answer(page, place)
            if place.row == TABLE_FIRST:
                self._check(page, place, TABLE_FIRST + table.rows - 1)
        page.freeze_panes(TABLE_FIRST, 1)
        self._finish(page)

    def _finish(self, page: Worksheet) -> None:
        page.protect(options={"format_cells": True, "format_columns": True, "format_rows": True})
        page.set_paper(9)
        page.fit_to_pages(1, 0)

    def _answer(self, page: Worksheet, place: BlankCell) -> None:
        """The cell with what stands in it already, and what it takes."""
        kind = place.question.kind
        if kind is AnswerKind.EVIDENCE:
            page.write_string(place.row, place.column, UPLOADED_ON_PAGE, self._closed)
            return
        said = self._filled.get(place.at, "")
        if place.option:
            chosen = place.option.id in said.split(",")
            self._write(page, place, "是" if chosen else "", self._text)
        elif kind is AnswerKind.DATE and said:
            page.write_datetime(place.row, place.column, datetime.fromisoformat(said), self._day)
        elif kind in NUMERIC and kind not in _TYPED_AS_TEXT and said and len(said) <= 15:
            page.write_number(place.row, place.column, float(said), self._number)
        else:
            self._write(page, place, self._words(place.question, said), self._format(kind))

    def _check(self, page: Worksheet, place: BlankCell, last: int) -> None:
        """What the cell takes, and those below it down to that row."""
        if place.question.kind is not AnswerKind.EVIDENCE:
            page.data_validation(place.row, place.column, last, place.column, self._valid(place))

    def _write(self, page: Worksheet, place: BlankCell, text: str, look: Format) -> None:
        if text:
            page.write_string(place.row, place.column, text, look)
        else:
            page.write_blank(place.row, place.column, None, look)

    def _format(self, kind: AnswerKind) -> Format:
        if kind is AnswerKind.DATE:
            return self._day
        return self._text if kind in _TYPED_AS_TEXT or kind not in NUMERIC else self._number

    def _words(self, one: Question, said: str) -> str:
        match one.kind:
            case AnswerKind.YES_NO:
                return {"yes": "是", "no": "否"}.get(said, "")
            case AnswerKind.UNIT:
                return self._units.get(said, said)
            case AnswerKind.CHOICE | AnswerKind.CHOICES:
                return text_words(one, said) if said else ""
        return said

    def _valid(self, place: BlankCell) -> dict[str, Any]:
        """What a spreadsheet lets in; whatever it lets in is read again when the file comes back."""
        one = place.question
        expected = expected_of(one)[:_MESSAGE]
        told = {"input_title": one.name[:_TITLE], "input_message": expected, "error_message": expected}
        if choices := self._offered(place):
            return {"validate": "list", "source": self._range(choices), **told}
        match one.kind:
            case AnswerKind.DATE:
                ends = {"minimum": date(1900, 1, 2), "maximum": date(2999, 12, 31)}
                return {"validate": "date", "criteria": "between", **ends, **told}
            case AnswerKind.COUNT | AnswerKind.NUMBER | AnswerKind.MONEY:
                least = one.least if one.least is not None else 0 if one.kind is not AnswerKind.NUMBER else -(10**12)
                most = one.most if one.most is not None else 10**12
                whole = "decimal" if one.decimals else "integer"
                return {"validate": whole, "criteria": "between", "minimum": least, "maximum": most, **told}
        return {"validate": "any", **{name: told[name] for name in ("input_title", "input_message")}}

    def _offered(self, place: BlankCell) -> tuple[str, ...]:
        one = place.question
        if place.option or one.kind is AnswerKind.YES_NO:
            return _YES_NO
        if one.kind is AnswerKind.CHOICE:
            return tuple(option.name for option in one.options)
        if one.kind is AnswerKind.UNIT and len(self._units) <= UNITS_OFFERED:
            return tuple(self._units.values())
        return ()

    def _range(self, choices: tuple[str, ...]) -> str:
        if choices not in self._lists:
            column = column_letter(len(self._lists))
            self._lists[choices] = f"={LISTS}!${column}$1:${column}${len(choices)}"
        return self._lists[choices]

    def _choices(self, page: Worksheet) -> None:
        for n, choices in enumerate(self._lists):
            self._column(page, n, choices)
        page.hide()

    def _column(self, page: Worksheet, n: int, words: Sequence[str]) -> None:
        for row, text in enumerate(words):
            page.write_string(row, n, text)
