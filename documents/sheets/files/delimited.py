"""Text files into rows: encoding, delimiter, quoted line breaks. Runs in the reading process only."""

import csv
import io
import re
from collections import Counter

from documents.sheets.files import limits
from documents.sheets.files.guards import ReadingRefused
from documents.sheets.files.limits import MAX_HEADING_ROW
from documents.sheets.headings import normal
from documents.sheets.spellings import EXACT

_DELIMITERS = (",", "\t", ";", "|", "，", "；")
_HEADINGS = frozenset(word.lower() for words in EXACT.values() for word in words)
_MARKED = re.compile("^'(?=[=+\\-@\t\r'])")
"""An apostrophe that says that a field is a text and no formula (documents/reports/plain); no part of the text."""
_SEP = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)


def decode(data: bytes) -> tuple[str, str]:
    """The text and the name of its encoding. Raises: Refusal unknown_encoding."""
    if data.startswith(b"\xef\xbb\xbf"):
        order = ["utf-8-sig"]
    elif data.startswith((b"\xff\xfe", b"\xfe\xff")):
        order = ["utf-16"]
    else:
        order = ["utf-8", "gb18030"]
    for encoding in order:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text, encoding
    raise ReadingRefused("unknown_encoding")


def split(text: str) -> list[list[str]]:
    """The records with their fields.

    The delimiter is the one that cuts a register's heading into most columns; where none does, the one under which most
    records have the same, largest width.
    """
    if found := _SEP.match(text):
        return _records(text[found.end() :], found[1], limits.MAX_ROWS + 1)
    cut = {delimiter: _heading_width(_records(text, delimiter, MAX_HEADING_ROW + 3)) for delimiter in _DELIMITERS}
    if any(cut.values()):
        return _records(text, max(cut, key=lambda one: cut[one]), limits.MAX_ROWS + 1)
    best, best_width = ",", 1
    for delimiter in _DELIMITERS:
        widths = Counter(len(record) for record in _records(text, delimiter, 80) if any(f.strip() for f in record))
        common = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))[0]
        if common > best_width:
            best, best_width = delimiter, common
    return _records(text, best, limits.MAX_ROWS + 1)


def _heading_width(records: list[list[str]]) -> int:
    """How many columns that every register may have the best of these records heads; 0 when it heads none."""
    known = [sum(normal(field).lower() in _HEADINGS for field in r[: limits.MAX_COLUMNS]) for r in records]
    return max(known, default=0)


def _records(text: str, delimiter: str, most: int) -> list[list[str]]:
    csv.field_size_limit(limits.MAX_FILE_BYTES)
    records: list[list[str]] = []
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            records.append([_MARKED.sub("", field) for field in record])
            if len(records) >= most:
                break
    except csv.Error as error:
        raise ReadingRefused("workbook_damaged", actual=str(error)) from error
    return records
