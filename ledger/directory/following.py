"""What follows from a change of units: items to hand on, posts without a holder, populations other than before.

Looked at in the transaction that makes the change, before it and after: a dry run is the change itself, taken back.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias

from sqlalchemy import Connection, func, select

from ledger.chain.entries import ENTRY
from ledger.chain.family.in_rounds import ROUND_PREFIX
from ledger.chain.journal import DIRECTORY, JOURNAL_KINDS, OFFICE, decode_note, streams_of
from ledger.chain.journal_story import people_in, tell_note
from ledger.directory import people
from ledger.directory import units as over_time
from ledger.directory.people import POST, UNIT
from ledger.store.canonical import parse
from ledger.store.database import Database
from ledger.store.tables import Item, table_of
from rules.machine.commands import ENDED
from rules.names import ROLE_NAMES
from rules.permitting import OF_UNIT
from rules.process import AREA_KIND, Role
from rules.rounds.gone import RoundDoes
from rules.units.selecting import Selector
from rules.units.spans import UnitThen

_ITEM = table_of(Item)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftItem:
    """An item that is not ended, of a unit that is no more; none that a round asked. `to`: the unit whose part that
    one is now, where it is one; else empty."""

    no: str
    title: str
    unit: str
    unit_name: str
    status: str
    to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vacancy:
    """A post that nobody holds in a unit that there is."""

    unit: str
    unit_name: str
    role: str

    @property
    def role_name(self) -> str:
        """The post in words."""
        return ROLE_NAMES[Role(self.role)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """How many units there are of that kind, size, condition or in that area (`by`), before and after."""

    by: str
    code: str
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignPopulation:
    """A campaign that asks others than before: how many units before and after, the ids of those that it then asks
    too, and of those that it asks no more."""

    campaign: str
    name: str
    before: int
    after: int
    joins: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftToRound:
    """What an open round asks a unit that is no more, and what it will do: nobody has to. `to`: the unit that reports
    in its place, or that joins. `no`: the item; empty where it is not issued yet."""

    campaign: str
    name: str
    round: str
    unit: str
    unit_name: str
    no: str
    does: RoundDoes
    to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundsThen:
    """What a change of units means to campaigns and their open rounds."""

    campaigns: tuple[CampaignPopulation, ...] = ()
    rounds: tuple[LeftToRound, ...] = ()


Asking: TypeAlias = Callable[[Connection, date, Sequence[UnitThen], Sequence[UnitThen]], RoundsThen]
"""Of the day from which it holds and the units before and after: which campaigns ask others, and what rounds do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Follows:
    """What a change of units leads to: its entries in words, and what remains to be done."""

    told: tuple[str, ...] = ()
    items: tuple[LeftItem, ...] = ()
    vacancies: tuple[Vacancy, ...] = ()
    populations: tuple[Population, ...] = ()
    campaigns: tuple[CampaignPopulation, ...] = ()
    rounds: tuple[LeftToRound, ...] = ()


@dataclass(slots=True, kw_only=True)
class Watch:
    """The directory before a change, as of the day from which that is to hold."""

    first: date
    position: int
    units: tuple[UnitThen, ...]
    vacancies: frozenset[Vacancy] = field(default_factory=frozenset)


def watch(connection: Connection, first: date) -> Watch:
    """Looked at before the change."""
    position: int | None = connection.execute(select(func.max(ENTRY.c.position))).scalar()
    units = over_time.chosen(connection, Selector(everybody=True), first)
    return Watch(first=first, position=position or 0, units=units, vacancies=frozenset(_vacancies(connection, units)))


def follows(connection: Connection, before: Watch, asking: Asking) -> Follows:
    """What the change has led to, in its transaction."""
    after = over_time.chosen(connection, Selector(everybody=True), before.first)
    gone = {one.id for one in before.units} - {one.id for one in after}
    then = asking(connection, before.first, before.units, after)
    return Follows(
        told=_told(connection, before.position),
        items=left_items(connection, before.first, only=gone),
        vacancies=tuple(one for one in _vacancies(connection, after) if one not in before.vacancies),
        populations=_populations(before.units, after),
        campaigns=then.campaigns,
        rounds=then.rounds,
    )


def _told(connection: Connection, position: int) -> tuple[str, ...]:
    streams = streams_of(DIRECTORY) + streams_of(OFFICE)
    query = select(ENTRY.c.kind, ENTRY.c.body).where(ENTRY.c.stream.in_(streams), ENTRY.c.position > position)
    facts = [
        decode_note(kind, parse(body))
        for kind, body in connection.execute(query.order_by(ENTRY.c.position))
        if kind in JOURNAL_KINDS
    ]
    names = people.names_of(connection, {person for fact in facts for person in people_in(fact)})
    return tuple(tell_note(fact, names) for fact in facts)


def left_items(connection: Connection, day: date, only: set[str] | None = None) -> tuple[LeftItem, ...]:
    """The items that are not ended, of units that are no more on that day; of those named, where some are. What a round
    asks, it settles itself."""
    query = select(_ITEM.c.no, _ITEM.c.title, _ITEM.c.unit, _ITEM.c.unit_name, _ITEM.c.status)
    query = query.where(_ITEM.c.status.not_in(ENDED), _ITEM.c.unit_kind != AREA_KIND)
    query = query.where(_ITEM.c.batch.not_like(f"{ROUND_PREFIX}%")).order_by(_ITEM.c.no)
    rows = [row for row in connection.execute(query).mappings() if only is None or row["unit"] in only]
    lives = over_time.lives(connection, {row["unit"] for row in rows})
    found = []
    for row in rows:
        life = lives.get(row["unit"])
        if life is None or life.span(day):
            continue
        found.append(LeftItem(**row, to=successor(connection, row["unit"], day)))
    return tuple(found)


def not_handed_on(connection: Connection) -> dict[str, int]:
    """How many items each unit (by id) still has open that is no more; what a round asked for the round settles."""
    ended = select(UNIT.c.id).where(UNIT.c.ended.is_not(None))
    query = select(_ITEM.c.unit, func.count()).where(
        _ITEM.c.unit.in_(ended), _ITEM.c.status.not_in(ENDED), _ITEM.c.batch.not_like(f"{ROUND_PREFIX}%")
    )
    return {unit: n for unit, n in connection.execute(query.group_by(_ITEM.c.unit).order_by(_ITEM.c.unit))}


def successor(connection: Connection, unit: str, day: date) -> str:
    """The unit whose part that one has become, that there is on that day; empty where there is none, or several. What
    was merged into one that was merged itself is part of the last."""
    at, seen = unit, set[str]()
    while at not in seen:
        seen.add(at)
        life = over_time.lives(connection, {at}).get(at)
        span = life.latest(day) if life else None
        if span is None:
            return ""
        if span.holds(day):
            return at
        if len(span.became) != 1:
            return ""
        at = span.became[0]
    return ""


def _vacancies(connection: Connection, units: tuple[UnitThen, ...]) -> list[Vacancy]:
    held = {(row.unit, row.role) for row in connection.execute(select(POST.c.unit, POST.c.role).distinct())}
    return [
        Vacancy(unit=one.id, unit_name=one.known.name, role=str(role))
        for one in units
        for role in sorted(OF_UNIT)
        if (one.id, str(role)) not in held
    ]


def _populations(before: tuple[UnitThen, ...], after: tuple[UnitThen, ...]) -> tuple[Population, ...]:
    was, now = _counted(before), _counted(after)
    return tuple(
        Population(by=by, code=code, before=was[by, code], after=now[by, code])
        for by, code in sorted({*was, *now})
        if was[by, code] != now[by, code]
    )


def _counted(units: tuple[UnitThen, ...]) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for one in units:
        said = {"all": "", "kind": one.known.kind, "size": one.known.size, "area": one.known.area or ""}
        found.update({**said, "condition": one.condition}.items())
    return found


class _TakenBack(Exception):
    """Raised inside a transaction so that nothing of it is stored."""


def carried_out(
    database: Database, change: Callable[[Connection], object], first: date, *, asking: Asking, dry_run: bool = False
) -> Follows:
    """The change is made, as `change` makes it in a transaction alone in writing; returns what follows from it. A
    `dry_run` is the same, taken back: it says and refuses just what the change would."""
    found = Follows()
    try:
        with database.write() as connection:
            before = watch(connection, first)
            change(connection)
            found = follows(connection, before, asking)
            if dry_run:
                raise _TakenBack
    except _TakenBack:
        pass
    return found
