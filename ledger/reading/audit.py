"""What an auditor looks for in the whole ledger: entries narrowed and page by page, and findings for comparison."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, func, or_, select, union

from ledger.chain.entries import CO_UNIT, ENTRY, ITEM
from ledger.reading.queries import PAGE, PAGE_LIMIT
from ledger.store.canonical import WHICH_ONE, canonical
from rules.codec import instant_text
from rules.errors import Code, RuleViolation
from rules.machine.commands import Status, Via
from rules.machine.events import CLOSINGS
from rules.telling.repeats import Answered

LOOKED_THROUGH = 50_000
"""Entries that one page reads the bodies of at most; a page that finds less than it could hold says how far it got."""
_BETWEEN = "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilters:
    """What entries are narrowed to; None and empty mean all. `unit`: the item's now, one that helps with it, or the
    actor's. `person`: who did it, or for whom. `via`: what it came through. `begin` and `end` bound `at`, the end not
    included. `stream`: an item's number or a journal's name. `text` stands in the body, in either case of Latin
    letters; `item`: an entry of a journal that names this item. `named`: who did it, or for whom, or whom an entry of a
    journal is about."""

    unit: str | None = None
    person: str | None = None
    kinds: tuple[str, ...] = ()
    via: Via | None = None
    begin: datetime | None = None
    end: datetime | None = None
    stream: str | None = None
    text: str | None = None
    item: str | None = None
    named: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPage:
    """Some entries, newest first, and the key after which the next page begins (None: this is the last). `back_to`:
    when not all could be looked through, the instant up to which they were."""

    rows: tuple[RowMapping, ...]
    next: str | None = None
    back_to: str | None = None


def entries(connection: Connection, wanted: EntryFilters, *, after: str | None = None, size: int = PAGE) -> EntryPage:
    """The page that follows the key `after`: entries by `at`, then by place in the ledger, the newest first, each with
    the item's unit, title and process. Raises bad_request for a key that no page gave."""
    size = max(1, min(size, PAGE_LIMIT))
    holds = _holds(connection, wanted)
    limit = LOOKED_THROUGH if holds else size + 1
    candidates = _candidates(wanted, _after(after), limit).subquery()
    query = (
        select(ENTRY, ITEM.c.unit.label("item_unit"), ITEM.c.unit_name, ITEM.c.title)
        .join(candidates, candidates.c.position == ENTRY.c.position)
        .join(ITEM, ITEM.c.no == ENTRY.c.stream, isouter=True)
        .where(*holds)
        .order_by(ENTRY.c.at.desc(), ENTRY.c.position.desc())
        .limit(size + 1)
    )
    rows = tuple(connection.execute(query).mappings())
    if len(rows) > size:
        return EntryPage(rows=rows[:size], next=_key(rows[size - 1]))
    if not holds:
        return EntryPage(rows=rows)
    farthest = select(candidates).order_by(candidates.c.at, candidates.c.position).limit(1)
    count = connection.execute(select(func.count()).select_from(candidates)).scalar_one()
    if count < limit:
        return EntryPage(rows=rows)
    last = connection.execute(farthest).mappings().one()
    return EntryPage(rows=rows, next=_key(last), back_to=last["at"])


def _key(row: RowMapping) -> str:
    return f"{row['at']}{_BETWEEN}{row['position']}"


def _after(key: str | None) -> tuple[ColumnElement[bool], ...]:
    if not key:
        return ()
    at, _, position = key.partition(_BETWEEN)
    if not (position.isascii() and position.isdigit() and len(position) <= 18):
        raise RuleViolation(Code.BAD_REQUEST, detail="after 不是上一页给出的")
    return (ENTRY.c.at <= at, or_(ENTRY.c.at < at, ENTRY.c.position < int(position)))


def _candidates(wanted: EntryFilters, after: Sequence[ColumnElement[bool]], limit: int) -> Select[tuple[str, int]]:
    """Instants and places of the first `limit` entries that fit, bodies aside. Each way to fit is walked by an index of
    its own and gives its first ones: no "or" between columns, with which a database reads everything."""
    common = [*after, *_common(wanted)]
    ways = [(*common, *person, *unit) for person in _by_person(wanted) for unit in _by_unit(wanted)]
    place = (ENTRY.c.at, ENTRY.c.position)
    firsts = [select(*place).where(*way).order_by(*(c.desc() for c in place)).limit(limit) for way in ways]
    if len(firsts) == 1:
        return firsts[0]
    both = union(*(select(first.subquery()) for first in firsts)).subquery()
    return select(both.c.at, both.c.position).order_by(both.c.at.desc(), both.c.position.desc()).limit(limit)


def _common(wanted: EntryFilters) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if wanted.kinds:
        where.append(ENTRY.c.kind.in_(wanted.kinds) if len(wanted.kinds) > 1 else ENTRY.c.kind == wanted.kinds[0])
    if wanted.via:
        where.append(ENTRY.c.via == wanted.via)
        if wanted.via in WHICH_ONE:  # these are few, and have an index of their own
            where.append(ENTRY.c.through.is_not(None))
    if wanted.begin:
        where.append(ENTRY.c.at >= instant_text(wanted.begin))
    if wanted.end:
        where.append(ENTRY.c.at < instant_text(wanted.end))
    if wanted.stream:
        where.append(ENTRY.c.stream == wanted.stream)
    return where


def _by_person(wanted: EntryFilters) -> list[tuple[ColumnElement[bool], ...]]:
    if not wanted.person:
        return [()]
    return [(ENTRY.c.actor == wanted.person,), (ENTRY.c.behalf == wanted.person,)]


def _by_unit(wanted: EntryFilters) -> list[tuple[ColumnElement[bool], ...]]:
    if not wanted.unit:
        return [()]
    theirs = select(ITEM.c.no).where(ITEM.c.unit == wanted.unit)
    helped = select(CO_UNIT.c.no).where(CO_UNIT.c.unit == wanted.unit)
    return [(ENTRY.c.unit == wanted.unit,), *((ENTRY.c.stream.in_(numbers),) for numbers in (theirs, helped))]


def _holds(connection: Connection, wanted: EntryFilters) -> list[ColumnElement[bool]]:
    """What the body has to hold, as canonical JSON writes it."""
    # Not LIKE: its case differs between the databases, and SQLite refuses a long pattern.
    found = func.instr if connection.dialect.name == "sqlite" else func.strpos
    where: list[ColumnElement[bool]] = []
    if wanted.text:
        where.append(found(func.lower(ENTRY.c.body), func.lower(_written(wanted.text)[1:-1])) > 0)
    if wanted.named:
        about = found(ENTRY.c.body, f'"person":{_written(wanted.named)}') > 0
        where.append(or_(ENTRY.c.actor == wanted.named, ENTRY.c.behalf == wanted.named, about))
    if wanted.item:
        where.append(found(ENTRY.c.body, f'"item":{_written(wanted.item)}') > 0)
    return where


def _written(text: str) -> str:
    try:
        return canonical(text).decode()
    except TypeError:  # half a surrogate pair
        raise RuleViolation(Code.BAD_REQUEST, detail="含有无法存储的字符") from None


def size(connection: Connection) -> int:
    """How many entries the ledger holds; positions have no gaps."""
    return connection.execute(select(func.max(ENTRY.c.position))).scalar_one() or 0


def count_findings(connection: Connection, unit: str | None = None) -> int:
    """How many findings there are to compare."""
    return connection.execute(select(func.count()).select_from(ITEM).where(*_compared(unit))).scalar_one()


def _compared(unit: str | None) -> list[ColumnElement[bool]]:
    # A finding is its lead unit's: whoever helps with it did not repeat it.
    where: list[ColumnElement[bool]] = [ITEM.c.status != Status.ANNULLED]
    return [*where, ITEM.c.unit == unit] if unit else where


def findings(connection: Connection, unit: str | None = None) -> list[Answered]:
    """Every finding (of that unit) that was not annulled, by number, with the instants of its closings."""
    columns = [ITEM.c[name] for name in ("no", "unit", "unit_name", "category", "title", "issued_at", "batch")]
    query = select(*columns).where(*_compared(unit))
    closings = select(ENTRY.c.stream, ENTRY.c.at).where(ENTRY.c.kind.in_(CLOSINGS)).order_by(ENTRY.c.at)
    closed: dict[str, list[datetime]] = defaultdict(list)
    for stream, at in connection.execute(closings):
        closed[stream].append(datetime.fromisoformat(at))
    rows = sorted(connection.execute(query).all(), key=itemgetter(0))
    # All at once and by place, since by name it takes three times as long; and put in order here, since by the index of
    # numbers the database looks up each of the wide rows for itself.
    return [
        Answered(no, of, unit_name, category, text, datetime.fromisoformat(issued), tuple(closed.get(no, ())), batch)
        for no, of, unit_name, category, text, issued, batch in rows
    ]
