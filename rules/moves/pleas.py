"""What somebody asks for and somebody else decides: an extension of the turn, a correction of an entry."""

from rules.dates.calendar import local_date
from rules.errors import Code, RuleViolation
from rules.figures.asking import some_of
from rules.forms.answers import check
from rules.forms.form import ASKS
from rules.machine import turns
from rules.machine.facts import (
    Corrected,
    CorrectionAsked,
    CorrectionRefused,
    ExtensionAsked,
    ExtensionGranted,
    ExtensionRefused,
    Fact,
)
from rules.machine.limits import days_left, room
from rules.moves.case import Case
from rules.moves.tallying import uncounted
from rules.names import FIELD_NAMES
from rules.permitting import speaks_for
from rules.process import Role

_ANSWERING = ("submitted", "completed")
"""The kinds of entries in which a unit answers what a round asks."""


def ask_extension(case: Case) -> Fact:
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


def decide_extension(case: Case) -> Fact:
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


def correct(case: Case) -> Fact:
    """Every entry can be wrong, a correction too. A unit speaks for its own entries only, whoever has the item now."""
    state, command, entry = case.state, case.command, case.command.entry
    assert entry is not None, "check_shape has seen it"
    if not 1 <= entry.seq <= state.seq:
        raise RuleViolation(Code.ENTRY_UNKNOWN, no=state.no, entry=entry.seq, count=state.seq)
    if not speaks_for(command.actor, entry):
        raise RuleViolation(Code.ENTRY_NOT_OWN, entry=entry.seq)
    if state.correction:
        raise RuleViolation(Code.CORRECTION_PENDING, entry=state.correction.entry)
    if command.answers:
        _check_answers(case, entry.kind)
    return CorrectionAsked(
        entry=entry.seq,
        kind=entry.kind,
        decider=Role.LEADER if command.actor.role is Role.SUPERVISOR else Role.SUPERVISOR,
        **command.said_for(CorrectionAsked),
    )


def _check_answers(case: Case, kind: str) -> None:
    """Of what a round asked some are answered otherwise; of anything else the words say it. Raises field_not_taken,
    answers_invalid."""
    form = case.process.form(ASKS)
    if form is None or not form.fields or kind not in _ANSWERING:
        name = f"{case.called(case.command.kind)}这一条"
        raise RuleViolation(Code.FIELD_NOT_TAKEN, command=name, field=FIELD_NAMES["answers"])
    check(some_of(form), case.command.answers)


def decide_correction(case: Case) -> Fact:
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
        answers=asked.answers,
        **uncounted(case, asked.entry),
    )
