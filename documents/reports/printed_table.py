"""An extract as a PDF: a table of the columns that fit a page's width, or one item's timeline. In the footer the hash
over all columns of all rows, which is that of the other formats too."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from documents.reports import timeline
from documents.reports.binding import bound, pages_of
from documents.reports.particulars import Particulars, RowsDone
from documents.reports.printing import printed
from ledger.reading.extracts import ColumnKind, Extract, ExtractRow
from ledger.store.canonical import canonical, parse
from rules.codec import Plain

PART_ROWS = 2_000
"""Rows to a printing process, which takes 370 MB for them; some 100 pages."""


class PrintedTable:
    """Takes the rows of one extract, keeps them in a file beside `path`, and prints them part after part when all is
    known; closed, the file at `path` is whole."""

    def __init__(self, path: Path, extract: Extract, made_at: datetime) -> None:
        self._path, self._made_at = path, made_at
        self._drawn, self._beside = extract.drawn, [list(one) for one in extract.beside]
        self._shown = [n for n, column in enumerate(extract.columns) if column.share]
        columns = [extract.columns[n] for n in self._shown]
        self._columns = [
            {"heading": column.heading, "share": column.share, "code": column.kind is ColumnKind.HASH}
            for column in columns
        ]
        self._marked = next((n for n, column in enumerate(columns) if column.name == extract.marked), -1)
        self._rows = path.with_suffix(".rows").open("wb+")

    def row(self, row: ExtractRow, line: bytes) -> None:
        """One more row."""
        values = [str(row.values[n]) for n in self._shown]
        self._rows.write(canonical({"values": values, "colour": row.colour}) + b"\n")

    def close(self, particulars: Particulars, progress: RowsDone) -> None:
        """The file is whole. Raises print_failed."""
        parts: list[Path] = []
        pages = done = 0
        with self._rows:
            for cells in self._parts():
                done += len(cells)
                place = {"begins": not parts, "ends": done == particulars.rows, "page": pages + 1}
                part = self._path.with_suffix(f".{len(parts)}.pdf")
                part.write_bytes(printed("table", {**self._whole(particulars), **place, "cells": cells}, self._made_at))
                parts.append(part)
                pages += pages_of(part)
                progress(done, particulars.rows)
        bound(parts, self._path)

    def _parts(self) -> Iterator[list[object]]:
        """The rows of each part; of nothing at all one part without any."""
        self._rows.seek(0)
        cells: list[object] = []
        some = False
        for line in self._rows:
            if len(cells) == PART_ROWS:
                yield cells
                cells = []
            cells.append(parse(line))
            some = True
        if cells or not some:
            yield cells

    def _whole(self, particulars: Particulars) -> dict[str, object]:
        """What every part says of the whole."""
        return {
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
            "all": len(particulars.columns),
            "drawn": self._drawn,
            "beside": self._beside,
        }

    def abandon(self) -> None:
        """Nothing is open any more."""
        self._rows.close()


class PrintedTimeline:
    """One item's timeline; its rows only count for the hash."""

    def __init__(self, path: Path, data: Plain) -> None:
        self._path, self._data = path, data

    def row(self, row: ExtractRow, line: bytes) -> None:
        """One more row, which stands in the data already."""

    def close(self, particulars: Particulars, progress: RowsDone) -> None:
        """The file is whole. Raises print_failed."""
        data = {**self._data, "content_hash": particulars.content_hash, "algorithm": particulars.algorithm}
        self._path.write_bytes(timeline.as_pdf(data))

    def abandon(self) -> None:
        """Nothing is open: the file is written when all is known."""
