"""Appending and verifying: a ledger of honest items, verified whole; and what came since the last verification."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from time import perf_counter, process_time

from sqlalchemy import Connection

from definitions.catalogue import EXAMPLE
from ledger.chain import entries, pinned
from ledger.chain.entries import ENTRY, Change
from ledger.directory import people
from ledger.proof import checkpoints
from ledger.proof.merkle import Frontier, grow
from ledger.proof.verify import Mark, verify
from ledger.store.canonical import GENESIS, canonical, parse
from ledger.store.database import Database, hashing_of
from ledger.store.driver import insert_many
from rules.codec import Plain
from rules.errors import RuleViolation
from rules.machine.commands import UnitRef
from rules.machine.events import Event
from rules.machine.facts import Issued, Remarked
from rules.machine.folding import evolve
from rules.machine.issuing import Order, issue
from rules.machine.item import decide
from rules.machine.state import State
from runtime.bench.figures import Runs
from runtime.bench.filling import REMARK
from runtime.bench.measures.proof import Ground
from runtime.bench.measures.register import course
from runtime.bench.place import FINDING, SUPERVISOR
from runtime.ending import Problem

_CHUNK = 500
APPENDED = 20
"""Chunks of which the rate of appending is taken."""
_TURNS = 3
"""How often verifying and its limit take turns in one run: the machine is not equally fast all the time."""
VARIANTS = ("at_once", "staged", "long_term")
_SEED = 20261125


def fill(database: Database, size: int, prefix: str) -> int:
    """At least so many entries of honest items stand in the ledger, with register and notices. Returns how many."""
    with database.read() as connection:
        lives = list(_lives(connection, Random(_SEED)))
    written, numbers = 0, count(1)
    while written < size:
        with database.write() as connection:
            chosen: list[list[Event]] = []
            while len(chosen) < _CHUNK and written < size:
                number = next(numbers)
                chosen.append(_renumbered(lives[number % len(lives)], f"{prefix}2026-{number:06d}"))
                written += len(chosen[-1])
            _store(connection, chosen)
    return written


def _store(connection: Connection, lives: list[list[Event]]) -> None:
    entries.store_issued(connection, [(life[0], None) for life in lives])
    changes = []
    for life in lives:
        state = evolve(None, life[0])
        query = entries.ITEM.select().where(entries.ITEM.c.no == state.no)
        row = connection.execute(query).mappings().one()
        if life[1:]:
            changes.append(Change(state=state, head=row["head"], events=life[1:]))
    entries.store(connection, entries.rows_of(connection, changes))


def _lives(connection: Connection, chance: Random) -> Iterator[list[Event]]:
    """An item of each variant for each unit, some way along the usual course, late now and then."""
    calendar = pinned.current_calendar(connection)
    for unit in people.all_units(connection):
        ref = UnitRef(id=unit["id"], name=unit["name"], kind=unit["kind"], area=unit["area"])
        for variant in VARIANTS:
            process = pinned.current_process(connection, EXAMPLE, variant, ref.kind)
            now = datetime.now(UTC) - timedelta(days=chance.uniform(0, 200))
            order = Order(no="BV2026-000000", unit=ref, title=FINDING, matter=(("category", "组织建设"),))
            events = list(issue(process, calendar, order, command="issue", actor=SUPERVISOR, now=now).events)
            state: State = evolve(None, events[0])
            for n, command in enumerate(course(ref, process)):
                now += timedelta(days=chance.uniform(0.1, 12))
                try:
                    made = decide(process, calendar, state, replace(command, id=f"c{n}"), now).events
                except RuleViolation:
                    continue
                for event in made:
                    state = evolve(state, event)
                events += made
            yield events


def _renumbered(life: list[Event], no: str) -> list[Event]:
    first = life[0]
    assert isinstance(first.fact, Issued)
    return [replace(first, fact=replace(first.fact, no=no)), *life[1:]]


def measure(database: Database, runs: Runs) -> None:
    """One run, on a ledger that has been filled and sealed."""
    _append(database, runs)
    chains = least = 0.0
    for _ in range(_TURNS):
        begun = process_time()
        found = verify(database, deep=False)
        chains += (process_time() - begun) / found.entries / _TURNS
        least += 1 / _limit(database) / _TURNS
    begun = process_time()
    deep = verify(database)
    runs.measured(
        verify_per_s=1 / chains, verify_deep_per_s=deep.entries / (process_time() - begun), verify_limit_per_s=1 / least
    )
    if found.wrong or deep.wrong:
        raise Problem(f"核验不符：{(*found.wrong, *deep.wrong)[0].what}")
    runs.add("verify_of_limit", least / chains)


def _append(database: Database, runs: Runs) -> None:
    """Entries in chunks of 500, hashed and chained, through the guards and every index; then they are taken back. Each
    is followed by the same rows put into a table that has neither."""
    now, fact = datetime.now(UTC), Remarked(text=REMARK)
    bare = sqlite3.connect(":memory:", isolation_level=None)
    spent = bare_spent = 0.0
    with database.write() as connection:
        trial = connection.begin_nested()
        for chunk in range(APPENDED):
            begun = perf_counter()
            events = [Event(seq=n, at=now, command=f"c{n}", actor=SUPERVISOR, fact=fact) for n in range(1, _CHUNK + 1)]
            rows, _ = entries.entry_rows(hashing_of(connection), f"~bench/{chunk}", GENESIS, events, [{}] * _CHUNK)
            insert_many(connection, ENTRY, rows)
            spent += perf_counter() - begun
            bare_spent += _put(bare, rows)
        trial.rollback()
    runs.add("append_ratio", spent / bare_spent)
    runs.measured(append_per_s=APPENDED * _CHUNK / spent, append_bare_per_s=APPENDED * _CHUNK / bare_spent)


def _put(bare: sqlite3.Connection, rows: Sequence[Plain]) -> float:
    """Seconds for these rows as they are, in one transaction."""
    names, values = tuple(rows[0]), [tuple(row.values()) for row in rows]
    bare.execute(f"create table if not exists entry({', '.join(names)})")
    begun = perf_counter()
    bare.execute("begin")
    bare.executemany(f"insert into entry values({', '.join('?' * len(names))})", values)
    bare.execute("commit")
    return perf_counter() - begun


def _limit(database: Database) -> float:
    """Entries a second of what no verification can do without: each entry read as JSON, written canonically, hashed,
    and hashed into the tree. The rows lie in memory already."""
    names = (
        "stream",
        "seq",
        "at",
        "recorded_at",
        "actor",
        "role",
        "unit",
        "kind",
        "command",
        "command_hash",
        "prev_hash",
        "via",
        "through",
    )
    with database.read() as connection:
        hashing = hashing_of(connection)
        columns = [ENTRY.c[name] for name in (*names, "body", "told", "hash")]
        cursor = connection.execute(ENTRY.select().with_only_columns(*columns)).cursor
        rows = cursor.fetchall() if cursor else []
    begun = process_time()
    leaves = []
    for row in rows:
        members = dict(zip(names, row, strict=False))
        members["body"], members["told"] = parse(row[13]), parse(row[14])
        for name in ("command_hash", "through"):
            if members[name] is None:
                del members[name]
        leaves.append(hashing.digest(canonical(members)))
    grow(Frontier(hashing=hashing), leaves)
    spent = process_time() - begun
    if leaves and leaves[0].hex() != rows[0][15]:
        raise Problem("量限度的算法与留痕库的不同。")
    return len(rows) / spent


def measure_incremental(ground: Ground, runs: Runs, size: int) -> None:
    """So many new entries on top of a large ledger, verified from its last checkpoint on."""
    database = ground.database
    with database.read() as connection:
        last = checkpoints.latest(connection)
        assert last is not None
        mark = Mark(checkpoint=last, frontier=checkpoints.tree(connection, last.size).frontier())
    fill(database, size, f"BI{last.number}")
    checkpoints.seal(database, ground.signer, datetime.now(UTC))
    begun = perf_counter()
    found = verify(database, since=mark)
    runs.add("verify_incremental_s", perf_counter() - begun)
    if found.wrong:
        raise Problem(f"核验不符：{found.wrong[0].what}")
