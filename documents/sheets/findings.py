"""A sheet with its heading into findings, each with its state and its notes. Pure: takes `today` and a directory."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from documents.sheets.cells import Sheet, clean, column_letter, printable
from documents.sheets.columns import unused, with_kinds
from documents.sheets.drafts import FindingDraft, gather
from documents.sheets.headings import Heading
from documents.sheets.meanings import CATEGORY, TITLE_COLUMN, column_of
from documents.sheets.measures import read_measures
from documents.sheets.names import NameReader, read_people
from documents.sheets.parties import read_parties
from documents.sheets.reading import Finding, FindingState, IgnoredRow, Reading, RowsTold
from documents.sheets.rows import HeadedTable, squeezed
from documents.sheets.written.time_limits import limit_key, read_limit
from rules.dates.calendar import Calendar
from rules.forms.answers import AnswersRefused, read
from rules.forms.cells import rows_in
from rules.forms.form import AnswerKind, FormField
from rules.forms.lines import written_of

_FINISHED = re.compile(
    "(?:均|都|全部|问题)?已经?(?:全部)?(?:完成|整改|办结|销号)(?:整改|到位|完成|完毕|任务|销号)*[。.!]?|整改(?:完毕|到位)[。.]?|完成[。.]?|是|100%"
)
_MAX_PEOPLE = 500
_NO_WORDS = re.compile(r"[\d\W_]+|TRUE|FALSE")


def read_sheet(
    sheet: Sheet,
    heading: Heading,
    names: NameReader,
    today: date,
    calendar: Calendar | None = None,
    told: RowsTold | None = None,
) -> Reading:
    """The findings of one sheet, and every other filled row with what it was taken for."""
    heading = with_kinds(sheet, heading)
    table = HeadedTable(sheet, heading)
    ignored = [IgnoredRow(row=row + 1, why=why) for row, why in _above(sheet, heading)]
    drafts, below = gather(table)
    findings = tuple(_finding(draft, names, today, calendar) for draft in _telling(drafts, len(sheet.rows), told))
    title = next((clean(cell.text) for row in sheet.rows[: heading.top] for cell in row if not cell.blank), None)
    return Reading(
        form=heading.meanings.form,
        findings=findings,
        ignored_rows=tuple(sorted([*ignored, *below], key=lambda one: one.row)),
        columns={column_letter(index): column for index, column in heading.columns.items()},
        title=title,
        sheet=sheet.name,
        unused=tuple(unused(sheet, drafts)),
    )


def _telling(drafts: list[FindingDraft], rows: int, told: RowsTold | None) -> Iterator[FindingDraft]:
    """The drafts one by one; whoever wants to know hears how many of the sheet's rows are read before the next."""
    for draft in drafts:
        yield draft
        if told:
            told(draft.rows[-1] + 1, rows)


def _above(sheet: Sheet, heading: Heading) -> Iterable[tuple[int, str]]:
    for row in range(heading.bottom + 1):
        if sheet.filled(row):
            yield row, "表头" if row >= heading.top else "标题"


def _finding(draft: FindingDraft, names: NameReader, today: date, calendar: Calendar | None) -> Finding:
    """One finding with all its notes."""
    draft.check_cells()
    title = _title(draft)
    lead, co = read_parties(draft, names)
    answers = {field.id: lines for field in draft.heading.meanings.fields if (lines := _answer(draft, field, names))}
    _check_answers(draft, title, answers)
    due, kind = read_limit(draft, today, calendar)
    _progress(draft)
    _several_columns(draft)
    _hidden_columns(draft)
    _guessed_columns(draft)
    if any(row + 1 in draft.table.sheet.hidden_rows for row in draft.rows):
        draft.note(f"A{draft.rows[0] + 1}", "这一行在表里是隐藏的，仍按一条问题读入", "guess")
    levels = {note.level for note in draft.notes}
    state: FindingState = "wrong" if "wrong" in levels else "guessed" if "guess" in levels else "understood"
    return Finding(
        rows=tuple(row + 1 for row in draft.rows),
        state=state,
        title=title,
        answers=answers,
        lead_units=tuple(lead),
        lead_unit_ids=tuple(i for i in lead.values() if i),
        co_units=tuple(co),
        co_unit_ids=tuple(i for i in co.values() if i),
        due=due.day if due else None,
        limit=limit_key(draft) if due else "",
        kind=kind,
        notes=tuple(draft.notes),
        number=_item_number(draft),
    )


def _answer(draft: FindingDraft, field: FormField, names: NameReader) -> tuple[str, ...]:
    """What the cells say of the field: the rows of a table, people by their names, a unit by its id, anything else as
    it stands."""
    column = column_of(field.id)
    if field.kind is AnswerKind.ROWS:
        lines: list[str] = []
        for taken in sorted(draft.cells(column), key=lambda taken: (taken.row, taken.column)):
            lines += rows_in(printable(taken.cell.text)) or read_measures(printable(taken.text), len(lines))
        return tuple(lines)
    if field.kind is AnswerKind.NAME:
        said = draft.joined(column, _people, "、")
        if not said and column in draft.heading.meanings.names[-1:]:
            said = "、".join(draft.people)
    elif column == CATEGORY:
        said = _category(draft)
    else:
        said = draft.joined(column)
        if field.kind is AnswerKind.UNIT and said and len(found := names.find(said).units) == 1:
            said = found[0].id
    return (said,) if said else ()


_ITEM_NUMBER = re.compile(r"[A-Z]{1,8}\d{4}-\d{3,9}(?:/\d+-\d+)*")


def _item_number(draft: FindingDraft) -> str:
    """The number of the item, where the row carries one, as a register does that was exported here."""
    for taken in draft.cells("number"):
        text = squeezed(taken.text).upper()
        if _ITEM_NUMBER.fullmatch(text):
            return text
    return ""


def _several_columns(draft: FindingDraft) -> None:
    """Of several columns with one meaning, those that were not taken say so where they hold something else."""
    for meaning in draft.heading.meanings.alone:
        taken = draft.group(meaning)
        words = {squeezed(one.text) for one in taken}
        for column in draft.heading.having(meaning):
            others = [] if column in {one.column for one in taken} else draft.cells(meaning, column)
            if any(squeezed(one.text) not in words for one in others):
                kept, left = (f"“{draft.heading.columns[c].heading}”" for c in (taken[0].column, column))
                says = f"{left}（{others[0].text[:30]}）与{kept}（{taken[0].text[:30]}）不同，按{kept}理解"
                draft.note(others[0].address, says, "guess")


def _hidden_columns(draft: FindingDraft) -> None:
    """What was read from a column that the sheet does not show."""
    for index, column in draft.heading.columns.items():
        if (
            column.hidden
            and column.meaning in draft.heading.meanings.used
            and index in {one.column for one in draft.group(column.meaning)}
        ):
            says = f"“{column.heading}”一栏在表里是隐藏的，仍按它读入"
            draft.note(draft.first(index).address, says, "guess")


_MEANT = {"due": "整改时限", "units": "责任单位"}


def _guessed_columns(draft: FindingDraft) -> None:
    """What was read from a column whose heading only may mean it."""
    named = _MEANT | {column_of(field.id): field.name for field in draft.heading.meanings.fields}
    for index, column in draft.heading.columns.items():
        meant = named.get(column.meaning) if column.guessed else None
        if meant and index in {one.column for one in draft.group(column.meaning)}:
            says = f"表头“{column.heading}”没有写明是{meant}，按{meant}理解"
            draft.note(draft.cells("", index)[0].address, says, "guess")


def _check_answers(draft: FindingDraft, title: str, answers: Mapping[str, tuple[str, ...]]) -> None:
    """What the process does not take for an item is said now, and where, not when it is issued."""
    try:
        read(draft.heading.meanings.form, written_of(draft.heading.meanings.form, title, answers))
    except AnswersRefused as refused:
        for fault in refused.faults if title else ():
            field = fault.at.partition(".")[0]
            cells = draft.cells(column_of(field))
            draft.note(cells[0].address if cells else f"A{draft.rows[0] + 1}", fault.sentence, "wrong", "field_invalid")


def _title(draft: FindingDraft) -> str:
    column = draft.heading.having(TITLE_COLUMN)[0]
    taken = draft.first(column)
    text = printable(taken.text)
    if taken.cell.blank and any(note.code == "formula" and note.cell == taken.address for note in draft.notes):
        return ""
    if taken.cell.blank:
        draft.note(taken.address, "缺少问题；应写明存在的问题", "wrong", "field_missing")
    elif taken.cell.number is not None or taken.cell.day or taken.cell.kept or _NO_WORDS.fullmatch(text):
        draft.note(taken.address, f"“{text[:30]}”不像问题；应为文字描述", "wrong", "field_invalid")
    return text


def _category(draft: FindingDraft) -> str:
    own = draft.joined(CATEGORY)
    spare = draft.heading.having(TITLE_COLUMN)[1:]
    if not own and spare:
        own = "；".join(dict.fromkeys(taken.text for taken in draft.cells("", spare[0])))
    return own or draft.section


def _progress(draft: FindingDraft) -> None:
    for taken in draft.cells("progress"):
        if _FINISHED.fullmatch(squeezed(taken.text)):
            draft.note(taken.address, f"进展写的是“{taken.text}”，仍按待整改读入", "guess")


def _people(text: str) -> str:
    return read_people(text[:_MAX_PEOPLE])
