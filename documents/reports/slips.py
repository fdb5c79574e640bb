"""Slips by which people come in the first time, as one .xlsx file to print, cut and hand out: a row for each."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from io import BytesIO

import xlsxwriter

_HEADINGS = (("单位", 26), ("姓名", 14), ("登录名", 18), ("链接", 90), ("有效期至", 18))
_ABOUT = "每人一行，裁开后交给本人；链接只能用一次，用来设密码。用完或过期就没有用了，请勿另存。"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlipRow:
    """What one slip says, as text."""

    unit: str
    name: str
    sign_in_name: str
    link: str
    expires: str


def written_slips(rows: Iterable[SlipRow]) -> bytes:
    """The file. Texts stay texts: a link is none to click, since a spreadsheet would follow it and use it up."""
    out = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    sheet = book.add_worksheet("登录凭条")
    bold = book.add_format({"bold": True, "bg_color": "#e8eef5", "bottom": 1})
    cut = book.add_format({"text_wrap": True, "valign": "vcenter", "bottom": 4})
    sheet.write_string(0, 0, _ABOUT)
    for column, (heading, width) in enumerate(_HEADINGS):
        sheet.set_column(column, column, width)
        sheet.write_string(1, column, heading, bold)
    for at, row in enumerate(rows, start=2):
        for column, value in enumerate(astuple(row)):
            sheet.write_string(at, column, value, cut)
    sheet.freeze_panes(2, 0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(1)
    book.close()
    return out.getvalue()
