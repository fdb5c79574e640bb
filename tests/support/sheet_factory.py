"""Small registers for the tests: workbooks made with openpyxl, the directory of a small county, a fixed today."""

import io
from collections.abc import Sequence
from datetime import date

import openpyxl

from definitions.catalogue import SHIPPED, load_process
from documents.sheets.cells import Cell, Merged, Sheet, number_text
from documents.sheets.findings import read_sheet
from documents.sheets.headings import find_heading
from documents.sheets.meanings import Meanings
from documents.sheets.names import Directory, IssuableUnit, NameReader
from documents.sheets.reading import Finding, Reading
from documents.sheets.register import read_register

TODAY = date(2026, 11, 22)
COUNTY = Directory(
    units=(
        IssuableUnit(id="u1", name="县教育局", aliases=("县教体局",), kind="organ"),
        IssuableUnit(id="u2", name="县民政局", kind="organ"),
        IssuableUnit(id="u3", name="县财政局", kind="organ"),
        IssuableUnit(id="u4", name="县人力资源和社会保障局", aliases=("县人社局",), kind="organ"),
        IssuableUnit(id="u5", name="县住房和城乡建设局", aliases=("县住建局",), kind="organ"),
        IssuableUnit(id="u6", name="县委组织部", kind="organ"),
        IssuableUnit(id="u7", name="县人民医院", kind="institution"),
        IssuableUnit(id="u8", name="县农业科学研究所", kind="research"),
        IssuableUnit(id="u9", name="县林业科学研究所", kind="research"),
        IssuableUnit(id="u10", name="县城市投资公司", kind="enterprise"),
        IssuableUnit(id="u11", name="县志愿者协会", kind="social"),
        IssuableUnit(id="u12", name="城关镇", kind="organ"),
    )
)
NOBODY = Directory()
SHIPPED_PROCESS = load_process(SHIPPED / "rectification.yaml")
MEANINGS = Meanings(SHIPPED_PROCESS.matter, SHIPPED_PROCESS.headings)
"""How the shipped process has registers read."""
HEADING = ("序号", "存在问题", "整改措施", "责任单位", "责任领导", "责任人", "整改时限", "备注")


def workbook(rows: Sequence[Sequence[object]], merges: Sequence[str] = (), name: str = "台账") -> bytes:
    """An .xlsx of the rows from A1 on; text that begins with = is a formula, as openpyxl has it."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = name
    for row in rows:
        sheet.append(list(row))
    for merge in merges:
        sheet.merge_cells(merge)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    """The workbook's bytes."""
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def read(data: bytes, filename: str = "台账.xlsx", directory: Directory = COUNTY) -> Reading:
    """The register as read on the fixed day."""
    return read_register(data, filename, directory=directory, today=TODAY, meanings=MEANINGS)


def grid(
    rows: Sequence[Sequence[object]],
    merges: Sequence[tuple[int, int, int, int]] = (),
    directory: Directory = COUNTY,
    today: date = TODAY,
) -> Reading:
    """The rows read without any file; merges are 1-based (top, left, bottom, right)."""
    sheet = Sheet(
        name="台账",
        rows=tuple(tuple(_cell(value) for value in row) for row in rows),
        merged=tuple(Merged(top=a - 1, left=b - 1, bottom=c - 1, right=d - 1) for a, b, c, d in merges),
    )
    heading = find_heading(sheet, MEANINGS)
    assert heading is not None, "no heading found"
    return read_sheet(sheet, heading, NameReader(directory), today)


def _cell(value: object) -> Cell:
    if isinstance(value, date):
        return Cell(text=value.isoformat(), day=value)
    if isinstance(value, int | float):
        return Cell(text=number_text(float(value)), number=float(value))
    return Cell(text=str(value or ""))


def one(
    *,
    finding: object = "三会一课记录不规范",
    measures: object = "规范记录",
    units: object = "县教育局",
    leader: object = "张三",
    person: object = "李四",
    due: object = "2026-12-31",
    remark: object = "",
    directory: Directory = COUNTY,
) -> Finding:
    """A single finding under the usual heading; it stands in row 2."""
    reading = grid([HEADING, (1, finding, measures, units, leader, person, due, remark)], directory=directory)
    (only,) = reading.findings
    return only


def notes(finding: Finding) -> dict[str, str]:
    """The notes of guesses and errors, by cell."""
    return {note.cell: note.text for note in finding.notes if note.level != "info"}


def ignored(reading: Reading) -> dict[int, str]:
    """The ignored rows with their reasons."""
    return {row.row: row.why for row in reading.ignored_rows}
