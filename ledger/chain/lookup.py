"""One item found by its number: its row, its state, how it was issued, one entry of it. Reads only."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, bindparam, func, select

from ledger.chain.entries import ENTRY, ITEM, event_of, unfolded
from ledger.store.driver import PreparedQuery
from rules.errors import Code, RuleViolation
from rules.machine.commands import ENDED, Command, EntryRef, Status, UnitRef, command_hash
from rules.machine.facts import Fact, Issued
from rules.machine.state import State
from rules.process import Role

NUMBER = re.compile("[A-Z]+[0-9]{4}-[0-9]{4,}(-[0-9]{1,4}){0,3}")
"""What looks like an item's number is looked up as one: no search through a hundred thousand findings."""

# Made once, since every command asks them.
_ANY_OF_COMMAND = select(ENTRY).where(ENTRY.c.stream == bindparam("stream"), ENTRY.c.command == bindparam("command"))
_OF_COMMAND = PreparedQuery(_ANY_OF_COMMAND.where(ENTRY.c.command_hash.is_not(None)))
_HASH = PreparedQuery(_ANY_OF_COMMAND.with_only_columns(ENTRY.c.command_hash).where(ENTRY.c.command_hash.is_not(None)))
_ROW = PreparedQuery(select(ITEM).where(ITEM.c.no == bindparam("no")))


def number(written: str) -> str:
    """An item's number as it is stored, however it was typed (zg2026-0001, full width). Other words stay as written."""
    plain = "".join(unicodedata.normalize("NFKC", written).split()).upper()
    return plain if NUMBER.fullmatch(plain) else written


def first_fact(connection: Connection, no: str) -> Issued:
    """How the item was issued, as it is stored. Raises unknown_item."""
    no = number(no)
    query = select(ENTRY).where(ENTRY.c.stream == no, ENTRY.c.seq == 1)
    row = connection.execute(query).mappings().first()
    fact = event_of(row).fact if row and row["kind"] == "issued" else None
    if not isinstance(fact, Issued):
        raise RuleViolation(Code.UNKNOWN_ITEM, no=no[:50])
    return fact


def hash_of_command(connection: Connection, no: str, command: str) -> str | None:
    """Of what the command of that id asked of the item; None when nothing stands there that somebody asked for."""
    row = _HASH.first(connection, stream=no, command=command)
    return row["command_hash"] if row else None


def check_same(connection: Connection, no: str, command: Command) -> None:
    """What stands under the command's id is this command and no other. Raises command_reused."""
    if hash_of_command(connection, no, command.id) != command_hash(command):
        raise RuleViolation(Code.COMMAND_REUSED, actual=command.id)


def fact_of_command(connection: Connection, no: str, command: str) -> Fact | None:
    """What the command of that id did to the item; None when nothing stands there that somebody asked for."""
    row = _OF_COMMAND.first(connection, stream=no, command=command)
    return event_of(row).fact if row else None


def entry_ref(connection: Connection, no: str, seq: int) -> EntryRef:
    """The entry at that place in the item's stream. Raises entry_unknown."""
    last = select(func.max(ENTRY.c.seq)).where(ENTRY.c.stream == no).scalar_subquery()
    query = select(ENTRY.c.kind, ENTRY.c.unit, ENTRY.c.role).where(ENTRY.c.stream == no, ENTRY.c.seq == seq)
    row = connection.execute(query).first()
    if row is None:
        raise RuleViolation(Code.ENTRY_UNKNOWN, no=no, entry=seq, count=connection.execute(select(last)).scalar() or 0)
    return EntryRef(seq=seq, kind=row.kind, unit=row.unit, role=Role(row.role))


def state_of(row: RowMapping) -> State:
    """The folded state that an item's row holds."""
    return unfolded(row["state"])


def standing_of(row: RowMapping) -> State:
    """Of an item's state no more than its columns say: whose it is and where it stands. Enough to ask who may do what
    to it, but for what a co-unit may; nothing is unfolded for it."""
    return State(
        no=row["no"],
        seq=row["seq"],
        at=datetime.fromisoformat(row["updated_at"]),
        process=row["process_ref"],
        calendar=row["calendar_ref"],
        unit=UnitRef(id=row["unit"], name=row["unit_name"], kind=row["unit_kind"], area=row["area"]),
        status=Status(row["status"]),
        step=row["step"],
    )


def item_row(connection: Connection, no: str) -> RowMapping:
    """The row alone of the item of that number, typed in whatever case. Raises unknown_item."""
    no = number(no)
    row = _ROW.first(connection, no=no)
    if row is None:
        raise RuleViolation(Code.UNKNOWN_ITEM, no=no[:50])
    return row


def item_rows(connection: Connection, numbers: Sequence[str]) -> list[RowMapping]:
    """The rows of these items, by number; at most 500 numbers."""
    return list(connection.execute(select(ITEM).where(ITEM.c.no.in_(numbers)).order_by(ITEM.c.no)).mappings())


def rows_of(connection: Connection, numbers: Sequence[str]) -> Iterator[RowMapping]:
    """The same of however many, some at a time."""
    for start in range(0, len(numbers), 500):
        yield from item_rows(connection, numbers[start : start + 500])


def open_items(connection: Connection, *, after: str = "", size: int = 500) -> list[RowMapping]:
    """Rows of items that are not ended, by number, `size` at a time."""
    query = select(ITEM).where(ITEM.c.no > after, ITEM.c.status.not_in(ENDED))
    return list(connection.execute(query.order_by(ITEM.c.no).limit(size)).mappings())


def open_children(connection: Connection, no: str) -> list[RowMapping]:
    """Rows of what follows from the item of that number and has not ended, by number."""
    query = select(ITEM).where(ITEM.c.parent == no, ITEM.c.status.not_in(ENDED))
    return list(connection.execute(query.order_by(ITEM.c.no)).mappings())


def open_item(connection: Connection, no: str) -> RowMapping | None:
    """The row of the item of that number, where it has not ended."""
    query = select(ITEM).where(ITEM.c.no == no, ITEM.c.status.not_in(ENDED))
    return connection.execute(query).mappings().first()


def anything_issued(connection: Connection) -> bool:
    """Whether there is any item, ended or not."""
    return connection.execute(select(ITEM.c.no).limit(1)).first() is not None
