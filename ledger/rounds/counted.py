"""How rounds stand, read from their rows: heads, counts, the units of one page by page. A few statements each, answered
from indexes, however many units a round has."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Integer, RowMapping, bindparam, cast, func, select

from ledger.chain.entries import ENTRY
from ledger.chain.family.in_rounds import IN, LATE, OWING, ROUND_UNIT
from ledger.chain.journal import MARK, ROUND
from ledger.rounds.rounds import unknown_round
from ledger.rounds.rows import MISSED, OPEN, ROUND_ROW, row_of
from ledger.store.canonical import parse
from rules.codec import decode
from rules.rounds.facts import RoundReported

UNITS_SHOWN = 100
"""So many units stand on one page."""


# Made once: to build such a statement takes longer than to answer it.
_SAME = ("round", "state", "area", "kind", "due", "reviewing")
_ALIKE = [ROUND_UNIT.c[name] for name in _SAME]
_OF_ROUNDS = ROUND_UNIT.c.round.in_(bindparam("rounds", expanding=True))
_COUNTS = select(*_ALIKE, func.count()).where(_OF_ROUNDS).group_by(*_ALIKE)
_UNLOCKED = select(ROUND_UNIT.c.round, func.count()).where(_OF_ROUNDS, ROUND_UNIT.c.unlocked.is_not(None))
_UNLOCKED = _UNLOCKED.group_by(ROUND_UNIT.c.round)
_ASKED = select(ROUND_UNIT.c.round, func.count(), func.sum(cast(ROUND_UNIT.c.joined, Integer)))
_ASKED = _ASKED.where(_OF_ROUNDS).group_by(ROUND_UNIT.c.round)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """So many units of a round stand alike. `reviewing`: what they handed in waits to be judged."""

    round: str
    state: str
    area: str
    kind: str
    due: str
    reviewing: bool
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundFilters:
    """Which units of a round: in one of these states, of that area, of that kind, unlocked, due before that day, whose
    hand-in waits to be judged."""

    states: tuple[str, ...] = ()
    area: str = ""
    kind: str = ""
    unlocked: bool = False
    reviewing: bool = False
    due_before: str = ""


def heads(connection: Connection, *, campaign: str = "", running: bool = False, limit: int = 50) -> list[RowMapping]:
    """The rounds' rows, the latest opened first; of that campaign only, or those that are open."""
    query = select(ROUND_ROW).order_by(ROUND_ROW.c.opened.desc(), ROUND_ROW.c.id).limit(limit)
    if campaign:
        query = query.where(ROUND_ROW.c.campaign == campaign)
    if running:
        query = query.where(ROUND_ROW.c.state == OPEN)
    return list(connection.execute(query).mappings())


def counts(connection: Connection, rounds: Sequence[str]) -> Iterator[Counted]:
    """How the units of these rounds stand: one statement, in the order of its index."""
    for row in connection.execute(_COUNTS, {"rounds": rounds}):
        yield Counted(**dict(zip((*_SAME, "count"), row, strict=True)))


def unlocked_counts(connection: Connection, rounds: Sequence[str]) -> dict[str, int]:
    """How many units of each of these rounds are unlocked."""
    return {round_: count for round_, count in connection.execute(_UNLOCKED, {"rounds": rounds})}


def asked_counts(connection: Connection, rounds: Sequence[str]) -> dict[str, tuple[int, int]]:
    """How many units each of these rounds asks, and how many of them joined it later."""
    return {round_: (every, joined) for round_, every, joined in connection.execute(_ASKED, {"rounds": rounds})}


def units(
    connection: Connection, round_: str, filters: RoundFilters, *, after: str = "", limit: int = UNITS_SHOWN
) -> list[RowMapping]:
    """The rows of units of the round, by id, from the one after that id on."""
    column = ROUND_UNIT.c
    query = select(ROUND_UNIT).where(column.round == round_, column.unit > after)
    for asked, where in (
        (filters.states, column.state.in_(filters.states)),
        (filters.area, column.area == filters.area),
        (filters.kind, column.kind == filters.kind),
        (filters.unlocked, column.unlocked.is_not(None)),
        (filters.reviewing, column.reviewing),
        (filters.due_before, column.due < filters.due_before),
    ):
        if asked:
            query = query.where(where)
    return list(connection.execute(query.order_by(column.unit).limit(limit)).mappings())


def of_unit(connection: Connection, holders: Sequence[str]) -> list[RowMapping]:
    """What these units or areas are or were asked for by rounds, the latest opened first, with the rounds' rows."""
    query = (
        select(ROUND_UNIT, *(ROUND_ROW.c[name].label(f"round_{name}") for name in ("campaign", "period", "state")))
        .add_columns(ROUND_ROW.c.opened, ROUND_ROW.c.locks, ROUND_ROW.c.campaign_ref)
        .join(ROUND_ROW, ROUND_ROW.c.id == ROUND_UNIT.c.round)
        .where(ROUND_UNIT.c.unit.in_(holders))
        .order_by(ROUND_ROW.c.opened.desc(), ROUND_ROW.c.id)
    )
    return list(connection.execute(query).mappings())


def owing_of(connection: Connection, round_: str) -> list[RowMapping]:
    """The rows of all units that have not reported, by id."""
    query = select(ROUND_UNIT).where(ROUND_UNIT.c.round == round_, ROUND_UNIT.c.state == OWING)
    return list(connection.execute(query.order_by(ROUND_UNIT.c.unit)).mappings())


def came_in(connection: Connection, round_: str) -> list[RowMapping]:
    """The rows of all units that have reported, by id. Raises unknown_round."""
    if row_of(connection, round_) is None:
        raise unknown_round(round_)
    query = select(ROUND_UNIT).where(ROUND_UNIT.c.round == round_, ROUND_UNIT.c.state.in_((IN, LATE)))
    return list(connection.execute(query.order_by(ROUND_UNIT.c.unit)).mappings())


def missed(connection: Connection, since: str = "", campaign: str = "") -> list[str]:
    """The rounds, of that campaign only where one is named, that nobody opened in time and that would have locked on
    that day or later."""
    query = select(ROUND_ROW.c.id).where(ROUND_ROW.c.state == MISSED, ROUND_ROW.c.locks >= since)
    if campaign:
        query = query.where(ROUND_ROW.c.campaign == campaign)
    return list(connection.execute(query.order_by(ROUND_ROW.c.opened, ROUND_ROW.c.id)).scalars())


def reports(connection: Connection, round_: str) -> Iterator[tuple[RowMapping, RoundReported]]:
    """Each revision of the round's report with its entry, in order."""
    query = select(ENTRY).where(ENTRY.c.stream == f"{MARK}{ROUND}/{round_}", ENTRY.c.kind == "round_reported")
    for row in connection.execute(query.order_by(ENTRY.c.seq)).mappings():
        yield row, decode(RoundReported, parse(row["body"]))
