"""What each command does to an item: one function each, from the circumstances to the fact that follows."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rules.dates.calendar import LOCAL, Calendar, instant_of, local_date
from rules.dates.windows import Due, length
from rules.errors import Code, RuleViolation
from rules.machine import redating, turns
from rules.machine.commands import Command, CommandKind, Status
from rules.machine.facts import (
    Annulled,
    Approved,
    Closed,
    Completed,
    Corrected,
    CorrectionAsked,
    CorrectionRefused,
    CycleStarted,
    Declined,
    ExtensionAsked,
    ExtensionGranted,
    ExtensionRefused,
    Fact,
    Paused,
    Reassigned,
    Recalculated,
    Remarked,
    Reopened,
    Reported,
    Resumed,
    Returned,
    Signed,
    Submitted,
    Turn,
    Urged,
    Watched,
)
from rules.machine.limits import days_left, pause_room, room, speaks_for
from rules.machine.state import State
from rules.machine.turns import check_kind
from rules.names import COMMAND_NAMES, FIELD_NAMES
from rules.permitting import OF_UNIT
from rules.process import CLOSE, WATCH, ClockKind, Process, Role, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One command in its circumstances."""

    process: Process
    calendar: Calendar
    state: State
    command: Command
    now: datetime

    @property
    def step(self) -> Step:
        return self.process.step(self.state.step)

    @property
    def next_no(self) -> int:
        return self.state.clock_no + 1


def _wrong_step(case: Case, hint: str) -> RuleViolation:
    return RuleViolation(
        Code.WRONG_STEP,
        command=COMMAND_NAMES[case.command.kind],
        no=case.state.no,
        step=case.state.step_name,
        allowed=hint,
    )


def _enter(case: Case, step: Step, proposed: int | None = None, *, fresh: bool = False) -> Turn:
    """The turn of `step`; `fresh` when the whole item's span starts anew with it."""
    state = case.state
    cap = turns.cap_from(case.process, case.calendar, local_date(case.now)) if fresh else state.cap
    return turns.step_turn(
        case.process,
        case.calendar,
        case.now,
        step,
        no=case.next_no,
        cap=cap,
        deadline=None if fresh else state.deadline,
        proposed=proposed,
    )


def _fresh_cap(case: Case) -> Due | None:
    return turns.cap_from(case.process, case.calendar, local_date(case.now))


def _sign(case: Case) -> Fact:
    turn = _enter(case, case.process.first_step, case.command.days)
    return Signed(turn=turn, **case.command.said_for(Signed))


def _decline(case: Case) -> Fact:
    turn = turns.declined_turn(case.process, case.calendar, case.now, no=case.next_no)
    return Declined(turn=turn, **case.command.said_for(Declined))


def _reassign(case: Case) -> Fact:
    assignment, state = case.command.assignment, case.state
    assert assignment is not None, "check_shape has seen it"
    if assignment.unit.id == state.unit.id and state.status is not Status.DECLINED:
        raise RuleViolation(Code.SAME_UNIT, no=state.no, unit=state.unit.name)
    process = assignment.process
    check_kind(process, assignment.unit)
    cap = turns.cap_from(process, case.calendar, local_date(case.now))
    deadline = state.deadline if state.deadline and state.deadline > local_date(case.now) else None
    turn = turns.first_turn(process, case.calendar, case.now, no=case.next_no, cap=cap, deadline=deadline)
    return Reassigned(
        unit=assignment.unit,
        process=process.ref,
        turn=turn,
        cap=cap,
        deadline=deadline,
        **case.command.said_for(Reassigned),
    )


def _report(case: Case) -> Fact:
    """A co-unit's report informs; only the lead unit's gives what it owes."""
    command, clock = case.command, None
    owed = next((c for c in case.state.clocks if c.kind is ClockKind.REPORTING), None)
    if owed and command.actor.unit == case.state.unit.id:
        clock = turns.next_report(case.process, case.calendar, case.now, owed, no=case.next_no)
    return Reported(reporting=clock, **command.said_for(Reported))


def _submit(case: Case) -> Fact:
    command, step = case.command, case.step
    for field in step.requires:
        if not getattr(command, field):
            name = f"在“{step.name}”环节上报"
            raise RuleViolation(Code.FIELD_MISSING, command=name, field=FIELD_NAMES[field])
    if command.days is not None:
        if step.proposes is None:
            raise RuleViolation(Code.FIELD_NOT_TAKEN, command=f"在“{step.name}”环节上报", field=FIELD_NAMES["days"])
        proposed_for = case.process.step(step.proposes)
        length(proposed_for.window, command.days, proposed_for.name)
    assert step.submit_to is not None, "a unit's step leads somewhere: checked at load"
    if step.submit_to == CLOSE:
        watch = _watch_after(case, step.outcome)
        return Completed(outcome=step.outcome, watch=watch, **command.said_for(Completed))
    return Submitted(
        turn=_enter(case, case.process.step(step.submit_to)),
        proposed=command.days,
        **command.said_for(Submitted),
    )


def _approve(case: Case) -> Fact:
    step = case.step
    if step.approve_to is None:
        raise _wrong_step(case, "请认定销号，或退回整改。")
    turn = _enter(case, case.process.step(step.approve_to), case.state.proposed)
    return Approved(turn=turn, **case.command.said_for(Approved))


def _return(case: Case) -> Fact:
    step = case.step
    if not step.return_to:
        raise _wrong_step(case, "本环节不能退回。")
    to = case.command.step or step.return_to[0]
    if to not in step.return_to:
        expected = "、".join(f"{s}（{case.process.step(s).name}）" for s in step.return_to)
        raise RuleViolation(Code.FIELD_INVALID, field=FIELD_NAMES["step"], actual=to, expected=expected)
    turn = _enter(case, case.process.step(to), case.command.days)
    return Returned(turn=turn, **case.command.said_for(Returned))


def _ask_extension(case: Case) -> Fact:
    state, command, rule = case.state, case.command, case.process.extension
    room(case.process, case.calendar, state, case.now)
    running, to = state.clock, command.to
    assert running is not None
    assert to is not None
    today = local_date(case.now)
    if to < today:
        raise RuleViolation(Code.DATE_IN_PAST, field=FIELD_NAMES["to"], actual=to.isoformat(), today=today.isoformat())
    if to <= running.due.date:
        raise RuleViolation(Code.DATE_NOT_LATER, actual=to.isoformat(), due=running.due.date.isoformat())
    to = case.calendar.roll(to)
    days = case.calendar.count(running.due.date, to)
    if days > (left := days_left(case.process, state)):
        raise RuleViolation(Code.EXTENSION_TOO_LONG, percent=rule.percent, left=left, actual=days)
    if state.cap and to > state.cap.date:
        raise RuleViolation(Code.EXTENSION_PAST_CAP, cap=state.cap.date.isoformat(), actual=to.isoformat())
    return ExtensionAsked(
        days=days,
        decider=Role.LEADER if days > rule.leader_over else Role.SUPERVISOR,
        clock=turns.extension_clock(case.process, case.calendar, case.now, no=case.next_no),
        **command.said_for(ExtensionAsked) | {"to": to},
    )


def _decide_extension(case: Case) -> Fact:
    state, command = case.state, case.command
    asked = state.extension
    if asked is None:
        raise RuleViolation(Code.EXTENSION_NONE, no=state.no)
    if asked.decider is Role.LEADER and command.actor.role is not Role.LEADER:
        raise RuleViolation(Code.EXTENSION_NEEDS_LEADER, limit=case.process.extension.leader_over)
    if not command.grant:
        return ExtensionRefused(**command.said_for(ExtensionRefused))
    assert state.clock is not None
    to = max(asked.to, state.clock.due.date)  # another calendar may have given as much meanwhile
    clock = turns.extended_clock(case.process, case.calendar, case.now, state, to)
    return ExtensionGranted(days=asked.days, clock=clock, **command.said_for(ExtensionGranted))


def _correct(case: Case) -> Fact:
    """Every entry can be wrong, a correction too. A unit speaks for its own entries only, whoever has the item now."""
    state, command, entry = case.state, case.command, case.command.entry
    assert entry is not None, "check_shape has seen it"
    if not 1 <= entry.seq <= state.seq:
        raise RuleViolation(Code.ENTRY_UNKNOWN, no=state.no, entry=entry.seq, count=state.seq)
    if not speaks_for(command.actor, entry):
        raise RuleViolation(Code.ENTRY_NOT_OWN, entry=entry.seq)
    if state.correction:
        raise RuleViolation(Code.CORRECTION_PENDING, entry=state.correction.entry)
    return CorrectionAsked(
        entry=entry.seq,
        kind=entry.kind,
        decider=Role.SUPERVISOR if command.actor.role in OF_UNIT else Role.LEADER,
        **command.said_for(CorrectionAsked),
    )


def _decide_correction(case: Case) -> Fact:
    state, command, asked = case.state, case.command, case.state.correction
    if asked is None:
        raise RuleViolation(Code.CORRECTION_NONE, no=state.no)
    if asked.decider is Role.LEADER and command.actor.role is not Role.LEADER:
        raise RuleViolation(Code.CORRECTION_NEEDS_LEADER)
    if not command.grant:
        return CorrectionRefused(
            entry=asked.entry,
            kind=asked.kind,
            asked=asked.asked,
            asker=asked.asker,
            asker_role=asked.asker_role,
            **command.said_for(CorrectionRefused),
        )
    return Corrected(
        entry=asked.entry,
        kind=asked.kind,
        text=asked.text,
        reason=asked.reason,
        asked=asked.asked,
        asker=asked.asker,
        asker_role=asked.asker_role,
        opinion=command.reason or "",
    )


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


def _close(case: Case) -> Fact:
    command, process = case.command, case.process
    if not case.step.closes:
        raise _wrong_step(case, "请审核通过，或退回整改。")
    outcome = next((o for o in process.outcomes if o.id == command.outcome), None)
    if outcome is None:
        expected = "、".join(f"{o.id}（{o.name}）" for o in process.outcomes)
        raise RuleViolation(Code.OUTCOME_UNKNOWN, actual=command.outcome, expected=expected)
    if outcome.then in (WATCH, CLOSE):
        return Closed(watch=_watch_after(case, outcome.id), **command.said_for(Closed))
    turn = _enter(case, process.step(outcome.then), fresh=True)
    return CycleStarted(turn=turn, cap=_fresh_cap(case), **command.said_for(CycleStarted))


def _watch_after(case: Case, outcome: str) -> Due | None:
    """The end of the watch that follows that outcome, if one does."""
    watched = case.process.outcome(outcome).then == WATCH
    return turns.watch_from(case.process, case.calendar, case.now) if watched else None


def _watch(case: Case) -> Fact:
    if case.process.watch is None:
        raise RuleViolation(Code.WATCH_NOT_TAKEN, process=case.process.name)
    said = Watched(**case.command.said_for(Watched))
    if case.state.status is not Status.CLOSED:
        return said
    case, calendar = _by_todays_calendar(case)
    return replace(said, watch=turns.watch_from(case.process, case.calendar, case.now), calendar=calendar)


def _reopen(case: Case) -> Fact:
    case, calendar = _by_todays_calendar(case)
    turn = _enter(case, case.process.step(case.process.reopen_to), fresh=True)
    return Reopened(turn=turn, cap=_fresh_cap(case), calendar=calendar, **case.command.said_for(Reopened))


def _by_todays_calendar(case: Case) -> tuple[Case, str]:
    """The case under the calendar that the command brings along, and that one's version if it is another than before.

    An item that had ended when a notice was adopted was not given it; all its dates are worked out anew now.
    """
    calendar = case.command.calendar
    if calendar is None or calendar.version == case.state.calendar:
        return case, ""
    return replace(case, calendar=calendar), calendar.version


def _annul(case: Case) -> Fact:
    return Annulled(**case.command.said_for(Annulled))


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
    CommandKind.SIGN: _sign,
    CommandKind.DECLINE: _decline,
    CommandKind.REASSIGN: _reassign,
    CommandKind.REPORT: _report,
    CommandKind.SUBMIT: _submit,
    CommandKind.APPROVE: _approve,
    CommandKind.RETURN: _return,
    CommandKind.ASK_EXTENSION: _ask_extension,
    CommandKind.DECIDE_EXTENSION: _decide_extension,
    CommandKind.CORRECT: _correct,
    CommandKind.DECIDE_CORRECTION: _decide_correction,
    CommandKind.URGE: _urge,
    CommandKind.REMARK: _remark,
    CommandKind.CLOSE: _close,
    CommandKind.WATCH: _watch,
    CommandKind.REOPEN: _reopen,
    CommandKind.ANNUL: _annul,
    CommandKind.PAUSE: _pause,
    CommandKind.RESUME: _resume,
    CommandKind.RECALCULATE: _recalculate,
}
