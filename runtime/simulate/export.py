"""The whole of a simulation as files: a workbook, or one CSV file for each of its sheets. Written row by row."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol, TypeAlias

import xlsxwriter

from runtime.ending import WRONG_USAGE, Problem

CellValue: TypeAlias = str | int
MAIN = "通知"
SHEET_ROWS = 1_000_000
"""A worksheet holds 1,048,576 rows; what goes beyond begins another."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Export(Protocol):
    """Takes rows by sheet; a sheet begins with its first row."""

    def row(self, sheet: str, columns: Sequence[str], values: Sequence[CellValue]) -> None:
        """One more row."""

    def close(self) -> None:
        """Everything is written under its own name; not before."""


def open_export(path: Path) -> Export:
    """The export that the file's name asks for. Raises Problem for any other name than .xlsx and .csv."""
    if not path.parent.is_dir():
        raise Problem(f"没有 {path.parent} 这个文件夹。", "先建好文件夹，或换一个地方。")
    match path.suffix.lower():
        case ".xlsx":
            return SimulationWorkbook(path)
        case ".csv":
            return Tables(path)
    raise Problem(f"不能导出成“{path.name}”。", "文件名以 .xlsx 或 .csv 结尾。", WRONG_USAGE)


class SimulationWorkbook:
    """One workbook."""

    def __init__(self, path: Path) -> None:
        self._path, self._begun = path, path.with_name(f".{path.name}.part")
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(str(self._begun), options)
        self._bold = self._book.add_format({"bold": True})
        self._rows: dict[str, tuple[xlsxwriter.worksheet.Worksheet, int, int]] = {}

    def row(self, sheet: str, columns: Sequence[str], values: Sequence[CellValue]) -> None:
        """See Export."""
        page, number, part = self._rows.get(sheet, (None, 0, 0))
        if page is None or number >= SHEET_ROWS:
            part += 1
            page, number = self._book.add_worksheet(sheet if part == 1 else f"{sheet} {part}"), 1
            page.freeze_panes(1, 0)
            page.set_column(0, len(columns) - 1, 18)
            page.write_row(0, 0, columns, self._bold)
        page.write_row(number, 0, [_unmarked(value) for value in values])
        self._rows[sheet] = (page, number + 1, part)

    def close(self) -> None:
        """See Export."""
        if not self._rows:
            self._book.add_worksheet(MAIN)
        self._book.close()
        os.replace(self._begun, self._path)


class Tables:
    """`NAME.csv` with the main sheet, and `NAME-sheet.csv` with each of the others."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open = ExitStack()
        self._writers: dict[str, object] = {}
        self._begun: dict[Path, Path] = {}

    def row(self, sheet: str, columns: Sequence[str], values: Sequence[CellValue]) -> None:
        """See Export."""
        writer = self._writers.get(sheet)
        if writer is None:
            final = self._path if sheet == MAIN else self._path.with_name(f"{self._path.stem}-{sheet}.csv")
            part = final.with_name(f".{final.name}.part")
            self._begun[part] = final
            file = self._open.enter_context(part.open("w", encoding="utf-8-sig", newline=""))
            writer = self._writers[sheet] = csv.writer(file)
            writer.writerow(columns)
        writer.writerow([_harmless(value) for value in values])  # type: ignore[attr-defined]

    def close(self) -> None:
        """See Export."""
        self._open.close()
        for part, final in self._begun.items():
            os.replace(part, final)


def _unmarked(value: CellValue) -> CellValue:
    """XlsxWriter takes a text between <r> and </r> for markup and lets it through as it is."""
    return f"'{value}" if isinstance(value, str) and value.startswith("<r>") else value


def _harmless(value: CellValue) -> CellValue:
    """A text that a spreadsheet program would take for a formula is marked as text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
