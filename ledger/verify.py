"""Whether the ledger proves itself: hashes, chains, folds and projections. Reads only; says what is wrong, where."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, func, select, union

from ledger import batches, pinned, projection
from ledger.batches import COUNTER
from ledger.canonical import GENESIS, entry_hash
from ledger.database import Database
from ledger.entries import ENTRY, ITEM, event_of
from rules.errors import RuleViolation
from rules.events import Event, Issued
from rules.state import State, evolve

_HASHED = (
    "stream",
    "seq",
    "at",
    "recorded_at",
    "actor",
    "role",
    "unit",
    "kind",
    "command",
    "body",
    "prev_hash",
    "behalf",
    "told",
)
_CHUNK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """One thing that is wrong: in which stream, at which entry (0: the stream as a whole), what, in Chinese."""

    stream: str
    seq: int
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was looked at, and everything that is wrong with it."""

    entries: int
    items: int
    wrong: tuple[Wrong, ...]


@dataclass(slots=True)
class Count:
    """How far a verification is."""

    entries: int = 0
    items: int = 0


def size(database: Database) -> int:
    """How many entries there are to verify."""
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(ENTRY)).scalar() or 0


def verify(database: Database, count: Count | None = None, step: Callable[[], object] = lambda: None) -> Verified:
    """Every stream checked against its chain and its projection, a few hundred streams to a transaction.

    Each transaction sees one instant of the database, so writers on a live system raise no false alarm. `count` is
    kept current; `step` is called after every chunk.
    """
    count = count or Count()
    wrong: list[Wrong] = []
    after = ""
    while True:
        with database.read() as connection:
            if not after:
                wrong += _missing_numbers(connection)
            streams = _next_streams(connection, after)
            for stream in streams:
                wrong += _verify_stream(connection, stream, count)
        if not streams:
            return Verified(entries=count.entries, items=count.items, wrong=tuple(wrong))
        after = streams[-1]
        step()


def _next_streams(connection: Connection, after: str) -> list[str]:
    """In the database's own order, which need not be Python's."""
    of_entries = select(ENTRY.c.stream).where(ENTRY.c.stream > after).distinct().order_by(ENTRY.c.stream)
    of_items = select(ITEM.c.no).where(ITEM.c.no > after).order_by(ITEM.c.no)
    both = union(*(select(part.limit(_CHUNK).subquery()) for part in (of_entries, of_items))).subquery()
    name = both.c[0]
    return list(connection.execute(select(name).order_by(name).limit(_CHUNK)).scalars())


def _missing_numbers(connection: Connection) -> Iterator[Wrong]:
    """Numbers that were given out and of which nothing is left, neither entries nor the row of the register."""
    for prefix, value in connection.execute(select(COUNTER.c.name, COUNTER.c.value).order_by(COUNTER.c.name)):
        like = f"{prefix}-"
        of_items = select(ITEM.c.no).where(ITEM.c.no.startswith(like, autoescape=True))
        if len(known := set(connection.execute(of_items).scalars())) >= value:
            continue
        of_entries = select(ENTRY.c.stream).where(ENTRY.c.seq == 1, ENTRY.c.stream.startswith(like, autoescape=True))
        known |= set(connection.execute(of_entries).scalars())
        for number in range(1, value + 1):
            if (no := batches.number(prefix, number)) not in known:
                yield Wrong(stream=no, seq=0, what="这个编号已经发出，但记录和台账里都没有：整个事项被删除")


def _verify_stream(connection: Connection, stream: str, count: Count) -> Iterator[Wrong]:
    rows = connection.execute(select(ENTRY).where(ENTRY.c.stream == stream).order_by(ENTRY.c.seq)).mappings().all()
    item = connection.execute(select(ITEM).where(ITEM.c.no == stream)).mappings().first()
    count.entries += len(rows)
    count.items += 1
    broken = list(_verify_chain(stream, rows))
    yield from broken
    if item is None:
        yield Wrong(stream=stream, seq=0, what="有记录，但台账里没有这个事项")
    elif not rows:
        yield Wrong(stream=stream, seq=0, what="台账里有这个事项，但一条记录也没有")
    elif ends := _verify_end(item, rows[-1]):
        yield ends
    elif not broken:
        yield from _verify_fold(connection, item, rows)


def _verify_end(item: RowMapping, last: RowMapping) -> Wrong | None:
    """Whether the chain ends where the register says that it does."""
    stream, known, seq = item["no"], item["seq"], last["seq"]
    if not isinstance(known, int) or not isinstance(seq, int):
        return Wrong(stream=stream, seq=0, what=f"序号不是数：台账记到 {known!r:.40}，末尾一条是 {seq!r:.40}")
    if known > seq:
        what = f"台账记到第 {known} 条，记录只到第 {seq} 条：末尾的记录被删除"
        return Wrong(stream=stream, seq=seq + 1, what=what)
    if known < seq:
        what = f"台账只记到第 {known} 条，记录却到第 {seq} 条：末尾的记录是绕过程序加上的，或台账被改动"
        return Wrong(stream=stream, seq=known + 1, what=what)
    if item["head"] != last["hash"]:
        return Wrong(stream=stream, seq=seq, what="末尾一条与台账所记的不是同一条：这一条被换过，或台账被改动")
    return None


def _verify_chain(stream: str, rows: Sequence[RowMapping]) -> Iterator[Wrong]:
    head, expected = GENESIS, 1
    for row in rows:
        seq = row["seq"]
        if not isinstance(seq, int):  # SQLite keeps text in a number's column, if somebody writes it
            yield Wrong(stream=stream, seq=expected, what=f"缺少第 {expected} 条记录：序号成了 {seq!r:.40}")
            return
        if seq != expected:
            yield Wrong(stream=stream, seq=expected, what=f"缺少第 {expected} 条记录（下一条是第 {seq} 条）")
        elif row["prev_hash"] != head:
            yield Wrong(stream=stream, seq=seq, what="与上一条接不上：上一条被改动，或这一条是插进来的")
        if not _is_as_hashed(row):
            yield Wrong(stream=stream, seq=seq, what="内容与哈希不符：这一条被改动过")
        head, expected = row["hash"], seq + 1


def _is_as_hashed(row: RowMapping) -> bool:
    try:
        found: bool = entry_hash(**{name: row[name] for name in _HASHED}) == row["hash"]
    except (TypeError, AttributeError):  # SQLite keeps a number or bytes in a text column, if somebody writes them
        return False
    return found


def _verify_fold(connection: Connection, item: RowMapping, rows: Sequence[RowMapping]) -> Iterator[Wrong]:
    events: list[Event] = []
    state: State | None = None
    seq = 0
    try:
        for row in rows:
            seq = row["seq"]
            events.append(event_of(row))
            state = evolve(state, events[-1])
        assert state is not None
        process, calendar = pinned.process(connection, state.process), pinned.calendar(connection, state.calendar)
        first = events[0].fact
        assert isinstance(first, Issued)
        columns = projection.item_row(process, calendar, state, item["head"], events[0], first, item["import_key"])
    except (LookupError, TypeError, ValueError, AttributeError, AssertionError, StopIteration, RuleViolation) as error:
        yield Wrong(stream=item["no"], seq=seq, what=f"这一条无法解读：{error}")
        return
    for name, value in columns.items():
        if item[name] != value:
            what = f"台账的“{name}”与留痕链推算的不一致：台账是 {item[name]!r:.80}，应为 {value!r:.80}"
            yield Wrong(stream=item["no"], seq=0, what=what)
