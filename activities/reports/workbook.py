"""An extract as an .xlsx workbook, written row by row; texts stay texts, whatever they look like."""

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import xlsxwriter

from activities.reports.particulars import KIND_WORDS, WORDS, Particulars
from ledger.extracts import Extract, Kind, Row

SHEET_ROWS = 1_000_000
"""A worksheet holds 1,048,576 rows; what goes beyond begins another."""
ABOUT = "说明"
_EPOCH = date(1899, 12, 30).toordinal()
_DAY_SECONDS = 86_400
_DARK = 0.45
"""A lamp darker than this carries white words."""


class Workbook:
    """Takes the rows of one extract; closed, the file is whole, with what it says of itself on a second sheet."""

    def __init__(self, path: Path, extract: Extract, made_at: datetime) -> None:
        options = {
            "constant_memory": True,
            "tmpdir": str(path.parent),
            "strings_to_formulas": False,
            "strings_to_urls": False,
        }
        self._book = xlsxwriter.Workbook(str(path), options)
        self._book.set_properties({"title": extract.title, "created": made_at.replace(tzinfo=None)})
        self._extract = extract
        self._marked = next((n for n, c in enumerate(extract.columns) if c.name == extract.marked), -1)
        self._heading = self._book.add_format(
            {"bold": True, "bg_color": "#e8eef5", "bottom": 1, "text_wrap": True, "valign": "vcenter"}
        )
        self._plain = self._book.add_format({"valign": "top"})
        self._wrapped = self._book.add_format({"valign": "top", "text_wrap": True})
        self._lamps: dict[str, Any] = {}
        self._writers: list[Callable[[int, int, Any], object]] = []
        self._parts, self._next = 0, 0
        self._begin_sheet()

    def row(self, row: Row, line: bytes) -> None:
        """One more row."""
        if self._next > SHEET_ROWS:
            self._begin_sheet()
        number = self._next
        for column, (write, value) in enumerate(zip(self._writers, row.values, strict=True)):
            if value == "":
                continue
            if column == self._marked and row.colour:
                self._page.write_string(number, column, str(value), self._lamp(row.colour))
            else:
                write(number, column, value)
        self._next = number + 1

    def close(self, particulars: Particulars) -> None:
        """The file is whole."""
        self._end_sheet()
        self._about(particulars)
        self._book.close()

    def abandon(self) -> None:
        """Nothing is open any more."""
        for page in self._book.worksheets():
            waiting: Any = page.row_data_fh
            waiting.close()

    def _begin_sheet(self) -> None:
        if self._parts:
            self._end_sheet()
        self._parts += 1
        name = WORDS[self._extract.what]
        page = self._page = self._book.add_worksheet(name if self._parts == 1 else f"{name} {self._parts}")
        page.freeze_panes(1, 1)
        page.set_landscape()
        page.set_paper(9)
        page.repeat_rows(0)
        page.fit_to_pages(1, 0)
        page.set_footer("&L&A&R第 &P / &N 页")
        for n, column in enumerate(self._extract.columns):
            page.set_column(n, n, column.width)
            page.write_string(0, n, column.heading, self._heading)
        self._writers = [self._writer(page, column.kind, column.width) for column in self._extract.columns]
        self._next = 1

    def _end_sheet(self) -> None:
        self._page.autofilter(0, 0, max(self._next - 1, 1), len(self._extract.columns) - 1)

    def _writer(self, page: Any, kind: Kind, width: int) -> Callable[[int, int, Any], object]:
        text, number = page.write_string, page.write_number
        match kind:
            case Kind.NUMBER:
                return lambda row, column, value: number(row, column, value, self._plain)
            case Kind.DAY:
                day = self._book.add_format({"num_format": "yyyy-mm-dd", "valign": "top", "align": "left"})
                return lambda row, column, value: number(row, column, _day(value), day)
            case Kind.MOMENT:
                moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "valign": "top", "align": "left"})
                return lambda row, column, value: number(row, column, _moment(value), moment)
            case _:
                # Long texts that do not wrap are cut at the next cell; hashes and numbers fit.
                form = self._wrapped if 24 <= width <= 60 else self._plain
                return lambda row, column, value: text(row, column, value, form)

    def _lamp(self, colour: str) -> Any:
        if colour not in self._lamps:
            words = "#ffffff" if _brightness(colour) < _DARK else "#000000"
            self._lamps[colour] = self._book.add_format(
                {"bg_color": colour, "font_color": words, "valign": "top", "align": "center"}
            )
        return self._lamps[colour]

    def _about(self, particulars: Particulars) -> None:
        page = self._book.add_worksheet(ABOUT)
        page.set_column(0, 0, 24)
        page.set_column(1, 1, 70)
        page.set_column(2, 2, 20)
        number = 0
        for name, value in particulars.lines():
            page.write_string(number, 0, name, self._heading)
            if isinstance(value, int):
                page.write_number(number, 1, value, self._book.add_format({"align": "left"}))
            else:
                page.write_string(number, 1, value, self._wrapped)
            number += 1
        page.write_string(number + 1, 0, "内容哈希怎样核对：docs/exports.md。各列在其中的名称：")
        for n, words in enumerate(("列", "名称", "内容")):
            page.write_string(number + 2, n, words, self._heading)
        for n, column in enumerate(particulars.columns, number + 3):
            page.write_string(n, 0, column.heading)
            page.write_string(n, 1, column.name)
            page.write_string(n, 2, KIND_WORDS[column.kind])


@lru_cache(maxsize=4096)
def _day(text: str) -> int:
    """A date as spreadsheets count them."""
    return date.fromisoformat(text).toordinal() - _EPOCH


def _moment(text: str) -> float:
    hours, minutes, seconds = text[11:].split(":")
    return _day(text[:10]) + (int(hours) * 3600 + int(minutes) * 60 + int(seconds)) / _DAY_SECONDS


def _brightness(colour: str) -> float:
    """0 (black) to 1 (white) of a CSS hexadecimal colour, as the eye sees it."""
    red, green, blue = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue
