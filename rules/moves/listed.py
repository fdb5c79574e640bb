"""What tallies ask of a form that lists what they are about: each row once, its day within what the item may last; and
of the days that are proposed at signing."""

from collections.abc import Iterator
from datetime import date

from rules.dates.calendar import local_date
from rules.forms.answering import Filled
from rules.forms.answers import AnswerFault, AnswersRefused
from rules.forms.form import Form, FormField
from rules.forms.tally import Tally
from rules.machine.turns import CAP_RULE, SPAN_RULE
from rules.moves.case import Case


def check_listed(case: Case, form: Form | None, given: Filled) -> None:
    """The rows can be reported about and owed by their days. Raises answers_invalid."""
    if form is None or not case.process.tallies:
        return
    faults = list(dict.fromkeys(_faults(case, form, given)))
    if faults:
        raise AnswersRefused(faults)


def _faults(case: Case, form: Form, given: Filled) -> Iterator[AnswerFault]:
    for tally in case.process.tallies:
        if tally.table and tally.table[0] == form.id:
            table = form.field(tally.table[1])
            assert table is not None, "a tally names a table that there is: checked at load"
            yield from _named_twice(table, given, form.id)
            if tally.column:
                yield from _beyond(case, tally, table, given, form.id)
        if form.id == case.process.sign_form and tally.elastic:
            yield from _out_of_range(case, tally, form, given)


def _named_twice(table: FormField, given: Filled, form: str) -> Iterator[AnswerFault]:
    column = table.columns[0]
    seen: dict[object, int] = {}
    for place, row in enumerate(given.known.rows.get((form, table.id), ()), 1):
        said = row.get(column.id)
        if said in seen:
            yield AnswerFault(
                at=f"{table.id}.{place}.{column.id}",
                label=f"{table.name}第 {place} 行{column.name}",
                actual=f"与第 {seen[said]} 行同是“{said}”",
                expected="各行不同，好分清报的是哪一项",
            )
        seen.setdefault(said, place)


def _beyond(case: Case, tally: Tally, table: FormField, given: Filled, form: str) -> Iterator[AnswerFault]:
    column = next(one for one in table.columns if one.id == tally.column)
    today = local_date(case.now)
    bounds = [(case.state.cap, CAP_RULE), (case.state.span, SPAN_RULE)]
    last = min(((due.date, rule) for due, rule in bounds if due), default=None)
    for place, row in enumerate(given.known.rows.get((form, table.id), ()), 1):
        day = row.get(tally.column)
        if not isinstance(day, date):
            continue
        at, label = f"{table.id}.{place}.{column.id}", f"{table.name}第 {place} 行{column.name}"
        if day < today:
            yield AnswerFault(at=at, label=label, actual=f"是 {day}，已经过去", expected=f"{today}（今天）以后的日期")
        elif last and day > last[0]:
            yield AnswerFault(
                at=at, label=label, actual=f"是 {day}，晚于{last[1]}", expected=f"不晚于 {last[0]}（{last[1]}）的日期"
            )


def _out_of_range(case: Case, tally: Tally, form: Form, given: Filled) -> Iterator[AnswerFault]:
    owed, field = tally.elastic, form.field(tally.id)
    day = given.known.single.get((form.id, tally.id))
    if owed is None or field is None or not isinstance(day, date):
        return
    today = local_date(case.now)
    year = case.state.year or today.year
    first, last = owed.first_day(year), owed.day(year)
    first = max(first or today, today)
    if not first <= day <= last:
        yield AnswerFault(at=tally.id, label=field.name, actual=f"是 {day}", expected=f"{first} 至 {last} 的日期")
