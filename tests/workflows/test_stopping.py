"""A worker that is stopped while an append waits for the ledger: it ends at once, and nothing of it speaks later."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection
from temporalio.client import Client

import workflows.item
from ledger.store.database import Database, LedgerUnavailable
from tests.support.product import LEADER, started
from tests.support.waiting import until

ATTEMPT = timedelta(seconds=1)
"""The bound of one attempt, in place of twenty seconds: what would ring after it, rings within the test."""
AT_ONCE = 5.0
BACK_SOON = 0.2


@pytest.mark.parametrize(
    "away",
    [BACK_SOON, pytest.param(AT_ONCE, marks=pytest.mark.soak)],
    ids=["the ledger is back soon", "the ledger stays away"],
)
async def test_a_worker_stopped_with_an_append_pending_ends_at_once_and_its_timers_with_it(
    client: Client, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, away: float
) -> None:
    monkeypatch.setattr(workflows.item, "APPEND_TIMEOUT", ATTEMPT)
    lock = sqlite3.connect(tmp_path / "duban.db", isolation_level=None, check_same_thread=False)
    released = threading.Timer(away, lambda: lock.execute("ROLLBACK"))  # a worker that waits for it stops then
    async with started(client, tmp_path) as product:
        (no,) = await product.issue("停下时还有一条没有记下")
        impatient(product.database)
        lock.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(product.give(no, "remark", LEADER, id="pending", text="抓紧"))
        refused = Refusals(product.database, monkeypatch)
        await until("the append was refused twice", lambda: refused.count >= 2)
        stopped = time.monotonic()
        released.start()
    took = time.monotonic() - stopped
    released.join()
    rung = time.monotonic() + 2 * ATTEMPT.total_seconds()
    await until("every timer of an attempt would have rung", lambda: time.monotonic() > rung)
    assert "panicked" not in capfd.readouterr().err
    assert took < AT_ONCE
    waiting.cancel()
    lock.close()


class Refusals:
    """How often the database has refused a writing transaction since."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count, self._write = 0, database.write
        monkeypatch.setattr(database, "write", self._counted)

    @contextmanager
    def _counted(self) -> Iterator[Connection]:
        try:
            with self._write() as connection:
                yield connection
        except LedgerUnavailable:
            self.count += 1
            raise


def impatient(database: Database) -> None:
    """Its connections wait for a lock a moment only."""
    database._busy_timeout = 0.05
    database.engine.dispose()
    database.engine = database._sqlite(database.url)
