"""Who hears of what, and how many notices that makes: per person and per unit, week by week (a week begins on Monday).

Who hears is told by `ledger.chain.notices`, as for real notices. Nothing is kept of one alone: there may be millions.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from ledger.chain.notices import at_once, audience, hearers
from rules.dates.calendar import local_date
from rules.family import ChildEnded, place_of_child
from rules.machine.commands import UnitRef
from rules.machine.events import Event
from rules.machine.facts import Fact
from rules.machine.state import State
from rules.machine.timed import RungReached
from rules.names import CLOCK_NAMES, EVENT_NAMES
from rules.permitting import OF_UNIT
from rules.process import Posts, Process, Role
from rules.telling.simulation import Happening
from runtime.simulate.cast import Cast


class Heard(NamedTuple):
    """One notice as it would be. `person` is empty where nobody holds the role; `week` is its Monday."""

    at: datetime
    no: str
    unit: UnitRef
    person: str
    role: Role
    what: str
    due: date | None
    immediate: bool
    week: date


class Hearing(NamedTuple):
    """Something of which somebody hears, of whichever item: the fact, when it is heard of, and how it is told."""

    fact: Fact
    parties: tuple[Posts, ...]
    at: datetime
    what: str
    due: date | None
    immediate: bool
    week: date
    veiled: bool


def said(process: Process, happenings: Iterable[Happening], begin: datetime) -> tuple[Hearing, ...]:
    """What of these somebody hears of, at `begin` where it was due before."""
    found = []
    for happening in happenings:
        event = happening.event
        if parties := audience(process, happening.state, event.fact):
            at = max(event.at, begin)
            week, due = monday(local_date(at)), _due(happening)
            veiled = happening.state.veiled
            found.append(Hearing(event.fact, parties, at, what_of(event), due, at_once(event.fact), week, veiled))
    return tuple(found)


def heard(cast: Cast, one: Hearing, item: State) -> Iterator[Heard]:
    """Who hears of this as said of the item; where no directory is known, whoever has it in hand. Not those from whom
    it is still kept."""
    unit, no, holders = item.unit, item.no, cast.holders
    told = hearers(holders, one.parties, item, one.fact)
    vacant = {role for party in one.parties for person, role in holders.who(party, item) if not person}
    nobody = sorted((item.supervisor if role is Role.SUPERVISOR else "", role) for role in vacant)
    for person, role in (*told.items(), *nobody):
        if one.veiled and cast.in_the_dark(person, role, unit):
            continue
        yield Heard(one.at, no, unit, person, role, one.what, one.due, one.immediate, one.week)


def what_of(event: Event) -> str:
    """The rung's name and its clock's, or what happened."""
    fact = event.fact
    if isinstance(fact, RungReached):
        times = f"（第 {fact.times} 次）" if fact.times > 1 else ""
        return f"{fact.name}{times}·{fact.node or CLOCK_NAMES[fact.clock_kind]}"
    if isinstance(fact, ChildEnded):
        return f"{EVENT_NAMES[event.kind]}·第 {place_of_child(fact.no)} 个"
    return EVENT_NAMES[event.kind]


def _due(happening: Happening) -> date | None:
    fact, due = happening.event.fact, happening.state.due
    return fact.due if isinstance(fact, RungReached) else due.date if due else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one person or unit gets: in all, how much of it at once, and the fullest week (its Monday)."""

    who: str
    total: int
    immediate: int
    busiest: date
    most: int


class Toll:
    """Notices counted. People by id, or `role@unit` where nobody holds the role."""

    def __init__(self) -> None:
        self.total = 0
        self.vacant: Counter[tuple[Role, str]] = Counter()
        self.weeks: Counter[date] = Counter()
        self.people: defaultdict[str, Counter[date]] = defaultdict(Counter)
        self.units: defaultdict[str, Counter[date]] = defaultdict(Counter)
        self._at_once: Counter[str] = Counter()

    def add(self, notice: Heard) -> None:
        """One more notice."""
        week = notice.week
        self.total += 1
        self.weeks[week] += 1
        who = notice.person or f"{notice.role}@{notice.unit.id}"
        if not notice.person:
            self.vacant[notice.role, notice.unit.name] += 1
        self.people[who][week] += 1
        self._at_once[who] += notice.immediate
        if notice.role in OF_UNIT:
            self.units[notice.unit.name][week] += 1

    def loads(self) -> list[Load]:
        """Every person's, the most burdened first."""
        return _sorted(_load(who, weeks, self._at_once[who]) for who, weeks in self.people.items())

    def unit_loads(self) -> list[Load]:
        """Every unit's: what its liaisons and heads get together."""
        return _sorted(_load(unit, weeks, 0) for unit, weeks in self.units.items())


def _sorted(loads: Iterator[Load]) -> list[Load]:
    return sorted(loads, key=lambda load: (-load.total, load.who))


def _load(who: str, weeks: Counter[date], immediate: int) -> Load:
    busiest, most = max(weeks.items(), key=lambda pair: (pair[1], pair[0]))
    return Load(who=who, total=sum(weeks.values()), immediate=immediate, busiest=busiest, most=most)


def monday(day: date) -> date:
    """The Monday of that day's week."""
    return day - timedelta(days=day.weekday())
