"""How a round's workflow is begun, or told to look: the one place that knows its id."""

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from activities.options import LAST
from ledger.rounds.rows import batch_of
from workflows.contracts import LOOK, ROUND_WORKFLOW, RoundInput


async def look_at_round(client: Client, task_queue: str, round_: str) -> None:
    """The round has a workflow, and that looks at the ledger. Raises RPCError."""
    await client.start_workflow(
        ROUND_WORKFLOW,
        RoundInput(round=round_),
        id=batch_of(round_),
        task_queue=task_queue,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        start_signal=LOOK,
        priority=LAST,
    )
