"""What an export is made of: headed columns and a stream of rows, read in one transaction, with one hash over them all.

A value is a text or a whole number; nothing stands as the empty text. So every format carries the same rows, and
whoever holds any of them can work out the same hash (docs/exports.md). No files here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import TypeAlias

from ledger.store.canonical import canonical
from ledger.store.hashing import Hashing
from rules.dates.calendar import LOCAL

CellValue: TypeAlias = str | int
CELL_LIMIT = 30_000
"""Characters of a value: a spreadsheet's cell holds 32,767. What goes beyond stands in the entry itself."""
ROWS_AT_ONCE = 1000

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_COLOUR = re.compile("[0-9a-f]{6}")
_LINE_ENDS = re.compile("\r\n?")


class ColumnKind(StrEnum):
    """How a column's values are read: a text; a whole number; a date 2026-12-31; a local time 2026-12-31 17:30:00; the
    64 digits of a hash."""

    TEXT = "text"
    NUMBER = "number"
    DAY = "day"
    MOMENT = "moment"
    HASH = "hash"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its name for programs, its heading for people, about how many characters wide a spreadsheet shows it,
    and which share of a printed page's width it takes (0: it is not printed)."""

    name: str
    heading: str
    kind: ColumnKind = ColumnKind.TEXT
    width: int = 12
    share: int = 0


@dataclass(frozen=True, slots=True)
class ExtractRow:
    """One row's values in the order of the columns; `colour` is that of its lamp (CSS hexadecimal), if it shows one."""

    values: tuple[CellValue, ...]
    colour: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """Rows to be read once, while the transaction lasts in which the extract was made. `scope`: what it was narrowed
    to, as (heading, words); `marked`: the column that the rows' colours belong to. `drawn`: a picture as SVG, which a
    PDF shows above the rows; `beside`: what else is told of it, lines under a heading, below the rows of a PDF and on
    the second sheet of a workbook. Neither counts for the hash of the rows."""

    what: str
    title: str
    scope: tuple[tuple[str, str], ...]
    columns: tuple[Column, ...]
    total: int
    rows: Iterator[ExtractRow]
    marked: str = ""
    drawn: str = ""
    beside: tuple[tuple[str, tuple[str, ...]], ...] = ()


class ContentHash:
    """The hash over the canonical JSON of rows, each line ended: that of the rows as JSON Lines, to the byte."""

    def __init__(self, columns: tuple[Column, ...], hashing: Hashing) -> None:
        self._names = tuple(column.name for column in columns)
        self._hash = hashing.new(b"")

    def line(self, row: ExtractRow) -> bytes:
        """The row as one line of canonical JSON; it counts from now on."""
        line = canonical(dict(zip(self._names, row.values, strict=True))) + b"\n"
        self._hash.update(line)
        return line

    def hexdigest(self) -> str:
        """Over all rows so far."""
        return self._hash.hexdigest()


def clean(text: str | None) -> str:
    """The text as it can stand in any file: line ends alike, characters that no file may hold replaced by U+FFFD, cut
    at CELL_LIMIT characters."""
    if not text:
        return ""
    if not text.isprintable():
        text = _UNPRINTABLE.sub("\ufffd", _LINE_ENDS.sub("\n", text))
    return text if len(text) <= CELL_LIMIT else f"{text[:CELL_LIMIT]}…（后略 {len(text) - CELL_LIMIT} 字）"


@lru_cache(maxsize=256)
def colour(text: str) -> str:
    """The CSS hexadecimal colour with six digits; empty for anything else."""
    digits = text.removeprefix("#").lower()
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    return f"#{digits}" if _COLOUR.fullmatch(digits) else ""


@lru_cache(maxsize=4096)
def moment(instant: str) -> str:
    """An instant of the ledger in local time, to the second."""
    return f"{datetime.fromisoformat(instant).astimezone(LOCAL):%Y-%m-%d %H:%M:%S}"
