"""An item played ahead of time: the alarms as they will ring, and the parties as they are supposed to act.

The same `issue`, `decide`, `alarm` and `evolve` as everywhere: what is left out here is only who says what. Nobody
declines, urges, pauses or asks for an extension; what of that an item already has stands, and takes its course.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from rules.dates.calendar import Calendar, instant_of, local_date
from rules.dates.clocks import Clock
from rules.errors import RuleViolation
from rules.family import ChildEnded, ChildReopened, awaited
from rules.forms.answers import Pairs
from rules.forms.form import TITLE, Form
from rules.forms.samples import samples
from rules.machine.commands import Actor, Command, CommandKind, Status, Via
from rules.machine.events import Event
from rules.machine.facts import Reported
from rules.machine.fields import FIELDS
from rules.machine.folding import evolve
from rules.machine.issuing import Order, issue
from rules.machine.item import alarm, decide, told
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
from rules.telling.playing_rows import Planting, planted

ISSUED_AT = time(10, 0)
BEFORE_THE_END = timedelta(hours=1)
"""Whoever acts on a day does so an hour before that day's end: in time on the due date itself."""
ANY_SUPERVISOR = Actor(id="supervisor", role=Role.SUPERVISOR, via=Via.SITE)
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

    @property
    def latest(self) -> int:
        """How many working days late somebody is at most; 0 where nobody is."""
        habits = (self.unit, self.reviewer, *(habit for _, habit in self.steps))
        return max(0, *(habit.days or 0 for habit in habits))


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
    (event,) = issue(process, calendar, _about_something(process, order), command="issue", actor=actor, now=now).events
    return Happening(event=event, state=evolve(None, event))


def _about_something(process: Process, order: Order) -> Order:
    """The order, with sample answers to what has to be said of every item of the process and is not."""
    said = {at.partition(".")[0] for at, _ in order.matter} | {TITLE}
    lacking = tuple(field for field in process.matter.fields if field.needed and field.id not in said)
    if not lacking:
        return order
    places = {field.id: n for n, field in enumerate(process.matter.fields)}
    pairs = (*order.matter, *next(iter(samples(replace(process.matter, fields=lacking)))))
    return replace(order, matter=tuple(sorted(pairs, key=lambda pair: places[pair[0].partition(".")[0]])))


def play(
    process: Process, calendar: Calendar, state: State, behaviour: Behaviour, *, begin: datetime, until: datetime
) -> Iterator[Happening]:
    """What happens to the item after `begin` and not after `until`, in order; ends when the item does.

    An item that was left alone before `begin` catches up there. Nobody acts on the day on which a turn begins. Of rows
    that would become items none is written where the item would wait for them: `playing_family` plays those too.
    """
    item = PlayedItem(process, calendar, state, behaviour, begin)
    while (at := item.at) is not None and at <= until:
        yield from item.go()


class PlayedItem:
    """One item as it is played: how it stands (`state`), and what happens to it next."""

    def __init__(
        self,
        process: Process,
        calendar: Calendar,
        state: State,
        behaviour: Behaviour,
        begin: datetime,
        planting: Planting | None = None,
    ) -> None:
        """With `planting` the tables whose rows become items are filled."""
        self.process, self.calendar, self.state, self.begin = process, calendar, state, begin
        self._behaviour, self._planting = behaviour, planting
        self._free = begin  # since when it has not had to wait for what follows from it
        self._moved = True  # what no rung does: whoever acts goes by the due dates
        self._acts: tuple[datetime, Clock | OwedNode] | None = None
        self._vain: set[tuple[str, str, int]] = set()  # nodes for which nothing counts that could be said
        self._next: tuple[datetime, Clock | OwedNode | None] | None = None
        self._look()

    @property
    def at(self) -> datetime | None:
        """When something happens to it next, if nobody else has to do with it; None for never."""
        return self._next[0] if self._next else None

    def go(self) -> list[Happening]:
        """What happens at `at`. Raises RuleViolation where somebody would be refused whatever they say."""
        assert self._next is not None
        now, act = self._next
        self._moved = False
        match act:
            case OwedNode():
                events = self._reported(act, now)
                if not events:
                    self._vain.add(act.key)
                    self._moved = True
            case Clock():
                events = self._decided(act, now)
            case None:
                events = decide(self.process, self.calendar, self.state, tick(self.state.seq), now).events
        return self._happened(events)

    def hear(self, fact: ChildEnded | ChildReopened, command: str, now: datetime) -> list[Happening]:
        """What happens as one of its follow-ups lets the item know that."""
        events = told(self.process, self.calendar, self.state, fact, command, now).events
        waited = bool(awaited(self.state.children))
        happened = self._happened(events)
        if waited and not awaited(self.state.children):
            self._free, self._moved = now, True
            self._look()
        return happened

    def _happened(self, events: tuple[Event, ...]) -> list[Happening]:
        found = []
        for event in events:
            self._moved = self._moved or not isinstance(event.fact, RungReached | FellDue)
            self.state = evolve(self.state, event)
            found.append(Happening(event=event, state=self.state))
        self._look()
        return found

    def _look(self) -> None:
        """What happens next."""
        self._next = None
        if not self.state.is_open:
            return
        if self._moved:
            self._acts = self._next_act()
        rings = alarm(self.process, self.calendar, self.state)
        if rings is not None and (self._acts is None or rings <= self._acts[0]):
            self._next = max(rings, self.begin), None
        elif self._acts is not None:
            self._next = max(self._acts[0], self.state.at), self._acts[1]

    def _reported(self, node: OwedNode, now: datetime) -> tuple[Event, ...]:
        """What follows from a report for the node, with the first answers by which it counts; nothing where none do."""
        process, state = self.process, self.state
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
                events = decide(process, self.calendar, state, command, now).events
            except RuleViolation:
                continue
            if _counts(events, node):
                return events
        return ()

    def _decided(self, clock: Clock, now: datetime) -> tuple[Event, ...]:
        """What follows when the clock is stopped: with the first verdict and the first sample answers that contradict
        neither each other nor any check."""
        process, state = self.process, self.state
        today, refusal = local_date(now), None
        for command in _commands(process, state, clock, today):
            for answers in self._fillings(command, today):
                try:
                    return decide(process, self.calendar, state, replace(command, answers=answers), now).events
                except RuleViolation as wrong:  # perhaps not with the next
                    refusal = wrong
        assert refusal is not None, "something is tried"
        raise refusal

    def _fillings(self, command: Command, today: date) -> Iterator[Pairs]:
        """Sample answers to what the command has to fill in; and the same with dates ahead, or without those that need
        not be said. Rows that become items are planted; else those for which this one would wait are left out where
        they may be."""
        process, state = self.process, self.state
        step = process.step(state.step) if state.step else None
        asked = process.sign_form if command.kind is CommandKind.SIGN else step.form if step else ""
        endorses = command.kind is CommandKind.APPROVE and answers_left(process, state) > 1
        form = process.form(asked) if command.kind in _ANSWER and not endorses else None
        if form is None:
            yield ()
            return
        for pairs in samples(form):
            for filled in (pairs, dated(form, pairs, today + timedelta(days=30)), undated(form, pairs)):
                if self._planting:
                    yield planted(process, form, filled, self._planting, state, today)
                else:
                    yield _unawaited(process, form, filled)

    def _next_act(self) -> tuple[datetime, Clock | OwedNode] | None:
        """When somebody acts next, if nothing else happens, and which clock that stops, or for which node."""
        process, calendar, state, begin = self.process, self.calendar, self.state, self.begin
        if self._behaviour == NOBODY or state.pause:
            return None
        acts: list[tuple[datetime, Clock | OwedNode]] = []
        for node in state.nodes:
            if node.key not in self._vain and (at := _node_at(process, calendar, state, self._behaviour, node, begin)):
                acts.append((at, node))
        waits = bool(awaited(state.children))
        for clock in state.clocks:
            turn = clock.kind in (ClockKind.WORKING, ClockKind.REVIEWING)
            if turn and (waits or is_blocked(process.step(state.step), state)):
                continue
            since = max(begin, clock.started, *((self._free,) if turn else ()))
            at = _acts_at(process, calendar, clock, self._behaviour.on(clock, state.step), since)
            if at is not None and clock.kind is ClockKind.WORKING and process.step(state.step).publish:
                at = _published_at(process, calendar, state, since) or max(at, _over(state))
            if at is not None:
                acts.append((at, clock))
        return min(acts, key=lambda act: act[0], default=None)


def _unawaited(process: Process, form: Form, pairs: Pairs) -> Pairs:
    awaited_in = {rule.table for rule in process.issues if rule.form == form.id and rule.wait != 0}
    empty = {one.id for one in form.fields if one.id in awaited_in and not one.least}
    return tuple(pair for pair in pairs if pair[0].partition(".")[0] not in empty)


def _counts(events: tuple[Event, ...], node: OwedNode) -> bool:
    facts = (event.fact for event in events if isinstance(event.fact, Reported))
    return any(amount.tally == node.tally for fact in facts for amount in fact.amounts)


_ANSWER = frozenset({CommandKind.SIGN, CommandKind.SUBMIT, CommandKind.APPROVE, CommandKind.CLOSE})


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


def _commands(process: Process, state: State, clock: Clock, today: date) -> tuple[Command, ...]:
    """What ends this clock, as whoever it waits for would give it: with the first that may be."""
    step = process.step(state.step) if state.step else None
    if step and clock.kind is ClockKind.REVIEWING and step.approve_to is None and answers_left(process, state) == 1:
        ending = [one for one in process.outcomes if one.ends] or process.outcomes
        close, actor = CommandKind.CLOSE, _whoever(process, state)
        ids = (one.id for one in ending)
        return tuple(Command(kind=close, id=f"play/{state.seq}", actor=actor, outcome=one, text="认定") for one in ids)
    return (_command(process, state, clock, today),)


def _command(process: Process, state: State, clock: Clock, today: date) -> Command:
    named = f"play/{state.seq}"
    if clock.kind is ClockKind.REPORTING:
        return Command(kind=CommandKind.REPORT, id=named, actor=_whoever(process, state), text="进展")
    if clock.kind is ClockKind.EXTENSION:
        assert state.extension is not None
        decider = Actor(id=str(state.extension.decider), role=state.extension.decider, via=Via.SITE)
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
    return Command(kind=CommandKind.APPROVE, id=named, actor=_whoever(process, state))


def _whoever(process: Process, state: State) -> Actor:
    """Somebody whose move it is, and who has done nothing that they would judge now."""
    party = movers(process, state)
    assert party is not None, "a clock runs"
    post, unit = party.of[0], state.unit
    busy = {*state.doers, *state.approvers}
    id_ = str(post) if post.role in busy else str(post.role)
    role = post.role
    place, _ = place_of(role, unit.id, unit.area)
    return Actor(id=id_, role=role, unit=place, area=unit.area, over=(unit.id,), via=Via.SITE)
