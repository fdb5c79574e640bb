"""The activities of a dispatch: issue the next chunk in one transaction, start the next chunk's workflows."""

import asyncio
from time import monotonic

from sqlalchemy import RowMapping
from temporalio import activity
from temporalio.client import Client

from activities.failures import told_apart
from activities.messages import ISSUE_CHUNK, START_ITEMS, IssueChunk, ItemInput, StartChunk
from activities.pace import Pace
from activities.starting import input_of, start_asleep
from ledger.chain import batches, lookup
from ledger.store.database import Database

AT_ONCE = 24
"""How many starts wait for the server's answer at a time: more only lengthens its queue."""
SPAN = 20.0
"""For about so many seconds one activity starts items; then the dispatch shows how far it is and asks for the next."""
_BEAT = 1.0
"""Seconds between heartbeats."""


class IssuingActivities:
    """Issuing from one database to one task queue."""

    def __init__(self, database: Database, client: Client, task_queue: str) -> None:
        self._database, self._client, self._task_queue = database, client, task_queue
        self._pace = Pace()

    @activity.defn(name=ISSUE_CHUNK, no_thread_cancel_exception=True)  # as for `append`
    def issue_chunk(self, chunk: IssueChunk) -> int:
        """The next drafts have their entries. Returns how many were taken; 0 when none is left."""
        with told_apart(), self._database.write() as connection:
            begun = monotonic()
            taken = batches.issue_chunk(connection, chunk.batch, self._pace.size(chunk.size, chunk.most), chunk.now)
            self._pace.took(kept_waiting=self._database.keeps_waiting(connection, begun), now=monotonic())
            return taken

    @activity.defn(name=START_ITEMS)
    async def start_items(self, chunk: StartChunk) -> int:
        """The next issued items of the batch have workflows. Returns how many; 0 when none is left.

        Starting is idempotent by workflow id, so a chunk that died half-way is simply started again.
        """
        with told_apart():
            return await self._start_on(chunk)

    async def _start_on(self, chunk: StartChunk) -> int:
        """Chunk after chunk for a while: the next is read, and the last one marked, while starts are under way."""
        begun = beat = monotonic()
        count = after = 0
        turns = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            while monotonic() - begun < SPAN and not activity.is_worker_shutdown():
                found = await asyncio.to_thread(self._waiting, chunk, after)
                if not found:
                    break
                starts = []
                for _, row, start in found:
                    await turns.acquire()
                    if chunk.rate:
                        await asyncio.sleep(begun + count / chunk.rate - monotonic())
                    starts.append(group.create_task(self._start(row, start, turns)))
                    count += 1
                    if monotonic() - beat > _BEAT:
                        beat = monotonic()
                        activity.heartbeat(count)
                numbers = [n for n, _, _ in found]
                after = numbers[-1]
                group.create_task(self._mark(chunk.batch, numbers, starts))
        return count

    def _waiting(self, chunk: StartChunk, after: int) -> list[tuple[int, RowMapping, ItemInput]]:
        with self._database.read() as connection:
            found = batches.unstarted(connection, chunk.batch, chunk.size, after=after)
            rows = {row["no"]: row for row in lookup.item_rows(connection, [no for _, no in found])}
            return [(n, rows[no], input_of(connection, rows[no])) for n, no in found]

    async def _start(self, row: RowMapping, start: ItemInput, turns: asyncio.Semaphore) -> None:
        try:
            await start_asleep(self._client, self._task_queue, row, start)
        finally:
            turns.release()

    async def _mark(self, batch: str, numbers: list[int], starts: list[asyncio.Task[None]]) -> None:
        await asyncio.gather(*starts)
        await asyncio.to_thread(self._mark_started, batch, numbers)

    def _mark_started(self, batch: str, numbers: list[int]) -> None:
        with self._database.write() as connection:
            batches.mark_started(connection, batch, numbers)
