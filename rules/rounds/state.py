"""How a round stands: what its facts lead to. Total over the facts that a round can bring about."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from rules.rounds.campaign import RoundDays
from rules.rounds.facts import (
    AskedUnit,
    RoundCorrectionAsked,
    RoundCorrectionRefused,
    RoundFact,
    RoundFellDue,
    RoundLocked,
    RoundMissed,
    RoundMoved,
    RoundOpened,
    RoundReminded,
    RoundReported,
    RoundStopped,
    UnitDropped,
    UnitHandedOn,
    UnitJoined,
    UnitRelocked,
    UnitsAsked,
    UnitUnlocked,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundState:
    """A round. `asked`: everybody who ever was, in the order in which they came; `dropped` of them owe nothing, for
    what was said; `joined`: who of them was not asked when it opened; `handed`: who reports in place of a unit that was
    merged. `own_due`: who has another date than its kind. `reminded`, `fell_due`: the kinds of unit for which that has
    happened. `asking`: by whom a correction of the report is asked for."""

    id: str
    opened: RoundOpened
    calendar: str
    days: RoundDays
    asked: tuple[AskedUnit, ...] = ()
    joined: frozenset[str] = frozenset()
    dropped: Mapping[str, UnitDropped] = field(default_factory=dict)
    handed: Mapping[str, UnitHandedOn] = field(default_factory=dict)
    own_due: Mapping[str, date] = field(default_factory=dict)
    reminded: frozenset[str] = frozenset()
    fell_due: frozenset[str] = frozenset()
    unlocked: tuple[UnitUnlocked, ...] = ()
    locked: bool = False
    reports: tuple[RoundReported, ...] = ()
    asking: str = ""
    asking_reason: str = ""
    stopped: RoundStopped | None = None

    @property
    def owing(self) -> tuple[AskedUnit, ...]:
        """The denominator: who was asked and not dropped."""
        return tuple(unit for unit in self.asked if unit.id not in self.dropped)

    @property
    def revision(self) -> int:
        """The latest revision of the report; 0 before there is one."""
        return self.reports[-1].revision if self.reports else 0

    def due_of(self, unit: AskedUnit) -> date:
        """By when that unit owes it."""
        return self.own_due.get(unit.id) or self.days.of(unit.kind).date

    def earliest_of(self, unit: AskedUnit) -> date | None:
        """From which day on that unit may choose when it owes it; None where it has no choice."""
        day = self.days.of(unit.kind)
        return None if unit.id in self.own_due or day.earliest == day.date else day.earliest

    def takes(self, unit: str, day: date) -> bool:
        """Whether the unit may report on that day."""
        if not self.locked:
            return True
        return any(one.unit == unit and day <= one.until for one in self.unlocked)


def population_hash(round_id: str, units: Iterable[AskedUnit]) -> str:
    """The SHA-256 of who is asked, a line each: the same in whatever order they were found."""
    lines = sorted(f"unit {unit.id} {unit.kind}\n" for unit in units)
    return hashlib.sha256("".join([f"round {round_id}\n", *lines]).encode()).hexdigest()


def fold_round(facts: Iterable[tuple[RoundFact, str]]) -> RoundState | None:
    """What these facts, each with who brought it about, lead to; None before the first."""
    state: RoundState | None = None
    for fact, person in facts:
        state = evolve_round(state, fact, person)
    return state


def fold_further(state: RoundState, facts: Iterable[tuple[RoundFact, str]]) -> RoundState:
    """What these facts lead to from there."""
    for fact, person in facts:
        state = evolve_round(state, fact, person) or state
    return state


def evolve_round(state: RoundState | None, fact: RoundFact, person: str) -> RoundState | None:
    """The state after the fact. What comes before the opening, or opens again, changes nothing."""
    if state is None:
        if not isinstance(fact, RoundOpened):
            return None
        return RoundState(id=fact.round, opened=fact, calendar=fact.calendar, days=fact.days)
    match fact:
        case RoundOpened() | RoundMissed():
            return state
        case UnitsAsked():
            return replace(state, asked=(*state.asked, *fact.units))
        case UnitJoined():
            known = tuple(unit for unit in state.asked if unit.id != fact.unit.id)  # it is back
            dropped = {unit: one for unit, one in state.dropped.items() if unit != fact.unit.id}
            own = {**state.own_due, fact.unit.id: fact.due} if fact.due else state.own_due
            back = fact.unit.id in {unit.id for unit in state.asked}
            joined = state.joined if back else state.joined | {fact.unit.id}
            return replace(state, asked=(*known, fact.unit), joined=joined, dropped=dropped, own_due=own)
        case UnitDropped():
            return replace(state, dropped={**state.dropped, fact.unit: fact})
        case UnitHandedOn():
            return replace(state, handed={**state.handed, fact.unit: fact})
        case RoundMoved():
            own = {**state.own_due, **{one.unit: one.day for one in fact.own}}
            return replace(state, calendar=fact.calendar, days=fact.days, own_due=own)
        case RoundReminded():
            return replace(state, reminded=state.reminded | set(fact.kinds))
        case RoundFellDue():
            return replace(state, fell_due=state.fell_due | set(fact.kinds))
        case UnitUnlocked():
            others = tuple(one for one in state.unlocked if one.unit != fact.unit)
            return replace(state, unlocked=(*others, fact))
        case UnitRelocked():
            return replace(state, unlocked=tuple(one for one in state.unlocked if one.unit != fact.unit))
        case RoundLocked():
            return replace(state, locked=True)
        case RoundReported():
            return replace(state, reports=(*state.reports, fact), asking="", asking_reason="")
        case RoundCorrectionAsked():
            return replace(state, asking=person, asking_reason=fact.reason)
        case RoundCorrectionRefused():
            return replace(state, asking="", asking_reason="")
        case RoundStopped():
            return replace(state, stopped=fact)
