"""Bytes into sheets through a bounded child process. Nothing that a file holds is opened in the calling process."""

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from documents.sheets.cells import BLANK, Cell, Merged, Sheet, number_text
from documents.sheets.files import limits
from documents.sheets.unreadable import SheetRefused

_ROOT = str(Path(__file__).resolve().parents[3])
_START = "import sys; sys.path.insert(0, sys.argv[1]); from documents.sheets.files.child import main; main()"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadWorkbook:
    """The visible sheets in their order; `beyond` names sheets that were not read and the cell that is too far. `bare`:
    of this kind of file only values are read, not how the cells show them."""

    sheets: tuple[Sheet, ...]
    beyond: tuple[tuple[str, str], ...] = ()
    hidden: tuple[str, ...] = ()
    encoding: str | None = None
    bare: bool = False


def read_workbook(data: bytes, filename: str) -> ReadWorkbook:
    """The sheets of a file. A fresh process reads it, with limits on memory and time, and is gone afterwards.

    Raises: SheetRefused with any reason but no_heading and no_rows.
    """
    if not data:
        raise SheetRefused("file_empty")
    if len(data) > limits.MAX_FILE_BYTES:
        limit = limits.MAX_FILE_BYTES // (1024 * 1024)
        raise SheetRefused("file_too_big", actual=round(len(data) / (1024 * 1024), 1), limit=limit)
    return _decode(_run(data, Path(filename).suffix.lstrip(".").lower()[:8]))


def _run(data: bytes, suffix: str) -> dict[str, Any]:
    command = [sys.executable, "-P", "-X", "utf8", "-c", _START, _ROOT, suffix]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=limits.WALL_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise SheetRefused("reader_failed") from error
    if done.returncode != 0 or not done.stdout:
        raise SheetRefused("reader_failed")
    answer: dict[str, Any] = json.loads(done.stdout)
    if "refused" in answer:
        raise SheetRefused(answer["refused"], **answer["fields"])
    return answer


def _decode(answer: dict[str, Any]) -> ReadWorkbook:
    date1904 = bool(answer.get("date1904"))
    sheets = answer["sheets"]
    return ReadWorkbook(
        sheets=tuple(_sheet(sheet, date1904) for sheet in sheets if not sheet.get("beyond")),
        beyond=tuple((sheet["name"], sheet["beyond"]) for sheet in sheets if sheet.get("beyond")),
        hidden=tuple(answer.get("hidden", ())),
        encoding=answer.get("encoding"),
        bare=bool(answer.get("bare")),
    )


def _sheet(sheet: dict[str, Any], date1904: bool) -> Sheet:
    return Sheet(
        name=sheet["name"],
        rows=tuple(tuple(_cell(value) for value in row) for row in sheet["rows"]),
        merged=tuple(Merged(top=a, left=b, bottom=c, right=d) for a, b, c, d in sheet["merged"]),
        formulas=sheet.get("formulas", {}),
        errors=frozenset(sheet.get("errors", ())),
        hidden_rows=frozenset(sheet.get("hidden_rows", ())),
        hidden_columns=frozenset(sheet.get("hidden_columns", ())),
        date1904=date1904,
    )


def _cell(value: Any) -> Cell:
    if value == "":
        return BLANK
    if isinstance(value, float):
        return Cell(text=number_text(value), number=value)
    if isinstance(value, dict):
        if "day" in value:
            return Cell(text=value["day"], day=date.fromisoformat(value["day"]))
        kept = date.fromisoformat(value["kept"]) if "kept" in value else None
        return Cell(text=value["text"], kept=kept, struck=value.get("struck", ""))
    return Cell(text=value)
