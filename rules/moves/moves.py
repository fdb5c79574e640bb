"""What each command does to an item: one function each, from the circumstances to the fact that follows."""

from collections.abc import Callable
from datetime import datetime, timedelta

from rules.dates.calendar import LOCAL, Calendar, instant_of, local_date
from rules.errors import Code, RuleViolation
from rules.machine import redating
from rules.machine.commands import CommandKind
from rules.machine.facts import Annulled, Fact, Remarked, Urged
from rules.machine.limits import pause_room
from rules.machine.state import State
from rules.machine.timed import Paused, Recalculated, Resumed
from rules.moves import dating, following, migrating, parties, pleas, publishing, steps
from rules.moves.case import Case
from rules.names import FIELD_NAMES
from rules.process import Process


def _urge(case: Case) -> Fact:
    state, rule = case.state, case.process.urge
    if state.urges >= rule.at_most:
        raise RuleViolation(Code.URGE_SPENT, count=state.urges)
    if state.urged_at:
        until = state.urged_at + timedelta(hours=rule.cooldown_hours)
        if case.now < until:
            local = [f"{at.astimezone(LOCAL):%m月%d日 %H:%M}" for at in (state.urged_at, until)]
            raise RuleViolation(Code.URGE_TOO_SOON, last=local[0], next=local[1])
    return Urged(**case.command.said_for(Urged))


def _remark(case: Case) -> Fact:
    return Remarked(**case.command.said_for(Remarked))


def _annul(case: Case) -> Fact:
    return Annulled(annulled=following.annulled_with(case), **case.command.said_for(Annulled))


def _pause(case: Case) -> Fact:
    to, today = case.command.to, local_date(case.now)
    assert to is not None, "check_shape has seen it"
    could = pause_room(case.process, case.calendar, case.state, case.now)
    if to < could.first:
        raise RuleViolation(
            Code.FIELD_INVALID, field=FIELD_NAMES["to"], actual=to.isoformat(), expected=f"{today} 以后的日期"
        )
    days = case.calendar.count(today, to)
    if days > could.left:
        latest = could.latest.isoformat()
        raise RuleViolation(Code.PAUSE_TOO_LONG, limit=could.left, days=days, actual=to.isoformat(), latest=latest)
    until_at = instant_of(to, case.process.due_time)
    return Paused(until=to, until_at=until_at, **case.command.said_for(Paused))


def _resume(case: Case) -> Fact:
    if case.state.pause is None:
        raise RuleViolation(Code.PAUSE_NONE, no=case.state.no)
    return resume(case.process, case.calendar, case.state, case.now, text=case.command.text or "")


def resume(
    process: Process,
    calendar: Calendar,
    state: State,
    now: datetime,
    *,
    text: str = "",
    rang_at: datetime | None = None,
) -> Resumed:
    """The clocks of a paused item run again from `now` on."""
    assert state.pause is not None
    days, dates = redating.resumed(process, calendar, state, state.pause, now)
    return Resumed(days=days, dates=dates, text=text, rang_at=rang_at)


def _recalculate(case: Case) -> Fact:
    calendar = case.command.calendar
    assert calendar is not None, "check_shape has seen it"
    dates = redating.recalculated(case.process, calendar, case.state, case.now)
    return Recalculated(calendar=calendar.version, cause=case.command.reason or "", dates=dates)


HANDLERS: dict[CommandKind, Callable[[Case], Fact]] = {
    CommandKind.SIGN: steps.sign,
    CommandKind.DECLINE: steps.decline,
    CommandKind.REASSIGN: steps.reassign,
    CommandKind.HAND_OVER: parties.hand_over,
    CommandKind.REPORT: steps.report,
    CommandKind.SUBMIT: steps.submit,
    CommandKind.APPROVE: steps.approve,
    CommandKind.RETURN: steps.return_,
    CommandKind.ASK_EXTENSION: pleas.ask_extension,
    CommandKind.DECIDE_EXTENSION: pleas.decide_extension,
    CommandKind.CORRECT: pleas.correct,
    CommandKind.DECIDE_CORRECTION: pleas.decide_correction,
    CommandKind.URGE: _urge,
    CommandKind.REMARK: _remark,
    CommandKind.PUBLISH: publishing.publish,
    CommandKind.OBJECT: publishing.object_,
    CommandKind.ANSWER_OBJECTION: publishing.answer_objection,
    CommandKind.CLOSE: steps.close,
    CommandKind.WATCH: steps.watch,
    CommandKind.REOPEN: steps.reopen,
    CommandKind.ANNUL: _annul,
    CommandKind.PAUSE: _pause,
    CommandKind.RESUME: _resume,
    CommandKind.RECALCULATE: _recalculate,
    CommandKind.MIGRATE: migrating.migrate,
    CommandKind.SET_DUE: dating.set_due,
}
