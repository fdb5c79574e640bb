"""Columns whose heading says nothing known: what their cells say all the same, and which are left over. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from documents.sheets.cells import Sheet, clean, column_letter
from documents.sheets.drafts import FindingDraft
from documents.sheets.headings import HeadedColumn, Heading, headed
from documents.sheets.meanings import TITLE_COLUMN
from documents.sheets.written.dates import read_kind

_KIND_CHARACTERS = 12
"""A kind of rectification is a word or two; a sentence in which one stands names none."""


def with_kinds(sheet: Sheet, heading: Heading) -> Heading:
    """The heading, in which a column says the kind of rectification whose every cell names one (问题等级: 立行立改)."""
    if heading.having("kind"):
        return heading
    for column in _others(sheet, heading):
        texts = [text for _, text in _filled(sheet, heading, column)]
        if texts and all(len(text) <= _KIND_CHARACTERS and read_kind(text) for text in texts):
            kind = HeadedColumn(meaning="kind", heading=headed(sheet, heading, column), guessed=True)
            return replace(heading, columns={**heading.columns, column: kind})
    return heading


def unused(sheet: Sheet, drafts: Iterable[FindingDraft]) -> list[str]:
    """Each column that holds something in some row of a finding and goes into no item, as letter and heading."""
    found: dict[int, str] = {}
    for draft in drafts:
        for column in _others(sheet, draft.heading):
            if column not in found and any(clean(sheet.cell(row, column).text) for row in draft.rows):
                name, letter = clean(headed(sheet, draft.heading, column)).replace("\n", ""), column_letter(column)
                found[column] = f"{letter} 列“{name}”" if name else f"没有表头的 {letter} 列"
    return [found[column] for column in sorted(found)]


def _others(sheet: Sheet, heading: Heading) -> list[int]:
    width = max((len(row) for row in sheet.rows), default=0)
    known = heading.meanings.used | {"number"}
    return [c for c in range(width) if c not in heading.columns or heading.columns[c].meaning not in known]


def _filled(sheet: Sheet, heading: Heading, column: int) -> Iterator[tuple[int, str]]:
    """The rows under the heading that say something there, by which a line outside the table is not meant."""
    finding = next(iter(heading.having(TITLE_COLUMN)), column)
    for row in range(heading.bottom + 1, len(sheet.rows)):
        text = clean(sheet.cell(row, column).text)
        if text and not sheet.cell(row, finding).blank:
            yield row, text
