"""The rows of an answered form as the first events of the items that they become: for whichever units there are, by
whichever processes and calendar are in force. Who knows those (ledger/chain/family, and what plays a family ahead of
time) is asked."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeAlias

from rules.dates.calendar import Calendar, local_date
from rules.errors import Code, RuleViolation
from rules.family import ChildEnded, FollowUp, child_no
from rules.forms.answers import Pairs
from rules.forms.form import TITLE, AnswerKind
from rules.links import IssueRule
from rules.machine.commands import Actor, UnitRef
from rules.machine.events import Event
from rules.machine.facts import Approved, Closed, Completed, CycleStarted, Reported, Submitted
from rules.machine.issuing import Order, issue
from rules.machine.state import State
from rules.moves.following import Cells, check_date, refused, rows_in
from rules.process import Process

FOLLOWS = "follow/"
"""How the ids begin of what follow-ups get, and what they let an item know: no workflow was given such a command."""
_NOT_CARRIED = frozenset({AnswerKind.NAME, AnswerKind.EVIDENCE, AnswerKind.ROWS, AnswerKind.NUMBERS})
"""Cells that say nothing of what the follow-up is about, or that only their own stream can show."""
InForce: TypeAlias = Callable[[str, str, str], Process]
"""The process of that id in that variant for that kind of unit, of which a new item is one. Raises unknown_process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sowing:
    """An entry that issues follow-ups: which, by whose word, by which process, and what the rows say by form;
    of a report, the name of the unit that it is about."""

    process: Process
    issued: tuple[FollowUp, ...]
    actor: Actor
    answers: Mapping[str, Pairs] = field(default_factory=dict)
    about: str = ""


_ANSWERED = Submitted | Completed | Approved | Closed | CycleStarted | Reported


def answered_in(events: Iterable[Event]) -> dict[str, Pairs]:
    """What each form was last answered with in these entries."""
    answers: dict[str, Pairs] = {}
    for one in events:
        if isinstance(one.fact, _ANSWERED) and one.fact.form:
            answers[one.fact.form] = one.fact.answers
    return answers


def sowing_of(process: Process, event: Event, answers: Mapping[str, Pairs]) -> Sowing:
    """What that entry issues, the forms having been answered so up to it."""
    issued: tuple[FollowUp, ...] = getattr(event.fact, "issued", ())
    about = event.fact.about if isinstance(event.fact, Reported) else ""
    return Sowing(process=process, issued=issued, actor=event.actor, answers=answers, about=about)


def at_once(event: Event) -> tuple[FollowUp, ...]:
    """The follow-ups that are issued with that entry: those of its own that nothing holds back."""
    issued: tuple[FollowUp, ...] = getattr(event.fact, "issued", ())
    return tuple(one for one in issued if not one.held)


def told_id(no: str, event: Event) -> str:
    """Under which id the item of that number lets the one that issued it know of the event."""
    return f"{FOLLOWS}{no}/{event.seq}"


def units_named(sown: Sowing, these: Iterable[FollowUp]) -> frozenset[str]:
    """The ids of the units for which these rows are, and the name of that which a report is about."""
    found = set()
    wanted = {(one.issue, one.row) for one in these}
    for rule in sown.process.issues:
        if rule.unit_in:
            rows = _rows(sown, rule).items()
            found |= {cells.get(rule.unit_in, "") for row, cells in rows if (rule.id, row) in wanted}
    return frozenset((found | {sown.about}) - {""})


def first_events(
    parent: State,
    sown: Sowing,
    these: Sequence[FollowUp],
    event: Event,
    *,
    units: Mapping[str, UnitRef],
    in_force: InForce,
    calendar: Calendar,
) -> list[Event]:
    """The first events of these follow-ups, as of `event`; `units`: those of `units_named` that there are now. Raises
    follow_up_refused, which names the row."""
    found = []
    tables = {rule.id: _rows(sown, rule) for rule in sown.process.issues}
    for one in these:
        cells = tables[one.issue].get(one.row, {})
        try:
            order, process = _order(parent, sown, one, cells, units, in_force, event)
            actor = replace(sown.actor, units=(), over=())
            command = f"{FOLLOWS}{parent.no}/{event.seq}"
            found.append(issue(process, calendar, order, command=command, actor=actor, now=event.at).events[0])
        except RuleViolation as refusal:
            if refusal.code is Code.FOLLOW_UP_REFUSED:
                raise
            raise refused(sown.process, one.issue, one.row, str(refusal)) from refusal
    return found


def _rows(sown: Sowing, rule: IssueRule) -> dict[int, Cells]:
    return rows_in(sown.answers.get(rule.form, ()), rule.table)


def _order(
    parent: State,
    sown: Sowing,
    one: FollowUp,
    cells: Cells,
    units: Mapping[str, UnitRef],
    in_force: InForce,
    event: Event,
) -> tuple[Order, Process]:
    rule = sown.process.issue_rule(one.issue)
    late = isinstance(event.fact, ChildEnded)  # it was held back: what was planned may be over by now
    unit_id = cells.get(rule.unit_in, "") if rule.unit_in else ""
    if rule.about:
        unit_id = sown.about
        unit = next((one for one in units.values() if one.name == sown.about), None)
    else:
        unit = (units.get(unit_id) if unit_id else parent.unit) or (parent.unit if late else None)
    if unit is None:
        raise RuleViolation(Code.UNKNOWN_UNIT, actual=unit_id, hint="，或已经撤销")
    variant = cells.get(rule.variant_in, "") if rule.variant_in else rule.variant
    process = in_force(rule.process, variant, unit.kind)
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
    return order, process


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
