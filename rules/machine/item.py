"""The item machine: what a command leads to, and when something happens by itself. One machine, many processes."""

from dataclasses import replace
from datetime import datetime

from rules.dates.calendar import LOCAL, Calendar
from rules.dates.clocks import Clock, Fired, Ring, following_due, lamp_of, next_instants, rings_until
from rules.errors import Code, RuleViolation
from rules.family import ChildEnded, ChildReopened
from rules.machine.commands import (
    BY_THEMSELVES,
    IN_STEP,
    NOBODYS_TURN,
    SYSTEM,
    TABLE,
    WHILE_PAUSED,
    Command,
    CommandKind,
    Status,
    check_shape,
    command_hash,
)
from rules.machine.events import Decision, Event
from rules.machine.facts import Corrected, Fact, Reported
from rules.machine.folding import evolve
from rules.machine.judging import check_judge
from rules.machine.state import State
from rules.machine.ticks import TICKS, tick
from rules.machine.timed import DueSet, FellDue, Migrated, Recalculated, Resumed, RungReached, WatchEnded
from rules.moves.case import Case
from rules.moves.moves import HANDLERS, resume
from rules.moves.steps import gathered, wait_ended
from rules.names import FIELD_NAMES, names_of
from rules.permitting import OF_UNIT, check_role, may, roles_for, wrong_post
from rules.process import ClockKind, Lamp, Process, Words


def alarm(process: Process, calendar: Calendar, state: State) -> datetime | None:
    """The next instant at which something happens by itself; None when nothing will. Never before the last event."""
    if state.pause:
        return max(state.pause.until_at, state.at)
    instants = [at for clock in state.running for at in next_instants(process, calendar, clock)]
    if state.status is Status.WATCHING and state.watch:
        instants.append(state.watch.at)
    return max(min(instants), state.at) if instants else None


def shown_lamp(process: Process, calendar: Calendar, state: State) -> Lamp:
    """The item's lamp as of its last event; every later change of it comes with an event of its own."""
    if state.status is Status.ANNULLED:
        return process.lamp(process.annulled_lamp)
    if state.status in NOBODYS_TURN:
        return process.lamp(process.ended_lamp)
    return lamp_of(process, calendar, state.running, state.pause.since if state.pause else state.at)


def check_command(command: Command) -> None:
    """Nothing is wrong with the command, whatever state its item is in: its shape and size, that somebody in that role
    may give it, and that its id is not one of the item's own ticks, which would then count as done already.

    Raises what check_shape and check_role raise, field_invalid.
    """
    check_shape(command)
    check_role(command.kind, command.actor.role)
    if command.kind is not CommandKind.TICK and command.id.startswith(TICKS):
        expected = f"不以 {TICKS} 开头的编号"
        raise RuleViolation(Code.FIELD_INVALID, field=FIELD_NAMES["id"], actual=command.id, expected=expected)


def decide(process: Process, calendar: Calendar, state: State, command: Command, now: datetime) -> Decision:
    """What the command leads to, after everything that was due by `now` anyway.

    So nothing that a deadline brings can be overtaken by a command that comes after it, and instants never go back.
    Raises RuleViolation; then nothing has happened.
    """
    check_command(command)
    check_role(command.kind, command.actor.role, process)
    now = max(now, state.at)
    overdue = _ring(process, calendar, state, command.id, now)
    if command.kind is CommandKind.TICK:
        return Decision(events=overdue)
    for event in overdue:
        state = evolve(state, event)
    case = Case(process=process, calendar=calendar, state=state, command=command, now=now)
    _permit(case)
    if _has_it(state, command):
        return Decision(events=overdue)
    fact = HANDLERS[command.kind](case)
    actor = replace(command.actor, units=(), over=())
    own = command_hash(command)
    event = Event(seq=state.seq + 1, at=now, command=command.id, actor=actor, fact=fact, command_hash=own)
    events = (*overdue, event)
    owed = isinstance(fact, Reported | Corrected) and fact.owed
    if owed or isinstance(fact, Resumed | Recalculated | DueSet | Migrated):  # by the new dates something may be due
        if not isinstance(fact, DueSet):  # the calendar that it names is its round's
            process, calendar = command.process or process, command.calendar or calendar
        events += _ring(process, calendar, evolve(state, event), command.id, now)
    return Decision(events=events)


def told(
    process: Process, calendar: Calendar, state: State, fact: ChildEnded | ChildReopened, command: str, now: datetime
) -> Decision:
    """What one of its follow-ups lets the item know, after everything that was due by `now` anyway; and its own end,
    where it waited for nothing else."""
    now = max(now, state.at)
    overdue = _ring(process, calendar, state, command, now)
    at = max(now, *(event.at for event in overdue)) if overdue else now
    event = Event(seq=state.seq + len(overdue) + 1, at=at, command=command, actor=SYSTEM, fact=fact)
    events = (*overdue, event)
    for one in events:
        state = evolve(state, one)
    case = Case(process=process, calendar=calendar, state=state, command=tick(state.seq), now=at)
    if isinstance(fact, ChildEnded) and (end := gathered(case)):
        events += (Event(seq=state.seq + 1, at=at, command=command, actor=SYSTEM, fact=end),)
    return Decision(events=events)


def _has_it(state: State, command: Command) -> bool:
    """Whether the item reckons by that calendar, or goes by that version, already."""
    match command.kind:
        case CommandKind.RECALCULATE:
            return command.calendar is not None and command.calendar.version == state.calendar
        case CommandKind.MIGRATE:
            return command.process is not None and command.process.ref == state.process
        case _:
            return False


def _ring(process: Process, calendar: Calendar, state: State, command: str, now: datetime) -> tuple[Event, ...]:
    """What was due by `now`: first the end of a pause, then what the clocks owe since."""
    events: tuple[Event, ...] = ()
    if state.pause:
        if state.pause.until_at > now:
            return ()
        fact = resume(process, calendar, state, state.pause.until_at, rang_at=now)
        at = max(state.pause.until_at, state.at)
        events = (Event(seq=state.seq + 1, at=at, command=command, actor=SYSTEM, fact=fact),)
        state = evolve(state, events[0])
    if state.status is Status.WAITING:
        return (*events, *_waited(process, calendar, state, command, now))
    missed = [d.at for clock in state.clocks if (d := following_due(process, calendar, clock)) and d.at <= now]
    until = min(missed, default=now)  # what comes after it is for the clock that begins with it
    rings = [r for clock in state.running for r in rings_until(process, calendar, clock, until)]
    rings.sort(key=lambda r: (r.at, r.clock.no, r.rung is not None, r.rung.offset if r.rung else 0))
    facts: list[tuple[datetime, Fact]] = [(r.at, _rang(process, calendar, r, state, now)) for r in rings]
    if state.status is Status.WATCHING and state.watch and state.watch.at <= now:
        facts.append((state.watch.at, WatchEnded(rang_at=now)))
    rang = tuple(
        Event(seq=state.seq + n, at=max(at, state.at), command=command, actor=SYSTEM, fact=fact)
        for n, (at, fact) in enumerate(facts, 1)
    )
    if missed:
        for event in rang:
            state = evolve(state, event)
        rang += _ring(process, calendar, state, command, now)
    return (*events, *rang)


def _waited(process: Process, calendar: Calendar, state: State, command: str, now: datetime) -> tuple[Event, ...]:
    """The end of a wait that was over by `now`, and what follows from the step that begins with it."""
    clock = state.clock
    assert clock is not None, "whoever waits has a clock"
    if clock.due.at > now:
        return ()
    at = max(clock.due.at, state.at)
    case = Case(process=process, calendar=calendar, state=state, command=tick(state.seq), now=at)
    event = Event(seq=state.seq + 1, at=at, command=command, actor=SYSTEM, fact=wait_ended(case, now))
    return (event, *_ring(process, calendar, evolve(state, event), command, now))


def _still_lit(process: Process, clock: Clock) -> tuple[Fired, ...]:
    """What has spoken, as the clock after this one has it: reminders that come before a date need not come late."""
    after = {rung.id for rung in process.rungs if rung.offset > 0}
    return tuple(Fired(rung=fired.rung, times=0 if fired.rung in after else fired.times) for fired in clock.fired)


def _rang(process: Process, calendar: Calendar, ring: Ring, state: State, now: datetime) -> Fact:
    clock, rung = ring.clock, ring.rung
    if rung is None and clock.late:
        due = following_due(process, calendar, clock)
        assert due is not None, "it rang by that date"
        reporting = Clock(
            kind=clock.kind, no=state.clock_no + 1, started=clock.due.at, due=due, fired=_still_lit(process, clock)
        )
        return FellDue(
            clock=reporting.no,
            clock_kind=clock.kind,
            due=due.date,
            due_at=ring.at,
            rang_at=now,
            step=state.step,
            reporting=reporting,
        )
    node = next((n.words for n in state.nodes if n.no == clock.no), "") if clock.kind is ClockKind.NODE else ""
    if rung is None:
        return FellDue(
            clock=clock.no,
            clock_kind=clock.kind,
            due=clock.due.date,
            due_at=ring.at,
            rang_at=now,
            step=state.step,
            node=node,
        )
    return RungReached(
        clock=clock.no,
        clock_kind=clock.kind,
        rung=rung.id,
        name=rung.name,
        times=ring.times,
        lamp=rung.lamp,
        audience=rung.audience,
        due=clock.due.date,
        due_at=ring.at,
        rang_at=now,
        consequence=rung.consequence,
        points=rung.points,
        immediate=rung.immediate,
        quiet=ring.at < clock.due.at <= now,
        mover=rung.mover,
        node=node,
    )


def _permit(case: Case) -> None:
    state, command = case.state, case.command
    names, actor = names_of(case.process.words), command.actor
    name = names.command[command.kind]
    if command.kind not in TABLE[state.status]:
        raise RuleViolation(
            Code.WRONG_STATUS,
            command=name,
            no=state.no,
            status=names.status[state.status],
            last=last_words(state, case.process.words),
            allowed=_allowed_words(case),
        )
    if state.pause and command.kind not in WHILE_PAUSED:
        raise RuleViolation(
            Code.PAUSED, command=name, no=state.no, until=state.pause.until.isoformat(), reason=state.pause.reason
        )
    speaks = command.kind is CommandKind.CORRECT and actor.role in OF_UNIT  # for its own entries: so says the entry
    if not speaks and not may(actor, case.process, state, command.kind):
        raise wrong_post(actor, case.process, state, command.kind)
    check_judge(command.kind, case.process, state, actor)


def last_words(state: State, words: Words) -> str:
    """Who moved last, as a clause for a refusal; the person stands as {{id}}, for an edge that knows people to name."""
    if state.last is None:
        return ""
    when = state.last.at.astimezone(LOCAL)
    return f"（{{{{{state.last.actor}}}}} 已于 {when:%m月%d日 %H:%M} {names_of(words).event[state.last.kind]}）"


def _allowed_words(case: Case) -> str:
    """What whoever was refused could do instead, in the role in which they were."""
    called = names_of(case.process.words).command
    names = [called[k] for k in CommandKind if k in TABLE[case.state.status] and _open_to(case, k)]
    return f"此时可以：{'、'.join(names)}。" if names else ""


def _open_to(case: Case, kind: CommandKind) -> bool:
    """Whether the actor may give that command in this status; of what is decided, only what waits."""
    state, actor = case.state, case.command.actor
    step = case.step if state.status in IN_STEP else None
    waits = {
        CommandKind.DECIDE_EXTENSION: state.extension,
        CommandKind.DECIDE_CORRECTION: state.correction,
        CommandKind.PUBLISH: step and step.publish,
        CommandKind.OBJECT: state.publicity,
        CommandKind.ANSWER_OBJECTION: state.objections or None,
        CommandKind.SET_DUE: state.choice,
    }
    if kind in BY_THEMSELVES or actor.role not in roles_for(kind, case.process) or waits.get(kind, True) is None:
        return False
    try:
        _permit(replace(case, command=replace(case.command, kind=kind)))
    except RuleViolation:
        return False
    return True
