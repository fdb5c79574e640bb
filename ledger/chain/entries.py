"""Appending to a stream and reading it back: chained entries, their projection and their notices in one transaction."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, select

from ledger.chain import erasable, notices, pinned, projection
from ledger.chain.family import in_rounds
from ledger.chain.figures.values import given_by, put
from ledger.store.apart import refs_in
from ledger.store.aside_tables import Nudge
from ledger.store.canonical import GENESIS, acting_columns, actor_of, canonical, entry_hash, parse
from ledger.store.database import Database, hashing_of
from ledger.store.driver import PreparedQuery, insert_many, update_many
from ledger.store.hashing import Hashing
from ledger.store.tables import Entry, Item, ItemCoUnit, Notice, table_of
from rules.codec import Plain, decode, encode, instant_text
from rules.errors import Code, RuleViolation
from rules.machine.events import Event, decode_fact
from rules.machine.facts import Issued
from rules.machine.folding import evolve
from rules.machine.state import State
from rules.process import Process, Role

ENTRY = table_of(Entry)
ITEM = table_of(Item)
CO_UNIT = table_of(ItemCoUnit)
NOTICE = table_of(Notice)
NUDGE = table_of(Nudge)

# Made once: SQLAlchemy takes longer to build these statements than SQLite to execute them.
_OF_COMMAND = select(ENTRY.c.seq).where(ENTRY.c.stream == ITEM.c.no, ENTRY.c.command == bindparam("command"))
_REFUSED = select(NUDGE.c.refusal).where(
    NUDGE.c.stream == ITEM.c.no, NUDGE.c.command == bindparam("command"), NUDGE.c.refusal != ""
)
OF_ITEM_AND_COMMAND = select(
    ITEM.c.no,
    ITEM.c.seq,
    ITEM.c.head,
    ITEM.c.state,
    ITEM.c.process_ref,
    ITEM.c.calendar_ref,
    _OF_COMMAND.exists().label("known"),
    _REFUSED.scalar_subquery().label("refusal"),
).where(ITEM.c.no == bindparam("stream"))
"""What a command is decided on."""
_ITEM_AND_COMMAND = PreparedQuery(OF_ITEM_AND_COMMAND)
_READ = select(ENTRY).where(ENTRY.c.stream == bindparam("stream"), ENTRY.c.seq > bindparam("after"))
_READ = _READ.order_by(ENTRY.c.seq)
_READ_ON = PreparedQuery(_READ.limit(500))
_AT_ONCE = 400_000
"""Characters of the bodies of newer entries that come back together, or one body: what travels has to stay below what
Temporal takes (2 MB), and an item may have got thousands while its workflow could not be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """What an append led to. Either `stored`; or entries that stand there already: `newer` ones (and after them still
    `more`), or (`known`) the very command at a seq that the caller has folded long ago. `begun`: the numbers of what
    was issued with it."""

    stored: bool = False
    known: bool = False
    newer: tuple[Event, ...] = ()
    more: bool = False
    begun: tuple[str, ...] = ()


Check = Callable[[Connection, State, Sequence[Event]], None]
"""Raises when one of these events, all of one command, is nothing that its actor may bring about in that state. Or
follows them, once they are stored."""
Also = Callable[[Connection, tuple[str, ...]], None]
"""Told, in the transaction that stores, the numbers of what was issued with it."""


def append(
    database: Database,
    stream: str,
    after: int,
    command: str,
    events: Sequence[Event],
    *,
    check: Check | None = None,
    then: Check | None = None,
    also: Also | None = None,
) -> Appended:
    """The events stand in the ledger, with projection and notices, if nothing newer than `after` did; else none does.

    Without events it only looks: whether something newer stands there, or the command itself does. All events are of
    one command. `check` is asked in the transaction that stores, `then` follows what was stored, and `also` is told.

    Raises what `check` raises, LedgerUnavailable, refused_before, and ledger_broken when the caller knows more than the
    ledger (an older copy was restored).
    """
    if not events:
        with database.read() as connection:
            item = item_and_command(connection, stream, command)
            return _newer(connection, item, after) or Appended(known=item["known"])
    with database.write() as connection:
        return append_in(connection, stream, after, command, events, check=check, then=then, also=also)


def append_in(
    connection: Connection,
    stream: str,
    after: int,
    command: str,
    events: Sequence[Event],
    *,
    check: Check | None = None,
    then: Check | None = None,
    also: Also | None = None,
) -> Appended:
    """The same as `append`, with one event at least, in a transaction that writes."""
    item = item_and_command(connection, stream, command)
    found = _newer(connection, item, after)
    if found:
        return found
    if item["known"]:
        return Appended(known=True)
    refuse_again(item)
    state = unfolded(item["state"])
    if check:
        check(connection, state, events)
    change = Change(state=state, head=item["head"], events=events)
    store(connection, rows_of(connection, (change,)))
    begun = _follow(connection, (change,))
    if then:
        then(connection, state, events)
    if also:
        also(connection, begun)
    return Appended(stored=True, begun=begun)


@lru_cache(maxsize=256)
def unfolded(text: str) -> State:
    """The state that an item's row holds as text. A command meets the same one at the desk, where it is decided and
    where it is stored."""
    return decode(State, parse(text))


def item_and_command(connection: Connection, stream: str, command: str) -> RowMapping:
    """Of the item's row what is decided on, (`known`) whether the command stands in its stream, and the `refusal` that
    it was answered with at the ledger. Raises unknown_item."""
    row = _ITEM_AND_COMMAND.first(connection, stream=stream, command=command)
    if row is None:
        raise RuleViolation(Code.UNKNOWN_ITEM, no=stream)
    return row


def refuse_again(item: RowMapping) -> None:
    """What somebody was told is not carried out, never is: a workflow may get to it later. Raises refused_before."""
    if item["refusal"]:
        told = parse(item["refusal"])
        raise RuleViolation(Code.REFUSED_BEFORE, why=str(RuleViolation(Code(told["code"]), **told["fields"])))


def _newer(connection: Connection, item: RowMapping, after: int) -> Appended | None:
    if item["seq"] < after:
        raise RuleViolation(
            Code.LEDGER_BROKEN,
            where=item["no"],
            what=f"流程引擎已到第 {after} 条记录，留痕库只有 {item['seq']} 条；留痕库可能被恢复成了旧的备份",
        )
    if item["seq"] == after:
        return None
    newer, length = list[Event](), 0
    for row in _READ_ON.all(connection, stream=item["no"], after=after):
        length += len(row["body"])
        if newer and length > _AT_ONCE:
            break
        newer.append(event_of(row))
    return Appended(newer=tuple(newer), more=newer[-1].seq < item["seq"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happens to one item: `events` follow the entry with hash `head`, on which it stood as `state`."""

    state: State
    head: str
    events: Sequence[Event]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRows:
    """What changes write, as rows: entries and notices by `stream`, the items' moving columns by `no`, and what of them
    is repeated in `helped`, for items with which units help; `names`: hashes of those that stand apart from entries."""

    entries: list[Plain]
    items: list[Plain]
    helped: list[Plain]
    notices: list[Plain]
    names: list[str] = field(default_factory=list)
    figures: list[Plain] = field(default_factory=list)


def _follow(connection: Connection, changes: Iterable[Change]) -> tuple[str, ...]:
    """What the changes bring about in other streams."""
    from ledger.chain.family import following  # here: it stores by this module

    return following.follow(connection, changes)


def rows_of(connection: Connection, changes: Iterable[Change]) -> ChangeRows:
    """The rows that these changes write, at most one change for an item. Only reads, so it needs no writers' lock."""
    changes, after = tuple(changes), []
    told: list[tuple[Process, State, Event]] = []
    figures: list[Plain] = []
    for change in changes:
        state = change.state
        for event in change.events:
            state = evolve(state, event)
            # Whoever had the item when it happened hears of it: the next event may move it to another unit.
            told.append((process := pinned.process(connection, state.process), state, event))
            figures += given_by(process, state, event)
        after.append(state)
    heard = iter(notices.heard_of(connection, told))
    rows = ChangeRows(entries=[], items=[], helped=[], notices=[], figures=figures)
    hashing = hashing_of(connection)
    for change, state in zip(changes, after, strict=True):
        hearers = [next(heard) for _ in change.events]
        written, head = entry_rows(hashing, state.no, change.head, change.events, hearers)
        process, calendar = pinned.process(connection, state.process), pinned.calendar(connection, state.calendar)
        rows.entries.extend(written)
        item = {**projection.moving_columns(process, calendar, state, head), "no": state.no}
        rows.items.append(item)
        if state.co_units:
            rows.helped.append({**projection.moving_of_co_units(item), "no": state.no})
        for event, hearer in zip(change.events, hearers, strict=True):
            rows.notices.extend(notices.rows_of(state.no, event, hearer))
            rows.names.extend(refs_in(getattr(event.fact, "answers", ())).values())
    return rows


def store(connection: Connection, rows: ChangeRows) -> None:
    """The rows stand: entries, projections and notices."""
    if rows.entries:
        insert_many(connection, ENTRY, rows.entries)
        update_many(connection, ITEM, "no", rows.items)
        in_rounds.came_in(connection, rows.entries)
        in_rounds.redated(connection, rows.entries)
    if rows.helped:
        update_many(connection, CO_UNIT, "no", rows.helped)
    if rows.notices:
        insert_many(connection, NOTICE, rows.notices)
    if rows.names:
        erasable.settle(connection, rows.names)
    put(connection, rows.figures)


def store_unmoved(
    database: Database,
    expected: Mapping[str, int],
    rows: ChangeRows,
    told: Callable[[Connection, Sequence[str], Sequence[str]], None] | None = None,
    changes: Sequence[Change] = (),
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The rows of those items that still stand at the entry `expected` of them, on which was decided; their numbers,
    and those of what was issued with it: what follows from the `changes` of these rows stands too.

    Deciding takes longer than storing, so bulk work decides before it takes the writers' lock: a person's command waits
    for the storing of one chunk at most. Whoever moved an item in between was first. Those numbers, and those of what
    was issued, are `told` in the same transaction.
    """
    if not rows.items and not told:
        return (), ()
    with database.write() as connection:
        query = select(ITEM.c.no, ITEM.c.seq).where(ITEM.c.no.in_(expected))
        still = {no for no, seq in connection.execute(query) if expected[no] == seq}
        mine = ChangeRows(
            entries=[row for row in rows.entries if row["stream"] in still],
            items=[row for row in rows.items if row["no"] in still],
            helped=[row for row in rows.helped if row["no"] in still],
            notices=[row for row in rows.notices if row["stream"] in still],
            figures=[row for row in rows.figures if row["stream"] in still],
        )
        store(connection, mine)
        numbers = tuple(row["no"] for row in mine.items)
        begun = _follow(connection, (change for change in changes if change.state.no in still))
        if told:
            told(connection, numbers, begun)
    return numbers, begun


def store_issued(connection: Connection, events: Iterable[tuple[Event, str | None]]) -> None:
    """Many items' first entries, with projections and notices, and the names that they hold apart from them.
    Each pair is (issued event, import key or None)."""
    hashing, pairs = hashing_of(connection), tuple(events)
    kept, values = erasable.set_apart(connection, hashing, (event for event, _ in pairs))
    pairs = tuple((event, import_key) for event, (_, import_key) in zip(kept, pairs, strict=True))
    states = [evolve(None, event) for event, _ in pairs]
    processes = [pinned.process(connection, state.process) for state in states]
    told = [(p, s, e) for p, s, (e, _) in zip(processes, states, pairs, strict=True)]
    heard = notices.heard_of(connection, told)
    rows = ChangeRows(entries=[], items=[], helped=[], notices=[])
    for (event, import_key), process, state, hearer in zip(pairs, processes, states, heard, strict=True):
        fact = event.fact
        assert isinstance(fact, Issued)
        written, head = entry_rows(hashing, fact.no, GENESIS, (event,), (hearer,))
        calendar = pinned.calendar(connection, state.calendar)
        rows.entries.extend(written)
        rows.items.append(projection.item_row(process, calendar, state, head, event, fact, import_key))
        rows.helped.extend(projection.co_unit_rows(state, rows.items[-1]))
        rows.notices.extend(notices.rows_of(fact.no, event, hearer))
    if rows.entries:
        insert_many(connection, ENTRY, rows.entries)
        insert_many(connection, ITEM, rows.items)
        in_rounds.numbered(connection, ((event.fact, key or "") for event, key in pairs))
    if rows.helped:
        insert_many(connection, CO_UNIT, rows.helped)
    if values:
        insert_many(connection, erasable.ERASABLE, values)
    if rows.notices:
        insert_many(connection, NOTICE, rows.notices)


def entry_rows(
    hashing: Hashing, stream: str, head: str, events: Sequence[Event], heard: Sequence[Mapping[str, Role]]
) -> tuple[list[Plain], str]:
    """The rows of the events chained to `head`, and the new head. `heard`: who hears of each."""
    recorded_at = instant_text(datetime.now(UTC))
    rows: list[Plain] = []
    for event, hearer in zip(events, heard, strict=True):
        row: dict[str, Any] = {
            "stream": stream,
            "seq": event.seq,
            "at": instant_text(event.at),
            "recorded_at": recorded_at,
            "kind": event.kind,
            "command": event.command,
            "body": canonical(encode(event.fact)).decode(),
            "prev_hash": head,
            **acting_columns(event.actor),
            "told": notices.told_text(hearer),
            "command_hash": event.command_hash or None,
        }
        head = row["hash"] = entry_hash(hashing, **row)
        rows.append(row)
    return rows, head


def read_events(connection: Connection, stream: str, after: int = 0, until: int | None = None) -> tuple[Event, ...]:
    """The events of a stream in (after, until], in order."""
    query = _READ if until is None else _READ.where(ENTRY.c.seq <= until)
    rows = connection.execute(query, {"stream": stream, "after": after}).mappings()
    return tuple(event_of(row) for row in rows)


def event_of(row: RowMapping) -> Event:
    """The event that an entry's row holds."""
    return Event(
        seq=row["seq"],
        at=datetime.fromisoformat(row["at"]),
        command=row["command"],
        actor=actor_of(row),
        fact=decode_fact(row["kind"], parse(row["body"])),
        command_hash=row["command_hash"] or "",
    )
