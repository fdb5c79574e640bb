"""The reading process: a file on standard input, its sheets as JSON on standard output. Its limits are set first."""

import json
import resource
import sys
from datetime import date, datetime, time, timedelta
from io import BytesIO

from documents.sheets.files import delimited, guards, limits, styles
from documents.sheets.files.guards import ReadingRefused

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
    except ReadingRefused as refusal:
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
        raise ReadingRefused("not_a_workbook", actual="网页或 XML 另存的表格")
    if suffix == "xls" and b"\x00" not in data:
        return _text(data)
    raise ReadingRefused("not_a_workbook", actual=f".{suffix}" if suffix else "没有扩展名")


def _ole(data: bytes, suffix: str) -> type_json:
    names = {name: name.encode("utf-16-le") in data for name in ("EncryptedPackage", "Workbook", "Book")}
    if names["EncryptedPackage"]:
        raise ReadingRefused("workbook_encrypted")
    if not (names["Workbook"] or names["Book"]):
        # A new-style suffix around the old container is how Office stores a workbook with a password.
        if suffix in {"xlsx", "xlsm", "xltx"}:
            raise ReadingRefused("workbook_encrypted")
        raise ReadingRefused("not_a_workbook", actual="不是表格")
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
            raise ReadingRefused("workbook_bomb", actual=f"超过 {limits.MAX_TOTAL_CHARACTERS} 字")
        return text


def _workbook(data: bytes, package: guards.Package | None) -> type_json:
    import python_calamine as calamine

    try:
        book = calamine.load_workbook(BytesIO(package.data if package else data))
        visible = [
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.visible == calamine.SheetVisibleEnum.Visible and sheet.typ == calamine.SheetTypeEnum.WorkSheet
        ]
        if len(visible) > limits.MAX_SHEETS:
            raise ReadingRefused("too_many_sheets", actual=len(visible), limit=limits.MAX_SHEETS)
        hidden = [sheet.name for sheet in book.sheets_metadata if sheet.visible != calamine.SheetVisibleEnum.Visible]
        scans = package.scans if package else {}
        sheets = [_sheet(book, name, scans.get(name) or guards.Scan(), package) for name in visible]
    except calamine.PasswordError as error:
        raise ReadingRefused("workbook_encrypted") from error
    except (calamine.CalamineError, OSError, ValueError, OverflowError) as error:
        raise ReadingRefused("workbook_damaged", actual="里面的内容不合表格的格式") from error
    bare = package is None
    return {"sheets": sheets, "hidden": hidden, "date1904": bool(package and package.date1904), "bare": bare}


def _sheet(book: "object", name: str, scan: guards.Scan, package: guards.Package | None) -> type_json:
    answer: type_json = {"name": name, "rows": [], "merged": []}
    if scan.beyond:
        return answer | {"beyond": scan.beyond}
    sheet = book.get_sheet_by_name(name)  # type: ignore[attr-defined]
    if sheet.end is not None:
        row, column = sheet.end
        if row >= limits.MAX_ROWS or column >= limits.MAX_COLUMNS:
            return answer | {"beyond": f"{guards.letters(column + 1)}{row + 1}"}
        answer["rows"] = [[_value(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
        if package:
            _as_shown(answer["rows"], scan, package)  # type: ignore[arg-type]
    answer["merged"] = [[*start, *end] for start, end in (sheet.merged_cell_ranges or [])][: limits.MAX_ROWS * 10]
    hidden = {"hidden_rows": scan.hidden_rows, "hidden_columns": scan.hidden_columns}
    return answer | {"formulas": scan.formulas, "errors": scan.errors, **hidden}


def _as_shown(rows: list[list[object]], scan: guards.Scan, package: guards.Package) -> None:
    """The cells say what they show: less than a whole date, words round a number, and text that is not struck out."""
    for where, index in scan.styles.items():
        found = guards.place(where)
        if not found or found[0] > len(rows) or found[1] > len(rows[found[0] - 1]):
            continue
        row, column, style = found[0] - 1, found[1] - 1, package.style(index)
        value = _with_format(rows[row][column], style, package.date1904)
        if style.struck and value != "":
            value = {"text": "", "struck": _words(value)}
        rows[row][column] = value
    for where, runs in scan.strings.items():
        found = guards.place(where)
        if found and found[0] <= len(rows) and found[1] <= len(rows[found[0] - 1]):
            value = rows[found[0] - 1][found[1] - 1]
            if isinstance(value, str):
                left, gone = ("".join(t for t, s in runs if s is struck) for struck in (False, True))
                rows[found[0] - 1][found[1] - 1] = {"text": left[: len(value)], "struck": gone[: len(value)]}


def _with_format(value: object, style: styles.Style, date1904: bool) -> object:
    day = value.get("day") if isinstance(value, dict) else None
    if isinstance(value, float) and style.shows and 1 <= value < 110_000:
        day = (date(1904, 1, 1) if date1904 else date(1899, 12, 30)) + timedelta(days=int(value))
        day = day.isoformat()
    if day and style.shows in ("month", "year"):
        year, month, _ = str(day).split("-")
        return {"text": f"{year}年{int(month)}月" if style.shows == "month" else f"{year}年", "kept": day}
    if day and style.shows == "day":
        return {"day": day}
    if isinstance(value, float) and value.is_integer() and style.around:
        return f"{style.around[0]}{int(value)}{style.around[1]}"
    return value


def _words(value: object) -> str:
    if isinstance(value, dict):
        return str(value.get("text") or value.get("day"))
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


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
