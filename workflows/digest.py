"""Gets one morning's messages ready and hands them to the channel's sender (workflow id: digest/<date>/<channel>).

Updates, queries: none. Entries: none. Beside it stands `immediate`, which does the same at any time of the working day
for what may not wait. Either, started without a channel, starts one of its kind for each channel that there is.
"""

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from activities.messages import HAND_OVER, LIST_CHANNELS, PREPARE_MESSAGES, Prepared, PrepareInput
    from activities.options import SEND_HEARTBEAT, SEND_RETRY, SEND_TIMEOUT, SENDING
    from workflows.contracts import DIGEST, IMMEDIATE, DigestInput, ImmediateInput, digest_id, immediate_id


@workflow.defn(name=DIGEST)
class DigestWorkflow:
    """Everything that waits, one message for each person."""

    @workflow.run
    async def run(self, start: DigestInput) -> Prepared:
        """What waited for the morning is ready, and its sender knows."""
        if start.channel:
            return await _prepare(start.channel, immediate=False)
        for channel in await _channels():
            await _start(DIGEST, DigestInput(day=start.day, channel=channel), digest_id(start.day, channel))
        return Prepared()


@workflow.defn(name=IMMEDIATE)
class ImmediateWorkflow:
    """What may not wait, in working hours."""

    @workflow.run
    async def run(self, start: ImmediateInput) -> Prepared:
        """What may not wait is ready, and its sender knows."""
        if start.channel:
            return await _prepare(start.channel, immediate=True)
        for channel in await _channels():
            await _start(IMMEDIATE, ImmediateInput(channel=channel), immediate_id(channel))
        return Prepared()


async def _channels() -> list[str]:
    """The channels' names, once every notice has been given to those that it goes over, be it none."""
    await _prepared("", immediate=False)
    names: list[str] = await workflow.execute_activity(
        LIST_CHANNELS, result_type=list[str], start_to_close_timeout=SEND_TIMEOUT, retry_policy=SEND_RETRY
    )
    return names


async def _start(kind: str, start: DigestInput | ImmediateInput, id_: str) -> None:
    """A workflow for one channel runs, or has done its work already."""
    try:
        await workflow.start_child_workflow(
            kind,
            start,
            id=id_,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
        )
    except WorkflowAlreadyStartedError:
        return


async def _prepare(channel: str, *, immediate: bool) -> Prepared:
    prepared = await _prepared(channel, immediate=immediate)
    if prepared.messages or not immediate:  # a digest also wakes the sender for what an earlier run left behind
        await workflow.execute_activity(
            HAND_OVER, channel, start_to_close_timeout=SEND_TIMEOUT, retry_policy=SEND_RETRY
        )
    return prepared


async def _prepared(channel: str, *, immediate: bool) -> Prepared:
    prepared: Prepared = await workflow.execute_activity(
        PREPARE_MESSAGES,
        PrepareInput(channel=channel, now=workflow.now(), immediate=immediate),
        result_type=Prepared,
        start_to_close_timeout=SEND_TIMEOUT,
        heartbeat_timeout=SEND_HEARTBEAT,
        retry_policy=SEND_RETRY,
        priority=SENDING,
    )
    return prepared
