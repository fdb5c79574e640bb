"""The moves by which an item goes through its steps: signed, submitted, approved, returned, closed and begun again."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from rules.dates.calendar import local_date
from rules.dates.windows import Due, length
from rules.errors import Code, RuleViolation
from rules.family import awaited
from rules.forms.answering import Filled, answered, answers_to, known_of
from rules.forms.parsing import parse
from rules.forms.reckoning import AnswerValues, holds, reckon
from rules.forms.wording import said_of, unanswered
from rules.machine import turns
from rules.machine.commands import Status
from rules.machine.facts import (
    Approved,
    Closed,
    Completed,
    CycleStarted,
    Declined,
    Fact,
    Reassigned,
    Reopened,
    Reported,
    Returned,
    Signed,
    Submitted,
    Watched,
)
from rules.machine.state import State
from rules.machine.timed import Turn, WaitEnded
from rules.machine.turns import check_kind
from rules.moves.case import Case
from rules.moves.following import check_awaited, issued
from rules.moves.listed import check_listed
from rules.moves.parties import endorse
from rules.moves.publishing import check_publicity
from rules.moves.tallying import check_reached, owing_of, report_for
from rules.names import FIELD_NAMES
from rules.nodes.node import Rang
from rules.nodes.owing import Owing
from rules.process import CLOSE, WATCH, ClockKind, Outcome, Party, Process, Step, Wait, Way

ALL_ENDED = "各子项都已办结"


def enter(
    case: Case, step: Step, proposed: int | None = None, *, fresh: bool = False, known: AnswerValues | None = None
) -> Turn:
    """The turn of `step`; `fresh` when a cycle, and with it its span, starts anew with it. `known`: what has been
    answered, where that is more than the state keeps yet."""
    state = case.state
    if step.waits:
        until = _until(step.waits, known or known_of(case.process, state.answers))
        return turns.waiting_turn(case.process, case.calendar, case.now, step, no=case.next_no, until=until)
    cap = _fresh_cap(case) if fresh else state.cap
    turn = turns.step_turn(
        case.process,
        case.calendar,
        case.now,
        step,
        no=case.next_no,
        cap=cap,
        deadline=None if fresh else state.deadline,
        proposed=proposed,
    )
    owing = owing_of(case, since=case.now, known=known, stops=())
    return turns.with_nodes(turn, replace(owing, tallied=(), rang=()) if fresh else _with_open(owing, state), cap)


def _with_open(owing: Owing, state: State) -> Owing:
    """What nodes are worked out from when a step begins: what those said that are open till then is known too."""
    said = (one for node in state.nodes if (one := Rang.of(node)))
    return replace(owing, rang=(*owing.rang, *said))


def _until(waits: Wait, known: AnswerValues) -> date | None:
    found = reckon(parse(waits.until), known) if waits.until else None
    return found if isinstance(found, date) else None


def wait_ended(case: Case, rang_at: datetime) -> WaitEnded:
    """The day has come until which nobody had the move."""
    waits = case.step.waits
    assert waits is not None, "only a step that waits has that clock"
    return WaitEnded(turn=enter(case, case.process.step(waits.then)), rang_at=rang_at)


def _fresh_cap(case: Case) -> Due | None:
    return turns.cap_from(case.process, case.calendar, local_date(case.now), case.state.span)


def sign(case: Case) -> Fact:
    form = case.process.form(case.process.sign_form)
    if case.command.answers and form is None:
        raise RuleViolation(Code.FIELD_NOT_TAKEN, command=case.called(case.command.kind), field=FIELD_NAMES["answers"])
    given = answers_to(case.process, form, (), case.state.answers, case.command.answers)
    check_listed(case, form, given)
    turn = enter(case, case.process.first_step, case.command.days, known=given.known)
    return Signed(turn=turn, **_written(case, Signed, given))


def decline(case: Case) -> Fact:
    turn = turns.declined_turn(case.process, case.calendar, case.now, no=case.next_no)
    return Declined(turn=turn, **case.command.said_for(Declined))


def reassign(case: Case) -> Fact:
    assignment, state = case.command.assignment, case.state
    assert assignment is not None, "check_shape has seen it"
    if assignment.unit.id == state.unit.id and state.status is not Status.DECLINED:
        raise RuleViolation(Code.SAME_UNIT, no=state.no, unit=state.unit.name)
    process = assignment.process
    check_kind(process, assignment.unit)
    cap = turns.cap_from(process, case.calendar, local_date(case.now), state.span)
    deadline = state.deadline if state.deadline and state.deadline > local_date(case.now) else None
    members = assignment.unit.members
    turn = turns.first_turn(
        process,
        case.calendar,
        case.now,
        no=case.next_no,
        cap=cap,
        deadline=deadline,
        members=members,
        year=state.year,
    )
    return Reassigned(
        unit=assignment.unit,
        process=process.ref,
        turn=turn,
        cap=cap,
        deadline=deadline,
        **case.command.said_for(Reassigned),
    )


def report(case: Case) -> Fact:
    """A co-unit's report informs; only the lead unit's gives what it owes."""
    command, clock = case.command, None
    found = report_for(case) if command.tally else _plain_report(case)
    owed = next((c for c in case.state.clocks if c.kind is ClockKind.REPORTING), None)
    if owed and command.actor.unit == case.state.unit.id:
        clock = turns.next_report(case.process, case.calendar, case.now, owed, no=case.next_no)
    return replace(found, reporting=clock) if clock else found


def _plain_report(case: Case) -> Reported:
    """What is reported for no tally: words, and nothing that only a tally takes. Raises field_missing,
    field_not_taken."""
    command, name = case.command, case.called(case.command.kind)
    for field in ("about", "on", "answers"):
        if getattr(command, field):
            raise RuleViolation(Code.FIELD_NOT_TAKEN, command=name, field=FIELD_NAMES[field])
    if not (command.text or "").strip():
        raise RuleViolation(Code.FIELD_MISSING, command=name, field=FIELD_NAMES["text"])
    return Reported(**command.said_for(Reported))


def submit(case: Case) -> Fact:
    command, step = case.command, case.step
    check_awaited(case)
    for field in step.requires:
        if not getattr(command, field):
            raise RuleViolation(Code.FIELD_MISSING, command=_submitting(step), field=FIELD_NAMES[field])
    if command.days is not None:
        if step.proposes is None:
            raise RuleViolation(Code.FIELD_NOT_TAKEN, command=_submitting(step), field=FIELD_NAMES["days"])
        proposed_for = case.process.step(step.proposes)
        length(proposed_for.window, command.days, proposed_for.name)
    check_publicity(case)
    given = _answered(case)
    reached = check_reached(case)
    way, counted = _open_way(case, given.known)
    if way.to == CLOSE:
        watch = _watch_after(case, step.outcome)
        said = _said(case, Completed, given) | reached
        return Completed(outcome=step.outcome, watch=watch, unveils=case.state.veiled, **said)
    return Submitted(
        turn=enter(case, case.process.step(way.to), known=given.known),
        proposed=command.days,
        way=way.name,
        counted=counted,
        handed_in=_judges_what_is_owed(case.process, case.process.step(way.to)),
        **_said(case, Submitted, given) | reached,
    )


def _judges_what_is_owed(process: Process, step: Step) -> bool:
    """Whether it is judged in that step what the unit owes by the item's date: what the step gives that has the date,
    or, where none has it, the last that is judged."""
    if step.party is not Party.REVIEWER:
        return False
    dated = [one for one in process.steps if one.uses_deadline]
    return any(way.to == step.id for one in dated for way in one.submit_to) if dated else step.closes


def _submitting(step: Step) -> str:
    return f"在“{step.name}”环节上报"


def _answered(case: Case) -> Filled:
    """What the step's form is answered with. Raises field_not_taken, answers_invalid, answers_contradict."""
    if case.command.answers and not case.step.form:
        name = f"在“{case.step.name}”环节{case.called(case.command.kind)}"
        raise RuleViolation(Code.FIELD_NOT_TAKEN, command=name, field=FIELD_NAMES["answers"])
    given = answered(case.process, case.step, case.state.answers, case.command.answers)
    check_listed(case, case.process.form(case.step.form), given)
    return given


def _said(case: Case, cls: type, given: Filled) -> dict[str, Any]:
    """What the fact says of the command: with its answers, their files among its own, and what it issues."""
    rows = issued(case, given.said.get("answers", ()))
    return _written(case, cls, given) | ({"issued": rows} if rows else {})


def _written(case: Case, cls: type, given: Filled) -> dict[str, Any]:
    """The same of what issues nothing."""
    said = case.command.said_for(cls) | given.said
    files = dict.fromkeys((*said.get("evidence", ()), *given.files))
    return said | ({"evidence": tuple(files)} if files else {})


def _open_way(case: Case, known: AnswerValues) -> tuple[Way, str]:
    """The first way that is open, and its place where it is one that may be taken only so often."""
    for place, way in enumerate(case.step.submit_to, 1):
        if way.when and not holds(parse(way.when), known):
            continue
        counted = f"{case.step.id}.{place}" if way.times is not None else ""
        if way.times is None or case.state.counted.count(counted) < way.times:
            return way, counted
    raise AssertionError("the last way is always open: checked at load")


def approve(case: Case) -> Fact:
    step = case.step
    if endorsed := endorse(case):
        return endorsed
    if step.approve_to is None:
        raise case.wrong_step(f"请{case.called('close')}，或{case.called('return')}。")
    check_awaited(case)
    given = _answered(case)
    turn = enter(case, case.process.step(step.approve_to), case.state.proposed, known=given.known)
    return Approved(turn=turn, **_said(case, Approved, given))


def return_(case: Case) -> Fact:
    step = case.step
    if not step.return_to:
        raise case.wrong_step("本环节不能退回。")
    to = case.command.step or step.return_to[0]
    if to not in step.return_to:
        expected = "、".join(f"{s}（{case.process.step(s).name}）" for s in step.return_to)
        raise RuleViolation(Code.FIELD_INVALID, field=FIELD_NAMES["step"], actual=to, expected=expected)
    turn = enter(case, case.process.step(to), case.command.days)
    takes_back = _judges_what_is_owed(case.process, step)
    return Returned(turn=turn, takes_back=takes_back, **case.command.said_for(Returned))


def close(case: Case) -> Fact:
    command, process = case.command, case.process
    if not case.step.closes:
        raise case.wrong_step(f"请{case.called('approve')}，或{case.called('return')}。")
    outcome = next((o for o in process.outcomes if o.id == command.outcome), None)
    if outcome is None:
        expected = "、".join(f"{o.id}（{o.name}）" for o in process.outcomes)
        raise RuleViolation(Code.OUTCOME_UNKNOWN, actual=command.outcome, expected=expected)
    check_awaited(case)
    given = _answered(case)
    _check_outcome(case, outcome, given.known)
    said = _said if outcome.issues else _written
    if outcome.ends:
        watch = _watch_after(case, outcome.id)
        return Closed(watch=watch, unveils=case.state.veiled, **said(case, Closed, given))
    turn = enter(case, process.step(outcome.then), fresh=True, known=given.known)
    return CycleStarted(turn=turn, cap=_fresh_cap(case), **said(case, CycleStarted, given))


def gathered(case: Case) -> Closed | None:
    """How the item ends by itself, where its step has waited for nothing but its follow-ups, and these have ended."""
    state = case.state
    if state.status is not Status.REVIEWING or state.pause or not case.step.gathers or awaited(state.children):
        return None
    return Closed(outcome=case.step.outcome, watch=_watch_after(case, case.step.outcome), text=ALL_ENDED)


def _check_outcome(case: Case, outcome: Outcome, known: AnswerValues) -> None:
    """The figures bear the outcome, it is explained where it has to be, and another cycle may begin where it says so.

    Raises outcome_contradicted, field_missing, cycles_spent.
    """
    process, state = case.process, case.state
    if outcome.when and not holds(condition := parse(outcome.when), known):
        missing = unanswered(condition, process.forms, known)
        raise RuleViolation(
            Code.OUTCOME_CONTRADICTED,
            outcome=outcome.name,
            condition=said_of(condition, process.forms, known),
            unknown=f"，而{'、'.join(missing)}还没有填" if missing else "",
        )
    if outcome.reason and not (case.command.text or "").strip():
        raise RuleViolation(Code.FIELD_MISSING, command=f"认定为“{outcome.name}”", field=FIELD_NAMES["text"])
    if process.cycles is not None and not outcome.ends and state.cycle >= process.cycles:
        expected = "、".join(one.name for one in process.outcomes if one.ends)
        raise RuleViolation(Code.CYCLES_SPENT, limit=process.cycles, cycle=state.cycle, expected=expected)


def _watch_after(case: Case, outcome: str) -> Due | None:
    """The end of the watch that follows that outcome, if one does."""
    watched = case.process.outcome(outcome).then == WATCH
    return turns.watch_from(case.process, case.calendar, case.now) if watched else None


def watch(case: Case) -> Fact:
    if case.process.watch is None:
        raise RuleViolation(Code.WATCH_NOT_TAKEN, process=case.process.name)
    said = Watched(**case.command.said_for(Watched))
    if case.state.status is not Status.CLOSED:
        return said
    case, calendar = _by_todays_calendar(case)
    return replace(said, watch=turns.watch_from(case.process, case.calendar, case.now), calendar=calendar)


def reopen(case: Case) -> Fact:
    case, calendar = _by_todays_calendar(case)
    turn = enter(case, case.process.step(case.process.reopen_to), fresh=True)
    return Reopened(turn=turn, cap=_fresh_cap(case), calendar=calendar, **case.command.said_for(Reopened))


def _by_todays_calendar(case: Case) -> tuple[Case, str]:
    """The case under the calendar that the command brings along, and that one's version if it is another than before.

    An item that had ended when a notice was adopted was not given it; all its dates are worked out anew now.
    """
    calendar = case.command.calendar
    if calendar is None or calendar.version == case.state.calendar:
        return case, ""
    return replace(case, calendar=calendar), calendar.version
