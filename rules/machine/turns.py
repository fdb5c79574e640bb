"""The turn that begins when a step, a sign-off or an extension does. An item's dates are worked out here only."""

from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache

from rules.dates.calendar import Calendar, local_date
from rules.dates.clocks import Clock
from rules.dates.explain import long_day
from rules.dates.windows import Due, Limit, due_after, due_on, nth_due
from rules.errors import Code, RuleViolation
from rules.machine.commands import Status, UnitRef
from rules.machine.state import State
from rules.machine.timed import Turn
from rules.names import CLOCK_NAMES, FIELD_NAMES
from rules.nodes.owing import Owing, begun, tallies_in
from rules.process import ClockKind, Party, Process, Stage, Step, Window

CAP_RULE = "事项总时限"
SPAN_RULE = "全程总时限"
DEADLINE_RULE = "交办时限"
ANSWER_RULE = "填报的日期"
EXTENSION_RULE = "延期批复"


def cap_from(process: Process, calendar: Calendar, start: date, span: Due | None) -> Due | None:
    """The last day of a cycle that starts on `start`, cut by the span of all cycles; that span's where the process
    bounds no cycle. None for a process that bounds neither."""
    if process.cap is None:
        return span
    tier, at = process.unit_kind_name, process.due_time
    return due_after(calendar, start, process.cap, rule=CAP_RULE, tier=tier, at=at, limits=limits_on_cap(span))


def limits_on_cap(span: Due | None) -> tuple[Limit, ...]:
    """What cuts a cycle's span: that of all of them."""
    return (Limit(date=span.date, rule=SPAN_RULE),) if span else ()


def span_from(process: Process, calendar: Calendar, start: date) -> Due | None:
    """The last day of the item over all its cycles when it starts on `start`; None for a process that has no such."""
    if process.span is None:
        return None
    tier, at = process.unit_kind_name, process.due_time
    return due_after(calendar, start, process.span, rule=SPAN_RULE, tier=tier, at=at)


def watch_from(process: Process, calendar: Calendar, now: datetime) -> Due | None:
    """The end of the watch after closing; None when the process has none."""
    if process.watch is None:
        return None
    start = local_date(now)
    return due_after(calendar, start, process.watch, rule="回头看期", tier=process.unit_kind_name, at=process.due_time)


@lru_cache(maxsize=256)
def first_turn(
    process: Process,
    calendar: Calendar,
    now: datetime,
    *,
    no: int,
    cap: Due | None,
    deadline: date | None,
    members: tuple[str, ...] = (),
    year: int | None = None,
) -> Turn:
    """The unit has to sign (or decline), or the first step begins at once; then `members` are the units of the area
    that has the item, and `year` that of its dates. Remembered: a batch begins many items with the very same turn."""
    if process.sign is None:
        if process.first_step.waits:
            return waiting_turn(process, calendar, now, process.first_step, no=no, until=None)
        turn = step_turn(process, calendar, now, process.first_step, no=no, cap=cap, deadline=deadline)
        owing = Owing(process=process, calendar=calendar, since=now, members=members, said_year=year)
        return with_nodes(turn, owing, cap)
    limits = limits_on(ClockKind.UNSIGNED, Stage.PLAN, given=False, cap=cap, deadline=deadline)
    clock = _clock(process, calendar, now, ClockKind.UNSIGNED, no, process.sign, limits)
    return Turn(status=Status.UNSIGNED, party=Party.UNIT, clock=clock)


def declined_turn(process: Process, calendar: Calendar, now: datetime, *, no: int) -> Turn:
    """The reviewer has to find another unit."""
    assert process.declined is not None, "only what has to be signed can be declined: checked at load"
    clock = _clock(process, calendar, now, ClockKind.DECLINED, no, process.declined, ())
    return Turn(status=Status.DECLINED, party=Party.REVIEWER, clock=clock)


def step_turn(
    process: Process,
    calendar: Calendar,
    now: datetime,
    step: Step,
    *,
    no: int,
    cap: Due | None,
    deadline: date | None,
    proposed: int | None = None,
) -> Turn:
    """The step begins. Its date is the deadline set at issue where the step takes one, the step's window otherwise; a
    unit's step is cut by the cap, and by that deadline up to the inspection.

    Raises window_fixed, window_out_of_range.
    """
    start = local_date(now)
    at, tier = process.due_time, process.unit_kind_name
    kind = ClockKind.REVIEWING if step.party is Party.REVIEWER else ClockKind.WORKING
    given = step.uses_deadline and deadline is not None and proposed is None
    limits = limits_on(kind, step.stage, given=given, cap=cap, deadline=deadline)
    if given:
        assert deadline is not None
        due = due_on(
            calendar,
            start,
            deadline,
            rule=step.name,
            tier=tier,
            at=at,
            given_by=DEADLINE_RULE,
            limits=limits,
        )
    else:
        due = due_after(
            calendar, start, step.window, rule=step.name, tier=tier, at=at, proposed=proposed, limits=limits
        )
    clock = Clock(kind=kind, no=no, started=now, due=due)
    reporting = None
    if step.report_every:
        reporting = report_clock(process, calendar, now, step, no=no + 1)
    return Turn(
        status=Status.WORKING if step.party is Party.UNIT else Status.REVIEWING,
        party=step.party,
        clock=clock,
        step=step.id,
        step_name=step.name,
        stage=step.stage,
        window_days=calendar.count(start, due.date),
        reporting=reporting,
        unveils=step.id == process.veil,
    )


def with_nodes(turn: Turn, owing: Owing, cap: Due | None) -> Turn:
    """The turn with what is owed in its step by dates of its own. Raises nodes_too_many."""
    if turn.status is not Status.WORKING or not tallies_in(owing.process, turn.step):
        return turn
    no = max(clock.no for clock in (turn.clock, turn.reporting) if clock) + 1
    return replace(turn, nodes=begun(replace(owing, limits=limits_on_nodes(cap)), turn.step, no=no))


def limits_on_nodes(cap: Due | None) -> tuple[Limit, ...]:
    """What cuts the date of a node: what bounds the whole cycle."""
    return limits_on(ClockKind.NODE, Stage.EXECUTE, given=True, cap=cap, deadline=None)


def waiting_turn(
    process: Process, calendar: Calendar, now: datetime, step: Step, *, no: int, until: date | None
) -> Turn:
    """Nobody has the move until that day, and at most until the step's window is over."""
    start, at, tier = local_date(now), process.due_time, process.unit_kind_name
    due = due_after(calendar, start, step.window, rule=step.name, tier=tier, at=at)
    if until and until < due.date:  # a later day plays no part, nor may it come back when dates are worked out again
        due = due_on(calendar, start, until, rule=step.name, tier=tier, at=at, given_by=ANSWER_RULE)
    return Turn(
        status=Status.WAITING,
        party=step.party,
        clock=Clock(kind=ClockKind.WAITING, no=no, started=now, due=due),
        step=step.id,
        step_name=step.name,
        stage=step.stage,
        window_days=calendar.count(start, due.date),
        unveils=step.id == process.veil,
    )


def report_clock(process: Process, calendar: Calendar, now: datetime, step: Step, *, no: int) -> Clock:
    """The clock of the first progress report that the step makes the unit owe."""
    assert step.report_every is not None
    return _clock(process, calendar, now, ClockKind.REPORTING, no, step.report_every, ())


def next_report(process: Process, calendar: Calendar, now: datetime, running: Clock, *, no: int) -> Clock | None:
    """The clock of the report after the one that is given at `now`: its date stands since the step began, whether that
    one was early or late. None when the time for it has not come: the one before, given twice, is not the next.
    """
    trace, at = running.due.trace, process.due_time
    if trace.nth > 1 and now <= nth_due(trace, calendar, at, trace.nth - 1).at:
        return None
    due = nth_due(trace, calendar, at, trace.nth + 1)
    while due.at <= now:
        due = nth_due(trace, calendar, at, due.trace.nth + 1)
    return Clock(kind=running.kind, no=no, started=now, due=due)


def extension_clock(process: Process, calendar: Calendar, now: datetime, *, no: int) -> Clock:
    """The clock of the answer that an extension waits for."""
    return _clock(process, calendar, now, ClockKind.EXTENSION, no, process.extension.decide, ())


def extended_clock(process: Process, calendar: Calendar, now: datetime, state: State, to: date) -> Clock:
    """The turn's clock anew, due on the date that was granted."""
    running = state.clock
    assert running is not None
    start = running.due.trace.start if to > local_date(now) else local_date(now)
    due = due_on(
        calendar,
        start,
        to,
        rule=state.step_name,
        tier=process.unit_kind_name,
        at=process.due_time,
        given_by=EXTENSION_RULE,
        limits=limits_on(running.kind, state.stage, given=True, cap=state.cap, deadline=None),
    )
    return replace(running, no=state.clock_no + 1, started=now, due=due, late=None, fired=())


def _clock(
    process: Process,
    calendar: Calendar,
    now: datetime,
    kind: ClockKind,
    no: int,
    window: Window,
    limits: tuple[Limit, ...],
) -> Clock:
    due = due_after(
        calendar,
        local_date(now),
        window,
        rule=CLOCK_NAMES[kind],
        tier=process.unit_kind_name,
        at=process.due_time,
        limits=limits,
    )
    return Clock(kind=kind, no=no, started=now, due=due)


def limits_on(
    kind: ClockKind, stage: Stage, *, given: bool, cap: Due | None, deadline: date | None
) -> tuple[Limit, ...]:
    """What cuts a clock: the unit's turns the cap, and up to the inspection the deadline set at issue, unless the date
    was `given` (by that very deadline, or by an extension)."""
    if kind not in (ClockKind.UNSIGNED, ClockKind.WORKING, ClockKind.NODE):
        return ()
    limits = []
    if cap:
        limits.append(Limit(date=cap.date, rule=CAP_RULE))
    if deadline and not given and stage in (Stage.PLAN, Stage.EXECUTE):
        limits.append(Limit(date=deadline, rule=DEADLINE_RULE))
    return tuple(limits)


def cut_deadline(deadline: date | None, cap: Due | None) -> date | None:
    """The day that holds instead of the deadline set at issue, since the item may not last longer; None: it holds."""
    return cap.date if deadline and cap and deadline > cap.date else None


def deadline_words(deadline: date | None, cap: Due | None) -> str:
    """The deadline set at issue, and the day that holds where that is another; of no deadline nothing."""
    if deadline is None:
        return ""
    holds = cut_deadline(deadline, cap)
    return long_day(deadline) + (f"，超过{CAP_RULE}，以{long_day(holds)}为准" if holds else "")


def check_kind(process: Process, unit: UnitRef) -> None:
    if process.unit_kind != unit.kind:
        raise RuleViolation(
            Code.FIELD_INVALID,
            field=FIELD_NAMES["assignment"],
            actual=f"“{unit.name}”不是{process.unit_kind_name}",
            expected=f"{process.unit_kind_name}，或另选流程",
        )
