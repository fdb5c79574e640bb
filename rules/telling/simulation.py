"""An item played ahead of time: the alarms as they will ring, and the parties as they are supposed to act.

The same `issue`, `decide`, `alarm` and `evolve` as everywhere: what is left out here is only who says what. Nobody
declines, urges, pauses or asks for an extension; what of that an item already has stands, and takes its course.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from rules.dates.calendar import Calendar, instant_of, local_date
from rules.dates.clocks import Clock
from rules.errors import RuleViolation
from rules.forms.answers import Pairs
from rules.forms.form import Form
from rules.forms.samples import samples
from rules.machine.commands import Actor, Command, CommandKind, Status
from rules.machine.events import Decision, Event
from rules.machine.facts import Reported
from rules.machine.fields import FIELDS
from rules.machine.folding import evolve
from rules.machine.issuing import Order, issue
from rules.machine.item import alarm, decide
from rules.machine.state import State
from rules.machine.ticks import tick
from rules.machine.timed import FellDue, RungReached
from rules.nodes.node import OwedNode
from rules.permitting import answers_left, movers, place_of
from rules.process import ClockKind, Process, Role
from rules.telling.playing_nodes import (
    answers_for,
    begun_at,
    dated,
    earliest,
    is_blocked,
    reason_for,
    reported_for,
    tally_of,
    undated,
)

ISSUED_AT = time(10, 0)
BEFORE_THE_END = timedelta(hours=1)
"""Whoever acts on a day does so an hour before that day's end: in time on the due date itself."""
ANY_SUPERVISOR = Actor(id="supervisor", role=Role.SUPERVISOR)
SIGN, REPORT, EXTENSION, OF_NODES = "sign", "report", "extension", "node"
"""What is no step of a process, but has a habit like one."""

_PARTIES = {
    ClockKind.UNSIGNED: "unit",
    ClockKind.WORKING: "unit",
    ClockKind.REPORTING: "unit",
    ClockKind.REVIEWING: "reviewer",
    ClockKind.EXTENSION: "reviewer",
}
_NAMED = {ClockKind.UNSIGNED: SIGN, ClockKind.REPORTING: REPORT, ClockKind.EXTENSION: EXTENSION}


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """When somebody acts: so many working days after the due date (negative: before; 0: on it); None: never."""

    days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How the parties act. `steps`: pairs of a step's id (or "sign", "report", "extension", "node") and its own
    habit."""

    unit: Habit = Habit(days=None)
    reviewer: Habit = Habit(days=None)
    steps: tuple[tuple[str, Habit], ...] = ()

    def on(self, clock: Clock, step: str) -> Habit:
        """The habit that decides about this clock of an item in that step."""
        party = _PARTIES.get(clock.kind)
        if party is None:  # an item that was sent back waits for a supervisor who finds another unit
            return Habit(days=None)
        named = _NAMED.get(clock.kind, step)
        return next((habit for name, habit in self.steps if name == named), getattr(self, party))


NOBODY = Behaviour()
"""Nobody acts: what the ladder does by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """An event as it would be, and the item right after it."""

    event: Event
    state: State


def imagined(
    process: Process, calendar: Calendar, order: Order, issued: date, supervisor: str = ANY_SUPERVISOR.id
) -> Happening:
    """An item that is issued on that day by that supervisor. Raises as `rules.machine.issuing.issue` does."""
    now, actor = instant_of(issued, ISSUED_AT), replace(ANY_SUPERVISOR, id=supervisor)
    (event,) = issue(process, calendar, order, command="issue", actor=actor, now=now).events
    return Happening(event=event, state=evolve(None, event))


def play(
    process: Process, calendar: Calendar, state: State, behaviour: Behaviour, *, begin: datetime, until: datetime
) -> Iterator[Happening]:
    """What happens to the item after `begin` and not after `until`, in order; ends when the item does.

    An item that was left alone before `begin` catches up there. Nobody acts on the day on which a turn begins.
    """
    moved = True  # what no rung does: whoever acts goes by the due dates
    acts: tuple[datetime, Clock | OwedNode] | None = None
    vain: set[tuple[str, str, int]] = set()  # nodes for which nothing counts that could be said
    while state.is_open:
        if moved:
            acts = _next_act(process, calendar, state, behaviour, begin, vain)
        rings = alarm(process, calendar, state)
        if rings is not None and (acts is None or rings <= acts[0]):
            now, act = max(rings, begin), None
        elif acts is not None:
            now, act = max(acts[0], state.at), acts[1]
        else:
            return
        if now > until:
            return
        moved = False
        match act:
            case OwedNode():
                events = _reported(process, calendar, state, act, now)
                if not events:
                    vain.add(act.key)
                    moved = True
            case Clock():
                command = _command(process, state, act, local_date(now))
                events = _decided(process, calendar, state, command, now).events
            case None:
                events = decide(process, calendar, state, tick(state.seq), now).events
        for event in events:
            moved = moved or not isinstance(event.fact, RungReached | FellDue)
            state = evolve(state, event)
            yield Happening(event=event, state=state)


def _reported(process: Process, calendar: Calendar, state: State, node: OwedNode, now: datetime) -> tuple[Event, ...]:
    """What follows from a report for the node, with the first answers by which it counts; nothing where none do."""
    tally = reported_for(process, tally_of(process, node))
    for answers in answers_for(process, state, node):
        command = Command(
            kind=CommandKind.REPORT,
            id=f"play/{state.seq}",
            actor=_whoever(process, state),
            tally=tally.id,
            about=node.about or None,
            text="推演",
            answers=answers,
        )
        try:
            events = decide(process, calendar, state, command, now).events
        except RuleViolation:
            continue
        if _counts(events, node):
            return events
    return ()


def _counts(events: tuple[Event, ...], node: OwedNode) -> bool:
    facts = (event.fact for event in events if isinstance(event.fact, Reported))
    return any(amount.tally == node.tally for fact in facts for amount in fact.amounts)


def _fillings(process: Process, form: Form, today: date) -> Iterator[Pairs]:
    """Sample answers; and the same with dates ahead, or without those that need not be said. Rows that would become
    items for which this one waits are left out where they may be: who does those is not played."""
    awaited = {rule.table for rule in process.issues if rule.form == form.id and rule.wait != 0}
    empty = {one.id for one in form.fields if one.id in awaited and not one.least}
    for filled in samples(form):
        pairs = tuple(pair for pair in filled if pair[0].partition(".")[0] not in empty)
        yield pairs
        yield dated(form, pairs, today + timedelta(days=30))
        yield undated(form, pairs)


def _decided(process: Process, calendar: Calendar, state: State, command: Command, now: datetime) -> Decision:
    """What follows from the command with the first sample answers that no check and no verdict contradicts."""
    step = process.step(state.step) if state.step else None
    asked = process.sign_form if command.kind is CommandKind.SIGN else step.form if step else ""
    endorses = command.kind is CommandKind.APPROVE and answers_left(process, state) > 1
    form = process.form(asked) if command.kind in _ANSWER and not endorses else None
    if form is None:
        return decide(process, calendar, state, command, now)
    *others, last = _fillings(process, form, local_date(now))
    for answers in others:
        try:
            return decide(process, calendar, state, replace(command, answers=answers), now)
        except RuleViolation:  # what is known to be wrong with these, perhaps not with the next
            continue
    return decide(process, calendar, state, replace(command, answers=last), now)


_ANSWER = frozenset({CommandKind.SIGN, CommandKind.SUBMIT, CommandKind.APPROVE, CommandKind.CLOSE})


def _next_act(
    process: Process,
    calendar: Calendar,
    state: State,
    behaviour: Behaviour,
    begin: datetime,
    vain: Collection[tuple[str, str, int]],
) -> tuple[datetime, Clock | OwedNode] | None:
    """When somebody acts next, if nothing else happens, and which clock that stops, or for which node."""
    if behaviour == NOBODY or state.pause:
        return None
    acts: list[tuple[datetime, Clock | OwedNode]] = []
    for node in state.nodes:
        at = None if node.key in vain else _node_at(process, calendar, state, behaviour, node, begin)
        if at is not None:
            acts.append((at, node))
    for clock in state.clocks:
        habit = behaviour.on(clock, state.step)
        at = _acts_at(process, calendar, clock, habit, max(begin, clock.started))
        if clock.kind is ClockKind.WORKING and is_blocked(process.step(state.step), state):
            continue
        if at is not None and clock.kind is ClockKind.WORKING and process.step(state.step).publish:
            at = _published_at(process, calendar, state, max(begin, clock.started)) or max(at, _over(state))
        if at is not None:
            acts.append((at, clock))
    return min(acts, key=lambda act: act[0], default=None)


def _node_at(
    process: Process, calendar: Calendar, state: State, behaviour: Behaviour, node: OwedNode, begin: datetime
) -> datetime | None:
    """When somebody reports for the node: as their habit is, and not before it counts."""
    clock = node.clock or state.clock
    assert clock is not None, "nodes are owed while their step runs"
    habit = next((habit for name, habit in behaviour.steps if name == OF_NODES), behaviour.unit)
    at = _acts_at(process, calendar, clock, habit, max(begin, begun_at(node, state)))
    day = earliest(calendar, process, state, node)
    return at if at is None or day is None else max(at, instant_of(day, process.due_time) - BEFORE_THE_END)


def _published_at(process: Process, calendar: Calendar, state: State, after: datetime) -> datetime | None:
    """When the unit publishes what its step asks for, which it does at once; None when it has."""
    if state.publicity is not None:
        return None
    return instant_of(calendar.add(local_date(after), 1), process.due_time) - BEFORE_THE_END


def _over(state: State) -> datetime:
    """When what is published has stood long enough."""
    assert state.publicity is not None
    return state.publicity.at


def _acts_at(process: Process, calendar: Calendar, clock: Clock, habit: Habit, after: datetime) -> datetime | None:
    """The instant that the habit leads to; None for never, and beyond the years of the calendar."""
    if habit.days is None:
        return None
    try:
        day = calendar.add(clock.due.date, habit.days)
        day = max(day, calendar.add(local_date(after), 1))
    except RuleViolation:
        return None
    return instant_of(day, process.due_time) - BEFORE_THE_END


def _command(process: Process, state: State, clock: Clock, today: date) -> Command:
    """What ends this clock, as whoever it waits for would give it."""
    named = f"play/{state.seq}"
    if clock.kind is ClockKind.REPORTING:
        return Command(kind=CommandKind.REPORT, id=named, actor=_whoever(process, state), text="进展")
    if clock.kind is ClockKind.EXTENSION:
        assert state.extension is not None
        decider = Actor(id=str(state.extension.decider), role=state.extension.decider)
        return Command(kind=CommandKind.DECIDE_EXTENSION, id=named, actor=decider, grant=True)
    if state.status is Status.UNSIGNED:
        return Command(kind=CommandKind.SIGN, id=named, actor=_whoever(process, state))
    step = process.step(state.step)
    if state.status is Status.WORKING and step.publish and state.publicity is None:
        return Command(kind=CommandKind.PUBLISH, id=named, actor=_whoever(process, state), place="公开栏", on=today)
    if state.status is Status.WORKING and state.objections:
        return Command(kind=CommandKind.ANSWER_OBJECTION, id=named, actor=_whoever(process, state), text="答复")
    if state.status is Status.WORKING:
        required = {name: FIELDS[name].example for name in step.requires}
        required |= {"reason": reason} if (reason := reason_for(step, state)) else {}
        return Command(kind=CommandKind.SUBMIT, id=named, actor=_whoever(process, state), **{"text": "上报"} | required)
    if step.approve_to is not None or answers_left(process, state) > 1:
        return Command(kind=CommandKind.APPROVE, id=named, actor=_whoever(process, state))
    outcomes = process.outcomes
    outcome = next((o for o in outcomes if o.ends and not o.when), outcomes[0])
    actor = _whoever(process, state)
    return Command(kind=CommandKind.CLOSE, id=named, actor=actor, outcome=outcome.id, text="认定")


def _whoever(process: Process, state: State) -> Actor:
    """Somebody whose move it is, and who has done nothing that they would judge now."""
    party = movers(process, state)
    assert party is not None, "a clock runs"
    post, unit = party.of[0], state.unit
    busy = {*state.doers, *state.approvers}
    id_ = str(post) if post.role in busy else str(post.role)
    role = post.role
    return Actor(id=id_, role=role, unit=place_of(role, unit.id, unit.area)[0], area=unit.area, over=(unit.id,))
