"""A register as it comes, from the file's bytes to what was understood of it. The one way in for callers."""

import re
from dataclasses import replace
from datetime import date

from activities.sheets import limits
from activities.sheets.cells import Sheet
from activities.sheets.findings import read_sheet
from activities.sheets.headings import Heading, find_heading
from activities.sheets.names import Directory, Names
from activities.sheets.reading import Reading
from activities.sheets.refusals import SheetRefused
from activities.sheets.workbook import Workbook, read_workbook

_NOT_THE_REGISTER = re.compile("示例|样例|样表|模板|模版|填报说明|填写说明|说明|字典|下拉|参数")


def read_register(data: bytes, filename: str, *, directory: Directory, today: date) -> Reading:
    """Every finding of the register with its state; nothing is stored. `today` decides which dates have passed.

    Raises: SheetRefused when the file as a whole cannot be read.
    """
    workbook = read_workbook(data, filename)
    sheet, heading, others = _choose(workbook)
    reading = read_sheet(sheet, heading, Names(directory), today)
    if not reading.findings:
        raise SheetRefused("no_rows", sheet=sheet.name)
    return replace(reading, encoding=workbook.encoding, remarks=tuple(_remarks(workbook, sheet, others, directory)))


def _choose(workbook: Workbook) -> tuple[Sheet, Heading, list[str]]:
    """The first visible sheet with a register's heading, examples and explanations last; the names of the others."""
    found = [(sheet, heading) for sheet in workbook.sheets if (heading := find_heading(sheet))]
    if not found:
        if workbook.beyond:
            name, cell = workbook.beyond[0]
            raise SheetRefused(
                "workbook_too_large", sheet=name, cell=cell, rows=limits.MAX_ROWS, columns=limits.MAX_COLUMNS
            )
        raise SheetRefused("no_heading")
    found.sort(key=lambda pair: bool(_NOT_THE_REGISTER.search(pair[0].name)))
    sheet, heading = found[0]
    return sheet, heading, [other.name for other, _ in found[1:]]


def _remarks(workbook: Workbook, sheet: Sheet, others: list[str], directory: Directory) -> list[str]:
    remarks = [f"只读了工作表“{sheet.name}”；“{name}”也像台账，如需导入请另存为单独的文件。" for name in others]
    remarks += [f"工作表“{name}”超出范围（{cell}），没有读。" for name, cell in workbook.beyond]
    remarks += [f"工作表“{name}”是隐藏的，没有读。" for name in workbook.hidden]
    if not directory.units:
        remarks.append("还没有载入单位名录，单位名称按原样读入，没有核对。")
    return remarks
