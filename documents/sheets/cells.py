"""Cells, merged ranges and sheets as plain values with spreadsheet addresses. No file is opened here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


def column_letter(column: int) -> str:
    """The letters of a 0-based column: 0 is A, 26 is AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def address(row: int, column: int) -> str:
    """The address of a 0-based cell as people write it: (4, 5) is F5."""
    return f"{column_letter(column)}{row + 1}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell as it shows itself: its text, and the number or the day when the file says that it is one.

    `kept`: the day behind a text that shows only a month or a year. `struck`: what stands there crossed out; it is no
    part of the text.
    """

    text: str = ""
    number: float | None = None
    day: date | None = None
    kept: date | None = None
    struck: str = ""

    @property
    def blank(self) -> bool:
        return not clean(self.text)


BLANK = Cell()


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A merged range, 0-based, both ends included; only its top left cell holds a value."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One worksheet from A1 on. `formulas` says for each formula cell whether the file kept its result. Hidden rows and
    columns are counted from 1."""

    name: str
    rows: tuple[tuple[Cell, ...], ...]
    merged: tuple[Merged, ...] = ()
    formulas: Mapping[str, bool] = field(default_factory=dict)
    errors: frozenset[str] = frozenset()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    date1904: bool = False

    def cell(self, row: int, column: int) -> Cell:
        """The cell at a 0-based place; outside the sheet it is blank."""
        if 0 <= row < len(self.rows) and 0 <= column < len(self.rows[row]):
            return self.rows[row][column]
        return BLANK

    def filled(self, row: int) -> tuple[int, ...]:
        """The columns of a row that hold something of their own."""
        return tuple(
            column
            for column, cell in enumerate(self.rows[row])
            if not cell.blank or address(row, column) in self.formulas or address(row, column) in self.errors
        )


# Merged ranges that lie over each other could be made to cover more cells than there are; no honest sheet needs more.
MAX_COVERED = 600_000
Covered = dict[tuple[int, int], Merged]


def covered_cells(sheet: Sheet) -> Covered:
    """The merged range of each covered cell within the sheet."""
    covered: Covered = {}
    width = max((len(row) for row in sheet.rows), default=0)
    left = MAX_COVERED
    for merged in sheet.merged:
        bottom, right = min(merged.bottom, len(sheet.rows) - 1), min(merged.right, width - 1)
        left -= max(bottom - merged.top + 1, 0) * max(right - merged.left + 1, 0)
        if left < 0:
            break
        for row in range(merged.top, bottom + 1):
            for column in range(merged.left, right + 1):
                covered[row, column] = merged
    return covered


_INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff\u00ad]")
_SPACES = re.compile("[ \t\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
# Everything that a screen does not show, or that turns the reading direction round; line breaks and tabs are fine.
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufff9-\ufffb\ufffe\uffff]"
)


def clean(text: str) -> str:
    """The text without invisible characters; runs of spaces of any width are one space, lines are trimmed."""
    text = _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = [_SPACES.sub(" ", line).strip() for line in text.split("\n")]
    return "\n".join(lines).strip()


def control_character(text: str) -> int | None:
    """The 1-based position of the first control character, if any; a carriage return is a line break."""
    found = _CONTROL.search(text.replace("\r\n", "\n").replace("\r", "\n"))
    return found.start() + 1 if found else None


def printable(text: str) -> str:
    """The text with every control character replaced by a visible mark."""
    return _CONTROL.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def number_text(number: float) -> str:
    """A number as people write it: 3.0 is 3."""
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
