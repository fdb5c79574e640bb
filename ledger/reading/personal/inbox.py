"""A person's inbox: every notice, one's own and those of whoever one stands in for, and which of them were seen."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, func, select, update

from ledger.chain.entries import ENTRY, ITEM, NOTICE
from ledger.directory import substitutes
from rules.codec import instant_text

_SHOWN = 200


def heard_by(connection: Connection, person: str, day: date) -> tuple[str, ...]:
    """The person, and everybody for whom the person stands in on that day."""
    return (person, *substitutes.represented(substitutes.standing_in(connection, day), person))


def notices(connection: Connection, people: Sequence[str]) -> list[RowMapping]:
    """Their notices with entry and item: those that nobody has seen first, each part newest first; SHOWN at most."""
    items = (ITEM.c[name] for name in ("title", "unit_name", "process_ref"))
    entries = (ENTRY.c[name] for name in ("body", "actor", "via", "position"))
    query = (
        select(NOTICE, *items, *entries)
        .join(ITEM, ITEM.c.no == NOTICE.c.stream)
        .join(ENTRY, (ENTRY.c.stream == NOTICE.c.stream) & (ENTRY.c.seq == NOTICE.c.seq))
        .where(NOTICE.c.person.in_(people))
        .order_by(NOTICE.c.read_at.is_not(None), NOTICE.c.at.desc(), NOTICE.c.id)
    )
    return list(connection.execute(query.limit(_SHOWN)).mappings())


def counts(connection: Connection, people: Sequence[str]) -> tuple[int, int]:
    """How many notices they have that nobody has seen, and how many in all."""
    query = select(func.count(), func.count(NOTICE.c.read_at)).where(NOTICE.c.person.in_(people))
    every, read = connection.execute(query).one()
    return every - read, every


def lately_unread(connection: Connection, people: Sequence[str]) -> int:
    """How many of the notices that the inbox would list nobody has seen: every page says it, so no more are looked
    at."""
    latest = select(NOTICE.c.read_at).where(NOTICE.c.person.in_(people)).order_by(NOTICE.c.at.desc()).limit(_SHOWN)
    return sum(read is None for read in connection.execute(latest).scalars())


def mark_read(connection: Connection, people: Sequence[str], ids: Sequence[str] | None, now: datetime) -> int:
    """These of their notices were seen, all of them without `ids`; when they were seen first stays. Returns how many
    had not been."""
    where: list[ColumnElement[bool]] = [NOTICE.c.person.in_(people), NOTICE.c.read_at.is_(None)]
    if ids is not None:
        where.append(NOTICE.c.id.in_(ids))
    return connection.execute(update(NOTICE).where(*where).values(read_at=instant_text(now))).rowcount
