"""Which items somebody does not see: those of which a process keeps their unit in the dark, and draws of their unit."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, select, true

from ledger.chain.entries import CO_UNIT, ITEM
from ledger.chain.family.in_rounds import ROUND_PREFIX
from ledger.chain.journal import MARK
from ledger.directory import people, substitutes
from ledger.directory.draws import drawn_units, stream_of_draw
from ledger.store.driver import PreparedQuery
from rules.dates.calendar import local_date
from rules.errors import RuleViolation
from rules.permitting import OF_UNIT

_VEILED = PreparedQuery(select(ITEM.c.no, ITEM.c.unit, ITEM.c.batch).where(ITEM.c.veiled == true()))
"""Made once: it is asked at every request."""


def hidden_from(connection: Connection, persons: Sequence[str]) -> frozenset[str]:
    """The numbers of the veiled items, and the streams of the draws, that not all of these people (ids or names) may
    see; with none, or with one who is not known, all of them.

    They are seen by whoever has a post over an area or for the whole body and belongs to none of the units that have
    the item, nor stands in for somebody who does.
    """
    units: dict[str, set[str]] = {}
    for row in _VEILED.all(connection):
        unit, batch = row["unit"], row["batch"]
        units[row["no"]] = {unit}
        if batch.startswith(ROUND_PREFIX):  # the round's own stream says whom it asks
            units.setdefault(f"{MARK}{batch}", set()).add(unit)
    units |= {stream_of_draw(draw): set(drawn) for draw, drawn in drawn_units(connection).items()}
    if not units:
        return frozenset()
    for no, unit in connection.execute(select(CO_UNIT.c.no, CO_UNIT.c.unit).where(CO_UNIT.c.no.in_(units))):
        units[no].add(unit)
    if not persons:
        return frozenset(units)
    hidden: set[str] = set()
    for person in persons:
        try:
            own, sees = _belongs(connection, person)
        except RuleViolation:  # nobody of that name
            return frozenset(units)
        hidden |= {no for no, of in units.items() if not sees or not own.isdisjoint(of)}
    return frozenset(hidden)


def _belongs(connection: Connection, person: str) -> tuple[set[str], bool]:
    """The units of that person and of those they stand in for, and whether they have a post that sees. Raises
    unknown_person."""
    who = people.somebody(connection, person)
    today = local_date(datetime.now(UTC))
    away = substitutes.represented(substitutes.standing_in(connection, today), who.id)
    everyone = [who, *(people.somebody(connection, one) for one in away)]
    of_units = {post.unit for one in everyone for post in one.posts if post.role in OF_UNIT and post.unit}
    own = of_units | {one.unit for one in everyone if one.unit}
    return own, any(post.role not in OF_UNIT for one in everyone for post in one.posts)
