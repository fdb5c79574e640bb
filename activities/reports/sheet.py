"""A worksheet whose rows are written as XML at once. XlsxWriter makes everything around them.

Its own cells cost ten times as much, and a text that begins with <r> and ends with </r> it takes for markup and lets
through as it is, formulas included. Here every text is escaped. Rests on a few of XlsxWriter's inner names: the tests
read every workbook back.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeAlias

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from ledger.extracts import Cell

Write: TypeAlias = Callable[[str, Cell], str]
"""A cell's XML, from its row's number and its value."""
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


class Sheet(Worksheet):
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


def text_cell(column: int, form: Any) -> Write:
    """Cells of that column (0 is the first) that hold texts, in that format."""
    before = f'<c r="{xl_col_to_name(column)}'
    after = f'" s="{form._get_xf_index()}" t="inlineStr"><is><t'
    return lambda row, value: f"{before}{row}{after}{_inside(value)}</t></is></c>"


def number_cell(column: int, form: Any, of: Callable[[Any], float | int] | None = None) -> Write:
    """Cells of that column that hold numbers, in that format; `of` makes the number from the value."""
    before, after = f'<c r="{xl_col_to_name(column)}', f'" s="{form._get_xf_index()}"><v>'
    if of is None:
        return lambda row, value: f"{before}{row}{after}{value}</v></c>"
    return lambda row, value: f"{before}{row}{after}{of(value):.16g}</v></c>"


@lru_cache(maxsize=4096)
def _inside(text: Any) -> str:
    """What stands between <t and </t>: the text, escaped, with its white space kept."""
    if "&" in text or "<" in text or ">" in text:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if "_x" in text:
        text = _ESCAPED.sub("_x005F_", text)
    return f' xml:space="preserve">{text}' if text != text.strip() or "\n" in text else f">{text}"
