"""Looks at a workbook's zip and XML before a library opens it, and notes formulas. For the reading process only."""

import io
import posixpath
import re
import xml.etree.ElementTree as ElementTree
import zipfile
from dataclasses import dataclass, field
from xml.parsers import expat

from documents.sheets.files import limits
from documents.sheets.files.styles import PLAIN, Style, TextRuns, read_styles, struck_strings

_LETTERS = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})$")
_ROW = re.compile("[0-9]{1,7}")
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_RELATION_STRICT = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


class ReadingRefused(Exception):
    """The reading process declines; travels to the caller as a code with fields."""

    def __init__(self, reason: str, **fields: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.fields = fields


@dataclass(slots=True, kw_only=True)
class Scan:
    """What one worksheet's XML holds besides values. `styles`: the format's index of each filled cell that is not
    plain; `strings`: the text of each that is struck out in part. Rows and columns are 1-based."""

    formulas: dict[str, bool] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    styles: dict[str, int] = field(default_factory=dict)
    strings: dict[str, TextRuns] = field(default_factory=dict)
    beyond: str | None = None


@dataclass(slots=True, kw_only=True)
class Package:
    """A workbook's zip: which worksheet part belongs to which sheet name, and what its cells' formats say.

    `data`: the file to read, in which what the reading library would stumble over is mended.
    """

    data: bytes
    scans: dict[str, Scan] = field(default_factory=dict)
    styles: tuple[Style, ...] = ()
    struck: dict[int, TextRuns] = field(default_factory=dict)
    date1904: bool = False

    def style(self, index: int) -> Style:
        """The format of that index; plain when there is none."""
        return self.styles[index] if index < len(self.styles) else PLAIN


def examine(data: bytes) -> Package | None:
    """Checks the zip and returns the scans of its visible sheets; None when it is a kind without XML sheets.

    Raises: Refusal workbook_damaged, workbook_encrypted, workbook_bomb, workbook_unsafe, not_a_workbook.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError, UnicodeDecodeError) as error:
        raise ReadingRefused("workbook_damaged", actual="压缩包不完整") from error
    with archive:
        _check_entries(archive, len(data))
        if any("\\" in name for name in archive.namelist()):
            return examine(_repacked(archive, {}))
        names = set(archive.namelist())
        if "xl/workbook.xml" not in names:
            if names & {"xl/workbook.bin", "content.xml"}:
                return None
            raise ReadingRefused("not_a_workbook", actual="压缩包里没有工作簿")
        for name in names:
            if name.endswith((".xml", ".rels")):
                _check_head(archive, name)
        return _scan_sheets(archive, names, data)


def _repacked(archive: zipfile.ZipFile, instead: dict[str, bytes]) -> bytes:
    """The package with these parts instead, and with the slashes in its names that the standard asks for."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as new:
        for name in archive.namelist():
            if not name.endswith(("/", "\\")):
                new.writestr(name.replace("\\", "/"), instead.get(name) or _read(archive, name))
    return packed.getvalue()


def _check_entries(archive: zipfile.ZipFile, packed: int) -> None:
    entries = archive.infolist()
    if len(entries) > limits.MAX_ENTRIES:
        raise ReadingRefused("workbook_bomb", actual=f"{len(entries)} 个部分")
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise ReadingRefused("workbook_encrypted")
    unpacked = sum(entry.file_size for entry in entries)
    huge = unpacked > limits.MAX_UNPACKED_BYTES
    steep = unpacked > limits.RATIO_FREE_BYTES and unpacked > limits.MAX_RATIO * packed
    if huge or steep:
        raise ReadingRefused("workbook_bomb", actual=f"{unpacked // (1024 * 1024)} MB")


def _read(archive: zipfile.ZipFile, name: str, size: int = -1) -> bytes:
    try:
        with archive.open(name) as part:
            return part.read(size)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError, RuntimeError) as error:
        raise ReadingRefused("workbook_damaged", actual=name) from error
    except Exception as error:  # zlib.error and its kin have no common base
        raise ReadingRefused("workbook_damaged", actual=name) from error


def _check_head(archive: zipfile.ZipFile, name: str) -> None:
    head = _read(archive, name, 65536).replace(b"\x00", b"")
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
        raise ReadingRefused("workbook_unsafe", actual=name)


def _tree(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(_read(archive, name))
    except ElementTree.ParseError as error:
        raise ReadingRefused("workbook_damaged", actual=name) from error


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _scan_sheets(archive: zipfile.ZipFile, names: set[str], data: bytes) -> Package:
    book = _tree(archive, "xl/workbook.xml")
    targets: dict[str, str] = {}
    if "xl/_rels/workbook.xml.rels" in names:
        for relation in _tree(archive, "xl/_rels/workbook.xml.rels"):
            target = relation.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))
            targets[relation.get("Id", "")] = path
    package = Package(data=data)
    by_lower = {name.lower(): name for name in names}
    if styles := by_lower.get("xl/styles.xml"):
        try:
            package.styles = read_styles(_read(archive, styles))
        except ElementTree.ParseError as error:
            raise ReadingRefused("workbook_damaged", actual=styles) from error
    if strings := by_lower.get("xl/sharedstrings.xml"):
        package.struck = struck_strings(_read(archive, strings))
    mended: dict[str, bytes] = {}
    for element in book.iter():
        if _local(element.tag) == "workbookPr":
            package.date1904 = element.get("date1904", "0").lower() in {"1", "true"}
        if _local(element.tag) != "sheet" or element.get("state", "visible") != "visible":
            continue
        part = targets.get(element.get(_RELATION) or element.get(_RELATION_STRICT) or "", "")
        if part in names and "worksheets" in part:
            xml = _read(archive, part)
            package.scans[element.get("name", "")] = scan_sheet(xml, package)
            if (without := _without_wrong_range(xml)) != xml:
                mended[part] = without
    if mended:
        package.data = _repacked(archive, mended)
    return package


_RANGE = re.compile(rb'<((?:[A-Za-z0-9]+:)?)dimension\s+ref="([^"]{0,40})"\s*(?:/>|>\s*</\1dimension>)')


def _without_wrong_range(xml: bytes) -> bytes:
    """The worksheet without the range that it declares, where that is none. The cells say where they are."""
    found = _RANGE.search(xml, 0, 65536)
    ends = [place(end) for end in found[2].decode("ascii", "replace").split(":")] if found else []
    if found is None or all(end and end[0] for end in ends):
        return xml
    return xml[: found.start()] + xml[found.end() :]


def place(reference: str) -> tuple[int, int] | None:
    """The 1-based row and column of an address such as F5, or None."""
    found = _LETTERS.match(reference)
    if not found:
        return None
    column = 0
    for letter in found[1].upper():
        column = column * 26 + ord(letter) - 64
    return int(found[2]), column


class _Beyond(Exception):
    pass


class _WorksheetReader:
    """Follows one worksheet's elements; stops at the first filled cell beyond the limits."""

    def __init__(self, package: Package | None) -> None:
        self.scan, self.package = Scan(), package
        self.style = 0
        self.content = ""
        self.runs: TextRuns = []
        self.struck = False
        self.row = self.column = 0
        self.kind = self.reference = ""
        self.formula = self.value = False
        self.inside = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "c":
            self.column += 1
            at = place(attributes.get("r", ""))
            if at:
                self.row, self.column = at
            self.kind, self.formula, self.value = attributes.get("t", ""), False, False
            style = attributes.get("s", "")
            self.style, self.content = int(style) if _ROW.fullmatch(style) else 0, ""
            self.runs = []
        elif name == "col":
            self._column(attributes)
        elif name == "row":
            self.row = int(attributes["r"]) if _ROW.fullmatch(attributes.get("r", "")) else self.row + 1
            self.column = 0
            if attributes.get("hidden", "") in {"1", "true"} and self.row <= limits.MAX_ROWS:
                self.scan.hidden_rows.append(self.row)
        elif name == "f":
            self.formula = True
        elif name in {"v", "t"}:
            self.inside = name
        elif name == "r":
            self.struck = False
        elif name == "strike":
            self.struck = attributes.get("val", "1").lower() not in {"0", "false"}

    def text(self, data: str) -> None:
        if self.inside and data:
            self.value = True
            if self.kind == "s" and len(self.content) < 10:
                self.content += data
            elif self.kind == "inlineStr":
                self.runs.append((data, self.struck))

    def _column(self, attributes: dict[str, str]) -> None:
        ends = attributes.get("min", ""), attributes.get("max", "")
        if attributes.get("hidden", "") in {"1", "true"} and all(_ROW.fullmatch(end) for end in ends):
            first, last = map(int, ends)
            self.scan.hidden_columns += range(first, min(last, limits.MAX_COLUMNS) + 1)

    def end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name in {"v", "t"}:
            self.inside = ""
        elif name == "r":
            self.struck = False
        if name != "c" or not (self.formula or self.value):
            return
        where = f"{letters(self.column)}{self.row}"
        if self.row > limits.MAX_ROWS or self.column > limits.MAX_COLUMNS:
            self.scan.beyond = where
            raise _Beyond
        if self.package:
            if self.package.style(self.style) != PLAIN:
                self.scan.styles[where] = self.style
            if self.kind == "s" and self.content.isdigit() and int(self.content) in self.package.struck:
                self.runs = self.package.struck[int(self.content)]
            if any(struck for _, struck in self.runs):
                self.scan.strings[where] = self.runs
        if self.kind == "e":
            self.scan.errors.append(where)
        elif self.formula:
            self.scan.formulas[where] = self.value


def letters(column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def scan_sheet(xml: bytes, package: Package | None = None) -> Scan:
    """The formulas, errors, hidden rows and columns, formats and the first cell beyond the limits of one worksheet.

    Raises: Refusal workbook_damaged, workbook_unsafe.
    """
    reader = _WorksheetReader(package)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(xml, True)
    except _Beyond:
        pass
    except expat.ExpatError as error:
        # A raw control character in the text is the row's fault, not the file's: the values are still read.
        if error.code != expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN]:
            raise ReadingRefused("workbook_damaged", actual="工作表内容不完整") from error
    return reader.scan


def _refuse_doctype(*_: object) -> None:
    raise ReadingRefused("workbook_unsafe", actual="DOCTYPE")
