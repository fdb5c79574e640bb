"""What somebody sees: items in the scope of their posts and of those they stand in for; without those of which a
process keeps their unit in the dark, and draws of their unit."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from sqlalchemy import Connection, Text, bindparam, or_, select, true

from ledger.chain.entries import CO_UNIT, ITEM
from ledger.chain.family.in_rounds import ROUND_PREFIX
from ledger.chain.journal import MARK
from ledger.directory import people, substitutes
from ledger.directory.draws import drawn_units, stream_of_draw
from ledger.directory.people import UNIT, Somebody
from ledger.store.driver import PreparedQuery, among, texts
from ledger.store.sight import LookAt, Sight, scopes_in
from rules.access import (
    CLOSED,
    COMPARED,
    SEES_EVERYTHING,
    SEES_NOTHING,
    Readable,
    SeenScope,
    check_open,
    scope_of_posts,
)
from rules.dates.calendar import local_date
from rules.errors import RuleViolation
from rules.permitting import OF_UNIT

_VEILED = PreparedQuery(select(ITEM.c.no, ITEM.c.unit, ITEM.c.batch).where(ITEM.c.veiled == true()))
"""Made once: it is asked at every request."""
_BELOW = PreparedQuery(select(UNIT.c.id).where(among(UNIT.c.parent, bindparam("units", type_=Text()))))
_OF_SCOPE = select(UNIT.c.id).where(
    or_(UNIT.c.id.in_(bindparam("units", expanding=True)), UNIT.c.area.in_(bindparam("areas", expanding=True)))
)


def seen_by(persons: Sequence[str], part: Readable | None = None, units: Sequence[str] = ()) -> LookAt:
    """What is seen in the name of these people (ids or names) today: of each no more than they may see themselves, and
    of these units alone where any are named. `part`: of which part of the site; reading raises wrong_role where it is
    closed to one of them."""
    of_units = (SeenScope(units=tuple(sorted(units))),) if units else ()

    def look_at(connection: Connection) -> Sight:
        today = local_date(datetime.now(UTC))
        scopes = tuple(_scope(connection, person, today, part) for person in persons or ("",))
        return Sight(hidden=hidden_from(connection, persons), scopes=(*scopes, *of_units))

    return look_at


def scope_of(connection: Connection, person: str, today: date) -> SeenScope:
    """Of which items that person (an id or a name) may read on that day: by all posts held, and by those of everybody
    for whom they stand in. Nothing for one who is not known."""
    return _scope(connection, person, today, None)


def _scope(connection: Connection, person: str, today: date, part: Readable | None) -> SeenScope:
    if not person:
        return SEES_NOTHING
    try:
        everyone = _with_those_away(connection, person, today)
    except RuleViolation:  # nobody of that name
        if part in CLOSED:
            raise
        return SEES_NOTHING
    posts = [post for one in everyone for post in one.posts]
    if part is not None:
        check_open(part, posts)
        if part in COMPARED:
            return SEES_EVERYTHING
    scope = scope_of_posts(posts)
    return scope_of_posts(posts, _below(connection, scope.units)) if scope.units else scope


def units_in_sight(connection: Connection) -> frozenset[str] | None:
    """Whose names a transaction lists: the units of its scopes and of their areas, those that are no more among them.
    None: every unit's."""
    found: frozenset[str] | None = None
    for scope in scopes_in(connection):
        named = {"units": [*scope.units, *scope.below], "areas": list(scope.areas)}
        own = frozenset(connection.execute(_OF_SCOPE, named).scalars())
        found = own if found is None else found & own
    return found


def _below(connection: Connection, units: Sequence[str]) -> set[str]:
    """The units above which one of these stands, however high."""
    found: set[str] = set()
    level = set(units)
    while level := {row[0] for row in _BELOW.tuples(connection, units=texts(level))} - found:
        found |= level
    return found


def _with_those_away(connection: Connection, person: str, today: date) -> list[Somebody]:
    """The person and everybody for whom they stand in on that day. Raises unknown_person."""
    who = people.somebody(connection, person)
    away = substitutes.represented(substitutes.standing_in(connection, today), who.id)
    return [who, *(people.somebody(connection, one) for one in away)]


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
    everyone = _with_those_away(connection, person, local_date(datetime.now(UTC)))
    of_units = {post.unit for one in everyone for post in one.posts if post.role in OF_UNIT and post.unit}
    own = of_units | {one.unit for one in everyone if one.unit}
    return own, any(post.role not in OF_UNIT for one in everyone for post in one.posts)
