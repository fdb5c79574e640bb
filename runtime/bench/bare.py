"""The yardstick: bare Temporal workflows with nothing around them, and the worker process that runs them.

    python -m runtime.bench.bare ADDRESS NAMESPACE TASK_QUEUE DATABASE

Same converter, runner, threads and cache as the product's worker, same SQLite settings; one row for each activity.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from runtime.connect import connect
from runtime.host.exit import leave, told_to_stop
from runtime.worker import CACHED, STICKY, THREADS

WRITE_ROW = "write_row"
TIMEOUT = timedelta(seconds=20)
LONG = timedelta(days=10)


class BareTable:
    """One table in one SQLite file, with the ledger's settings. Writers queue in the process, as the ledger's do."""

    def __init__(self, path: str) -> None:
        self._path, self._local, self._turn = path, threading.local(), threading.Lock()
        self._connection().execute("create table if not exists row(id integer primary key, text text not null)")

    def _connection(self) -> sqlite3.Connection:
        if not hasattr(self._local, "connection"):
            connection = sqlite3.connect(self._path, timeout=5, isolation_level=None)
            connection.execute("pragma journal_mode=wal")
            connection.execute("pragma synchronous=full")
            self._local.connection = connection
        known: sqlite3.Connection = self._local.connection
        return known

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection()
        with self._turn:
            connection.execute("begin immediate")
            yield connection
            connection.execute("commit")

    @activity.defn(name=WRITE_ROW)
    def write_row(self, text: str) -> int:
        """The row stands; returns its number."""
        with self._transaction() as connection:
            return connection.execute("insert into row(text) values(?)", (text,)).lastrowid or 0

    def count(self) -> int:
        """How many rows stand."""
        found: int = self._connection().execute("select count(*) from row").fetchone()[0]
        return found


@workflow.defn(name="bare_start")
class BareStart:
    """What issuing costs without us: start, one row, a timer."""

    @workflow.run
    async def run(self, text: str) -> None:
        """Waits for its timer."""
        await workflow.execute_activity(WRITE_ROW, text, result_type=int, start_to_close_timeout=TIMEOUT)
        await workflow.sleep(LONG)


@workflow.defn(name="bare_update")
class BareUpdate:
    """What a command costs without us: an update and one row; and what any update costs at least."""

    @workflow.run
    async def run(self) -> None:
        """Takes updates for ever."""
        await workflow.wait_condition(lambda: False)

    @workflow.update
    async def write(self, text: str) -> int:
        """The row stands; returns its number."""
        number: int = await workflow.execute_activity(WRITE_ROW, text, result_type=int, start_to_close_timeout=TIMEOUT)
        return number

    @workflow.update
    async def nothing(self, text: str) -> int:
        """Nothing happens."""
        return len(text)


async def work(address: str, namespace: str, task_queue: str, database: str) -> None:
    """The bare worker runs until it is told to stop."""
    told = told_to_stop()
    client = await connect(address, namespace)
    with ThreadPoolExecutor(THREADS) as threads:
        async with Worker(
            client,
            task_queue=task_queue,
            workflows=[BareStart, BareUpdate],
            activities=[BareTable(database).write_row],
            activity_executor=threads,
            workflow_runner=UnsandboxedWorkflowRunner(),
            max_cached_workflows=CACHED,
            sticky_queue_schedule_to_start_timeout=STICKY,
            max_concurrent_activities=THREADS,
            max_concurrent_local_activities=THREADS,
        ):
            await asyncio.to_thread(told.wait)


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:5]))
    leave(0)
