"""An item's dates worked out again: after its clocks stood still, or in another calendar. No stamp, no rung."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TypeAlias

from rules.dates.calendar import LOCAL, Calendar, local_date
from rules.dates.clocks import Clock
from rules.dates.windows import Due, DueChoice, Limit, Stop, again
from rules.machine.commands import Status
from rules.machine.state import Pause, State
from rules.machine.timed import Moved, Redated
from rules.machine.turns import EXTENSION_RULE, limits_on, limits_on_cap
from rules.nodes.owing import tallies_in
from rules.process import ClockKind, Process

Redate: TypeAlias = Callable[[Due, tuple[Limit, ...]], Due]


def resumed(process: Process, calendar: Calendar, state: State, pause: Pause, now: datetime) -> tuple[int, Redated]:
    """The working days for which the clocks stood still, and every date later by so many.

    The cap and the deadline set at issue move along: the item's span stood still too. So does a date that already
    passed: the item is as late after the pause as before it.
    """
    stop = Stop(after=_full_day(process, pause.since), until=_full_day(process, now), days=0, reason=pause.reason)
    days = calendar.count(stop.after, stop.until)
    if days <= 0:
        return 0, _as_they_stand(state)

    def later(due: Due, limits: tuple[Limit, ...]) -> Due:
        return again(due.trace, calendar, process.due_time, limits, stop=stop)

    deadline = calendar.add(calendar.roll(state.deadline), days) if state.deadline else None
    to = calendar.add(state.extension.to, days) if state.extension else None
    dates = _redated(state, later, later, deadline, to, state.publicity)  # what hangs on a wall hangs on
    dates = replace(dates, choice=_put_off(calendar, state.choice, days))
    owing = state.status is Status.WORKING and bool(tallies_in(process, state.step))
    return days, replace(dates, stop=stop) if owing else dates


def recalculated(process: Process, calendar: Calendar, state: State, now: datetime) -> Redated:
    """Every date as `calendar` has it. What fell due stays where it was: that it was late is a fact.

    A date that the calendar would put into the past leaves a working day from now: nobody is late after the event.
    """
    today = local_date(now)

    def reckoned(due: Due, limits: tuple[Limit, ...]) -> Due:
        found = again(due.trace, calendar, process.due_time, limits)
        if found.at <= now < due.at:
            found = again(due.trace, calendar, process.due_time, limits, floor=today)
        return found

    def standing(due: Due, limits: tuple[Limit, ...]) -> Due:
        return reckoned(due, limits) if due.at > now else due

    to = calendar.roll(state.extension.to) if state.extension else None
    shown = state.publicity and again(state.publicity.trace, calendar, process.due_time, ())
    return _redated(state, reckoned, standing, state.deadline, to, shown)


def given_anew(
    process: Process,
    calendar: Calendar,
    state: State,
    deadline: date,
    choice: DueChoice | None,
    now: datetime,
    *,
    given_by: str,
) -> Redated:
    """Every date that rests on the one set at issue, by another `deadline`, which `given_by` says. What fell due stays
    where it was; of what an extension gave, what is later holds."""
    today = local_date(now)

    def reckoned(due: Due, limits: tuple[Limit, ...]) -> Due:
        trace = due.trace
        if trace.given is not None and (trace.given_by != EXTENSION_RULE or deadline > due.date):
            trace = replace(trace, given=deadline, given_by=given_by, stops=(), floor=None)
        found = again(trace, calendar, process.due_time, limits)
        if found.at <= now < due.at:
            found = again(trace, calendar, process.due_time, limits, floor=today)
        return found

    to = state.extension.to if state.extension else None
    dates = _redated(state, reckoned, lambda due, _: due, deadline, to, state.publicity, OF_DEADLINE)
    return replace(dates, choice=choice)


OF_DEADLINE = frozenset({ClockKind.UNSIGNED, ClockKind.WORKING})
"""The clocks whose date is the one set at issue, or cut by it."""


def _put_off(calendar: Calendar, choice: DueChoice | None, days: int) -> DueChoice | None:
    """The days between which a unit chooses, each so many working days later."""
    if choice is None:
        return None
    chosen = calendar.add(calendar.roll(choice.chosen), days) if choice.chosen else None
    first, last = (calendar.add(calendar.roll(day), days) for day in (choice.first, choice.last))
    return DueChoice(first=first, last=last, chosen=chosen)


def _full_day(process: Process, at: datetime) -> date:
    """The last day that was over at that instant. So the day of a pause stands still, and the day on which the clocks
    run again counts, both up to the hour at which days end."""
    local = at.astimezone(LOCAL)
    return local.date() if local.time() >= process.due_time else local.date() - timedelta(days=1)


def _as_they_stand(state: State) -> Redated:
    return Redated(
        clocks=state.clocks,
        cap=state.cap,
        span=state.span,
        deadline=state.deadline,
        watch=state.watch,
        publicity=state.publicity,
        nodes=state.nodes,
        choice=state.choice,
    )


def _redated(
    state: State,
    of_running: Redate,
    of_others: Redate,
    deadline: date | None,
    extension_to: date | None,
    publicity: Due | None,
    only: frozenset[ClockKind] = frozenset(ClockKind),
) -> Redated:
    """`of_running` is asked for clocks of `only` these kinds that have not fallen due, `of_others` for those that have
    and others, for cap and watch."""
    moved: list[Moved] = []

    def note(what: str, before: Due, after: Due, clock: int = 0) -> Due:
        if after.date != before.date:
            moved.append(
                Moved(what=what, before=before.date, after=after.date, clock=clock, provisional=after.provisional)
            )
        return after

    span = note("span", state.span, of_others(state.span, ())) if state.span else None
    cap = note("cap", state.cap, of_others(state.cap, limits_on_cap(span))) if state.cap else None
    watch = note("watch", state.watch, of_others(state.watch, ())) if state.watch else None
    if state.publicity and publicity:
        note("publicity", state.publicity, publicity)

    def redated(clock: Clock) -> Clock:
        given = clock.due.trace.given is not None
        limits = limits_on(clock.kind, state.stage, given=given, cap=cap, deadline=deadline)
        redate = of_others if clock.late or clock.kind not in only else of_running
        due = note(clock.kind.value, clock.due, redate(clock.due, limits), clock.no)
        return replace(clock, due=due)

    return Redated(
        clocks=tuple(redated(clock) for clock in state.clocks),
        cap=cap,
        span=span,
        deadline=deadline,
        watch=watch,
        extension_to=extension_to,
        publicity=publicity,
        nodes=tuple(replace(node, clock=redated(node.clock)) if node.clock else node for node in state.nodes),
        moved=tuple(moved),
        choice=state.choice,
    )
