"""Making sure that a channel's one sending workflow runs."""

from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy

from activities.messages import DELIVER, MORE, DeliverInput, deliver_id


async def wake(client: Client, task_queue: str, channel: str) -> None:
    """The channel's sending workflow runs, and knows that there is something to send."""
    await client.start_workflow(
        DELIVER,
        DeliverInput(channel=channel),
        id=deliver_id(channel),
        task_queue=task_queue,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        start_signal=MORE,
    )
