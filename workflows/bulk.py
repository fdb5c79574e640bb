"""Gives every item of a selection its command, ledger first (workflow id: the firing that started it, as
wave-due@<instant>, or what it brings, as recalculate/<calendar version>, migrate/<version>/<which>,
rehouse/<directory version>, bulk/<id>).

Updates: none. Queries: `progress`. Entries: what each item's command leads to, through the activity `bulk_chunk`.
Only workflows whose alarm moved earlier are told. The others wake at the old time, adopt, and sleep on.
"""

from dataclasses import replace
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.messages import BULK_CHUNK, TELL_ITEMS, BulkChunk, ChunkGiven
    from activities.options import BULK_HEARTBEAT, BULK_RETRY, BULK_TIMEOUT, LAST
    from ledger.chain.selections import BULK_KINDS
    from workflows.contracts import BULK, BulkInput, BulkProgress

CLOCKS_APART = timedelta(minutes=1)
"""Waiting longer for the server's clock would help nobody: the starter's is wrong then."""


@workflow.defn(name=BULK)
class BulkWorkflow:
    """Chunk by chunk, so that a person's command gets the writers' lock in between; pass after pass until one finds
    nothing to bring, since an item that moved while its chunk was decided is left for another."""

    @workflow.init
    def __init__(self, start: BulkInput) -> None:
        self._at = start

    @workflow.run
    async def run(self, start: BulkInput) -> BulkProgress:
        """No item of the selection is left that the rules let have its command."""
        if start.not_before and workflow.now() < start.not_before:
            await workflow.sleep(min(start.not_before - workflow.now(), CLOCKS_APART))
        self._at = replace(start, not_before=None)
        while await self._pass():
            pass
        return self._progress(done=True)

    @workflow.query
    def progress(self) -> BulkProgress:
        """How far it is."""
        return self._progress()

    async def _pass(self) -> bool:
        """Whether it brought anything, so that another pass is worth while."""
        resumed = bool(self._at.after)
        stored = left = beaten = 0
        while True:
            chunk = await self._chunk()
            if chunk.earlier:
                await self._tell(chunk.earlier)
            if not chunk.seen:
                break
            stored, left, beaten = stored + chunk.stored, left + chunk.left, beaten + chunk.beaten
            at = self._at
            self._at = replace(at, after=chunk.after, stored=at.stored + chunk.stored, moved=at.moved + chunk.moved)
            workflow.set_current_details(BULK_KINDS[at.selected.kind].shown.format(self._at))
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(self._at)
        self._at = replace(self._at, after=[], left=left)
        return bool(stored or beaten or resumed)

    async def _chunk(self) -> ChunkGiven:
        at = self._at
        given: ChunkGiven = await workflow.execute_activity(
            BULK_CHUNK,
            BulkChunk(selected=at.selected, now=workflow.now(), size=at.chunk, after=at.after),
            result_type=ChunkGiven,
            start_to_close_timeout=BULK_KINDS[at.selected.kind].timeout,
            retry_policy=BULK_RETRY,
            priority=LAST,
        )
        return given

    async def _tell(self, numbers: list[str]) -> None:
        await workflow.execute_activity(
            TELL_ITEMS,
            numbers,
            result_type=int,
            start_to_close_timeout=BULK_TIMEOUT,
            heartbeat_timeout=BULK_HEARTBEAT,
            retry_policy=BULK_RETRY,
            priority=LAST,
        )

    def _progress(self, *, done: bool = False) -> BulkProgress:
        at = self._at
        return BulkProgress(stored=at.stored, moved=at.moved, left=at.left, done=done)
