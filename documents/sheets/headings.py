"""Which column means what: heading spellings, two-row headings, merged and repeated ones. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace

from documents.sheets.cells import Covered, Sheet, covered_cells
from documents.sheets.files.limits import MAX_HEADING_ROW
from documents.sheets.meanings import CATEGORY, TITLE_COLUMN, Meanings
from documents.sheets.spellings import OF_A_CHANGE, OTHERWISE

# Longer cells are no headings and are not taken apart: with brackets alone that would cost a second each.
MAX_HEADING = 200
_AGED = re.compile(
    "(?:(?P<new>(?:经?(?:调整|变更|延期|修订|修改|更新|核定|批准)(?:之?后)?|现|新|最新|最终)的?)"
    "|(?:原(?:定|先|来|计划)?|初始|(?:调整|变更|延期|修订|修改|更新)之?前)的?)(?P<rest>.{2,})"
)
"""A heading that says the same as another one at another time: 调整后整改时限, 原完成时限."""
_SUB_WORDS = frozenset(
    {"姓名", "职务", "电话", "联系电话", "个人", "名称", "内容", "描述", "类别", "表现", "时间", "人员"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadedColumn:
    """What one column is understood to mean, and its heading as written.

    `age`: before others of its meaning (-1) when it says what was adjusted, after them (1) when it says what was
    before; `hidden`: the sheet does not show it; `guessed`: its heading does not say for sure what its cells do.
    """

    meaning: str
    heading: str
    rank: int = 0
    age: int = 0
    hidden: bool = False
    guessed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """The heading's rows (0-based, both included) and the columns by index, understood by these meanings."""

    top: int
    bottom: int
    columns: Mapping[int, HeadedColumn]
    meanings: Meanings

    def having(self, meaning: str) -> list[int]:
        """The columns with a meaning, the preferred one first: shown before hidden, adjusted before original."""
        hits = [
            (column.hidden, column.age, column.rank, index)
            for index, column in self.columns.items()
            if column.meaning == meaning
        ]
        return [hit[-1] for hit in sorted(hits)]


def normal(text: str) -> str:
    """A heading without spaces, width, brackets and marks: 责任 单位（必填）* is 责任单位."""
    if len(text) > MAX_HEADING:
        return text
    compact = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    compact = re.sub(r"[(\[【{〔][^)\]】}〕]*[)\]】}〕]", "", compact) or compact
    return re.sub(r"[*#:：.。、,/“”\"'\-_]+$|^[*#“\"']+", "", compact)


def meaning_of(text: str, meanings: Meanings) -> HeadedColumn | None:
    """What a heading means by the tables of spellings, else by the words in it; None for anything else."""
    if len(text) > MAX_HEADING or re.search("[::].", unicodedata.normalize("NFKC", text).strip().replace("\n", "")):
        return None
    bare = normal(text)
    if not bare or len(bare) > 24:
        return None
    if re.fullmatch(OF_A_CHANGE, bare):
        return HeadedColumn(meaning="other", heading=text)
    if aged := _AGED.fullmatch(bare):
        rest = meaning_of(aged["rest"], meanings)
        if rest and rest.meaning in meanings.keys:
            return HeadedColumn(
                meaning=rest.meaning, heading=text, rank=rest.rank, age=-1 if aged["new"] else 1, guessed=rest.guessed
            )
    if spelt := meanings.spelt(bare):
        return HeadedColumn(meaning=spelt[0], heading=text, rank=spelt[1])
    if re.search("[。；！？]|\\d{4}", bare):
        return None
    if found := meanings.contained(bare):
        return HeadedColumn(meaning=found[0], heading=text, rank=100, guessed=found[1])
    return None


class _Texts:
    """Heading texts with merged ranges filled in, so that a group's name stands over each of its columns."""

    def __init__(self, sheet: Sheet, meanings: Meanings, covered: Covered | None = None) -> None:
        self.sheet, self.meanings = sheet, meanings
        self.covered = covered_cells(sheet) if covered is None else covered

    def own(self, row: int, column: int) -> str:
        """The text of the cell itself."""
        return self.sheet.cell(row, column).text.strip()

    def over(self, row: int, column: int) -> str:
        """The text of the cell or of the merged range that covers it."""
        merged = self.covered.get((row, column))
        return self.own(merged.top, merged.left) if merged else self.own(row, column)

    def meaning(self, text: str) -> HeadedColumn | None:
        """What the text means as a heading."""
        return meaning_of(text, self.meanings)

    def distinct(self, row: int) -> list[str]:
        """The texts that begin in a row."""
        return [cell.text for cell in self.sheet.rows[row] if not cell.blank]


def find_heading(sheet: Sheet, meanings: Meanings) -> Heading | None:
    """The first rows of a sheet that read like a register's heading: a column for the title and one more to act on."""
    texts = _Texts(sheet, meanings)
    for top in range(min(len(sheet.rows), MAX_HEADING_ROW)):
        if len(texts.distinct(top)) < 2:
            continue
        columns = _understand(texts, top, top)
        if _valid(columns, meanings):
            return _deepen(texts, top, columns)
        bottom = _below(texts, top)
        while bottom is not None and bottom - top <= 2:
            deeper = _understand(texts, top, bottom)
            if _valid(deeper, meanings) and _adds(texts, top):
                return _deepen(texts, top, deeper, bottom)
            bottom = _below(texts, bottom)
    return None


def _adds(texts: _Texts, top: int) -> bool:
    """Whether the upper row is a heading's row at all, rather than a line such as 填报单位：… above it."""
    cells = texts.distinct(top)
    named = sum(texts.meaning(text) is not None or len(normal(text)) <= 4 for text in cells)
    return named == len(cells) and all(len(normal(text)) <= 15 for text in cells)


def _below(texts: _Texts, row: int) -> int | None:
    """The next row when it can be the lower row of the same heading."""
    if row + 1 >= len(texts.sheet.rows):
        return None
    own = [text for text in (texts.own(row + 1, c) for c in range(len(texts.sheet.rows[row + 1]))) if text]
    if not own or any(len(normal(text)) > 15 for text in own):
        return None
    known = sum(texts.meaning(text) is not None or normal(text) in _SUB_WORDS for text in own)
    return row + 1 if known * 2 >= len(own) and known else None


def _deepen(texts: _Texts, top: int, columns: dict[int, HeadedColumn], bottom: int | None = None) -> Heading:
    bottom = top if bottom is None else bottom
    while bottom - top < 2:
        below = _below(texts, bottom)
        if below is None or not _is_lower_row(texts, top, below, columns):
            break
        deeper = _understand(texts, top, below)
        if not _valid(deeper, texts.meanings):
            break
        bottom, columns = below, deeper
    return Heading(top=top, bottom=bottom, columns=columns, meanings=texts.meanings)


def _is_lower_row(texts: _Texts, top: int, below: int, columns: dict[int, HeadedColumn]) -> bool:
    """Whether the row under a heading divides some of its columns and is not a first finding or the heading again."""
    own = [c for c in range(len(texts.sheet.rows[below])) if texts.own(below, c)]
    if any(texts.own(below, c).strip("()（）.、").isdigit() for c in own):
        return False
    repeated = sum(normal(texts.own(below, c)) == normal(texts.over(top, c)) for c in own)
    finding = [c for c, column in columns.items() if column.meaning == TITLE_COLUMN]
    stands_over = all(
        texts.meaning(texts.own(below, c)) is not None for c in own if c in finding and not texts.covered.get((top, c))
    )
    return repeated * 2 < max(len(own), 1) and stands_over


def _understand(texts: _Texts, top: int, bottom: int) -> dict[int, HeadedColumn]:
    width = max(len(texts.sheet.rows[row]) for row in range(top, bottom + 1))
    columns: dict[int, HeadedColumn] = {}
    group = ""
    for index in range(width):
        levels: list[str] = []
        for row in range(top, bottom + 1):
            text = texts.over(row, index)
            if row == top:
                # Without merged ranges (CSV) a group's name stands over its first column only.
                group = text or (group if bottom > top and _lower(texts, top, bottom, index) else "")
                text = group
            if text and text not in levels:
                levels.append(text)
        if levels and (column := _by_levels(levels, texts.meanings)):
            columns[index] = replace(column, hidden=index + 1 in texts.sheet.hidden_columns)
    return _surest(_with_a_title(columns, texts.meanings))


def _surest(columns: dict[int, HeadedColumn]) -> dict[int, HeadedColumn]:
    """The columns, where one that only may mean something is left unread beside one that does."""
    spare = {c for c, column in columns.items() if normal(column.heading) in OTHERWISE}
    sure = {column.meaning for c, column in columns.items() if not column.guessed and c not in spare}
    doubtful = {c for c, column in columns.items() if (column.guessed or c in spare) and column.meaning in sure}
    return {c: replace(column, meaning="other") if c in doubtful else column for c, column in columns.items()}


def _with_a_title(columns: dict[int, HeadedColumn], meanings: Meanings) -> dict[int, HeadedColumn]:
    """The columns, where 整改任务, say, is the title unless another one is."""
    if any(column.meaning == TITLE_COLUMN for column in columns.values()):
        return columns
    for index, column in columns.items():
        if normal(column.heading.split("/")[-1]) in meanings.otherwise:
            return columns | {index: replace(column, meaning=TITLE_COLUMN)}
    return columns


def _lower(texts: _Texts, top: int, bottom: int, index: int) -> bool:
    return any(texts.own(row, index) for row in range(top + 1, bottom + 1))


def _by_levels(levels: list[str], meanings: Meanings) -> HeadedColumn | None:
    """What a column means from the group's name down to its own."""
    heading = "/".join(levels)
    group = meaning_of(levels[0], meanings)
    if len(levels) == 1:
        return group
    own = meaning_of(levels[-1], meanings)
    joined = meaning_of("".join(normal(level) for level in levels), meanings)
    if group and group.meaning in {"progress", "remark"}:
        return HeadedColumn(meaning=group.meaning, heading=heading, rank=group.rank)
    if own and own.meaning == "other":
        return HeadedColumn(meaning="other", heading=heading)
    group_first = own is not None and own.meaning in {"units", CATEGORY} and joined is not None and joined.rank < 100
    best = joined if group_first and joined else own or joined or group
    if own and group and own.meaning == "units" and group.meaning in {"lead", "co"}:
        best = group
    if own and group and own.meaning == "lead" and group.meaning in meanings.names[-1:]:
        best = group
    return replace(best, heading=heading) if best else None


def headed(sheet: Sheet, heading: Heading, column: int) -> str:
    """What stands over a column, from the group's name down to its own; empty when nothing does."""
    texts = _Texts(sheet, heading.meanings)
    return "/".join(
        dict.fromkeys(t for row in range(heading.top, heading.bottom + 1) if (t := texts.over(row, column)))
    )


def _valid(columns: Mapping[int, HeadedColumn], meanings: Meanings) -> bool:
    found = {column.meaning for column in columns.values()}
    # A sentence of the body never reads as three different headings.
    return TITLE_COLUMN in found and bool(found & meanings.keys) and len(found) >= 2


def heading_again(sheet: Sheet, row: int, covered: Covered, meanings: Meanings) -> Heading | None:
    """The heading that begins at a row further down, on a new page or over a second table; None for anything else."""
    cells = [cell.text for cell in sheet.rows[row] if not cell.blank]
    if len(cells) < 3 or any((column := meaning_of(text, meanings)) is None or column.rank >= 100 for text in cells):
        return None
    texts = _Texts(sheet, meanings, covered)
    columns = _understand(texts, row, row)
    return _deepen(texts, row, columns) if _valid(columns, meanings) else None
