"""Rings every alarm that has come, ledger first (workflow id: the firing that started it, wave-due@<instant>).

Updates: none. Queries: `progress`. Entries: what each item's tick leads to, through the activity `sweep_chunk`.
The items' own workflows are not told: their alarms moved later, so they wake at the old one, adopt, and sleep on.
"""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import Priority

with workflow.unsafe.imports_passed_through():
    from activities.messages import SWEEP_CHUNK, ChunkSwept, SweepChunk
    from activities.options import BULK_RETRY, SWEEP_TIMEOUT
    from workflows.contracts import SWEEP, SweepInput, SweepProgress

CLOCKS_APART = timedelta(minutes=1)
"""Waiting longer for the server's clock would help nobody: the scheduler's is wrong then."""


@workflow.defn(name=SWEEP)
class SweepWorkflow:
    """Chunk by chunk, so that a person's command gets the writers' lock in between."""

    @workflow.init
    def __init__(self, start: SweepInput) -> None:
        self._at = start

    @workflow.run
    async def run(self, start: SweepInput) -> SweepProgress:
        """Every alarm that had come when its chunk was looked at has been rung, here or by the item itself."""
        if start.not_before and workflow.now() < start.not_before:
            await workflow.sleep(min(start.not_before - workflow.now(), CLOCKS_APART))
        while (chunk := await self._sweep()).seen:
            swept = self._at.swept + chunk.rung
            self._at = SweepInput(chunk=start.chunk, alarm_at=chunk.alarm_at, no=chunk.no, swept=swept)
            workflow.set_current_details(f"已到点 {swept} 项")
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(self._at)
        return SweepProgress(swept=self._at.swept, done=True)

    @workflow.query
    def progress(self) -> SweepProgress:
        """How far it is."""
        return SweepProgress(swept=self._at.swept)

    async def _sweep(self) -> ChunkSwept:
        at = self._at
        done: ChunkSwept = await workflow.execute_activity(
            SWEEP_CHUNK,
            SweepChunk(now=workflow.now(), size=at.chunk, alarm_at=at.alarm_at, no=at.no),
            result_type=ChunkSwept,
            start_to_close_timeout=SWEEP_TIMEOUT,
            retry_policy=BULK_RETRY,
            priority=Priority(priority_key=4),
        )
        return done
