"""Tables in an item that is played ahead of time whose rows become items, or about whose rows so often is owed: as many
rows as somebody would write, for units that there are, by dates that lie ahead."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from rules.forms.answers import Pairs
from rules.forms.form import AnswerKind, Form, FormField, Question
from rules.forms.samples import sample
from rules.links import IssueRule
from rules.machine.state import State
from rules.process import Process

DAYS_APART = 30
_SAID = frozenset({AnswerKind.TEXT, AnswerKind.CHOICE, AnswerKind.DATE})
"""What is written into a row though it need not be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planting:
    """So many `rows` in each such table, for these `units` (ids) in turn. The first date is DAYS_APART and so many
    `spare` days ahead: who is late to submit and to approve would else find it over."""

    rows: int
    units: tuple[str, ...] = ()
    spare: int = 0


def planted(process: Process, form: Form, pairs: Pairs, planting: Planting, state: State, today: date) -> Pairs:
    """The answers with those tables filled so; the last row of a table with an order comes after its first."""
    rules = {rule.table: rule for rule in process.issues if rule.form == form.id}
    listed = {tally.table[1] for tally in process.tallies if tally.table and tally.table[0] == form.id}
    found: list[tuple[str, ...]] = []
    for field in form.fields:
        if field.id in rules or field.id in listed:
            found += _rows(field, rules.get(field.id), planting, state, today)
        else:
            found += (pair for pair in pairs if pair[0].partition(".")[0] == field.id)
    return tuple(found)


def _rows(
    table: FormField, rule: IssueRule | None, planting: Planting, state: State, today: date
) -> Iterator[tuple[str, str]]:
    count = max(planting.rows, table.least or 0)
    count = count if table.most is None else min(count, table.most)
    for row in range(1, count + 1):
        for column in table.columns:
            text = _cell(table, column, rule, row, count, planting, state, today)
            if text:
                yield f"{table.id}.{row}.{column.id}", text


def _cell(
    table: FormField,
    column: Question,
    rule: IssueRule | None,
    row: int,
    count: int,
    planting: Planting,
    state: State,
    today: date,
) -> str:
    if rule and column.id == rule.unit_in:
        return planting.units[(row - 1) % len(planting.units)] if planting.units else ""
    if rule and column.id == rule.after_in:
        return "1" if row == count > 1 else ""
    if not column.need and column.kind not in _SAID:
        return ""
    match column.kind:
        case AnswerKind.TEXT:
            return f"{table.name[: column.longest - 3]} {row}"
        case AnswerKind.CHOICE:
            return column.options[(row - 1) % len(column.options)].id
        case AnswerKind.DATE:
            day = today + timedelta(days=planting.spare + DAYS_APART * row)
            return min([day, *(due.date for due in (state.cap, state.span) if due)]).isoformat()
        case _:
            return sample(column)
