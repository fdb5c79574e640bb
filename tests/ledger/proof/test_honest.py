"""Honest work raises no false alarm: writers and seals at once, either algorithm, ten thousand histories."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, text

from ledger.chain import entries
from ledger.store import migrations
from ledger.store.database import Database
from ledger.store.hashing import ALGORITHMS
from rules.errors import RuleViolation
from rules.machine.commands import CommandKind as K
from rules.machine.events import Event
from rules.machine.folding import evolve
from rules.machine.state import State
from tests.ledger.proof.sealed_place import A, Place, lead
from tests.support import world
from tests.support.world import NOW


@pytest.fixture(params=list(ALGORITHMS))
def fresh(request: pytest.FixtureRequest, empty: Database) -> tuple[str, Database]:
    migrations.upgrade(empty, request.param)
    world.load(empty)
    return request.param, empty


def test_a_new_ledger_hashes_by_the_algorithm_that_is_set(fresh: tuple[str, Database], tmp_path: Path) -> None:
    algorithm, database = fresh
    place = Place(database, tmp_path)
    lead(database, A)
    made = place.seal()
    assert made.algorithm == algorithm
    assert place.verified().wrong == ()
    place.lift_guards()
    place.tamper(f"UPDATE entry SET actor = 'x' WHERE stream = '{A}' AND seq = 2")
    assert "被改动过" in place.words()


def test_writers_and_seals_at_work_raise_no_false_alarm(place: Place) -> None:
    """Entries, checkpoints and their copies outside come while everything is being verified, whole and from a mark."""
    lead(place.database, A)
    place.seal()
    mark = place.verified().mark
    stop = threading.Event()

    def work() -> None:
        n = 1
        while not stop.is_set():
            n += 1
            lead(place.database, f"XX2026-{n:04d}", more=1)
            place.seal()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for _ in range(12):
            assert place.verified().wrong == ()
            assert place.verified(since=mark).wrong == ()
    finally:
        stop.set()
        worker.join()
    last = place.verified().checkpoint
    assert last is not None
    assert last.number > 2, "it was sealed meanwhile"


def histories(connection: Connection, first: int, count: int, chance: Random) -> None:
    """So many items with honest lives of their own, by whatever commands the rules let through."""
    begun = [world.issued(f"XX2026-{n:05d}") for n in range(first, first + count)]
    entries.store_issued(connection, [(event, None) for event in begun])
    heads: dict[str, str] = {no: head for no, head in connection.execute(text("SELECT no, head FROM item"))}
    changes = []
    for event in begun:
        state = evolve(None, event)
        events = tuple(_life(state, chance))
        if events:
            changes.append(entries.Change(state=state, head=heads[state.no], events=events))
    entries.store(connection, entries.rows_of(connection, changes))


_KINDS = [kind for kind in K if kind not in (K.RECALCULATE, K.MIGRATE, K.REASSIGN)]


def _life(state: State, chance: Random) -> Iterator[Event]:
    now = NOW
    for n in range(chance.randrange(1, 7)):
        now += timedelta(hours=chance.uniform(0, 90))
        kind = chance.choice(_KINDS)
        more: dict[str, Any] = {}
        if kind in (K.ASK_EXTENSION, K.PAUSE):
            more["to"] = (now + timedelta(days=chance.randrange(1, 20))).date()
        what = world.command(kind, state, f"{state.no}-{n}", **more)
        with suppress(RuleViolation):
            for event in world.events_of(state, what, now):
                state = evolve(state, event)
                yield event


HONEST = 10_000


AT_ONCE = 500


@pytest.mark.soak
def test_ten_thousand_honest_histories_raise_no_false_alarm(tmp_path: Path, sqlite_template: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "duban.db")
    place, chance = Place(Database(f"sqlite:///{tmp_path / 'duban.db'}"), tmp_path), Random(20261125)
    for first in range(0, HONEST, AT_ONCE):
        with place.database.write() as connection:
            histories(connection, first, AT_ONCE, chance)
        place.seal()
    done = place.verified()
    assert done.wrong == ()
    assert done.items == HONEST
    assert done.entries > 3 * HONEST
    place.database.close()
