"""An extract as an .xlsx workbook, written row by row; texts stay texts, whatever they look like."""

from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import xlsxwriter

from documents.reports.particulars import EXTRACT_NAMES, KIND_WORDS, Particulars, RowsDone
from documents.reports.sheet import ColumnCells, StreamedSheet
from ledger.reading.extracts import Column, ColumnKind, Extract, ExtractRow

SHEET_ROWS = 1_000_000
"""A worksheet holds 1,048,576 rows; what goes beyond begins another."""
ABOUT = "说明"
_EPOCH = date(1899, 12, 30).toordinal()
_DAY_SECONDS = 86_400
_DARK = 0.45
"""A lamp darker than this carries white words."""


class ExtractWorkbook:
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
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd", "valign": "top", "align": "left"})
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "valign": "top", "align": "left"})
        self._places = [self._place(n, column) for n, column in enumerate(extract.columns)]
        self._lamps: dict[str, ColumnCells] = {}
        self._sheets: list[StreamedSheet] = []
        self._parts, self._done = 0, 0
        self._begin_sheet()

    def row(self, row: ExtractRow, line: bytes) -> None:
        """One more row."""
        if self._done > SHEET_ROWS:
            self._end_sheet()
            self._begin_sheet()
        self._done += 1
        number, values = self._done, row.values
        cells = [
            f"{place.before}{number}{place.after(value)}"
            for place, value in zip(self._places, values, strict=True)
            if value != ""
        ]
        if row.colour and self._marked >= 0 and values[self._marked] != "":
            at = sum(value != "" for value in values[: self._marked])
            cells[at] = self._lamp(row.colour).cell(number, values[self._marked])
        self._page.write_cells(number, "".join(cells))

    def close(self, particulars: Particulars, progress: RowsDone) -> None:
        """The file is whole."""
        self._end_sheet()
        self._about(particulars)
        self._book.close()

    def abandon(self) -> None:
        """Nothing is open any more."""
        for page in self._sheets:
            page.abandon()

    def _begin_sheet(self) -> None:
        self._parts += 1
        name, columns = EXTRACT_NAMES[self._extract.what], self._extract.columns
        page = self._page = self._add(name if self._parts == 1 else f"{name} {self._parts}", len(columns))
        page.freeze_panes(1, 1)
        page.set_landscape()
        page.set_paper(9)
        page.repeat_rows(0)
        page.fit_to_pages(1, 0)
        page.set_footer("&L&A&R第 &P / &N 页")
        for n, column in enumerate(columns):
            page.set_column(n, n, column.width)
        headings = (ColumnCells(n, self._heading).cell(1, column.heading) for n, column in enumerate(columns))
        page.write_cells(1, "".join(headings))
        self._done = 1

    def _end_sheet(self) -> None:
        self._page.autofilter(0, 0, max(self._done - 1, 1), len(self._extract.columns) - 1)

    def _place(self, n: int, column: Column) -> ColumnCells:
        match column.kind:
            case ColumnKind.NUMBER:
                return ColumnCells(n, self._plain, int)
            case ColumnKind.DAY:
                return ColumnCells(n, self._day, _day)
            case ColumnKind.MOMENT:
                return ColumnCells(n, self._moment, _moment)
            case _:
                # What does not wrap is cut at the next cell: hashes and numbers fit, sentences do not.
                return ColumnCells(n, self._wrapped if 24 <= column.width <= 60 else self._plain)

    def _lamp(self, colour: str) -> ColumnCells:
        if colour not in self._lamps:
            words = "#ffffff" if _brightness(colour) < _DARK else "#000000"
            form = {"bg_color": colour, "font_color": words, "valign": "top", "align": "center"}
            self._lamps[colour] = ColumnCells(self._marked, self._book.add_format(form))
        return self._lamps[colour]

    def _add(self, name: str, columns: int) -> StreamedSheet:
        page: Any = self._book.add_worksheet(name, StreamedSheet)
        assert isinstance(page, StreamedSheet)
        page.span(columns)
        self._sheets.append(page)
        return page

    def _about(self, particulars: Particulars) -> None:
        page = self._add(ABOUT, 3)
        for n, width in enumerate((24, 70, 20)):
            page.set_column(n, n, width)
        heading, plain = ColumnCells(0, self._heading), ColumnCells(0, self._plain)
        second, third = ColumnCells(1, self._wrapped), ColumnCells(2, self._wrapped)
        number = ColumnCells(1, self._book.add_format({"align": "left"}), int)
        n = 0
        for n, (name, value) in enumerate(particulars.lines(), 1):
            page.write_cells(n, heading.cell(n, name) + (number if isinstance(value, int) else second).cell(n, value))
        for name, words in ((name, words) for name, lines in self._extract.beside for words in lines):
            n += 1
            page.write_cells(n, heading.cell(n, name) + second.cell(n, words))
        page.write_cells(n + 2, plain.cell(n + 2, "内容哈希怎样核对，见 docs/exports.md。其中各列叫做："))
        heads = (ColumnCells(at, self._heading).cell(n + 3, words) for at, words in enumerate(("列", "名称", "内容")))
        page.write_cells(n + 3, "".join(heads))
        for at, column in enumerate(particulars.columns, n + 4):
            cells = (plain.cell(at, column.heading), second.cell(at, column.name))
            page.write_cells(at, "".join((*cells, third.cell(at, KIND_WORDS[column.kind]))))


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
