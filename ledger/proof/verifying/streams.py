"""Each stream by itself: hashes and chain, the fold against the register, what was told against the notices."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Column, ColumnElement, Connection, LargeBinary, RowMapping, Select, cast, select, union

from ledger.chain import journal, notices, pinned, projection
from ledger.chain.entries import CO_UNIT, ENTRY, ITEM, NOTICE
from ledger.chain.journal_story import evidence_in
from ledger.proof.verifying.evidence import EvidenceNames, verify_named
from ledger.proof.verifying.found import VerifyProgress, Wrong
from ledger.store.canonical import GENESIS, acted_by, entry_bytes, parse
from ledger.store.database import hashing_of
from ledger.store.hashing import Hashing
from rules.errors import RuleViolation
from rules.machine.events import Event, decode_fact
from rules.machine.facts import Issued
from rules.machine.folding import fold
from rules.process import Role

STREAMS_AT_ONCE = 200
JOURNAL_CHUNK = 5000


class EntryRow(NamedTuple):
    """An entry as it is read here: a tuple, since a million of them are, in the order of `entry_bytes`, and its hash.
    SQLite keeps in `seq` whatever is written."""

    stream: str
    seq: Any
    at: str
    recorded_at: str
    actor: str
    role: str
    unit: str | None
    kind: str
    command: str
    body: str | bytes
    prev_hash: str
    via: str
    behalf: str | None
    told: str | None
    command_hash: str | None
    through: str | None
    hash: str


Raw: TypeAlias = tuple[Any, ...]
"""The same as the driver gives it."""
_SEQ, _BODY, _PREV, _HASH = (EntryRow._fields.index(name) for name in ("seq", "body", "prev_hash", "hash"))
_NOTICE_COLUMNS = ("id", "stream", "seq", "at", "person", "role", "kind", "rung", "lamp", "immediate")
_NOTICE_SEQ = _NOTICE_COLUMNS.index("seq")
_CO_UNIT_COLUMNS = ("no", "unit", "status", "sort")
_of_co_unit = itemgetter(*_CO_UNIT_COLUMNS)
_of_notice = itemgetter(*_NOTICE_COLUMNS)
NoticesTold: TypeAlias = dict[str, dict[str, Raw]]
"""Notices as they stand, by item and id."""
Helping: TypeAlias = dict[str, set[Raw]]
"""Rows of units that help, by item, as the register has them."""


class Beside(NamedTuple):
    """What stands of one item in other tables than its entries and its row of the register: its notices by id, and the
    rows of units that help."""

    told: dict[str, Raw]
    helping: set[Raw]


_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, AssertionError, StopIteration, RuleViolation)
"""What reading an entry raises that is not as the program writes it."""


def _columns(connection: Connection) -> list[ColumnElement[Any]]:
    """What an entry is read from. Of a body only its bytes are hashed, so that SQLite need not make a text of it: an
    eighth of the time that chains take."""
    columns: list[ColumnElement[Any]] = [ENTRY.c[name] for name in EntryRow._fields]
    if connection.dialect.name == "sqlite":
        columns[_BODY] = cast(ENTRY.c.body, LargeBinary)
    return columns


def next_streams(connection: Connection, after: str, size: int = STREAMS_AT_ONCE) -> list[str]:
    """The names of the next streams, of entries or of the register, or that a unit is said to help with, in the
    database's own order."""
    of_entries = select(ENTRY.c.stream).where(ENTRY.c.stream > after).distinct().order_by(ENTRY.c.stream)
    of_items = select(ITEM.c.no).where(ITEM.c.no > after).order_by(ITEM.c.no)
    of_helped = select(CO_UNIT.c.no).where(CO_UNIT.c.no > after).distinct().order_by(CO_UNIT.c.no)
    both = union(*(select(part.limit(size).subquery()) for part in (of_entries, of_items, of_helped))).subquery()
    name = both.c[0]
    return list(connection.execute(select(name).order_by(name).limit(size)).scalars())


def verify_streams(
    connection: Connection, names: Sequence[str], count: VerifyProgress, *, deep: bool = True, neighbours: bool = False
) -> Iterator[Wrong]:
    """Everything that is wrong with these streams, in their order. Not `deep`: without folding them. `neighbours`: no
    other streams lie between the first and the last of them, so that they need not be asked for one by one."""
    hashing = hashing_of(connection)
    items = [name for name in names if not journal.is_journal(name)]
    found: dict[str, list[Raw]] = {}
    register: dict[str, RowMapping] = {}
    told: NoticesTold = {}
    helping: Helping = {}
    named: EvidenceNames = {}
    if items:
        of = _asked(items, neighbours=neighbours)
        query = select(*_columns(connection)).where(of(ENTRY.c.stream)).order_by(ENTRY.c.stream, ENTRY.c.seq)
        found = {stream: list(rows) for stream, rows in groupby(_read(connection, query), key=itemgetter(0))}
        kept = select(ITEM) if deep else select(ITEM.c.no, ITEM.c.seq, ITEM.c.head)
        register = {row["no"]: row for row in connection.execute(kept.where(of(ITEM.c.no))).mappings()}
        told = _notices(connection, of) if deep else {}
        helping = _helping(connection, of) if deep else {}
    for name in names:
        if journal.is_journal(name):
            yield from _verify_journal(connection, hashing, name, count, named)
        else:
            rows, item = found.get(name, []), register.get(name)
            beside = Beside(told=told.get(name, {}), helping=helping.get(name, set()))
            yield from _verify_item(connection, hashing, name, rows, item, beside, count, named, deep=deep)
    if deep:
        yield from verify_named(connection, named)


Asked: TypeAlias = Callable[[Column[Any]], ColumnElement[bool]]


def _asked(items: Sequence[str], *, neighbours: bool) -> Asked:
    """What a column of numbers is narrowed to."""
    if neighbours:
        return lambda column: column.between(items[0], items[-1]) & ~column.startswith(journal.MARK)
    return lambda column: column.in_(items)


def _read(connection: Connection, query: Select[Any]) -> list[Raw]:
    """The rows as the driver gives them: text and numbers, which SQLAlchemy would only hand on, one by one."""
    cursor = connection.execute(query).cursor
    assert cursor is not None
    rows: list[Raw] = list(cursor.fetchall())
    return rows


def _notices(connection: Connection, of: Asked) -> NoticesTold:
    """Notices by item and id."""
    found: NoticesTold = {}
    for row in _read(connection, select(*(NOTICE.c[name] for name in _NOTICE_COLUMNS)).where(of(NOTICE.c.stream))):
        found.setdefault(row[1], {})[row[0]] = row
    return found


def _helping(connection: Connection, of: Asked) -> Helping:
    """The rows of units that help with each item."""
    found: Helping = {}
    for row in _read(connection, select(*(CO_UNIT.c[name] for name in _CO_UNIT_COLUMNS)).where(of(CO_UNIT.c.no))):
        found.setdefault(row[0], set()).add(tuple(row))
    return found


def _verify_item(
    connection: Connection,
    hashing: Hashing,
    stream: str,
    rows: Sequence[Raw],
    item: RowMapping | None,
    beside: Beside,
    count: VerifyProgress,
    named: EvidenceNames,
    *,
    deep: bool,
) -> Iterator[Wrong]:
    count.entries += len(rows)
    count.items += 1
    broken = list(verify_chain(hashing, stream, rows))
    yield from broken
    if item is None:
        what = "有记录，但台账里没有这个事项" if rows else "协办单位表里有这个事项，但它不在台账里，也没有记录"
        yield Wrong(stream=stream, seq=0, what=what)
    elif not rows:
        yield Wrong(stream=stream, seq=0, what="台账里有这个事项，但一条记录也没有")
    elif ends := _verify_end(item, rows[-1]):
        yield ends
    elif deep and not broken:
        yield from _verify_fold(connection, item, [EntryRow._make(row) for row in rows], beside, named)


def _verify_journal(
    connection: Connection, hashing: Hashing, stream: str, count: VerifyProgress, named: EvidenceNames
) -> Iterator[Wrong]:
    """A journal may be long, so it is read in pieces."""
    after, head = 0, GENESIS
    while True:
        query = select(*_columns(connection)).where(ENTRY.c.stream == stream, ENTRY.c.seq > after)
        rows = _read(connection, query.order_by(ENTRY.c.seq).limit(JOURNAL_CHUNK))
        if not rows:
            return
        count.entries += len(rows)
        yield from verify_chain(hashing, stream, rows, head=head, after=after)
        for row in map(EntryRow._make, rows):
            try:
                fact = journal.decode_note(row.kind, parse(row.body))
            except _UNREADABLE as error:
                yield Wrong(stream=stream, seq=row.seq, what=f"这一条无法解读：{error}")
                continue
            for id_ in evidence_in(fact):
                named.setdefault(id_, (stream, row.seq))
        if not isinstance(rows[-1][_SEQ], int):
            return
        after, head = rows[-1][_SEQ], rows[-1][_HASH]


def _verify_end(item: RowMapping, last: Raw) -> Wrong | None:
    """Whether the chain ends where the register says that it does."""
    stream, known = item["no"], item["seq"]
    seq = last[_SEQ]
    if not isinstance(known, int) or not isinstance(seq, int):
        return Wrong(stream=stream, seq=0, what=f"序号不是数：台账记到 {known!r:.40}，末尾一条是 {seq!r:.40}")
    if known > seq:
        what = f"台账记到第 {known} 条，记录只到第 {seq} 条：末尾的记录被删除"
        return Wrong(stream=stream, seq=seq + 1, what=what)
    if known < seq:
        what = f"台账只记到第 {known} 条，记录却到第 {seq} 条：末尾的记录是绕过程序加上的，或台账被改动"
        return Wrong(stream=stream, seq=known + 1, what=what)
    if item["head"] != last[_HASH]:
        return Wrong(stream=stream, seq=seq, what="末尾一条与台账所记的不是同一条：这一条被换过，或台账被改动")
    return None


def verify_chain(
    hashing: Hashing, stream: str, rows: Sequence[Raw], *, head: str = GENESIS, after: int = 0
) -> Iterator[Wrong]:
    """Whether these rows follow each other and the entry `after` with the hash `head`, and are as they were hashed."""
    digest = hashing.hexdigest
    for row in rows:
        seq, hashed = row[_SEQ], row[_HASH]
        if not isinstance(seq, int):  # SQLite keeps text in a number's column, if somebody writes it
            yield Wrong(stream=stream, seq=after + 1, what=f"缺少第 {after + 1} 条记录：序号成了 {seq!r:.40}")
            return
        if seq != after + 1:
            yield Wrong(stream=stream, seq=after + 1, what=f"缺少第 {after + 1} 条记录（下一条是第 {seq} 条）")
        elif row[_PREV] != head:
            yield Wrong(stream=stream, seq=seq, what="与上一条接不上：上一条被改动，或这一条是插进来的")
        try:
            as_hashed = digest(entry_bytes(*row[:_HASH])) == hashed
        except (TypeError, AttributeError):  # and a number or bytes in a text column
            as_hashed = False
        if not as_hashed:
            yield Wrong(stream=stream, seq=seq, what="内容与哈希不符：这一条被改动过")
        head, after = hashed, seq


def _verify_fold(
    connection: Connection, item: RowMapping, rows: Sequence[EntryRow], beside: Beside, named: EvidenceNames
) -> Iterator[Wrong]:
    """The register's row and the units that help are what the entries lead to, the notices those that they name. The
    evidence that they name is `named`."""
    events: list[Event] = []
    seq = 0

    def read() -> Iterator[Event]:
        nonlocal seq
        for row in rows:
            seq = row.seq
            events.append(_event_of(row))
            yield events[-1]

    try:
        state = fold(read())
        assert state is not None
        process, calendar = pinned.process(connection, state.process), pinned.calendar(connection, state.calendar)
        first = events[0].fact
        assert isinstance(first, Issued)
        columns = projection.item_row(process, calendar, state, item["head"], events[0], first, item["import_key"])
    except _UNREADABLE as error:
        yield Wrong(stream=item["no"], seq=seq, what=f"这一条无法解读：{error}")
        return
    for event in events:
        for id_ in getattr(event.fact, "evidence", ()):
            named.setdefault(id_, (item["no"], event.seq))
    stored = dict(item)
    for name, value in columns.items():
        if stored[name] != value:
            what = f"台账的“{name}”与留痕链推算的不一致：台账是 {stored[name]!r:.80}，应为 {value!r:.80}"
            yield Wrong(stream=item["no"], seq=0, what=what)
    should = {_of_co_unit(row) for row in projection.co_unit_rows(state, columns)}
    for row in sorted(should ^ beside.helping, key=str):
        unit = f"协办单位 {row[1]!s:.40}"
        what = f"{unit} 的台账行不见了或被改动" if row in should else f"{unit} 的台账行与留痕链推算的不一致"
        yield Wrong(stream=item["no"], seq=0, what=what)
    yield from _verify_notices(item["no"], rows, events, beside.told)


def _event_of(row: EntryRow) -> Event:
    return Event(
        seq=row.seq,
        at=datetime.fromisoformat(row.at),
        command=row.command,
        actor=acted_by(row.actor, row.role, row.unit, row.via, row.through or "", row.behalf or ""),
        fact=decode_fact(row.kind, parse(row.body)),
    )


@lru_cache(maxsize=4096)
def _heard(told: str) -> dict[str, Role]:
    """Who an entry says that hears of it. Not to be changed: the same people hear of most of a unit's entries."""
    return {person: Role(role) for person, role in parse(told)}


def _verify_notices(
    no: str, rows: Sequence[EntryRow], events: Sequence[Event], told: dict[str, Raw]
) -> Iterator[Wrong]:
    """Every entry's notices are there, to whom the entry says, and no others. Entries made before that was written down
    vouch for whatever names them."""
    left = dict(told)
    for row, event in zip(rows, events, strict=True):
        if row.told is None:
            left = {id_: notice for id_, notice in left.items() if notice[_NOTICE_SEQ] != row.seq}
            continue
        if row.told == "[]":
            continue
        for notice in notices.rows_of(no, event, _heard(row.told)):
            wanted = _of_notice(notice)
            found = left.pop(wanted[0], None)
            if found is None:
                yield Wrong(stream=no, seq=row.seq, what=f"应告诉 {notice['person']} 的通知不见了：通知被删除")
            elif wanted != found:
                pairs = zip(_NOTICE_COLUMNS, wanted, found, strict=True)
                changed = "、".join(name for name, right, stored in pairs if right != stored)
                yield Wrong(stream=no, seq=row.seq, what=f"给 {notice['person']} 的通知被改动：{changed}")
    for stray in left.values():
        person = stray[_NOTICE_COLUMNS.index("person")]
        what = f"给 {person} 的通知没有依据：记录里没有说要告诉这个人"
        yield Wrong(stream=no, seq=stray[_NOTICE_SEQ], what=what)
