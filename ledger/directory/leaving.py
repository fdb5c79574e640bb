"""The directory has an end: posts that go to somebody else, posts and units that a directory file no longer names.

What ends is an entry of the office journal, with its day, in the same transaction. Nothing ends by being left out
alone: what a file does not name is listed, and ended when somebody says so.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, RowMapping, delete, func, or_, select, update

from ledger.chain import journal
from ledger.directory import units as over_time
from ledger.store.database import Database
from ledger.store.tables import Item, Person, Post, Substitute, Unit, table_of
from rules.codec import Plain, instant_text
from rules.dates.calendar import local_date
from rules.machine.commands import ENDED, SYSTEM
from rules.office.facts import HeldPost, PostsEnded, SubstitutionEnded
from rules.units.facts import UnitsEnded

_ITEM = table_of(Item)
_PERSON, POST, UNIT, SUBSTITUTE = table_of(Person), table_of(Post), table_of(Unit), table_of(Substitute)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What the ledger knows and a directory does not name: posts with the holder's name, units with how many of their
    items are not ended."""

    posts: tuple[RowMapping, ...]
    units: tuple[tuple[RowMapping, int], ...]


def replaced(connection: Connection, posts: Sequence[Plain]) -> list[HeldPost]:
    """Of the posts of units and areas that a directory gives to somebody, those that others hold."""
    named = {(p["person"], p["role"], p["unit"], p["area"]) for p in posts}
    places = {(p["role"], p["unit"], p["area"]) for p in posts if p["unit"] or p["area"]}
    return [
        held
        for held in _held(connection)
        if (held.role, held.unit, held.area) in places and (held.person, held.role, held.unit, held.area) not in named
    ]


def missing(connection: Connection, *, units: Sequence[Plain], posts: Sequence[Plain]) -> Missing:
    """What a directory leaves out, of which nothing has been ended."""
    named = {(p["person"], p["role"], p["unit"], p["area"]) for p in posts}
    query = select(POST, _PERSON.c.name, UNIT.c.name.label("unit_name")).join(_PERSON, _PERSON.c.id == POST.c.person)
    query = query.join(UNIT, UNIT.c.id == POST.c.unit, isouter=True).order_by(POST.c.person, POST.c.role)
    held = connection.execute(query).mappings()
    known = {u["id"] for u in units}
    open_items = select(_ITEM.c.unit, func.count()).where(_ITEM.c.status.not_in(ENDED)).group_by(_ITEM.c.unit)
    counts: dict[str, int] = {unit: count for unit, count in connection.execute(open_items)}
    rows = connection.execute(select(UNIT).where(UNIT.c.ended.is_(None)).order_by(UNIT.c.id)).mappings()
    return Missing(
        posts=tuple(p for p in held if (p["person"], p["role"], p["unit"], p["area"]) not in named),
        units=tuple((u, counts.get(u["id"], 0)) for u in rows if u["id"] not in known),
    )


def _held(connection: Connection) -> list[HeldPost]:
    rows = connection.execute(select(POST).order_by(POST.c.person, POST.c.role)).mappings()
    return [HeldPost(person=r["person"], role=r["role"], unit=r["unit"], area=r["area"]) for r in rows]


def end_posts(connection: Connection, ended: Sequence[HeldPost], now: datetime) -> None:
    """Nobody holds these posts from now on. What follows for substitutions, `end_substitutions` does once it is known
    who holds what instead."""
    for start in range(0, len(ended), journal.ROWS):
        chunk = ended[start : start + journal.ROWS]
        for post in chunk:
            connection.execute(delete(POST).where(POST.c.person == post.person, POST.c.role == post.role))
        journal.note(connection, PostsEnded(posts=tuple(chunk), day=local_date(now)), SYSTEM, now)


def end_substitutions(connection: Connection, people: Collection[str], now: datetime) -> None:
    """Whoever of these people holds no post any more stands in for nobody, and nobody for them."""
    held = set(connection.execute(select(POST.c.person).distinct()).scalars()) if people else set()
    for person in sorted(set(people) - held):
        running = SUBSTITUTE.c.ended_at.is_(None)
        concerned = or_(SUBSTITUTE.c.person == person, SUBSTITUTE.c.stand_in == person)
        away = sorted(set(connection.execute(select(SUBSTITUTE.c.person).where(running, concerned)).scalars()))
        for one in away:  # the entry says that nobody stands in for that one any longer, so nobody does
            ended = update(SUBSTITUTE).where(running, SUBSTITUTE.c.person == one)
            connection.execute(ended.values(ended_at=instant_text(now)))
            journal.note(connection, SubstitutionEnded(person=one), SYSTEM, now)


def end_units(
    connection: Connection, units: Iterable[str], now: datetime, first: date | None = None, document: str = ""
) -> None:
    """These units are no more, from the day `first` on (without it, from today): 各单位 does not mean them, nothing
    goes to them, their posts end. What they have open stays until it is handed on. Raises units_refused."""
    day = first or local_date(now)
    ended = sorted(units)
    if ended:
        over_time.record(connection, (UnitsEnded(day=day, units=tuple(ended), document=document),), now)
    end_posts_of(connection, ended, now)


def end_posts_of(connection: Connection, units: Collection[str], now: datetime) -> None:
    """Nobody holds a post any longer in those of the units that are no more."""
    gone: set[str] = set()
    wanted = sorted(units)
    for start in range(0, len(wanted), 500):
        chunk = wanted[start : start + 500]
        gone |= set(
            connection.execute(select(UNIT.c.id).where(UNIT.c.id.in_(chunk), UNIT.c.ended.is_not(None))).scalars()
        )
    posts = [post for post in _held(connection) if post.unit in gone] if gone else []
    end_posts(connection, posts, now)
    end_substitutions(connection, {post.person for post in posts}, now)


def settle(connection: Connection, now: datetime) -> tuple[str, ...]:
    """Units whose day has come are as they are to be from it on, and the posts in those that are no more end. Returns
    the ids of those that are other than before."""
    due = over_time.settle(connection, now)
    if due:
        end_posts_of(connection, due, now)
    return due


def settle_all(database: Database, now: datetime) -> tuple[str, ...]:
    """The same, with the writers' lock only where there is something to do."""
    with database.read() as connection:
        if not over_time.unsettled(connection, now):
            return ()
    with database.write() as connection:
        return settle(connection, now)
