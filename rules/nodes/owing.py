"""What is owed by which date: the nodes that a step begins with, and those that follow when reports count.

Of each tally, about each of its subjects, the next unmet number is open, and no other.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from fractions import Fraction

from rules.dates.calendar import Calendar, local_date
from rules.dates.clocks import Clock
from rules.dates.windows import Due, Limit, Stop, again, due_on
from rules.errors import Code, RuleViolation
from rules.forms.answering import known_of
from rules.forms.answers import Pairs
from rules.forms.reckoning import AnswerValues, Value
from rules.forms.tally import AREA_UNITS, Tally
from rules.nodes.node import OPEN_LIMIT, OwedNode, Rang, Tallied
from rules.process import ClockKind, Process

BY_RULE = "规定的日期"
PROPOSED_RULE = "签收时自报"
ROW_RULE = "填报的日期"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owing:
    """What nodes are worked out from: since when they are owed, what was answered, what counted and what rang.
    `said_year`: of which the dates are, where that was said."""

    process: Process
    calendar: Calendar
    since: datetime
    answers: Pairs = ()
    members: tuple[str, ...] = ()
    tallied: tuple[Tallied, ...] = ()
    rang: tuple[Rang, ...] = ()
    stops: tuple[Stop, ...] = ()
    limits: tuple[Limit, ...] = ()
    known: AnswerValues | None = field(default=None)
    said_year: int | None = None

    @property
    def year(self) -> int:
        """The year of dates that are given without one."""
        return self.said_year or local_date(self.since).year

    @property
    def values(self) -> AnswerValues:
        """What was answered, as values."""
        return self.known or known_of(self.process, self.answers)


def begun(owing: Owing, step: str, *, no: int) -> tuple[OwedNode, ...]:
    """The nodes with which that step begins, numbered from `no` on. Raises nodes_too_many."""
    pairs = ((tally, about) for tally in tallies_in(owing.process, step) for about in subjects(owing, tally))
    return checked(tuple(opened(owing, pairs, no=no)))


def checked(nodes: tuple[OwedNode, ...]) -> tuple[OwedNode, ...]:
    """The nodes, which are not too many to be open in one item. Raises nodes_too_many."""
    if len(nodes) > OPEN_LIMIT:
        raise RuleViolation(Code.NODES_TOO_MANY, limit=OPEN_LIMIT, actual=len(nodes))
    return nodes


def tallies_in(process: Process, step: str) -> tuple[Tally, ...]:
    """What is owed while an item is in that step."""
    return tuple(tally for tally in process.tallies if tally.step == step)


def opened(owing: Owing, pairs: Iterable[tuple[Tally, str]], *, no: int) -> Iterator[OwedNode]:
    """The next unmet node of each; a number that rang before has the same clock again."""
    owing = replace(owing, known=owing.values)
    rang = {one.key: one for one in owing.rang}
    for tally, about in pairs:
        have = counted(owing.tallied, tally.id, about)
        found = next(((nth, day, by) for nth, day, by in dates(owing, tally, about) if nth > have), None)
        if found is None:
            continue
        nth, day, by = found
        before = rang.get((tally.id, about, nth))
        number = before.no if before else no
        node = OwedNode(no=number, tally=tally.id, name=tally.name, nth=nth, about=about, sums=bool(tally.sum))
        yield node if day is None else _with_clock(owing, node, day, by, before)
        no += 0 if before else 1


def _with_clock(owing: Owing, node: OwedNode, day: date, by: str, before: Rang | None) -> OwedNode:
    clock = Clock(
        kind=ClockKind.NODE,
        no=node.no,
        started=owing.since,
        due=_due(owing, node, day, by),
        late=before.late if before else None,
        fired=before.fired if before else (),
    )
    return OwedNode(
        no=node.no, tally=node.tally, name=node.name, nth=node.nth, about=node.about, sums=node.sums, clock=clock
    )


def _due(owing: Owing, node: OwedNode, day: date, by: str) -> Due:
    process, calendar = owing.process, owing.calendar
    due = due_on(
        calendar,
        local_date(owing.since),
        day,
        rule=node.words,
        tier=process.unit_kind_name,
        at=process.due_time,
        given_by=by,
        limits=owing.limits,
    )
    for stop in owing.stops:
        due = again(due.trace, calendar, process.due_time, owing.limits, stop=stop)
    return due


def counted(tallied: Iterable[Tallied], tally: str, about: str) -> Fraction:
    """How much has counted in that tally about that subject, exactly."""
    found = (a.amount for one in tallied if one.about == about for a in one.amounts if a.tally == tally)
    return sum((Fraction(amount) for amount in found), Fraction(0))


def subjects(owing: Owing, tally: Tally) -> tuple[str, ...]:
    """What the tally is about, each once; one blank where it is about nothing in particular."""
    if not tally.each:
        return ("",)
    if tally.each == AREA_UNITS:
        return owing.members
    rows, column = _rows(owing, tally)
    return tuple(dict.fromkeys(str(row[column]) for row in rows if row.get(column)))


def _rows(owing: Owing, tally: Tally) -> tuple[Iterable[dict[str, Value]], str]:
    """The rows of its table, and the column that names them."""
    assert tally.table is not None
    form_id, table = tally.table
    form = owing.process.form(form_id)
    field_ = form.field(table) if form else None
    assert field_ is not None, "a tally names a table that there is: checked at load"
    return [dict(row) for row in owing.values.rows.get((form_id, table), ())], field_.columns[0].id


def dates(owing: Owing, tally: Tally, about: str) -> list[tuple[int, date | None, str]]:
    """How much in all is owed by which day, the first first, and who set it; no day where only the step's end bounds
    it. Of days that were past when the step began only the last one leaves something: it is owed by the step's end."""
    start = local_date(owing.since)
    if tally.column:
        rows, named = _rows(owing, tally)
        found = next((row.get(tally.column) for row in rows if row.get(named) == about), None)
        return [(tally.least, found if isinstance(found, date) else None, ROW_RULE)]
    ahead: list[tuple[int, date | None, str]] = []
    for owed in tally.by:
        proposed = owing.values.single.get((owing.process.sign_form, tally.id)) if owed.first else None
        day = proposed if isinstance(proposed, date) else owed.day(owing.year)
        if day >= start:
            ahead.append((owed.count, day, PROPOSED_RULE if proposed else BY_RULE))
    return ahead or [(tally.least, None, "")]
