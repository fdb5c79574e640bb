"""One round of a campaign, from its opening to its last report (workflow id: round/<campaign>/<period>).

Signals: `look` makes it look at the ledger, where somebody has done something to the round. Queries: none.
Entries: what `rules.rounds.deciding` leads to, decided and appended by the activity `round_step`; one `issued` for each
item, through `issue_chunk`; `annulled` or `reassigned` for what is owed no longer or by another unit, through
`bulk_chunk`; `scored` for each unit after the lock, through `score_chunk`. The ledger is first: this workflow holds
only until when it waits, so a lost one is begun anew and finds everything where it stands.
"""

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.messages import (
        BULK_CHUNK,
        ISSUE_CHUNK,
        ROUND_STEP,
        SCORE_CHUNK,
        START_ITEMS,
        TELL_ITEMS,
        BulkChunk,
        ChunkGiven,
        IssueChunk,
        RoundAsked,
        RoundStep,
        StartChunk,
    )
    from activities.options import BULK_HEARTBEAT, BULK_RETRY, BULK_TIMEOUT, ISSUE_TIMEOUT, LAST
    from ledger.chain.selections import SETTLING, Selected
    from ledger.rounds.rows import batch_of
    from workflows.contracts import LOOK, ROUND_WORKFLOW, RoundInput
    from workflows.dispatch import START_SIZE


@workflow.defn(name=ROUND_WORKFLOW)
class RoundWorkflow:
    """Steps, and waits for the next moment or for somebody."""

    @workflow.init
    def __init__(self, start: RoundInput) -> None:
        self._start = start
        self._told = False

    @workflow.run
    async def run(self, start: RoundInput) -> RoundStep:
        """The round is over: nothing of it happens by itself any more."""
        while True:
            self._told = False
            step = await self._step()
            workflow.set_current_details(step.words)
            if step.to_issue:
                await self._issue()
            if step.to_settle:
                await self._settle()
            if step.to_score:
                await self._score()
            if self._told:
                continue
            if step.alarm is None:
                return step
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(self._start)
            left = step.alarm - workflow.now()
            if left > timedelta(0):
                await self._wait(left)

    @workflow.signal(name=LOOK)
    def look(self) -> None:
        """Somebody has done something to the round."""
        self._told = True

    async def _wait(self, left: timedelta) -> None:
        try:
            await workflow.wait_condition(lambda: self._told, timeout=left, timeout_summary="轮次的下一个日子")
        except TimeoutError:
            return

    async def _step(self) -> RoundStep:
        step: RoundStep = await workflow.execute_activity(
            ROUND_STEP,
            RoundAsked(round=self._start.round, now=workflow.now()),
            result_type=RoundStep,
            start_to_close_timeout=BULK_TIMEOUT,
            retry_policy=BULK_RETRY,
            priority=LAST,
        )
        return step

    async def _settle(self) -> None:
        """One pass: what is refused now, as while it is reviewed, is looked at again with the next step."""
        kind, after = SETTLING, list[str]()
        while True:
            chunk: ChunkGiven = await workflow.execute_activity(
                BULK_CHUNK,
                BulkChunk(
                    selected=Selected(kind=kind.name, bulk=self._start.round),
                    now=workflow.now(),
                    size=kind.chunk,
                    after=after,
                ),
                result_type=ChunkGiven,
                start_to_close_timeout=kind.timeout,
                retry_policy=BULK_RETRY,
                priority=LAST,
            )
            if chunk.earlier:
                await workflow.execute_activity(
                    TELL_ITEMS,
                    chunk.earlier,
                    result_type=int,
                    start_to_close_timeout=BULK_TIMEOUT,
                    heartbeat_timeout=BULK_HEARTBEAT,
                    retry_policy=BULK_RETRY,
                    priority=LAST,
                )
            if not chunk.seen:
                return
            after = chunk.after

    async def _score(self) -> None:
        """Everybody who has no score for the month that the round ends with; goes on where a killed worker stopped."""
        taken = 1
        while taken:
            taken = await workflow.execute_activity(
                SCORE_CHUNK,
                RoundAsked(round=self._start.round, now=workflow.now()),
                result_type=int,
                start_to_close_timeout=BULK_TIMEOUT,
                retry_policy=BULK_RETRY,
                priority=LAST,
            )

    async def _issue(self) -> None:
        """All entries first, then the sleeping workflows; both go on where a killed worker stopped."""
        batch = batch_of(self._start.round)
        taken = 1
        while taken:
            taken = await workflow.execute_activity(
                ISSUE_CHUNK,
                IssueChunk(batch=batch, size=self._start.chunk, now=workflow.now(), most=self._start.most),
                result_type=int,
                start_to_close_timeout=ISSUE_TIMEOUT,
                retry_policy=BULK_RETRY,
                priority=LAST,
            )
        taken = 1
        while taken:
            taken = await workflow.execute_activity(
                START_ITEMS,
                StartChunk(batch=batch, size=START_SIZE),
                result_type=int,
                start_to_close_timeout=BULK_TIMEOUT,
                heartbeat_timeout=BULK_HEARTBEAT,
                retry_policy=BULK_RETRY,
                priority=LAST,
            )
