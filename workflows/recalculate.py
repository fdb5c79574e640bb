"""Gives every open item another calendar, ledger first (workflow id: recalculate/<calendar version>).

Updates: none. Queries: `progress`. Entries: `recalculated` for each item, through the activity `recalculate_chunk`.
Only workflows whose alarm moved earlier are told. The others wake at the old time, adopt, and sleep on.
"""

from dataclasses import replace

from temporalio import workflow
from temporalio.common import Priority

with workflow.unsafe.imports_passed_through():
    from activities.messages import RECALCULATE_CHUNK, TELL_ITEMS, ChunkRecalculated, RecalculateChunk
    from activities.options import BULK_HEARTBEAT, BULK_RETRY, BULK_TIMEOUT, RECALCULATE_TIMEOUT
    from workflows.contracts import RECALCULATE, RecalculateInput, RecalculateProgress


@workflow.defn(name=RECALCULATE)
class RecalculateWorkflow:
    """Pass after pass, until one brings nothing: an item that moved while its chunk was decided is left for another."""

    @workflow.init
    def __init__(self, start: RecalculateInput) -> None:
        self._at = start

    @workflow.run
    async def run(self, start: RecalculateInput) -> RecalculateProgress:
        """No open item that the rules let have the calendar reckons with another."""
        while await self._pass():
            pass
        return self._progress(done=True)

    @workflow.query
    def progress(self) -> RecalculateProgress:
        """How far it is."""
        return self._progress()

    async def _pass(self) -> bool:
        """Whether it brought anything, so that another pass is worth while."""
        resumed = bool(self._at.no)
        stored = left = 0
        while True:
            chunk = await self._chunk()
            if chunk.earlier:
                await self._tell(chunk.earlier)
            if not chunk.seen:
                break
            stored, left = stored + chunk.stored, left + chunk.seen - chunk.stored
            at = self._at
            self._at = replace(at, no=chunk.no, stored=at.stored + chunk.stored, moved=at.moved + chunk.moved)
            workflow.set_current_details(f"已重算 {self._at.stored} 项，{self._at.moved} 项日期有变")
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(self._at)
        self._at = replace(self._at, no="", left=left)
        return stored > 0 or resumed

    async def _chunk(self) -> ChunkRecalculated:
        at = self._at
        done: ChunkRecalculated = await workflow.execute_activity(
            RECALCULATE_CHUNK,
            RecalculateChunk(
                version=at.version, cause=at.cause, person=at.person, now=workflow.now(), size=at.chunk, no=at.no
            ),
            result_type=ChunkRecalculated,
            start_to_close_timeout=RECALCULATE_TIMEOUT,
            retry_policy=BULK_RETRY,
            priority=Priority(priority_key=4),
        )
        return done

    async def _tell(self, numbers: list[str]) -> None:
        await workflow.execute_activity(
            TELL_ITEMS,
            numbers,
            result_type=int,
            start_to_close_timeout=BULK_TIMEOUT,
            heartbeat_timeout=BULK_HEARTBEAT,
            retry_policy=BULK_RETRY,
            priority=Priority(priority_key=4),
        )

    def _progress(self, *, done: bool = False) -> RecalculateProgress:
        at = self._at
        return RecalculateProgress(stored=at.stored, moved=at.moved, left=at.left, done=done)
