"""A ledger filled with many honest entries, fast: rows by direct SQL, hashed and chained, the guards on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ledger.chain.entries import ENTRY
from ledger.store.canonical import GENESIS, canonical, entry_bytes
from ledger.store.database import Database, hashing_of
from ledger.store.driver import insert_many
from rules.codec import instant_text
from rules.machine.commands import Actor, Command, CommandKind, Via, command_hash
from rules.process import Role

_CHUNK = 8000
LIFE = 8
"""Entries of a stream, about as many as an item has."""
_COLUMNS = (
    "stream", "seq", "at", "recorded_at", "actor", "role", "unit", "kind", "command", "body", "prev_hash", "behalf",
    "told", "command_hash", "via",
)  # fmt: skip
_LEADER = Actor(id="p0004", role=Role.LEADER, via=Via.SITE)
REMARK = "请对照问题清单逐项核实，补齐会议记录和学习计划，月底前把整改情况和佐证材料一并报来。"


def fill(database: Database, entries: int, name: str) -> None:
    """So many entries stand behind what was there, in streams whose names begin with `name`.

    They have no rows in the register, so they are no items to pages and verification; chains and tree are whole.
    """
    begun = datetime.now(UTC) - timedelta(days=300)
    body = canonical({"text": REMARK}).decode()
    told = canonical([["p0004", "leader"], ["p2001", "liaison"]]).decode()
    asked = command_hash(Command(kind=CommandKind.REMARK, id="c", actor=_LEADER, text=REMARK))
    for start in range(0, entries, _CHUNK):
        with database.write() as connection:
            hashing = hashing_of(connection)
            rows = []
            head = GENESIS
            for n in range(start, min(start + _CHUNK, entries)):
                seq = n % LIFE + 1
                at = instant_text(begun + timedelta(seconds=n * 20))
                stream = f"{name}-{n // LIFE:06d}"
                head = GENESIS if seq == 1 else head
                values = (
                    stream, seq, at, at, "p0004", "leader", None, "remarked", f"c-{n}", body, head, None, told, asked,
                    "site",
                )  # fmt: skip
                row = dict(zip(_COLUMNS, values, strict=True))
                head = row["hash"] = hashing.hexdigest(entry_bytes(**row))  # type: ignore[arg-type]
                rows.append(row)
            insert_many(connection, ENTRY, rows)
