"""A table's rows gathered into drafts of findings, and how a draft gives its cells. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from documents.sheets.cells import clean, control_character, printable
from documents.sheets.files import limits
from documents.sheets.headings import Heading
from documents.sheets.meanings import TITLE_COLUMN
from documents.sheets.reading import IgnoredRow, NoteLevel, RowNote
from documents.sheets.rows import ENDINGS, OUTSIDE, SAME_AS_ABOVE, HeadedTable, Taken, squeezed


@dataclass(slots=True, kw_only=True)
class FindingDraft:
    """A finding while its rows are read.

    `above` holds the cells of earlier findings, for 同上; `people` are those named among the units.
    """

    table: HeadedTable
    rows: list[int]
    section: str
    heading: Heading
    above: dict[str, str]
    notes: list[RowNote] = field(default_factory=list)
    people: list[str] = field(default_factory=list)

    def note(self, cell: str, text: str, level: NoteLevel, code: str = "") -> None:
        """Adds a remark once."""
        remark = RowNote(cell=cell, text=text, level=level, code=code)
        if remark not in self.notes:
            self.notes.append(remark)

    def first(self, column: int) -> Taken:
        """The cell of a column in the draft's first row."""
        return self.table.at(self.rows[0], column)

    def cells(self, meaning: str, column: int | None = None) -> list[Taken]:
        """The filled cells of a meaning over the draft's rows, each merged range once."""
        columns = self.heading.having(meaning) if column is None else [column]
        found: dict[tuple[int, int], Taken] = {}
        for index in columns:
            for row in self.rows:
                taken = self.table.at(row, index)
                if not taken.cell.blank:
                    found.setdefault((taken.row, taken.column), taken)
        return list(found.values())

    def group(self, meaning: str) -> list[Taken]:
        """The cells of the preferred column that holds something here, and of those under the very same heading."""
        for column in self.heading.having(meaning):
            if self.cells(meaning, column):
                name = self.heading.columns[column].heading
                same = [one for one in self.heading.having(meaning) if self.heading.columns[one].heading == name]
                return [taken for one in same for taken in self.cells(meaning, one)]
        return []

    def joined(self, meaning: str, reader: Callable[[str], str] = clean, separator: str = "；") -> str:
        """The texts of a meaning's cells in one line, each once."""
        texts: list[str] = []
        for taken in self.group(meaning):
            text = reader(printable(self.repeated(meaning, taken)))
            if text and text not in texts:
                texts.append(text)
        joined = separator.join(texts)
        if joined:
            self.above[meaning] = joined
        return joined

    def repeated(self, meaning: str, taken: Taken) -> str:
        """The cell's text; 同上 stands for the text above."""
        if squeezed(taken.text) not in SAME_AS_ABOVE:
            return taken.text
        above = self.above.get(meaning, "")
        if above:
            self.note(taken.address, f"“{taken.text}”按上一条的“{above[:30]}”理解", "guess")
        else:
            self.note(taken.address, f"“{taken.text}”的上面没有内容；应写明", "wrong", "field_missing")
        return above

    def check_cells(self) -> None:
        """Notes what no cell may hold, whatever its column: control characters, too much text, broken formulas."""
        sheet = self.table.sheet
        places = {(row, column): None for row in self.rows for column in range(len(sheet.rows[row]))}
        used = {index for index, column in self.heading.columns.items() if column.meaning in self.heading.meanings.used}
        seen: set[str] = set()
        for row, column in places:
            taken = self.table.at(row, column)
            if taken.address in seen:
                continue
            seen.add(taken.address)
            if position := control_character(taken.cell.text):
                self.note(
                    taken.address,
                    f"第 {position} 个字符是看不见的控制字符；应为普通文字",
                    "wrong",
                    "control_characters",
                )
            if len(taken.cell.text) > limits.MAX_CELL_CHARACTERS:
                self.note(taken.address, f"文字超过 {limits.MAX_CELL_CHARACTERS} 字；应缩短", "wrong", "field_too_long")
            if taken.cell.struck:
                words = clean(taken.cell.struck)[:30]
                self.note(taken.address, f"“{words}”加了删除线，没有采用", "guess")
            if column in used:
                self._check_formula(taken)

    def _check_formula(self, taken: Taken) -> None:
        kept = self.table.sheet.formulas.get(taken.address)
        if taken.address in self.table.sheet.errors:
            self.note(taken.address, "公式结果是错误值；应为文字或日期", "wrong", "formula")
        elif kept is False or (kept and taken.cell.blank):
            self.note(taken.address, "公式没有结果；应直接填写文字或日期", "wrong", "formula")
        elif kept:
            self.note(taken.address, f"是公式，取保存的结果“{taken.text[:30]}”", "guess")


def gather(table: HeadedTable) -> tuple[list[FindingDraft], list[IgnoredRow]]:
    """The drafts in their order, and the rows that belong to none."""
    drafts: list[FindingDraft] = []
    ignored: list[IgnoredRow] = []
    above: dict[str, str] = {}
    names: dict[int, str] = {}
    row, closed, ended = table.first_row, False, False
    while row < len(table.sheet.rows):
        judged = table.judge(row)
        if judged.sort == "heading" and judged.heading:
            ignored += [IgnoredRow(row=one + 1, why=judged.text) for one in range(row, judged.heading.bottom + 1)]
            table.heading = judged.heading
            row = judged.heading.bottom
        elif judged.sort == "ignored":
            ignored.append(IgnoredRow(row=row + 1, why=judged.text))
            ended = ended or judged.text in ENDINGS
        elif judged.sort == "more" and _outside(table, drafts, row, ended):
            ignored.append(IgnoredRow(row=row + 1, why=OUTSIDE))
        elif judged.sort == "section":
            _enter(names, judged.text)
            ignored.append(IgnoredRow(row=row + 1, why="小节标题"))
            closed = True
        elif judged.sort == "more" and drafts and not closed:
            drafts[-1].rows.append(row)
        elif judged.sort in {"finding", "more"} and table.sheet.filled(row):
            drafts.append(_open(table, row, " / ".join(names.values()), above))
            closed = ended = False
        row += 1
    for draft in drafts:
        while not table.sheet.filled(draft.rows[-1]) and not _spans(table, draft):
            draft.rows.pop()
    return drafts, ignored


def _outside(table: HeadedTable, drafts: list[FindingDraft], row: int, ended: bool) -> bool:
    """Whether a row without a finding of its own, such as a date under the table, continues nothing."""
    own = table.sheet.filled(row)
    finding = table.first(TITLE_COLUMN)
    if not own or not drafts or (finding is not None and table.merged(row, finding)):
        return False
    return ended or (len(own) == 1 and drafts[-1].rows[-1] != row - 1)


def _spans(table: HeadedTable, draft: FindingDraft) -> bool:
    return len(draft.rows) == 1 or table.merged(draft.rows[-1], draft.heading.having(TITLE_COLUMN)[0]) is not None


def _enter(names: dict[int, str], text: str) -> None:
    """Opens a section; one of the same or a higher rank closes those under it."""
    rank = 2 if re.match("[(（]", text) else 1
    for old in [old for old in names if old >= rank]:
        del names[old]
    bare = re.sub(
        "^(?:[一二三四五六七八九十]{1,3}、|[(（][一二三四五六七八九十\\d]{1,3}[)）]、?|[IVXⅠ-Ⅻ]+[.、])\\s*", "", text
    )
    names[rank] = re.sub("[(（](?:共)?\\d+[个条项](?:问题)?[)）]$", "", bare).strip(" :：")


def _open(table: HeadedTable, row: int, section: str, above: dict[str, str]) -> FindingDraft:
    """A draft that begins at a row, under the heading and section that hold there."""
    return FindingDraft(table=table, rows=[row], section=section, heading=table.heading, above=above)
