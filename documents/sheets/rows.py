"""What each row under the heading is: a finding, more of the one above, a section, a total, a footer. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from documents.sheets.cells import Cell, Merged, Sheet, address, clean, covered_cells
from documents.sheets.headings import Heading, heading_again, normal
from documents.sheets.meanings import CATEGORY, TITLE_COLUMN

RowSort = Literal["blank", "ignored", "section", "heading", "finding", "more"]

_NUMBERS = "一二三四五六七八九十"
_TOTAL = re.compile(
    r"(?:合计|总计|共计|小计|累计|总数|本页小计)(?:[:：(（]|\d|$|[个条项件]|问题)|(?:以上)?(?:共|总共|合共)(?:计)?\d+(?:个|条|项|件)"
)
_FOOTER = re.compile(
    "(?:填报|填表|制表|审核|复核|审批|审签|校对|报送|经办|统计|编制|抄送|抄报|主要负责|单位负责|部门负责|分管领导|党组织书记|书记|负责)?"
    "(?:人|单位|日期|时间|签字|签名|盖章|签章|领导|人签字|人签名|人（签字）|人\\(签字\\)|说明)"
    "(?:\\(?(?:签字|签名|盖章|签章|公章)\\)?)?[:：]"
)
_NOTE = re.compile(
    r"(?:注|备注|说明|填表说明|填报说明|注意|注意事项|附注|附|附件|填写说明|要求|联系电话|电话)\d*[:：.、]|以下(?:无正文|空白)|[(（]以下"
)
_SIGNED = re.compile("(?:制表|填报|审核|填表|盖章|签字)[:：]|^[(（](?:盖章|公章|签章)[)）]$")
_SECTION = re.compile(
    f"(?:[{_NUMBERS}]{{1,3}}、|[(（][{_NUMBERS}]{{1,3}}[)）]|第[{_NUMBERS}]{{1,3}}(?:部分|类|方面|项)|[IVXⅠ-Ⅻ]+[.、])|"
    r".{2,30}(?:方面|类问题|类)(?:[(（]?(?:共)?\d*[个条项]?(?:问题)?[)）]?)?[:：]?$"
)
_MAX_SQUEEZED = 500
_SECTION_NUMBER = re.compile(f"[{_NUMBERS}]{{1,3}}[、.]?|[(（][{_NUMBERS}]{{1,3}}[)）]")
_EXAMPLE = re.compile("(?:填写)?(?:示例|样例|例如|例|范例|举例)[:：]?\\d*")
TOTAL, FOOT, OUTSIDE = "合计行", "表尾", "表外文字"
# After one of these a row without a finding of its own continues nothing.
ENDINGS = frozenset({TOTAL, FOOT, OUTSIDE})
SAME_AS_ABOVE = frozenset({"同上", "〃", '"', "″", "同前", "''", "〞", "”", "…", "同上。"})


def squeezed(text: str) -> str:
    """The beginning of the text without any spaces, of one width; enough to tell what it is."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text[:_MAX_SQUEEZED]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A cell as a column's reader gets it: of a merged range the top left one, wherever in the range it asks."""

    cell: Cell
    row: int
    column: int

    @property
    def address(self) -> str:
        return address(self.row, self.column)

    @property
    def text(self) -> str:
        return clean(self.cell.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What one row is; `text` is why it is ignored or the section's name."""

    sort: RowSort
    text: str = ""
    heading: Heading | None = None


class HeadedTable:
    """A sheet with its current heading; tells what each row is and gives cells with merged ranges filled down."""

    def __init__(self, sheet: Sheet, heading: Heading) -> None:
        self.sheet = sheet
        self.heading = heading
        self.first_row = heading.bottom + 1
        self.covered = covered_cells(sheet)
        self._last: dict[int | None, int] = {}
        self.titles = {squeezed(text) for row in range(heading.top) for text in self._texts(row)}
        self.noted = False

    def _texts(self, row: int) -> list[str]:
        return [clean(cell.text) for cell in self.sheet.rows[row] if not cell.blank]

    def at(self, row: int, column: int) -> Taken:
        """The cell at a place; a merged range counts for its leftmost column only, and for all of its rows."""
        merged = self.merged(row, column)
        if merged is None:
            return Taken(cell=self.sheet.cell(row, column), row=row, column=column)
        if merged.left != column:
            return Taken(cell=Cell(), row=row, column=column)
        return Taken(cell=self.sheet.cell(merged.top, column), row=merged.top, column=column)

    def merged(self, row: int, column: int) -> Merged | None:
        """The merged range over a cell, unless it reaches into the heading."""
        merged = self.covered.get((row, column))
        return merged if merged and merged.top >= self.first_row else None

    def first(self, meaning: str) -> int | None:
        """The preferred column with a meaning."""
        columns = self.heading.having(meaning)
        return columns[0] if columns else None

    def judge(self, row: int) -> Judged:
        """What a row under the heading is."""
        own = self.sheet.filled(row)
        struck = {column: clean(cell.struck) for column, cell in enumerate(self.sheet.rows[row]) if cell.struck}
        if struck and set(own) <= {self.first("number")}:
            words = struck.get(self.first(TITLE_COLUMN) or 0) or max(struck.values(), key=len)
            return Judged(sort="ignored", text=f"整行加了删除线（{words[:20]}），没有读入")
        if not own:
            return Judged(sort="more" if self._continues_merge(row) else "blank")
        again = heading_again(self.sheet, row, self.covered, self.heading.meanings)
        if again:
            return Judged(sort="heading", text="重复的表头", heading=again)
        why = self._why_ignored(row, own)
        if why:
            return Judged(sort="ignored", text=why)
        if len(own) == 1 and (lone := self._lone(row, own[0])):
            return lone
        if list(own) == [self.first("number"), self.first(TITLE_COLUMN)] and self._finding_follows(row):
            number, name = (clean(self.sheet.cell(row, column).text) for column in own)
            if _SECTION_NUMBER.fullmatch(squeezed(number)):
                mark = "" if number.startswith(("(", "（")) else "、"
                return Judged(sort="section", text=f"{number.rstrip('、.')}{mark}{name}")
        return Judged(sort=self._sort(row))

    def _without_value(self, row: int, column: int) -> bool:
        where = address(row, column)
        return where in self.sheet.formulas or where in self.sheet.errors

    def _continues_merge(self, row: int) -> bool:
        finding = self.first(TITLE_COLUMN)
        merged = self.merged(row, finding) if finding is not None else None
        return merged is not None and merged.top < row

    def _why_ignored(self, row: int, own: tuple[int, ...]) -> str:
        texts = [squeezed(self.sheet.cell(row, column).text) for column in own]
        named = [normal(self.sheet.cell(row, c).text) for c in own]
        same = sum(
            name == normal(self.heading.columns[c].heading.split("/")[-1])
            for name, c in zip(named, own, strict=True)
            if c in self.heading.columns
        )
        if same >= 2 and same * 2 >= len(own):
            return "重复的表头"
        if len(texts) >= 3 and _counts(texts):
            return "栏目编号"
        number = self.first("number")
        if list(own) == [number]:
            return "只有序号，没有内容" if re.fullmatch(r"[\d.\-—]*", texts[0]) else ""
        if any(_TOTAL.match(text) for text in texts[:2]) and len(texts[0]) <= 30:
            return TOTAL
        if number is not None and own[0] == number and _EXAMPLE.fullmatch(texts[0]):
            return "填写示例"
        if len(set(texts)) == 1 and texts[0] in self.titles:
            return "重复的标题"
        if all(
            _FOOTER.match(text) or _NOTE.match(text) or _SIGNED.search(text) or len(text) <= 12 for text in texts
        ) and (_FOOTER.match(texts[0]) or _NOTE.match(texts[0]) or _SIGNED.search(texts[0])):
            self.noted = True
            return FOOT
        return ""

    def _lone(self, row: int, column: int) -> Judged | None:
        """A row with one filled cell: a section, text outside the table, or None when it belongs to a finding."""
        text = clean(self.sheet.cell(row, column).text)
        merged = self.merged(row, column)
        width = merged.right - merged.left + 1 if merged else 1
        meaning = self.heading.columns[column].meaning if column in self.heading.columns else "other"
        wide = width >= 3 or (width == 2 and len(self.heading.columns) <= 4)
        compact = squeezed(text)
        if _NOTE.match(compact) or _FOOTER.match(compact):
            self.noted = True
            return Judged(sort="ignored", text=FOOT)
        outside = wide or (meaning in {"number", "other", CATEGORY} and not (merged and merged.bottom > row))
        if not outside:
            if (
                meaning == TITLE_COLUMN
                and _SECTION.match(compact)
                and len(compact) <= 30
                and self._finding_follows(row)
            ):
                return Judged(sort="section", text=text)
            return None
        if not self.noted and len(compact) <= 60 and (_SECTION.match(compact) or "。" not in text):
            if self._finding_follows(row):
                return Judged(sort="section", text=text)
        return Judged(sort="ignored", text=OUTSIDE)

    def _finding_follows(self, row: int) -> bool:
        finding = self.first(TITLE_COLUMN)
        if finding not in self._last:
            rows = ((later, self.sheet.filled(later)) for later in reversed(range(len(self.sheet.rows))))
            self._last[finding] = next((later for later, own in rows if len(own) >= 2 and finding in own), -1)
        return row < self._last[finding]

    def _sort(self, row: int) -> RowSort:
        finding, number = self.first(TITLE_COLUMN), self.first("number")
        if finding is None:
            return "finding"
        taken = self.at(row, finding)
        if taken.row < row or squeezed(taken.text) in SAME_AS_ABOVE:
            return "more"
        own_number = number is not None and self.at(row, number).row == row and not self.at(row, number).cell.blank
        if not taken.cell.blank or self._without_value(row, finding):
            above = self.at(row - 1, finding).text if row > self.first_row else ""
            if number is None or not own_number or above != taken.text:
                return "finding"
            return "more" if self.at(row - 1, number).text == self.at(row, number).text else "finding"
        return "finding" if own_number else "more"


def _counts(texts: list[str]) -> bool:
    """Whether the cells only count the columns: 1 2 3, (1) (2) (3), 甲 乙 1 2."""
    bare = [text.strip("()[]<>栏列") for text in texts]
    digits = [int(text) for text in bare if re.fullmatch("[0-9]{1,3}", text)]
    rest = [
        text
        for text in bare
        if not re.fullmatch("[0-9]{1,3}", text) and text not in {"甲", "乙", "丙", "丁", "A", "B", "C", "D"}
    ]
    return not rest and len(digits) >= 2 and digits == list(range(digits[0], digits[0] + len(digits)))
