"""The activities of bulk work: the next chunk is given its command; those that must wake sooner are told."""

import asyncio
import threading
from datetime import timedelta
from time import monotonic

from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from activities.failures import told_apart
from activities.messages import BULK_CHUNK, TELL_ITEMS, BulkChunk, ChunkGiven
from activities.telling import tell
from ledger.chain import bulk
from ledger.chain.selections import BULK_KINDS
from ledger.directory.joint.migrating import check_selected
from ledger.directory.substitutes import check_post, events_checked
from ledger.store.database import Database
from rules.dates.calendar import local_date

LATER = timedelta(milliseconds=300)
_AT_ONCE = 16
_BEAT = 1.0
"""Seconds between heartbeats."""


class BulkActivities:
    """Giving one command to many items of one database."""

    def __init__(self, database: Database, client: Client, task_queue: str) -> None:
        self._database, self._client, self._task_queue = database, client, task_queue
        self._turns = {kind: threading.Lock() for kind in BULK_KINDS}

    @activity.defn(name=BULK_CHUNK, no_thread_cancel_exception=True)  # as for `append`
    def bulk_chunk(self, chunk: BulkChunk) -> ChunkGiven:
        """What the command leads to stands in the ledger for the next items, with their notices. Idempotent.

        Two of a kind would decide on the same items and one in vain, so the second comes back a little later.
        """
        kind, turn = BULK_KINDS[chunk.selected.kind], self._turns[chunk.selected.kind]
        if not turn.acquire(blocking=False):
            raise ApplicationError("another of its kind has the turn", type="busy", next_retry_delay=LATER)
        try:
            with told_apart():
                with self._database.read() as connection:
                    selection = kind.select(connection, chunk.selected, chunk.now)
                    if selection.actor:
                        check_post(connection, selection.actor, local_date(chunk.now))
                        check_selected(connection, chunk.selected, selection.actor, chunk.now)
                done = bulk.give(
                    self._database,
                    selection,
                    chunk.now,
                    chunk.size,
                    after=tuple(chunk.after),
                    retried=activity.info().attempt > 1,
                    check=None if selection.actor else events_checked(),
                )
        finally:
            turn.release()
        if kind.refused:
            for no, refusal in done.refused:
                activity.logger.error("%s：%s：%s", kind.refused, no, refusal)
        return ChunkGiven(
            after=list(done.after),
            seen=done.seen,
            stored=done.stored,
            moved=done.moved,
            left=done.left,
            beaten=done.beaten,
            earlier=list(done.earlier),
        )

    @activity.defn(name=TELL_ITEMS)
    async def tell_items(self, numbers: list[str]) -> int:
        """The items' workflows know every entry of theirs; a missing one is started. Returns how many there were."""
        beat = monotonic()
        turns = asyncio.Semaphore(_AT_ONCE)

        async def told(no: str) -> None:
            nonlocal beat
            async with turns:
                await tell(self._client, self._database, self._task_queue, no)
                if monotonic() - beat > _BEAT:
                    beat = monotonic()
                    activity.heartbeat()

        async with asyncio.TaskGroup() as group:
            for no in numbers:
                group.create_task(told(no))
        return len(numbers)
