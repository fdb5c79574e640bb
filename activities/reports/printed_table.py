"""An extract as a PDF: a table of the columns that fit a page's width, or one item's timeline. In the footer the hash
over all columns of all rows, which is that of the other formats too."""

from datetime import datetime
from pathlib import Path

from activities.reports import timeline
from activities.reports.particulars import Particulars
from activities.reports.printing import printed
from ledger.extracts import Extract, Kind, Row
from rules.errors import Code, RuleViolation

ROW_LIMIT = 5_000
"""Some 250 pages: the printing process takes a gigabyte for them. Nobody reads more on paper."""


class PrintedTable:
    """Takes the rows of one extract; closed, the file is whole. Raises print_too_long before any row is read."""

    def __init__(self, path: Path, extract: Extract, made_at: datetime) -> None:
        _bound(extract)
        self._path, self._made_at = path, made_at
        self._shown = [n for n, column in enumerate(extract.columns) if column.share]
        columns = [extract.columns[n] for n in self._shown]
        self._columns = [
            {"heading": column.heading, "share": column.share, "code": column.kind is Kind.HASH} for column in columns
        ]
        self._marked = next((n for n, column in enumerate(columns) if column.name == extract.marked), -1)
        self._cells: list[dict[str, object]] = []

    def row(self, row: Row, line: bytes) -> None:
        """One more row."""
        self._cells.append({"values": [str(row.values[n]) for n in self._shown], "colour": row.colour})

    def close(self, particulars: Particulars) -> None:
        """The file is whole. Raises print_failed."""
        data = {
            "title": particulars.title,
            "scope": "；".join(f"{name}：{words}" for name, words in particulars.scope),
            "when": particulars.when,
            "person": particulars.person,
            "rows": particulars.rows,
            "hash": particulars.content_hash,
            "algorithm": particulars.algorithm,
            "seal": particulars.seal,
            "columns": self._columns,
            "marked": self._marked,
            "cells": self._cells,
            "all": len(particulars.columns),
        }
        self._path.write_bytes(printed("table", data, self._made_at))

    def abandon(self) -> None:
        """Nothing is open: the file is written when all is known."""


class PrintedTimeline:
    """One item's timeline; its rows only count for the hash. Raises print_too_long."""

    def __init__(self, path: Path, extract: Extract, data: timeline.Plain) -> None:
        _bound(extract)
        self._path, self._data = path, data

    def row(self, row: Row, line: bytes) -> None:
        """One more row, which stands in the data already."""

    def close(self, particulars: Particulars) -> None:
        """The file is whole. Raises print_failed."""
        data = {**self._data, "content_hash": particulars.content_hash, "algorithm": particulars.algorithm}
        self._path.write_bytes(timeline.as_pdf(data))

    def abandon(self) -> None:
        """Nothing is open: the file is written when all is known."""


def _bound(extract: Extract) -> None:
    if extract.total > ROW_LIMIT:
        raise RuleViolation(Code.PRINT_TOO_LONG, limit=ROW_LIMIT, actual=extract.total)
