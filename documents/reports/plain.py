"""An extract as CSV for spreadsheet programs, and as JSON Lines for programs: row by row."""

import csv
from pathlib import Path

from documents.reports.particulars import Particulars, RowsDone
from ledger.reading.extracts import CellValue, Extract, ExtractRow

_TAKEN_FOR_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
"""The apostrophe too, so that taking away one leading apostrophe always gives the value back."""


class CsvTable:
    """CSV: UTF-8 with a byte order mark, a heading, CRLF; nothing in it can be taken for a formula."""

    def __init__(self, path: Path, extract: Extract) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(column.heading for column in extract.columns)

    def row(self, row: ExtractRow, line: bytes) -> None:
        """One more row."""
        self._writer.writerow(map(harmless, row.values))

    def close(self, particulars: Particulars, progress: RowsDone) -> None:
        """The file is whole."""
        self._file.close()

    def abandon(self) -> None:
        """Nothing is open any more."""
        self._file.close()


def harmless(value: CellValue) -> CellValue:
    """A text that a spreadsheet program would take for a formula begins with an apostrophe: it is a text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_TAKEN_FOR_A_FORMULA) else value


class JsonLines:
    """JSON Lines: the very lines that the content hash is made from, so it is the file's own hash."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")

    def row(self, row: ExtractRow, line: bytes) -> None:
        """One more row, as its line."""
        self._file.write(line)

    def close(self, particulars: Particulars, progress: RowsDone) -> None:
        """The file is whole."""
        self._file.close()

    def abandon(self) -> None:
        """Nothing is open any more."""
        self._file.close()
