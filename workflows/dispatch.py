"""Issues a confirmed batch (workflow id: dispatch/<batch>).

Updates: none. Queries: `progress`. Entries: one `issued` for each item, through the activity `issue_chunk`.
A dispatch that dies goes on where it stopped: what is issued and what is started stands in the ledger, not here.
"""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.messages import ISSUE_CHUNK, START_ITEMS, IssueChunk, StartChunk
    from activities.options import BULK_HEARTBEAT, BULK_RETRY, BULK_TIMEOUT, ISSUE_TIMEOUT, LAST
    from workflows.contracts import DISPATCH, DispatchInput, DispatchProgress

START_SIZE = 200


@workflow.defn(name=DISPATCH)
class DispatchWorkflow:
    """All entries first, so that every item is soon in the register and takes commands; then the sleeping workflows."""

    @workflow.init
    def __init__(self, start: DispatchInput) -> None:
        self._start = start
        self._progress = DispatchProgress()

    @workflow.run
    async def run(self, start: DispatchInput) -> DispatchProgress:
        """Every item of the batch has its entry and its workflow."""
        issued = started = 0
        while taken := await self._issue():
            issued += taken
            self._show(DispatchProgress(issued=issued, started=started))
        while taken := await self._start_workflows():
            started += taken
            self._show(DispatchProgress(issued=issued, started=started))
        self._show(DispatchProgress(issued=issued, started=started, done=True))
        return self._progress

    @workflow.query
    def progress(self) -> DispatchProgress:
        """How far it is."""
        return self._progress

    async def _issue(self) -> int:
        taken: int = await workflow.execute_activity(
            ISSUE_CHUNK,
            IssueChunk(batch=self._start.batch, size=self._start.chunk, now=workflow.now()),
            result_type=int,
            start_to_close_timeout=ISSUE_TIMEOUT,
            retry_policy=BULK_RETRY,
            priority=LAST,
        )
        return taken

    async def _start_workflows(self) -> int:
        started: int = await workflow.execute_activity(
            START_ITEMS,
            StartChunk(batch=self._start.batch, size=START_SIZE, rate=self._start.rate),
            result_type=int,
            start_to_close_timeout=BULK_TIMEOUT,
            heartbeat_timeout=BULK_HEARTBEAT,
            retry_policy=BULK_RETRY,
            priority=LAST,
        )
        return started

    def _show(self, progress: DispatchProgress) -> None:
        self._progress = progress
        workflow.set_current_details(f"已交办 {progress.issued} 项，已启动 {progress.started} 项")
