"""The rows of an answered form as the first events of the items that they become: read where the form was answered, for
units as the directory has them, by the processes and the calendar that are in force."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from sqlalchemy import Connection, select

from ledger.chain import entries, pinned
from ledger.store.tables import Unit, table_of
from rules.dates.calendar import local_date
from rules.errors import Code, RuleViolation
from rules.family import ChildEnded, FollowUp, child_no
from rules.forms.answers import Pairs
from rules.forms.form import TITLE, AnswerKind
from rules.links import IssueRule
from rules.machine.commands import Actor, UnitRef
from rules.machine.events import Event
from rules.machine.facts import Approved, Closed, Completed, CycleStarted, Issued, Submitted
from rules.machine.folding import fold
from rules.machine.issuing import Order, issue
from rules.machine.state import State
from rules.moves.following import Cells, check_date, refused, rows_in
from rules.process import Process

UNIT = table_of(Unit)
FOLLOWS = "follow/"
"""How the ids begin of what follow-ups get, and what they let an item know: no workflow was given such a command."""
_NOT_CARRIED = frozenset({AnswerKind.NAME, AnswerKind.EVIDENCE, AnswerKind.ROWS, AnswerKind.NUMBERS})
"""Cells that say nothing of what the follow-up is about, or that only their own stream can show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sowing:
    """An entry that issues follow-ups: which, by whose word, by which process, and what the rows say by form."""

    process: Process
    issued: tuple[FollowUp, ...]
    actor: Actor
    answers: dict[str, Pairs] = field(default_factory=dict)


def sowing(connection: Connection, state: State, event: Event, more: Sequence[Event] = ()) -> Sowing:
    """Of an event just decided; `more`: those of its command, where they do not stand yet."""
    before = entries.read_events(connection, state.no, until=event.seq)
    return _sown(
        pinned.process(connection, state.process), event, (*before, *(one for one in more if one.seq <= event.seq))
    )


def sowing_at(connection: Connection, state: State, at: int) -> Sowing:
    """Of an entry of long ago: by the process by which the item went then."""
    events = entries.read_events(connection, state.no, until=at)
    then = fold(events)
    assert then is not None
    return _sown(pinned.process(connection, then.process), events[-1], events)


def _sown(process: Process, event: Event, events: Iterable[Event]) -> Sowing:
    answers: dict[str, Pairs] = {}
    for one in events:
        if isinstance(one.fact, Submitted | Completed | Approved | Closed | CycleStarted) and one.fact.form:
            answers[one.fact.form] = one.fact.answers
    issued: tuple[FollowUp, ...] = getattr(event.fact, "issued", ())
    return Sowing(process=process, issued=issued, actor=event.actor, answers=answers)


def sow(connection: Connection, parent: State, sown: Sowing, these: Sequence[FollowUp], event: Event) -> list[str]:
    found = decided(connection, parent, sown, these, event)
    entries.store_issued(connection, [(one, None) for one in found])
    return [one.fact.no for one in found if isinstance(one.fact, Issued)]


def decided(
    connection: Connection, parent: State, sown: Sowing, these: Sequence[FollowUp], event: Event
) -> list[Event]:
    """The first events of these follow-ups, as of `event`. Raises follow_up_refused, which names the row."""
    tables = {rule.id: rows_in(sown.answers.get(rule.form, ()), rule.table) for rule in sown.process.issues}
    units = _units(connection, parent, sown, tables, these)
    found = []
    for one in these:
        rule = sown.process.issue_rule(one.issue)
        cells = tables[rule.id].get(one.row, {})
        try:
            found.append(_first_event(connection, parent, sown, one, cells, units, event))
        except RuleViolation as refusal:
            if refusal.code is Code.FOLLOW_UP_REFUSED:
                raise
            raise refused(sown.process, one.issue, one.row, str(refusal)) from refusal
    return found


def _units(
    connection: Connection,
    parent: State,
    sown: Sowing,
    tables: dict[str, dict[int, Cells]],
    these: Sequence[FollowUp],
) -> dict[str, UnitRef]:
    named = set()
    for one in these:
        column = sown.process.issue_rule(one.issue).unit_in
        if column:
            named.add(tables[one.issue].get(one.row, {}).get(column, ""))
    query = select(UNIT).where(UNIT.c.id.in_(named - {""}), UNIT.c.ended.is_(None))
    rows = connection.execute(query).mappings() if named - {""} else ()
    return {"": parent.unit} | {
        row["id"]: UnitRef(id=row["id"], name=row["name"], kind=row["kind"], area=row["area"]) for row in rows
    }


def _first_event(
    connection: Connection,
    parent: State,
    sown: Sowing,
    one: FollowUp,
    cells: Cells,
    units: dict[str, UnitRef],
    event: Event,
) -> Event:
    rule = sown.process.issue_rule(one.issue)
    late = isinstance(event.fact, ChildEnded)  # it was held back: what was planned may be over by now
    unit_id = cells.get(rule.unit_in, "") if rule.unit_in else ""
    unit = units.get(unit_id) or (parent.unit if late else None)
    if unit is None:
        raise RuleViolation(Code.UNKNOWN_UNIT, actual=unit_id, hint="，或已经撤销")
    variant = cells.get(rule.variant_in, "") if rule.variant_in else rule.variant
    process = pinned.current_process(connection, rule.process, variant, unit.kind)
    order = Order(
        no=child_no(parent.no, one.n),
        unit=unit,
        title=cells.get(rule.title_in, ""),
        matter=_matter(sown.process, rule, process, cells),
        deadline=_deadline(parent, sown.process, rule, one.row, cells, event, late=late),
        parent=parent.no,
        link=one.link,
        supervisor=parent.supervisor,
    )
    command = f"{FOLLOWS}{parent.no}/{event.seq}"
    actor = replace(sown.actor, units=(), over=())
    calendar = pinned.current_calendar(connection)
    return issue(process, calendar, order, command=command, actor=actor, now=event.at).events[0]


def _matter(parent: Process, rule: IssueRule, process: Process, cells: Cells) -> Pairs:
    """Of what the row says, and the rule for every row, whatever the follow-up's own matter asks by the same name."""
    form = parent.form(rule.form)
    table = form.field(rule.table) if form else None
    carried = {column.id for column in table.columns if column.kind not in _NOT_CARRIED} if table else set()
    said = {at: text for at, text in cells.items() if at in carried} | {pair[0]: pair[1] for pair in rule.matter}
    used = {TITLE, rule.title_in}
    return tuple((one.id, said[one.id]) for one in process.matter.fields if one.id in said and one.id not in used)


def _deadline(
    parent: State, process: Process, rule: IssueRule, row: int, cells: Cells, event: Event, *, late: bool
) -> date | None:
    text = cells.get(rule.deadline_in, "") if rule.deadline_in else ""
    if not text:
        return None
    day, today = date.fromisoformat(text), local_date(event.at)
    if late:
        return day if day >= today else None
    check_date(process, parent, rule, row, day, today)
    return day
