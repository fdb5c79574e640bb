"""The activities of a recalculation: the next items get the calendar; those that must wake sooner are told."""

import asyncio
from time import monotonic

from temporalio import activity
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.failures import told_apart
from activities.messages import ADOPT, RECALCULATE_CHUNK, TELL_ITEMS, ChunkRecalculated, RecalculateChunk
from activities.options import UPDATE_TIMEOUT
from activities.starting import input_of, start_asleep
from ledger.chain import lookup, recalculating
from ledger.chain.recalculating import Adoption
from ledger.directory.substitutes import check_post
from ledger.store.database import Database
from rules.dates.calendar import local_date
from rules.machine.commands import Actor
from rules.process import Role

AT_ONCE = 16
BEAT = 1.0
"""Seconds between heartbeats."""


class RecalculatingActivities:
    """Giving a calendar to the open items of one database."""

    def __init__(self, database: Database, client: Client, task_queue: str) -> None:
        self._database, self._client, self._task_queue = database, client, task_queue

    @activity.defn(name=RECALCULATE_CHUNK, no_thread_cancel_exception=True)  # as for `append`
    def recalculate_chunk(self, chunk: RecalculateChunk) -> ChunkRecalculated:
        """The next items reckon with the calendar; the old and the new dates stand in the ledger. Idempotent."""
        actor = Actor(id=chunk.person, role=Role.ADMINISTRATOR)
        adoption = Adoption(version=chunk.version, cause=chunk.cause, actor=actor)
        with told_apart():
            with self._database.read() as connection:
                check_post(connection, actor, local_date(chunk.now))
            done = recalculating.recalculate(
                self._database,
                adoption,
                chunk.now,
                chunk.size,
                after=chunk.no,
                retried=activity.info().attempt > 1,
            )
        for no, words in done.refused:
            activity.logger.error("没有重算：%s：%s", no, words)
        return ChunkRecalculated(
            no=done.no, seen=done.seen, stored=done.stored, moved=done.moved, earlier=list(done.earlier)
        )

    @activity.defn(name=TELL_ITEMS)
    async def tell_items(self, numbers: list[str]) -> int:
        """The items' workflows know every entry of theirs; a missing one is started. Returns how many there were."""
        beat = monotonic()
        turns = asyncio.Semaphore(AT_ONCE)

        async def tell(no: str) -> None:
            nonlocal beat
            async with turns:
                await self._tell(no)
                if monotonic() - beat > BEAT:
                    beat = monotonic()
                    activity.heartbeat()

        async with asyncio.TaskGroup() as group:
            for no in numbers:
                group.create_task(tell(no))
        return len(numbers)

    async def _tell(self, no: str) -> None:
        handle = self._client.get_workflow_handle(no)
        try:
            async with asyncio.timeout(UPDATE_TIMEOUT.total_seconds()):
                await handle.execute_update(ADOPT, rpc_timeout=UPDATE_TIMEOUT)
        except RPCError as failure:
            if failure.status is not RPCStatusCode.NOT_FOUND:
                raise
            await self._start(no)
        except WorkflowUpdateFailedError as failure:  # a workflow that knows better than the ledger: for `recover`
            raise ApplicationError(str(failure.cause), type="not_told", non_retryable=True) from failure

    async def _start(self, no: str) -> None:
        def read() -> tuple[object, object]:
            with self._database.read() as connection:
                row = lookup.item_row(connection, no)
                return row, input_of(connection, row)

        row, start = await asyncio.to_thread(read)
        await start_asleep(self._client, self._task_queue, row, start)  # type: ignore[arg-type]
