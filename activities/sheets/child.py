"""The reading process: a file on standard input, its sheets as JSON on standard output. Its limits are set first."""

import json
import resource
import sys
from datetime import date, datetime, time, timedelta
from io import BytesIO

from activities.sheets import delimited, guards, limits
from activities.sheets.guards import Refusal

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TEXT_SUFFIXES = {"csv", "txt", "tsv"}
type_json = dict[str, object]


def main() -> None:
    """Reads one file and exits; every outcome but a crash is one JSON object on standard output."""
    _bound()
    suffix = sys.argv[2] if len(sys.argv) > 2 else ""
    data = sys.stdin.buffer.read(limits.MAX_FILE_BYTES + 1)
    try:
        answer = read(data, suffix)
    except Refusal as refusal:
        answer = {"refused": refusal.reason, "fields": {key: str(value) for key, value in refusal.fields.items()}}
    except MemoryError:
        answer = {"refused": "reader_failed", "fields": {}}
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=True).encode("ascii"))
    sys.stdout.buffer.flush()


def _bound() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (limits.MEMORY_BYTES, limits.MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.CPU_SECONDS, limits.CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def read(data: bytes, suffix: str) -> type_json:
    """The sheets of a file, judged by its content first and its suffix second. Raises: Refusal."""
    if data.startswith(b"PK"):
        return _workbook(data, guards.examine(data))
    if data.startswith(_OLE):
        return _ole(data, suffix)
    if suffix in _TEXT_SUFFIXES:
        return _text(data)
    head = data[:4096].lstrip().lower()
    if head.startswith((b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta")) or b"<table" in head:
        raise Refusal("not_a_workbook", actual="网页或 XML 另存的表格")
    if suffix == "xls" and b"\x00" not in data:
        return _text(data)
    raise Refusal("not_a_workbook", actual=f".{suffix}" if suffix else "没有扩展名")


def _ole(data: bytes, suffix: str) -> type_json:
    names = {name: name.encode("utf-16-le") in data for name in ("EncryptedPackage", "Workbook", "Book")}
    if names["EncryptedPackage"]:
        raise Refusal("workbook_encrypted")
    if not (names["Workbook"] or names["Book"]):
        # A new-style suffix around the old container is how Office stores a workbook with a password.
        if suffix in {"xlsx", "xlsm", "xltx"}:
            raise Refusal("workbook_encrypted")
        raise Refusal("not_a_workbook", actual="不是表格")
    return _workbook(data, None)


def _text(data: bytes) -> type_json:
    text, encoding = delimited.decode(data)
    records = delimited.split(text)
    sheet: type_json = {"name": "", "rows": [], "merged": []}
    if len(records) > limits.MAX_ROWS:
        sheet["beyond"] = f"A{limits.MAX_ROWS + 1}"
    else:
        rows = [[_Budget.take(field) for field in record] for record in records]
        wide = next((i for i, row in enumerate(rows) if any(f.strip() for f in row[limits.MAX_COLUMNS :])), None)
        if wide is not None:
            sheet["beyond"] = f"CW{wide + 1}"
        sheet["rows"] = [row[: limits.MAX_COLUMNS] for row in rows]
    return {"sheets": [sheet], "encoding": encoding}


class _Budget:
    """All text together stays within one bound, whatever the shared strings say."""

    left = limits.MAX_TOTAL_CHARACTERS

    @classmethod
    def take(cls, text: str) -> str:
        text = text[: limits.MAX_CELL_CHARACTERS + 1]
        cls.left -= len(text)
        if cls.left < 0:
            raise Refusal("workbook_bomb", actual=f"超过 {limits.MAX_TOTAL_CHARACTERS} 字")
        return text


def _workbook(data: bytes, package: guards.Package | None) -> type_json:
    import python_calamine as calamine

    try:
        book = calamine.load_workbook(BytesIO(data))
        visible = [
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.visible == calamine.SheetVisibleEnum.Visible and sheet.typ == calamine.SheetTypeEnum.WorkSheet
        ]
        if len(visible) > limits.MAX_SHEETS:
            raise Refusal("too_many_sheets", actual=len(visible), limit=limits.MAX_SHEETS)
        hidden = [sheet.name for sheet in book.sheets_metadata if sheet.visible != calamine.SheetVisibleEnum.Visible]
        scans = package.scans if package else {}
        sheets = [_sheet(book, name, scans.get(name) or guards.Scan()) for name in visible]
    except calamine.PasswordError as error:
        raise Refusal("workbook_encrypted") from error
    except (calamine.CalamineError, OSError, ValueError, OverflowError) as error:
        raise Refusal("workbook_damaged", actual=str(error)[:200]) from error
    return {"sheets": sheets, "hidden": hidden, "date1904": bool(package and package.date1904)}


def _sheet(book: "object", name: str, scan: guards.Scan) -> type_json:
    answer: type_json = {"name": name, "rows": [], "merged": []}
    if scan.beyond:
        return answer | {"beyond": scan.beyond}
    sheet = book.get_sheet_by_name(name)  # type: ignore[attr-defined]
    if sheet.end is not None:
        row, column = sheet.end
        if row >= limits.MAX_ROWS or column >= limits.MAX_COLUMNS:
            return answer | {"beyond": f"{guards.letters(column + 1)}{row + 1}"}
        answer["rows"] = [[_value(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
    answer["merged"] = [[*start, *end] for start, end in (sheet.merged_cell_ranges or [])][: limits.MAX_ROWS * 10]
    return answer | {"formulas": scan.formulas, "errors": scan.errors, "hidden_rows": scan.hidden_rows}


def _value(value: object) -> object:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, datetime | date):
        return {"day": value.isoformat()[:10]}
    if isinstance(value, time | timedelta):
        return str(value)
    return _Budget.take(str(value))


if __name__ == "__main__":
    main()
