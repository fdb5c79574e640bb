"""What somebody does who has only the file and docs/exports.md: works out the content hash again. Imports nothing of
ours."""

import csv
import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from openpyxl import load_workbook


def hash_of_lines(path: Path, algorithm: str = "sha256") -> str:
    return hashlib.new(algorithm, path.read_bytes()).hexdigest()


def hash_of_workbook(path: Path) -> tuple[str, str]:
    """The hash worked out from the rows, and the one that the second sheet names."""
    book = load_workbook(path)
    about = {str(row[0].value): row[1].value for row in book["说明"].iter_rows() if row[0].value}
    first, *rows = book.worksheets[0].iter_rows(values_only=True)
    headings = [str(heading) for heading in first]
    names = {heading: str(about[heading]) for heading in headings}
    kinds = {str(row[0].value): row[2].value for row in book["说明"].iter_rows()}
    running = hashlib.sha256()
    for row in rows:
        values = {
            names[heading]: _value(value, str(kinds[heading])) for heading, value in zip(headings, row, strict=True)
        }
        running.update(_line(values))
    return running.hexdigest(), str(about["内容哈希（sha256）"])


def hash_of_table(path: Path, names: list[str], numbers: set[str]) -> str:
    running = hashlib.sha256()
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in list(csv.reader(file))[1:]:
            values: dict[str, Any] = dict(zip(names, (cell.removeprefix("'") for cell in row), strict=True))
            running.update(_line({n: int(v) if n in numbers else v for n, v in values.items()}))
    return running.hexdigest()


def _value(value: object, kind: str) -> str | int:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if kind == "日期" else f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, int):
        return value
    return str(value)


def _line(values: dict[str, Any]) -> bytes:
    return (json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n").encode()
