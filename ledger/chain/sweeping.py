"""The due wave: every item whose alarm has come is rung, a chunk in one transaction. Who else rings it meanwhile wins.

Deciding takes longer than storing, so it is done before the writers' lock is taken: a person's command waits for the
storing of one chunk at most. What has moved in between is left alone: whoever moved it has rung it too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, select, tuple_

from ledger.chain import entries, pinned
from ledger.chain.entries import ITEM, Change
from ledger.store.canonical import parse
from ledger.store.database import Database
from rules.codec import decode, instant_text
from rules.errors import RuleViolation
from rules.machine.item import decide
from rules.machine.state import State
from rules.machine.ticks import tick

_WAVE = select(ITEM.c.alarm_at, ITEM.c.no).order_by(ITEM.c.alarm_at, ITEM.c.no)
_ROW = select(
    ITEM.c.no, ITEM.c.seq, ITEM.c.head, ITEM.c.state, ITEM.c.supervisor, ITEM.c.process_ref, ITEM.c.calendar_ref
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What became of one chunk. (`alarm_at`, `no`) is the place that was reached; `seen` of 0 means that none is left.

    `rung` items were rung here; `refused` holds the words of those that the rules would not ring, by number.
    """

    alarm_at: str = ""
    no: str = ""
    seen: int = 0
    rung: int = 0
    refused: tuple[tuple[str, str], ...] = ()


def overdue(connection: Connection, now: datetime) -> int:
    """How many items have an alarm that came before `now` and has not been rung."""
    query = select(func.count()).select_from(ITEM).where(ITEM.c.alarm_at <= instant_text(now))
    return connection.execute(query).scalar_one()


def sweep(database: Database, now: datetime, size: int, *, after: tuple[str, str] = ("", "")) -> Swept:
    """The next `size` items after the place `after`, by (alarm, number), are rung as of `now`, with their notices.

    Safe to run again at any point, and beside the items' own timers. Raises LedgerUnavailable.
    """
    with database.read() as connection:
        place = tuple_(ITEM.c.alarm_at, ITEM.c.no) > after
        query = _WAVE.where(ITEM.c.alarm_at <= instant_text(now), place).limit(size)
        wave = connection.execute(query).all()
        if not wave:
            return Swept()
        chunk = connection.execute(_ROW.where(ITEM.c.no.in_([no for _, no in wave]))).mappings().all()
        changes, refused = _decided(connection, chunk, now)
        rows = entries.rows_of(connection, changes)
    stored = entries.store_unmoved(database, {row["no"]: row["seq"] for row in chunk}, rows)
    last_alarm, last_no = wave[-1]
    return Swept(alarm_at=last_alarm, no=last_no, seen=len(wave), rung=len(stored), refused=tuple(refused))


def _decided(
    connection: Connection, chunk: Sequence[RowMapping], now: datetime
) -> tuple[list[Change], list[tuple[str, str]]]:
    """What ringing leads to; an item that the rules refuse to ring must not keep the others waiting."""
    changes, refused = [], []
    for row in chunk:
        process, calendar = (
            pinned.process(connection, row["process_ref"]),
            pinned.calendar(connection, row["calendar_ref"]),
        )
        state = decode(State, parse(row["state"]))
        try:
            events = decide(process, calendar, state, tick(state.seq), now).events
        except RuleViolation as refusal:
            refused.append((row["no"], str(refusal)))
            continue
        if events:
            changes.append(Change(state=state, head=row["head"], supervisor=row["supervisor"], events=events))
    return changes, refused
