"""How facts fold into an item's state. Total over every fact that `decide` can produce; decides nothing."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from rules.dates.clocks import Clock, Fired
from rules.family import ChildEnded, ChildReopened, family_after
from rules.forms.answering import keep
from rules.machine.commands import Status, UnitRef
from rules.machine.events import Event
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
    Endorsed,
    ExtensionAsked,
    ExtensionGranted,
    ExtensionRefused,
    HandedOver,
    Issued,
    Objected,
    ObjectionAnswered,
    Published,
    Reassigned,
    Remarked,
    Reopened,
    Reported,
    Returned,
    Signed,
    Submitted,
    Urged,
    Watched,
)
from rules.machine.owned import change, own
from rules.machine.state import AskedCorrection, AskedExtension, Endorsement, Last, LateStamp, Pause, State
from rules.machine.timed import (
    DueSet,
    FellDue,
    Migrated,
    Paused,
    Recalculated,
    Redated,
    Resumed,
    RungReached,
    Turn,
    WaitEnded,
    WatchEnded,
)
from rules.nodes.counting import anew, begin_nodes, count_report, keep_rang, put_clock, stop_nodes, uncount
from rules.permitting import WORK
from rules.process import ClockKind, Role

SEEN_LIMIT = 100
STAMP_LIMIT = 20
DOER_LIMIT = 100
"""So many people may have worked on one item for one unit; of more, the last ones are remembered."""


def evolve(state: State | None, event: Event) -> State:
    """The state after one more event. `state` is None before `issued` only."""
    return _changed(None if state is None else own(state), event)


def fold(events: Iterable[Event], state: State | None = None) -> State | None:
    """The state after all of these events, from `state` or from nothing. Several times faster than one by one."""
    folded = None if state is None else own(state)
    for event in events:
        folded = _changed(folded, event)
    return folded


def _changed(state: State | None, event: Event) -> State:
    """One's own state after one more event; what `evolve` says of the state holds for it."""
    cycle = state.cycle if state else 1
    if state is None:
        assert isinstance(event.fact, Issued), "an item's first entry is `issued`"
        state = _issued(event, event.fact)
    else:
        state = _FOLDS[type(event.fact)](state, event, event.fact)
    seen = state.seen if state.seen[-1:] == (event.command,) else (*state.seen, event.command)[-SEEN_LIMIT:]
    last = state.last
    if event.actor.role is not Role.SYSTEM and not isinstance(event.fact, _BY_TIME):
        last = Last(kind=event.kind, actor=event.actor.id, at=event.at)
    if event.fact.by in WORK:
        state = _done_by(state, event)
    if children := family_after(state.children, event.fact, event.seq, cycle):
        state = change(state, children=children)
    return change(state, seq=event.seq, at=event.at, seen=seen, last=last)


_BY_TIME = FellDue | RungReached | WaitEnded | WatchEnded
"""What comes about on the occasion of somebody's command, and is nobody's doing."""


def _done_by(state: State, event: Event) -> State:
    new = [p for p in (event.actor.id, event.actor.behalf) if p and p not in state.doers]
    return change(state, doers=(*state.doers, *new)[-DOER_LIMIT:]) if new else state


_NOTHING = State(
    no="",
    seq=0,
    at=datetime.min.replace(tzinfo=UTC),
    process="",
    calendar="",
    unit=UnitRef(id="", name="", kind=""),
    status=Status.UNSIGNED,
)
"""What folding begins with; `issued` sets everything that has no default."""


def _issued(event: Event, fact: Issued) -> State:
    begun = change(
        own(_NOTHING),
        no=fact.no,
        process=fact.process,
        calendar=fact.calendar,
        unit=fact.unit,
        co_units=fact.co_units,
        deadline=fact.deadline,
        cap=fact.cap,
        span=fact.span,
        issued=event.at,
        supervisor=fact.supervisor or (event.actor.holder if event.actor.role is Role.SUPERVISOR else ""),
        parent=fact.parent,
        veiled=fact.veiled,
        year=fact.year,
        choice=fact.choice,
        asked_of=fact.asked_of,
    )
    return _begin(begun, fact.turn)


def _begin(state: State, turn: Turn) -> State:
    clocks = (turn.clock, turn.reporting) if turn.reporting else (turn.clock,)
    return change(
        begin_nodes(state, turn),
        status=turn.status,
        party=turn.party,
        step=turn.step,
        step_name=turn.step_name,
        stage=turn.stage,
        clock_no=max((state.clock_no, *(c.no for c in clocks), *(node.no for node in turn.nodes))),
        clocks=clocks,
        window_days=turn.window_days,
        extension=None,
        extensions=0,
        extended_days=0,
        endorsed=(),
        approvers=(),
        publicity=None,
        objections=(),
        veiled=state.veiled and not turn.unveils,
    )


def _turn(state: State, event: Event, fact: Declined | Returned | WaitEnded) -> State:
    return _begin(change(state, proposed=None), fact.turn)


def _signed(state: State, event: Event, fact: Signed) -> State:
    return _begin(change(_answered(state, fact), proposed=None), fact.turn)


def _answered(state: State, fact: Signed | Submitted | Completed | Approved | Closed | CycleStarted) -> State:
    return change(state, answers=keep(state.answers, fact.form, fact.kept, fact.answers)) if fact.kept else state


def _approved(state: State, event: Event, fact: Approved) -> State:
    agreed = {person for one in state.endorsed for person in one.people} | event.actor.people
    begun = _begin(change(_answered(state, fact), proposed=None), fact.turn)
    return change(begun, approvers=tuple(sorted(agreed))) if fact.turn.status is Status.REVIEWING else begun


def _endorsed(state: State, event: Event, fact: Endorsed) -> State:
    return change(state, endorsed=(*state.endorsed, Endorsement.of(fact.post, event.actor)))


def _submitted(state: State, event: Event, fact: Submitted) -> State:
    state = _answered(state, fact)
    if fact.counted:
        state = change(state, counted=(*state.counted, fact.counted))
    return _begin(change(state, proposed=fact.proposed), fact.turn)


def _reassigned(state: State, event: Event, fact: Reassigned) -> State:
    moved = change(state, unit=fact.unit, process=fact.process, cap=fact.cap, deadline=fact.deadline, proposed=None)
    moved = anew(change(moved, doers=(), answers=(), counted=(), choice=state.choice if fact.deadline else None))
    return _begin(moved, fact.turn)


def _reported(state: State, event: Event, fact: Reported) -> State:
    state = count_report(state, event, fact)
    return state if fact.reporting is None else _report_owed(state, fact.reporting)


def _report_owed(state: State, reporting: Clock) -> State:
    others = tuple(c for c in state.clocks if c.kind is not ClockKind.REPORTING)
    return change(state, clocks=(*others, reporting), clock_no=max(state.clock_no, reporting.no))


def _extension_asked(state: State, event: Event, fact: ExtensionAsked) -> State:
    asked = AskedExtension.of(fact, event.actor)
    return change(state, extension=asked, clocks=(*state.clocks, fact.clock), clock_no=fact.clock.no)


def _extension_granted(state: State, event: Event, fact: ExtensionGranted) -> State:
    reporting = tuple(c for c in state.clocks if c.kind is ClockKind.REPORTING)
    return change(
        state,
        extension=None,
        extensions=state.extensions + 1,
        extended_days=state.extended_days + fact.days,
        clocks=(fact.clock, *reporting),
        clock_no=fact.clock.no,
    )


def _extension_refused(state: State, event: Event, fact: ExtensionRefused) -> State:
    clocks = tuple(c for c in state.clocks if c.kind is not ClockKind.EXTENSION)
    return change(state, extension=None, clocks=clocks)


def _closed(state: State, event: Event, fact: Closed | Completed) -> State:
    status = Status.WATCHING if fact.watch else Status.CLOSED
    veiled = state.veiled and not fact.unveils
    return change(
        _stopped(_answered(state, fact)), status=status, outcome=fact.outcome, watch=fact.watch, veiled=veiled
    )


def _cycle_started(state: State, event: Event, fact: CycleStarted) -> State:
    again = change(
        _answered(state, fact),
        cycle=state.cycle + 1,
        outcome=fact.outcome,
        cap=fact.cap,
        deadline=None,
        choice=None,
        proposed=None,
        watch=None,
        counted=(),
    )
    return _begin(anew(again), fact.turn)


def _watched(state: State, event: Event, fact: Watched) -> State:
    if fact.watch is None:
        return state
    return change(state, status=Status.WATCHING, watch=fact.watch, calendar=fact.calendar or state.calendar)


def _reopened(state: State, event: Event, fact: Reopened) -> State:
    again = change(
        state,
        cycle=state.cycle + 1,
        reopened=state.reopened + 1,
        calendar=fact.calendar or state.calendar,
        outcome="",
        counted=(),
        cap=fact.cap,
        deadline=None,
        choice=None,
        proposed=None,
        watch=None,
    )
    return _begin(anew(again), fact.turn)


def _annulled(state: State, event: Event, fact: Annulled) -> State:
    return change(_stopped(state), status=Status.ANNULLED, watch=None)


def _stopped(state: State) -> State:
    kept = change(stop_nodes(state), clocks=(), extension=None, proposed=None, pause=None, endorsed=(), approvers=())
    return change(kept, publicity=None, objections=())


def _paused(state: State, event: Event, fact: Paused) -> State:
    pause = Pause(since=event.at, until=fact.until, until_at=fact.until_at, reason=fact.reason)
    return change(state, pause=pause, pauses=state.pauses + 1)


def _resumed(state: State, event: Event, fact: Resumed) -> State:
    return change(_redated(state, fact.dates), pause=None, stopped=state.stopped + fact.days)


def _recalculated(state: State, event: Event, fact: Recalculated) -> State:
    return change(_redated(state, fact.dates), calendar=fact.calendar)


def _migrated(state: State, event: Event, fact: Migrated) -> State:
    approvers = state.approvers
    moved = change(state, process=fact.process, proposed=fact.proposed, answers=fact.known, counted=fact.taken)
    moved = change(moved, veiled=state.veiled and not fact.unveils)
    if fact.turn:
        begun = _begin(change(moved, cap=fact.dates.cap, span=fact.dates.span), fact.turn)
        return change(begun, approvers=approvers) if fact.turn.status is Status.REVIEWING else begun
    moved = change(moved, step=fact.step, step_name=fact.step_name, stage=fact.stage, window_days=fact.window_days)
    redated = _redated(keep_rang(moved, fact.dates.nodes), fact.dates)
    return change(redated, clock_no=max((redated.clock_no, *(c.no for c in redated.running))))


def _redated(state: State, dates: Redated) -> State:
    asked = state.extension
    if asked and dates.extension_to:
        asked = replace(asked, to=dates.extension_to)
    return change(
        state,
        clocks=dates.clocks,
        cap=dates.cap,
        span=dates.span,
        deadline=dates.deadline,
        watch=dates.watch,
        extension=asked,
        publicity=dates.publicity,
        nodes=dates.nodes,
        stops=(*state.stops, dates.stop) if dates.stop else state.stops,
        choice=dates.choice,
    )


_OF_REVIEWERS = frozenset({ClockKind.DECLINED, ClockKind.REVIEWING, ClockKind.EXTENSION})
"""Clocks that run while the other side has to move."""


def _fell_due(state: State, event: Event, fact: FellDue) -> State:
    stamp = LateStamp(
        clock=fact.clock, kind=fact.clock_kind, step=fact.step, due=fact.due, at=fact.due_at, node=fact.node
    )
    if fact.reporting:
        state = _report_owed(state, fact.reporting)
    state = put_clock(state, fact.clock, lambda clock: replace(clock, late=fact.due_at))
    stamps = (*state.stamps, stamp)[-STAMP_LIMIT:]
    if fact.clock_kind in _OF_REVIEWERS:
        return change(state, late_reviews=state.late_reviews + 1, stamps=stamps)
    return change(state, late_count=state.late_count + 1, stamps=stamps)


def _rung_reached(state: State, event: Event, fact: RungReached) -> State:
    def spoke(clock: Clock) -> Clock:
        others = tuple(f for f in clock.fired if f.rung != fact.rung)
        return replace(clock, fired=(*others, Fired(rung=fact.rung, times=fact.times)))

    return change(put_clock(state, fact.clock, spoke), points=state.points + fact.points)


_FOLDS: dict[type, Callable[[State, Event, Any], State]] = {
    Signed: _signed,
    Declined: _turn,
    Approved: _approved,
    Endorsed: _endorsed,
    Returned: _turn,
    Submitted: _submitted,
    Reassigned: _reassigned,
    HandedOver: lambda state, _, fact: change(state, supervisor=fact.successor),
    Reported: _reported,
    ExtensionAsked: _extension_asked,
    ExtensionGranted: _extension_granted,
    ExtensionRefused: _extension_refused,
    CorrectionAsked: lambda state, event, fact: change(
        state, correction=AskedCorrection.of(fact, event.seq, event.actor)
    ),
    Corrected: lambda state, _, fact: change(uncount(state, fact), correction=None),
    CorrectionRefused: lambda state, *_: change(state, correction=None),
    Published: lambda state, _, fact: change(state, publicity=fact.until),
    Objected: lambda state, event, _: change(state, objections=(*state.objections, event.seq)),
    ObjectionAnswered: lambda state, _, fact: change(
        state, objections=tuple(o for o in state.objections if o != fact.entry)
    ),
    Urged: lambda state, event, _: change(state, urged_at=event.at, urges=state.urges + 1),
    Remarked: lambda state, *_: state,
    Closed: _closed,
    Completed: _closed,
    CycleStarted: _cycle_started,
    WaitEnded: _turn,
    Watched: _watched,
    WatchEnded: lambda state, *_: change(state, status=Status.CLOSED),
    Reopened: _reopened,
    Annulled: _annulled,
    Paused: _paused,
    Resumed: _resumed,
    Recalculated: _recalculated,
    DueSet: lambda state, _, fact: _redated(state, fact.dates),
    Migrated: _migrated,
    FellDue: _fell_due,
    RungReached: _rung_reached,
    ChildEnded: lambda state, *_: state,
    ChildReopened: lambda state, *_: state,
}
