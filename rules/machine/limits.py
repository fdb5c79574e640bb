"""How far a turn can still be extended, how long it may be paused, and why no further: the same for judging, for forms
and for what is offered."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rules.dates.calendar import Calendar, instant_of, local_date
from rules.dates.explain import long_day
from rules.errors import Code, RuleViolation
from rules.machine.commands import Status
from rules.machine.state import State
from rules.machine.turns import CAP_RULE, deadline_words
from rules.process import Process


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The first and the last day that may be asked for, and by how many working days the last one is later than what
    holds now. Both days of an extension are worked."""

    first: date
    latest: date
    left: int


def room(process: Process, calendar: Calendar, state: State, now: datetime) -> Room:
    """What is left to be asked for; nothing of a wish is known yet, so no refusal speaks of one.

    Raises extension_pending, extension_after_due, extension_spent, extension_no_room.
    """
    running, rule, cap = state.clock, process.extension, state.cap
    assert running is not None, "a unit's turn has its clock"
    due = running.due.date
    if state.extension:
        raise RuleViolation(Code.EXTENSION_PENDING, to=state.extension.to.isoformat())
    if now >= running.due.at:
        raise RuleViolation(Code.EXTENSION_AFTER_DUE, due=due.isoformat())
    if state.extensions >= rule.times:
        raise RuleViolation(Code.EXTENSION_SPENT, count=state.extensions, limit=rule.times)
    left = days_left(process, state)
    if left < 1:
        raise RuleViolation(
            Code.EXTENSION_NO_ROOM, why=f"延期累计不得超过原时限的百分之{rule.percent}，已没有可延的工作日"
        )
    if cap and due >= cap.date:
        why = f"本环节 {due} 到期，已是{CAP_RULE}的最后一天"
        given = deadline_words(state.deadline, cap)
        raise RuleViolation(Code.EXTENSION_NO_ROOM, why=f"{why}（交办时限{given}）" if given else why)
    first = calendar.add(max(due, local_date(now)), 1)
    latest = calendar.add(due, left)
    if cap and cap.date < latest:
        latest = cap.date
        left = calendar.count(due, latest)
    return Room(first=first, latest=latest, left=left)


def days_left(process: Process, state: State) -> int:
    """The working days by which the turn may still be extended, the item's span aside."""
    return max(state.window_days * process.extension.percent // 100 - state.extended_days, 0)


def pause_room(process: Process, calendar: Calendar, state: State, now: datetime) -> Room:
    """The days until which the clocks may stand still from now on. Raises pause_not_taken, pause_spent."""
    rule, today = process.pause, local_date(now)
    if rule is None:
        raise RuleViolation(Code.PAUSE_NOT_TAKEN, process=process.name)
    if state.pauses >= rule.times:
        raise RuleViolation(Code.PAUSE_SPENT, no=state.no, count=state.pauses, limit=rule.times)
    return Room(first=today + timedelta(days=1), latest=calendar.add(today, rule.days), left=rule.days)


def due_room(process: Process, calendar: Calendar, state: State, now: datetime) -> Room:
    """The first and the last day that the unit may choose to be due on, both worked, and how many it may choose from.
    Raises due_not_open."""
    choice, running = state.choice, state.clock
    if choice is None:
        raise _not_open(f"事项 {state.no} 的到期日是定下的")
    if running is None or state.status is not Status.WORKING or not process.step(state.step).uses_deadline:
        raise _not_open(f"事项 {state.no} 在“{state.step_name or '签收'}”环节，到期日不由承办单位选")
    if now >= running.due.at:
        raise _not_open(f"已过到期日{long_day(running.due.date)}")
    if state.extension or state.extensions:
        raise _not_open("已经申请过延期")
    today = local_date(now)
    past = now >= instant_of(today, process.due_time)
    first = max(choice.first, calendar.add(running.due.trace.start, 1), today + timedelta(days=past))
    last = min(choice.last, state.cap.date) if state.cap else choice.last
    first = calendar.roll(first)
    last = last if calendar.is_working(last) else calendar.add(last, -1)
    if last < first:
        raise _not_open(f"可选的日子到{long_day(last)}为止，已经过去")
    return Room(first=first, latest=last, left=1 + calendar.count(first, last))


def _not_open(why: str) -> RuleViolation:
    return RuleViolation(Code.DUE_NOT_OPEN, why=why)
