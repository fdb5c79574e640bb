"""A worksheet whose rows are written as XML at once. XlsxWriter makes everything around them.

Its own cells cost ten times as much, and a text that begins with <r> and ends with </r> it takes for markup and lets
through as it is, formulas included. Here every text is escaped. Rests on a few of XlsxWriter's inner names: the tests
read every workbook back.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from ledger.reading.extracts import CellValue

_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


class StreamedSheet(Worksheet):
    """Takes rows in order, from the first on, in place of XlsxWriter's own cells. Needs constant_memory."""

    row_data_fh: Any

    def span(self, columns: int) -> None:
        """The sheet has so many columns, and rows."""
        page: Any = self
        page.dim_rowmin, page.dim_rowmax, page.dim_colmin, page.dim_colmax = 0, 0, 0, columns - 1

    def write_cells(self, number: int, cells: str) -> None:
        """The cells stand in the row of that number (1 is the first)."""
        self.row_data_fh.write(f'<row r="{number}">{cells}</row>')
        page: Any = self
        page.dim_rowmax = number - 1

    def abandon(self) -> None:
        """Nothing is open any more."""
        self.row_data_fh.close()


class ColumnCells:
    """The cells of one column (0 is the first): texts in a format, or numbers when `of` makes them from the values."""

    def __init__(self, column: int, form: Any, of: Callable[[Any], float | int] | None = None) -> None:
        self.before = f'<c r="{xl_col_to_name(column)}'
        self._style = form._get_xf_index()
        self._of = of
        self.after: Callable[[CellValue], str] = lru_cache(maxsize=2048)(self._after)
        """What follows the row's number in the XML of a cell with that value; most values come again."""

    def cell(self, number: int, value: CellValue) -> str:
        """The XML of the cell in the row of that number."""
        return f"{self.before}{number}{self.after(value)}"

    def _after(self, value: CellValue) -> str:
        if self._of:
            return f'" s="{self._style}"><v>{self._of(value):.16g}</v></c>'
        return f'" s="{self._style}" t="inlineStr"><is><t{_inside(str(value))}</t></is></c>'


def _inside(text: str) -> str:
    """What stands between <t and </t>: the text, escaped, with its white space kept."""
    if "&" in text or "<" in text or ">" in text:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if "_x" in text:
        text = _ESCAPED.sub("_x005F_", text)
    return f' xml:space="preserve">{text}' if text != text.strip() or "\n" in text else f">{text}"
