"""One command for many items: a chunk is folded, decided, and stored in one transaction where nothing has moved.

Deciding takes longer than storing, so it is done before the writers' lock is taken: a person's command waits for the
storing of one chunk at most. What has moved in between is left to whoever moved it. Which items, and what they are
given, stands in selections.py.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, func, select, tuple_

from ledger.chain import entries, pinned
from ledger.chain.entries import ENTRY, ITEM, Change, Check
from ledger.chain.family import following
from ledger.chain.lookup import state_of
from ledger.chain.past import nudges
from ledger.store.database import Database
from rules.errors import RuleViolation
from rules.machine.commands import Actor, Command
from rules.machine.events import Event
from rules.machine.item import decide
from rules.machine.state import State
from rules.machine.timed import DueSet, Migrated, Moved, Recalculated
from rules.moves.sowing import at_once

_ROW = select(
    ITEM.c.no,
    ITEM.c.seq,
    ITEM.c.head,
    ITEM.c.state,
    ITEM.c.alarm_at,
    ITEM.c.process_ref,
    ITEM.c.calendar_ref,
)

Place = tuple[str, ...]
"""How far a selection has been gone through: the last item's values of the columns by which it is ordered."""

ENTRIES_AT_ONCE = 500
"""With the item with which it comes to so many entries, follow-ups included, a chunk is full: a person's command waits
while it is stored. Fifty items that owe sixty things each would else be six thousand."""

BEGUN = "begun"
"""The command of the nudges that are left for what bulk work issued: nobody gave them one."""

Refused = tuple[str, RuleViolation]
"""An item's number, and why it does not get its command."""
Settle = Callable[[Connection, Sequence[str], Sequence[Refused]], None]
"""Told, in the transaction that stores a chunk, which of its items have what the command led to, and which have not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The items of which `where` holds, ordered by `order`, and the command that each is given: by `actor`, or, where
    that is None, by whom each command says.

    `once`: the id of an item's command, where each is given it once. `settle`: who keeps what became of them.
    """

    where: tuple[ColumnElement[bool], ...]
    order: tuple[ColumnElement[str], ...]
    actor: Actor | None
    command: Callable[[Connection, State], Command]
    once: ColumnElement[str] | None = None
    settle: Settle | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What became of one chunk, up to the place `after`; `seen` of 0 means that none is left behind it.

    `stored` items have what the command led to, `moved` of them another date by it; `left` have not, since the rules
    refused or (`beaten` of them) others were first. `earlier`: those whose alarm now comes sooner than their workflows
    know, and those which were issued with it and have none yet.
    """

    after: Place = ()
    seen: int = 0
    stored: int = 0
    moved: int = 0
    left: int = 0
    beaten: int = 0
    earlier: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()


def waiting(connection: Connection, selection: Selection) -> int:
    """How many items the selection means now."""
    return connection.execute(select(func.count()).select_from(ITEM).where(*selection.where)).scalar_one()


def give(
    database: Database,
    selection: Selection,
    now: datetime,
    size: int,
    *,
    after: Place = (),
    retried: bool = False,
    check: Check | None = None,
    nudged: bool = False,
) -> Given:
    """The next `size` items behind the place `after` have been given the command as of `now`, with their notices.

    Safe to run again at any point, and beside commands and timers. When `retried`, an attempt before may have stored
    its chunk and died before it could say whom to tell: those are named. What `check` raises refuses the one item.
    `nudged`: nobody can be told now, so that what is issued with it is left a nudge.
    Raises LedgerUnavailable.
    """
    with database.read() as connection:
        chunk = _next(connection, selection, after, size)
        told_nobody = _given(connection, selection, after, size) if retried else ()
        told_nobody += tuple(n for no in told_nobody for n in _begun_by(connection, no))
        if not chunk:
            return Given(earlier=told_nobody)
        changes, refused, looked_at = _decided(connection, selection, chunk, now, check)
        chunk = chunk[:looked_at]
        rows = entries.rows_of(connection, changes)

    def settle(connection: Connection, numbers: Sequence[str], begun: Sequence[str]) -> None:
        if selection.settle:
            selection.settle(connection, numbers, refused)
        if nudged:
            nudges.leave(connection, dict.fromkeys(begun, 1), BEGUN, now, away=True)

    told = settle if selection.settle or nudged else None
    expected = {row["no"]: row["seq"] for row in chunk}
    numbers, begun = entries.store_unmoved(database, expected, rows, told, changes)
    stored = set(numbers)
    known = {row["no"]: row["alarm_at"] for row in chunk}
    sooner = (item["no"] for item in rows.items if _sooner(item["alarm_at"], known[item["no"]]))
    return Given(
        after=_place(selection, chunk[-1]),
        seen=len(chunk),
        stored=len(stored),
        moved=sum(1 for change in changes if change.state.no in stored and moved(change.events)),
        left=len(refused) + len(changes) - len(stored),
        beaten=len(changes) - len(stored),
        earlier=(*told_nobody, *(no for no in sooner if no in stored), *begun),
        refused=tuple(refused),
    )


def foresee(connection: Connection, selection: Selection, now: datetime, size: int = 500) -> Iterator[Change]:
    """What giving the command would lead to, for each item that the rules let have it; nothing is written."""
    for changes, _ in foresee_chunks(connection, selection, now, size):
        yield from changes


def foresee_chunks(
    connection: Connection, selection: Selection, now: datetime, size: int = 500
) -> Iterator[tuple[list[Change], list[Refused]]]:
    """The same, and beside it why the rules would not let others have it."""
    after: Place = ()
    while chunk := _next(connection, selection, after, size):
        changes, refused, looked_at = _decided(connection, selection, chunk, now, None)
        yield changes, refused
        after = _place(selection, chunk[looked_at - 1])


def moved(events: Sequence[Event]) -> tuple[Moved, ...]:
    """The dates that another calendar or another version moved."""
    return next((e.fact.dates.moved for e in events if isinstance(e.fact, Recalculated | DueSet | Migrated)), ())


def _next(connection: Connection, selection: Selection, after: Place, size: int) -> Sequence[RowMapping]:
    query = _ROW.where(*selection.where, *_behind(selection, after)).order_by(*selection.order).limit(size)
    return connection.execute(query).mappings().all()


def _given(connection: Connection, selection: Selection, after: Place, size: int) -> tuple[str, ...]:
    """The first items behind the place that have been given the command."""
    if selection.once is None:
        return ()
    given = select(ENTRY.c.seq).where(ENTRY.c.stream == ITEM.c.no, ENTRY.c.command == selection.once).exists()
    query = select(ITEM.c.no).where(given, *_behind(selection, after)).order_by(*selection.order).limit(size)
    return tuple(connection.execute(query).scalars())


def _begun_by(connection: Connection, no: str) -> tuple[str, ...]:
    return following.begun_by(connection, no, entries.read_events(connection, no))


def _place(selection: Selection, row: RowMapping) -> Place:
    return tuple(row[column] for column in selection.order)


def _behind(selection: Selection, after: Place) -> tuple[ColumnElement[bool], ...]:
    return (tuple_(*selection.order) > after,) if after else ()


def _decided(
    connection: Connection, selection: Selection, chunk: Sequence[RowMapping], now: datetime, check: Check | None
) -> tuple[list[Change], list[Refused], int]:
    """What the command leads to, in as many of the items as come to ENTRIES_AT_ONCE, and how many these are; one that
    the rules refuse it must not keep the others waiting."""
    changes, refused, stored = list[Change](), list[Refused](), 0
    for looked_at, row in enumerate(chunk, 1):
        state = state_of(row)
        try:
            events = outcome(connection, row, state, selection.command(connection, state), now, check)
        except RuleViolation as refusal:
            refused.append((row["no"], refusal))
            continue
        if events:
            changes.append(Change(state=state, head=row["head"], events=events))
        stored += sum(1 + len(at_once(event)) for event in events)
        if stored >= ENTRIES_AT_ONCE:
            return changes, refused, looked_at
    return changes, refused, len(chunk)


def outcome(
    connection: Connection, row: RowMapping, state: State, command: Command, now: datetime, check: Check | None
) -> tuple[Event, ...]:
    """What the command leads to in that item, by the rules and by whatever is to check it. Raises RuleViolation."""
    process = pinned.process(connection, row["process_ref"])
    calendar = pinned.calendar(connection, row["calendar_ref"])
    events = decide(process, calendar, state, command, now).events
    following.check(connection, state, events)
    if check:
        check(connection, state, events)
    return events


def _sooner(rings: str | None, known: str | None) -> bool:
    """Whether the workflow, which sleeps until the alarm that it knows, would wake too late."""
    return rings is not None and (known is None or rings < known)
