"""Each stream by itself: hashes and chain, the fold against the register, what was told against the notices."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, Select, select, union

from ledger import journal, notices, pinned, projection
from ledger.canonical import GENESIS, entry_bytes, parse
from ledger.database import hashing_of
from ledger.entries import ENTRY, ITEM, NOTICE
from ledger.hashing import Hashing
from ledger.verifying.found import Count, Wrong
from rules.codec import Plain
from rules.commands import Actor
from rules.errors import RuleViolation
from rules.events import Event, Issued, decode_fact
from rules.process import Role
from rules.state import State, evolve

CHUNK = 200
JOURNAL_CHUNK = 5000


class Row(NamedTuple):
    """An entry as it is read here: a tuple, since a million of them are, in the order of `entry_bytes` but for `hash`.
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
    body: str
    prev_hash: str
    hash: str
    behalf: str | None
    told: str | None


COLUMNS = tuple(ENTRY.c[name] for name in Row._fields)
_NOTICE_COLUMNS = ("id", "stream", "seq", "at", "person", "role", "kind", "rung", "lamp", "immediate")
_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, AssertionError, StopIteration, RuleViolation)
"""What reading an entry raises that is not as the program writes it."""


def next_streams(connection: Connection, after: str, size: int = CHUNK) -> list[str]:
    """The names of the next streams, of entries or of the register, in the database's own order."""
    of_entries = select(ENTRY.c.stream).where(ENTRY.c.stream > after).distinct().order_by(ENTRY.c.stream)
    of_items = select(ITEM.c.no).where(ITEM.c.no > after).order_by(ITEM.c.no)
    both = union(*(select(part.limit(size).subquery()) for part in (of_entries, of_items))).subquery()
    name = both.c[0]
    return list(connection.execute(select(name).order_by(name).limit(size)).scalars())


def verify_streams(connection: Connection, names: Sequence[str], count: Count, *, deep: bool = True) -> Iterator[Wrong]:
    """Everything that is wrong with these streams, in their order. Not `deep`: without folding them."""
    hashing = hashing_of(connection)
    items = [name for name in names if not journal.is_journal(name)]
    query = select(*COLUMNS).where(ENTRY.c.stream.in_(items)).order_by(ENTRY.c.stream, ENTRY.c.seq)
    rows = {stream: list(of) for stream, of in groupby(_read(connection, query), key=lambda row: row.stream)}
    found = select(ITEM).where(ITEM.c.no.in_(items))
    register = {row["no"]: row for row in connection.execute(found).mappings()}
    told = _notices(connection, items) if deep else {}
    for name in names:
        if journal.is_journal(name):
            yield from _verify_journal(connection, hashing, name, count)
        else:
            yield from _verify_item(
                connection, hashing, name, rows.get(name, []), register.get(name), told.get(name, {}), count, deep=deep
            )


def _read(connection: Connection, query: Select[Any]) -> Iterator[Row]:
    """The rows as the driver gives them: text and numbers, which SQLAlchemy would only hand on, one by one."""
    cursor = connection.execute(query).cursor
    assert cursor is not None
    return map(Row._make, cursor.fetchall())


def _notices(connection: Connection, items: Sequence[str]) -> dict[str, dict[str, Plain]]:
    """Notices by item and id."""
    query = select(*(NOTICE.c[name] for name in _NOTICE_COLUMNS)).where(NOTICE.c.stream.in_(items))
    found: dict[str, dict[str, Plain]] = {}
    for row in connection.execute(query):
        found.setdefault(row[1], {})[row[0]] = dict(zip(_NOTICE_COLUMNS, row, strict=True))
    return found


def _verify_item(
    connection: Connection,
    hashing: Hashing,
    stream: str,
    rows: Sequence[Row],
    item: RowMapping | None,
    told: dict[str, Plain],
    count: Count,
    *,
    deep: bool,
) -> Iterator[Wrong]:
    count.entries += len(rows)
    count.items += 1
    broken = list(verify_chain(hashing, stream, rows))
    yield from broken
    if item is None:
        yield Wrong(stream=stream, seq=0, what="有记录，但台账里没有这个事项")
    elif not rows:
        yield Wrong(stream=stream, seq=0, what="台账里有这个事项，但一条记录也没有")
    elif ends := _verify_end(item, rows[-1]):
        yield ends
    elif deep and not broken:
        yield from _verify_fold(connection, item, rows, told)


def _verify_journal(connection: Connection, hashing: Hashing, stream: str, count: Count) -> Iterator[Wrong]:
    """A journal may be long, so it is read in pieces."""
    after, head = 0, GENESIS
    while True:
        query = select(*COLUMNS).where(ENTRY.c.stream == stream, ENTRY.c.seq > after)
        rows = list(_read(connection, query.order_by(ENTRY.c.seq).limit(JOURNAL_CHUNK)))
        if not rows:
            return
        count.entries += len(rows)
        yield from verify_chain(hashing, stream, rows, head=head, after=after)
        for row in rows:
            try:
                journal.decode_note(row.kind, parse(row.body))
            except _UNREADABLE as error:
                yield Wrong(stream=stream, seq=row.seq, what=f"这一条无法解读：{error}")
        if not isinstance(rows[-1].seq, int):
            return
        after, head = rows[-1].seq, rows[-1].hash


def _verify_end(item: RowMapping, last: Row) -> Wrong | None:
    """Whether the chain ends where the register says that it does."""
    stream, known = item["no"], item["seq"]
    seq = last.seq
    if not isinstance(known, int) or not isinstance(seq, int):
        return Wrong(stream=stream, seq=0, what=f"序号不是数：台账记到 {known!r:.40}，末尾一条是 {seq!r:.40}")
    if known > seq:
        what = f"台账记到第 {known} 条，记录只到第 {seq} 条：末尾的记录被删除"
        return Wrong(stream=stream, seq=seq + 1, what=what)
    if known < seq:
        what = f"台账只记到第 {known} 条，记录却到第 {seq} 条：末尾的记录是绕过程序加上的，或台账被改动"
        return Wrong(stream=stream, seq=known + 1, what=what)
    if item["head"] != last.hash:
        return Wrong(stream=stream, seq=seq, what="末尾一条与台账所记的不是同一条：这一条被换过，或台账被改动")
    return None


def verify_chain(
    hashing: Hashing, stream: str, rows: Sequence[Row], *, head: str = GENESIS, after: int = 0
) -> Iterator[Wrong]:
    """Whether these rows follow each other and the entry `after` with the hash `head`, and are as they were hashed."""
    digest = hashing.hexdigest
    for row in rows:
        seq, hashed = row.seq, row.hash
        if not isinstance(seq, int):  # SQLite keeps text in a number's column, if somebody writes it
            yield Wrong(stream=stream, seq=after + 1, what=f"缺少第 {after + 1} 条记录：序号成了 {seq!r:.40}")
            return
        if seq != after + 1:
            yield Wrong(stream=stream, seq=after + 1, what=f"缺少第 {after + 1} 条记录（下一条是第 {seq} 条）")
        elif row.prev_hash != head:
            yield Wrong(stream=stream, seq=seq, what="与上一条接不上：上一条被改动，或这一条是插进来的")
        try:
            as_hashed = digest(entry_bytes(*row[:11], *row[12:])) == hashed
        except (TypeError, AttributeError):  # and a number or bytes in a text column
            as_hashed = False
        if not as_hashed:
            yield Wrong(stream=stream, seq=seq, what="内容与哈希不符：这一条被改动过")
        head, after = hashed, seq


def _verify_fold(
    connection: Connection, item: RowMapping, rows: Sequence[Row], told: dict[str, Plain]
) -> Iterator[Wrong]:
    """The register's row is what the entries lead to, and the notices are those that they name."""
    events: list[Event] = []
    state: State | None = None
    seq = 0
    try:
        for row in rows:
            seq = row.seq
            events.append(_event_of(row))
            state = evolve(state, events[-1])
        assert state is not None
        process, calendar = pinned.process(connection, state.process), pinned.calendar(connection, state.calendar)
        first = events[0].fact
        assert isinstance(first, Issued)
        columns = projection.item_row(process, calendar, state, item["head"], events[0], first, item["import_key"])
    except _UNREADABLE as error:
        yield Wrong(stream=item["no"], seq=seq, what=f"这一条无法解读：{error}")
        return
    for name, value in columns.items():
        if item[name] != value:
            what = f"台账的“{name}”与留痕链推算的不一致：台账是 {item[name]!r:.80}，应为 {value!r:.80}"
            yield Wrong(stream=item["no"], seq=0, what=what)
    yield from _verify_notices(item["no"], rows, events, told)


def _event_of(row: Row) -> Event:
    return Event(
        seq=row.seq,
        at=datetime.fromisoformat(row.at),
        command=row.command,
        actor=Actor(id=row.actor, role=Role(row.role), unit=row.unit, behalf=row.behalf or ""),
        fact=decode_fact(row.kind, parse(row.body)),
    )


def _verify_notices(no: str, rows: Sequence[Row], events: Sequence[Event], told: dict[str, Plain]) -> Iterator[Wrong]:
    """Every entry's notices are there, to whom the entry says, and no others. Entries made before that was written down
    vouch for whatever names them."""
    left = dict(told)
    for row, event in zip(rows, events, strict=True):
        if row.told is None:
            left = {id_: notice for id_, notice in left.items() if notice["seq"] != row.seq}
            continue
        if row.told == "[]":
            continue
        heard = {person: Role(role) for person, role in parse(row.told)}
        for wanted in notices.rows_of(no, event, heard):
            found = left.pop(wanted["id"], None)
            if found is None:
                yield Wrong(stream=no, seq=row.seq, what=f"应告诉 {wanted['person']} 的通知不见了：通知被删除")
            elif any(wanted[name] != found[name] for name in _NOTICE_COLUMNS):
                changed = "、".join(name for name in _NOTICE_COLUMNS if wanted[name] != found[name])
                yield Wrong(stream=no, seq=row.seq, what=f"给 {wanted['person']} 的通知被改动：{changed}")
    for notice in left.values():
        yield Wrong(
            stream=no, seq=notice["seq"], what=f"给 {notice['person']} 的通知没有依据：记录里没有说要告诉这个人"
        )
