"""Writes the demonstration's register: a spreadsheet as messy as they come. What stands in it is in findings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import xlsxwriter

from runtime.demo.findings import COMPLAINTS, EVERY_INSTITUTE, IMPOSSIBLE_DATE, PAST_DATE, UNKNOWN_UNIT, Complaint

LEADERS = ("周启明", "林若兰", "韩 松", "沈玉琴", "罗建平")
PEOPLE = (
    "李 想",
    "王秋实",
    "陈立群",
    "赵文静",
    "孙海涛",
    "吴桂芳",
    "郑一凡",
    "何晓东",
    "马春燕",
    "曹志远",
    "许 静",
    "唐国栋",
)
_COLUMNS = (
    "序号",
    "问题\n类别",
    "存 在 问 题",
    "整改措施（必填）",
    "责任单位",
    "",
    "责任领导",
    "具体责任人",
    "整改时限",
    "进展情况",
    "备注",
)
WIDTHS = (6, 10, 34, 34, 22, 22, 10, 12, 18, 12, 12)
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass(slots=True)
class _Units:
    """Deals out the given units, each kind in turn."""

    by_kind: dict[str, Any]
    everyone: Any

    @classmethod
    def of(cls, units: Sequence[tuple[str, str]]) -> "_Units":
        names: dict[str, list[str]] = {}
        for name, kind in units:
            names.setdefault(kind, []).append(name)
        return cls({kind: cycle(own) for kind, own in names.items()}, cycle([name for name, _ in units]))

    def next(self, kind: str, count: int) -> list[str]:
        """The next units of a kind, or of any kind when there are none of this one."""
        dealt = self.by_kind.get(kind, self.everyone)
        return list(dict.fromkeys(next(dealt) for _ in range(count)))


def build(path: Path, today: date, units: Sequence[tuple[str, str]]) -> None:
    """Writes the register to `path`. `units` are (name, kind); limits lie around `today`, so the sheet never grows old.

    Three rows are wrong on purpose: an unknown unit, an impossible date and one that has passed.
    """
    if not units:
        raise ValueError("units: at least one is needed")
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    try:
        _RegisterWriter(book, today, _Units.of(units)).write()
    finally:
        book.close()


def _shortened(name: str) -> str:
    """The name as people say it in the county: without the county's own name before 县."""
    at = name.find("县", 2, 8)
    return name[at:] if at > 0 and len(name) - at >= 4 else name


def written(form: str, today: date) -> object:
    """A time limit in one of the spellings of the field: `form` names the spelling and the days from today."""
    name, days = form.split()
    day = today + timedelta(days=int(days))
    ends = (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    chinese = f"{day.year}年{day.month}月{day.day}日"
    spellings: dict[str, object] = {
        "iso": day.isoformat(),
        "slash": f"{day.year}/{day.month}/{day.day}",
        "dot": f"{day.year}.{day.month:02}.{day.day:02}",
        "chinese": f"{chinese}前",
        "wide": chinese.translate(_WIDE),
        "end": f"{day.year}年{day.month}月底前",
        "short": f"{ends.month}月底",
        "date": day,
        "serial": (day - date(1899, 12, 30)).days,
        "range": f"{today.year}年{today.month}月—{ends.year}年{ends.month}月",
        "quarter": f"{today.year}年年底前",
        "days": "30个工作日内",
        "once": "立行立改",
        "lasting": "长期坚持",
        "staged": "分阶段整改",
        "impossible": f"{today.year + 1}年2月30日",
    }
    return spellings[name]


class _RegisterWriter:
    """Puts the register together row by row."""

    def __init__(self, book: Any, today: date, units: _Units) -> None:
        frame = {"border": 1, "text_wrap": True, "valign": "vcenter", "font_name": "宋体", "font_size": 10}
        self.sheet = book.add_worksheet("问题整改台账")
        self.title = book.add_format({"bold": True, "font_size": 18, "align": "center", "valign": "vcenter"})
        self.head = book.add_format({**frame, "bold": True, "align": "center", "bg_color": "#D9E1F2"})
        self.cell = book.add_format(frame)
        self.day = book.add_format({**frame, "num_format": "yyyy-mm-dd", "align": "left"})
        self.plain = book.add_format({"font_name": "宋体", "font_size": 10})
        self.today, self.units = today, units
        self.leaders, self.people = cycle(LEADERS), cycle(PEOPLE)
        self.row = self.number = 0

    def write(self) -> None:
        """The whole sheet: title, two-row heading, the findings by category, total line and signatures."""
        self._heading()
        for category, complaints in COMPLAINTS.items():
            first = self.row
            for complaint in complaints:
                self._complaint(complaint)
            if category == "组织建设":
                self._complaint(EVERY_INSTITUTE, lead="各科研院所")
                self._complaint(UNKNOWN_UNIT, lead="县外联服务办公室")
            if category == "制度建设":
                self._complaint(IMPOSSIBLE_DATE)
                self._complaint(PAST_DATE)
            self._span(first, self.row - 1, 1, category)
        self._foot()

    def _heading(self) -> None:
        last = len(_COLUMNS) - 1
        self.sheet.merge_range(0, 0, 0, last, f"{self.today.year}年机关党建专项督查反馈问题整改台账", self.title)
        self.sheet.write_string(1, 0, "填报部门：机关工委督查组", self.plain)
        self.sheet.write_string(
            1, 8, f"填报日期：{self.today.year}年{self.today.month}月{self.today.day}日", self.plain
        )
        for column, (name, width) in enumerate(zip(_COLUMNS, WIDTHS, strict=True)):
            self.sheet.set_column(column, column, width)
            if column not in {4, 5}:
                self.sheet.merge_range(2, column, 3, column, name, self.head)
        self.sheet.merge_range(2, 4, 2, 5, "责任单位", self.head)
        self.sheet.write_string(3, 4, "牵头单位", self.head)
        self.sheet.write_string(3, 5, "配合单位", self.head)
        self.sheet.set_row(0, 32)
        self.sheet.freeze_panes(4, 0)
        self.row = 4

    def _complaint(self, complaint: Complaint, lead: str = "") -> None:
        self.number += 1
        first = self.row
        texts = complaint.measures if complaint.apart else (self._counted(complaint.measures),)
        for text in texts:
            self.sheet.write_string(self.row, 3, text, self.cell)
            self.row += 1
        separator = "、\n，"[self.number % 3]
        units = self.units.next(complaint.kind, complaint.units)
        if self.number % 9 == 0:
            units[0] = _shortened(units[0])
        helpers = [name for name in self.units.next("organ", complaint.helpers) if name not in units]
        values = {
            0: self.number,
            2: complaint.text,
            4: lead or separator.join(units),
            5: separator.join(helpers),
            6: next(self.leaders),
            7: next(self.people),
            8: written(complaint.due, self.today),
            9: "正在整改" if self.number % 4 == 0 else "",
            10: "",
        }
        for column, value in values.items():
            self._span(first, self.row - 1, column, value)

    def _counted(self, measures: tuple[str, ...]) -> str:
        """The measures in one cell, counted in the way of this row."""
        styles = ("{n}.{text}", "（{n}）{text}", "{word}是{text}")
        style = styles[self.number % 3]
        ends = "；\n" if self.number % 2 else "；"
        counted = (style.format(n=n, word="一二三四"[n - 1], text=text) for n, text in enumerate(measures, 1))
        return ends.join(counted) + "。"

    def _span(self, first: int, last: int, column: int, value: object) -> None:
        """Writes a value over the rows, merged when there are several."""
        form = self.day if isinstance(value, date) else self.cell
        if last > first:
            self.sheet.merge_range(first, column, last, column, "", form)
        if isinstance(value, date):
            self.sheet.write_datetime(first, column, value, form)
        elif isinstance(value, int):
            self.sheet.write_number(first, column, value, form)
        elif value:
            self.sheet.write_string(first, column, str(value), form)
        elif last == first:
            self.sheet.write_blank(first, column, None, form)

    def _foot(self) -> None:
        self.sheet.write_string(self.row, 0, "合 计", self.cell)
        self.sheet.write_string(self.row, 2, f"共 {self.number} 个问题", self.cell)
        self.sheet.write_string(self.row + 2, 0, "注：牵头单位对整改负总责，配合单位按职责协助。", self.plain)
        self.sheet.write_string(self.row + 3, 0, "填报人：李 想", self.plain)
        self.sheet.write_string(self.row + 3, 6, "审核人：周启明", self.plain)
