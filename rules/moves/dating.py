"""The date set at issue is another: the unit chooses its own between two days, or its round moved with the calendar."""

from dataclasses import replace
from datetime import date

from rules.dates.calendar import Calendar, instant_of, local_date
from rules.dates.explain import long_day
from rules.dates.windows import DueChoice, nearest
from rules.errors import Code, RuleViolation
from rules.machine.facts import Fact
from rules.machine.limits import due_room
from rules.machine.redating import OF_DEADLINE, given_anew
from rules.machine.timed import DueSet
from rules.moves.case import Case
from rules.names import FIELD_NAMES
from rules.process import Role

MOVED_RULE = "轮次按新日历"
"""Who gives a date that moved with its round."""


def set_due(case: Case) -> Fact:
    """Whoever has the item chooses; the system says what its round says."""
    return _moved(case) if case.command.actor.role is Role.SYSTEM else _chosen(case)


def _chosen(case: Case) -> Fact:
    state, to = case.state, case.command.to
    could = due_room(case.process, case.calendar, state, case.now)
    assert to is not None, "check_shape has seen it"
    assert state.choice is not None, "due_room has seen it"
    assert state.deadline is not None, "who may choose has a last day"
    if not could.first <= to <= could.latest or not case.calendar.is_working(to):
        expected = f"{could.first.isoformat()} 至 {could.latest.isoformat()} 之间的工作日"
        raise RuleViolation(Code.FIELD_INVALID, field=FIELD_NAMES["to"], actual=to.isoformat(), expected=expected)
    choice = replace(state.choice, chosen=to)
    given_by = f"单位在{long_day(choice.first)}至{long_day(choice.last)}之间"
    dates = given_anew(case.process, case.calendar, state, to, choice, case.now, given_by=given_by)
    return DueSet(before=state.deadline, dates=dates, **case.command.said_for(DueSet))


def _moved(case: Case) -> Fact:
    """By the calendar of the round. What the unit chose stays where it still may; nothing moves into the past, and what
    has passed stays."""
    state, command = case.state, case.command
    calendar, to = command.calendar or case.calendar, command.to
    assert to is not None, "check_shape has seen it"
    if state.deadline is None:
        raise RuleViolation(Code.DUE_NOT_OPEN, why=f"事项 {state.no} 没有定下的日期")
    last = _put_off(calendar, to, state.stopped)
    choice = command.choice and DueChoice(first=_put_off(calendar, command.choice.first, state.stopped), last=last)
    chosen = state.choice.chosen if state.choice and choice else None
    if _has_passed(case):
        day, given_by = state.deadline, MOVED_RULE
    else:
        first = choice.first if choice else last
        day = nearest(calendar, chosen, first, last) if chosen else last
        if instant_of(day, case.process.due_time) <= case.now:
            day = calendar.add(local_date(case.now), 1)
        kept = f"单位在{long_day(first)}至{long_day(last)}之间"
        moved = f"单位所选{long_day(chosen)}按新日历就近" if chosen else MOVED_RULE
        given_by = kept if chosen == day else moved
    if choice:
        choice = replace(choice, last=max(last, day), chosen=day if chosen else None)
    dates = given_anew(case.process, case.calendar, state, day, choice, case.now, given_by=given_by)
    first_asked = command.choice.first if command.choice else None
    return DueSet(
        before=state.deadline,
        dates=dates,
        calendar=calendar.version,
        first=first_asked,
        **command.said_for(DueSet),
    )


def _put_off(calendar: Calendar, day: date, days: int) -> date:
    return calendar.add(calendar.roll(day), days) if days else day


def _has_passed(case: Case) -> bool:
    """Whether the date set at issue has been: by the clock that runs by it, or by itself."""
    state = case.state
    assert state.deadline is not None, "asked for what has one"
    running = state.clock
    if running and running.kind in OF_DEADLINE and running.due.trace.given is not None:
        return running.late is not None
    return instant_of(case.calendar.roll(state.deadline), case.process.due_time) <= case.now
