"""A round's report: how everybody stands whom it asks, and who stands so after the lock that there is another."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from rules.rounds.facts import LateAfterLock, RoundCounts, RoundFact, RoundReported, UnitUnlocked
from rules.rounds.state import RoundState


class UnitReport(StrEnum):
    """How a unit stands with what it owes."""

    ON_TIME = "on_time"
    LATE = "late"
    MISSING = "missing"
    NOT_DUE = "not_due"


IS_IN = frozenset({UnitReport.ON_TIME, UnitReport.LATE})
"""How a unit stands that has reported."""
PUT_OFF = "延期、暂停以后，它自己的到期日在锁定以后"
"""Why a unit may report after the lock that nobody has unlocked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitStands:
    """A unit of the round, and how it stands. `reviewing`: what it handed in waits to be judged. `until`: by which day
    after the lock its item is due, since a pause or an extension moved it."""

    unit: str
    reported: UnitReport
    reviewing: bool = False
    until: date | None = None


def differs(state: RoundState, fresh: RoundReported) -> bool:
    """Whether anything but why it was made is other than in the last revision."""
    last = state.reports[-1] if state.reports else None
    return last is None or replace(fresh, revision=last.revision, reason=last.reason, unlocked=last.unlocked) != last


def reported(state: RoundState, stands: Sequence[UnitStands], reason: str = "") -> RoundReported:
    """The next revision, by how everybody stands. Who is not told of has not reported."""
    told = {one.unit: one.reported for one in stands}
    owing = {unit.id: told.get(unit.id, UnitReport.MISSING) for unit in state.owing}

    def of(reported: UnitReport) -> tuple[str, ...]:
        return tuple(sorted(unit for unit, how in owing.items() if how is reported))

    reviewing = {one.unit for one in stands if one.reviewing}
    late, missing, not_due = (of(how) for how in (UnitReport.LATE, UnitReport.MISSING, UnitReport.NOT_DUE))
    counts = RoundCounts(
        on_time=len(of(UnitReport.ON_TIME)),
        late=len(late),
        missing=len(missing),
        dropped=len(state.dropped),
        joined=len(state.joined),
        reviewing=len(reviewing & owing.keys()),
        not_due=len(not_due),
    )
    return RoundReported(
        round=state.id,
        revision=state.revision + 1,
        counts=counts,
        reason=reason,
        late_units=late,
        missing_units=missing,
        not_due_units=not_due,
    )


def put_off_units(state: RoundState, stands: Sequence[UnitStands]) -> tuple[RoundFact, ...]:
    """Whose own day comes after the lock may report until then, as if unlocked; who has meanwhile is counted."""
    known = {one.unit: one.until for one in state.unlocked}
    owing, last = {unit.id for unit in state.owing}, state.reports[-1] if state.reports else None
    off = [(one, one.until) for one in stands if one.unit in owing and one.until]
    waits = tuple(
        UnitUnlocked(round=state.id, unit=one.unit, until=until, reason=PUT_OFF)
        for one, until in off
        if one.reported is UnitReport.NOT_DUE and known.get(one.unit, date.min) < until
    )
    not_in = {*last.missing_units, *last.not_due_units} if last else set()
    came = [one.unit for one, _ in off if one.reported in IS_IN and one.unit in not_in and one.unit not in known]
    if not came:
        return waits
    unlocked = tuple(LateAfterLock(unit=unit, reason=PUT_OFF) for unit in came)
    return (*waits, replace(reported(state, stands), unlocked=unlocked))
