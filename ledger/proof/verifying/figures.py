"""Every value of a figure against the entries: each was given in one, none is missing, and of those in place of one
another each follows as it was given."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from ledger.chain import journal, pinned
from ledger.chain.entries import ENTRY, ITEM, read_events
from ledger.chain.figures.values import FIGURE_VALUE, given_by, imported_by
from ledger.chain.journal import FIGURES, decode_note
from ledger.chain.pinned import PROCESS
from ledger.proof.verifying.found import Wrong
from ledger.store.canonical import parse
from rules.codec import Plain
from rules.errors import RuleViolation
from rules.figures.asking import takes_asks
from rules.figures.facts import FiguresImported
from rules.machine.folding import evolve
from rules.machine.state import State

_UNREADABLE = (ArithmeticError, LookupError, TypeError, ValueError, AttributeError, AssertionError, RuleViolation)
_AT_ONCE = 200
_SAME = ("value", "source", "at")


def verify_figures(connection: Connection) -> Iterator[Wrong]:
    """Everything that does not follow. What cannot be read at all, its stream's own verification names."""
    told: set[str] = set()
    for streams in _chunks(_of_items(connection)):
        told.update(streams)
        given = {stream: list(_given(connection, stream)) for stream in streams}
        yield from _compare(connection, given)
    for stream in journal.streams_of(FIGURES):
        told.add(stream)
        for entry in _imports(connection, stream):
            yield from _compare(connection, {stream: entry}, seq=entry[0]["seq"] if entry else None)
    strays = select(FIGURE_VALUE.c.stream).distinct().order_by(FIGURE_VALUE.c.stream)
    for stream in connection.execute(strays).scalars():
        if stream not in told:
            yield Wrong(stream=stream, seq=0, what="有数据写着出自这里，这里却没有填报过：是绕过程序加上的")
    yield from _verify_order(connection)


def _of_items(connection: Connection) -> list[str]:
    """The numbers of all items that a round has asked."""
    refs = connection.execute(select(PROCESS.c.ref, PROCESS.c.process).order_by(PROCESS.c.ref)).all()
    asking = set[str]()
    for ref, process_id in refs:
        try:
            if process_id not in asking and takes_asks(pinned.process(connection, ref)):
                asking.add(process_id)
        except _UNREADABLE:
            continue  # altered: said elsewhere
    query = select(ITEM.c.no).where(ITEM.c.process.in_(sorted(asking))).order_by(ITEM.c.no)
    return list(connection.execute(query).scalars()) if asking else []


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), _AT_ONCE):
        yield names[start : start + _AT_ONCE]


def _given(connection: Connection, no: str) -> Iterator[Plain]:
    """The values that the item's entries give, as rows without a place among others."""
    state: State | None = None
    try:
        for event in read_events(connection, no):
            state = evolve(state, event)
            yield from given_by(pinned.process(connection, state.process), state, event)
    except _UNREADABLE:
        return


def _imports(connection: Connection, stream: str) -> Iterator[list[Plain]]:
    """The same of each import in the journal."""
    query = select(ENTRY.c.seq, ENTRY.c.at, ENTRY.c.kind, ENTRY.c.body).where(ENTRY.c.stream == stream)
    for seq, at, kind, body in connection.execute(query.order_by(ENTRY.c.seq)):
        try:
            fact = decode_note(kind, parse(body))
        except _UNREADABLE:
            continue
        if isinstance(fact, FiguresImported):
            yield imported_by(fact, stream, seq, at)


def _compare(connection: Connection, given: dict[str, list[Plain]], seq: int | None = None) -> Iterator[Wrong]:
    """What stands of these streams (of one entry alone, where `seq` says so) beside what they give."""
    query = select(FIGURE_VALUE).where(FIGURE_VALUE.c.stream.in_(given))
    query = query.where(FIGURE_VALUE.c.seq == seq) if seq is not None else query
    stand: dict[tuple[Any, ...], Any] = {_place(row): row for row in connection.execute(query).mappings()}
    for stream, rows in given.items():
        for row in rows:
            found = stand.pop(_place(row), None)
            if found is None:
                if not _said_already(connection, row):
                    yield Wrong(stream=stream, seq=row["seq"], what=f"{_named(row)}的数据不见了：被绕过程序删除")
            elif changed := [name for name in _SAME if found[name] != row[name]]:
                what = f"{_named(row)}的数据与这一条不一致（{'、'.join(changed)}）：被绕过程序改动"
                yield Wrong(stream=stream, seq=row["seq"], what=what)
    for row in stand.values():
        what = f"{_named(row)}的数据没有依据：这一条没有填报它，是绕过程序加上的"
        yield Wrong(stream=row["stream"], seq=row["seq"], what=what)


def _said_already(connection: Connection, row: Plain) -> bool:
    """Whether the value stood already when the entry gave it again: then it is no row."""
    position = select(ENTRY.c.position).where(ENTRY.c.stream == row["stream"], ENTRY.c.seq == row["seq"])
    before = select(FIGURE_VALUE.c.value).where(
        *(FIGURE_VALUE.c[name] == row[name] for name in ("figure", "unit", "period")),
        FIGURE_VALUE.c.stream == ENTRY.c.stream,
        FIGURE_VALUE.c.seq == ENTRY.c.seq,
        ENTRY.c.position < position.scalar_subquery(),
    )
    latest = connection.execute(before.order_by(ENTRY.c.position.desc()).limit(1)).scalar()
    return latest is not None and latest == row["value"]


def _verify_order(connection: Connection) -> Iterator[Wrong]:
    """Of each figure, unit and period the values are numbered as they were given, and the last one counts."""
    keys = (FIGURE_VALUE.c.figure, FIGURE_VALUE.c.unit, FIGURE_VALUE.c.period)
    query = select(FIGURE_VALUE, ENTRY.c.position).where(
        FIGURE_VALUE.c.stream == ENTRY.c.stream, FIGURE_VALUE.c.seq == ENTRY.c.seq
    )
    before: Row[Any] | None = None
    for row in connection.execute(query.order_by(*keys, FIGURE_VALUE.c.revision)):
        same = before is not None and before[:3] == row[:3]
        if before is not None and before.current is same:
            yield _misnumbered(before)
        if row.revision != (before.revision + 1 if same and before is not None else 1):
            yield _misnumbered(row)
        elif same and before is not None and before.position >= row.position:
            yield _misnumbered(row)
        before = row
    if before is not None and not before.current:
        yield _misnumbered(before)


def _misnumbered(row: Row[Any]) -> Wrong:
    named = _named({"figure": row.figure, "unit": row.unit, "period": row.period})
    return Wrong(stream=row.stream, seq=row.seq, what=f"{named}的第 {row.revision} 个数据排错了：被绕过程序改动")


def _place(row: Any) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("figure", "unit", "period", "stream", "seq"))


def _named(row: Any) -> str:
    return f"单位 {row['unit']} 的 {row['figure']}（{row['period']}）"
