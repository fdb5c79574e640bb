"""A register as it comes, from the file's bytes to what was understood of it. The one way in for callers."""

import re
from dataclasses import replace
from datetime import date

from documents.sheets.cells import Sheet
from documents.sheets.files import limits
from documents.sheets.files.workbook import ReadWorkbook, read_workbook
from documents.sheets.findings import read_sheet
from documents.sheets.headings import Heading, find_heading
from documents.sheets.meanings import Meanings
from documents.sheets.names import Directory, NameReader
from documents.sheets.reading import Reading, RowsTold
from documents.sheets.unreadable import SheetRefused
from rules.dates.calendar import Calendar

EVERY = ("all", "全部")
_NOT_THE_REGISTER = re.compile("示例|样例|样表|模板|模版|填报说明|填写说明|说明|字典|下拉|参数")


def read_register(
    data: bytes,
    filename: str,
    *,
    directory: Directory,
    today: date,
    calendar: Calendar | None = None,
    meanings: Meanings,
    sheet: str = "",
    told: RowsTold | None = None,
) -> Reading:
    """Every finding of the register with its state; nothing is stored. `today` decides which dates have passed, the
    calendar which days are worked (without one, all but weekends), `meanings` what the columns can say.

    `sheet`: the one to read, by name; EVERY for all that look like a register, as one; left empty, the first of them.
    `told` hears of the rows of all sheets that are read; first when the file is unpacked, last when all is read.
    Raises: SheetRefused when the file as a whole cannot be read.
    """
    workbook = read_workbook(data, filename)
    found = _registers(workbook, meanings)
    chosen, others = _chosen(found, sheet), []
    if not sheet:
        chosen, others = found[:1], [other.name for other, _ in found[1:]]
    readings = _read_all(chosen, directory, today, calendar, told)
    reading = readings[0] if len(readings) == 1 else _together(readings)
    if not reading.findings:
        raise SheetRefused("no_rows", sheet=reading.sheet)
    remarks = _remarks(workbook, reading.sheet, others, directory)
    if reading.unused:
        remarks.append(f"这些栏目没有采用：{'、'.join(reading.unused)}。")
    return replace(reading, encoding=workbook.encoding, remarks=tuple(remarks))


def _read_all(
    chosen: list[tuple[Sheet, Heading]],
    directory: Directory,
    today: date,
    calendar: Calendar | None,
    told: RowsTold | None,
) -> list[Reading]:
    """The sheets one after the other; the rows read are counted over all of them."""
    readings, before, rows = [], 0, sum(len(sheet.rows) for sheet, _ in chosen)

    def count(done: int, _: int) -> None:
        if told:
            told(before + done, rows)

    count(0, rows)
    for sheet, heading in chosen:
        readings.append(read_sheet(sheet, heading, NameReader(directory), today, calendar, count))
        before += len(sheet.rows)
        count(0, rows)
    return readings


def _registers(workbook: ReadWorkbook, meanings: Meanings) -> list[tuple[Sheet, Heading]]:
    """The visible sheets with a register's heading, examples and explanations last."""
    found = [(sheet, heading) for sheet in workbook.sheets if (heading := find_heading(sheet, meanings))]
    if not found:
        if workbook.beyond:
            name, cell = workbook.beyond[0]
            raise SheetRefused(
                "workbook_too_large", sheet=name, cell=cell, rows=limits.MAX_ROWS, columns=limits.MAX_COLUMNS
            )
        raise SheetRefused("no_heading")
    return sorted(found, key=lambda pair: bool(_NOT_THE_REGISTER.search(pair[0].name)))


def _chosen(found: list[tuple[Sheet, Heading]], wanted: str) -> list[tuple[Sheet, Heading]]:
    """The sheets of that name, or all but examples and explanations."""
    if wanted in EVERY:
        real = [pair for pair in found if not _NOT_THE_REGISTER.search(pair[0].name)]
        return real or found[:1]
    chosen = [pair for pair in found if not wanted or pair[0].name.strip() == wanted.strip()]
    if not chosen:
        names = "、".join(f"“{sheet.name}”" for sheet, _ in found)
        raise SheetRefused("no_such_sheet", actual=wanted[:40], sheets=names)
    return chosen


def _together(readings: list[Reading]) -> Reading:
    """Several sheets as one register; every row, note and column says on which sheet it stands."""
    findings = [
        replace(
            finding,
            sheet=reading.sheet,
            notes=tuple(replace(note, cell=f"{reading.sheet}!{note.cell}") for note in finding.notes),
        )
        for reading in readings
        for finding in reading.findings
    ]
    return replace(
        readings[0],
        findings=tuple(findings),
        ignored_rows=tuple(replace(row, sheet=r.sheet) for r in readings for row in r.ignored_rows),
        sheet="、".join(reading.sheet for reading in readings),
        unused=tuple(f"“{reading.sheet}”的 {column}" for reading in readings for column in reading.unused),
    )


def _remarks(workbook: ReadWorkbook, sheet: str, others: list[str], directory: Directory) -> list[str]:
    remarks = []
    if others:
        named = "、".join(f"“{name}”" for name in others)
        remarks.append(f"只读了工作表“{sheet}”；{named}也像台账，可以指定读哪一张，或写“全部”一起读。")
    remarks += [f"工作表“{name}”超出范围（{cell}），没有读。" for name, cell in workbook.beyond]
    remarks += [f"工作表“{name}”是隐藏的，没有读。" for name in workbook.hidden]
    if workbook.bare:
        remarks.append(
            "这种格式的文件看不出删除线、隐藏的行和列，也看不出日期格是否只显示到月；有这些的，请另存为 .xlsx 再导入。"
        )
    if not directory.units:
        remarks.append("还没有载入单位名录，单位名称按原样读入，没有核对。")
    return remarks
