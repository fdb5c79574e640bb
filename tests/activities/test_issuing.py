"""Issuing beside people who give commands: chunks grow alone, and whoever waits waits for a small one. The real ledger,
on SQLite."""

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import Connection

from activities.issuing import IssuingActivities
from activities.messages import IssueChunk
from ledger.chain import batches
from ledger.chain.entries import Appended
from ledger.store import migrations
from ledger.store.database import Database
from rules.machine.commands import CommandKind as K
from tests.support import world
from tests.support.waiting import until

NO = "XX2026-0001"


async def test_chunks_grow_alone_and_are_small_again_for_whoever_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'duban.db'}", busy_timeout=60)
    migrations.upgrade(database)
    world.load(database)
    with database.write() as connection:
        world.save_batch(connection, "b", [world.new_item(n) for n in range(1, 61)], confirmed=True)
    issuing = IssuingActivities(database, None, "")  # type: ignore[arg-type]
    chunk = IssueChunk(batch="b", size=3, now=datetime.now(UTC), most=20)
    assert [issuing.issue_chunk(chunk) for _ in range(4)] == [3, 6, 12, 20]

    issue_chunk, given = batches.issue_chunk, list[Future[Appended]]()

    def while_somebody_waits(connection: Connection, *asked: Any) -> int:
        begun = monotonic()
        given.append(people.submit(world.give, database, NO, K.REMARK, datetime.now(UTC), "c1"))
        taken = issue_chunk(connection, *asked)
        while not database.keeps_waiting(connection, begun):
            assert monotonic() < begun + 50, "nobody came to wait"
        return taken

    with ThreadPoolExecutor(1) as people, monkeypatch.context() as patched:
        patched.setattr(batches, "issue_chunk", while_somebody_waits)
        assert issuing.issue_chunk(chunk) == 19
        await until("the command stands", given[0].done)
    assert given[0].result().stored
    with database.write() as connection:
        world.save_batch(connection, "c", [world.new_item(n) for n in range(101, 110)], confirmed=True)
    after = IssueChunk(batch="c", size=3, now=datetime.now(UTC), most=20)
    assert [issuing.issue_chunk(after) for _ in range(2)] == [3, 3], "and stay so for a while"
    database.close()
