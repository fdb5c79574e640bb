"""Makes one checkpoint and takes it out of the house (workflow id: seal/<number>).

Updates, queries: none. Entries: none of an item; the first seal notes the key that it made. When nothing was added to
the ledger since the last checkpoint, that one stands, and only its copies are made sure of.
"""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.messages import (
        MAIL_CHECKPOINT,
        PUBLISH_CHECKPOINTS,
        SEAL_LEDGER,
        SealLedger,
        SealReply,
    )
    from activities.options import LAST, SEAL_RETRY, SEAL_TIMEOUT
    from workflows.contracts import SEAL, SealInput


@workflow.defn(name=SEAL)
class SealWorkflow:
    """First the database, then the file outside, then the mail: each may be repeated, none can be left out."""

    @workflow.run
    async def run(self, start: SealInput) -> SealReply:
        """The checkpoint stands in the database, outside, and in the mail of those who keep it."""
        sealed: SealReply = await workflow.execute_activity(
            SEAL_LEDGER,
            SealLedger(number=start.number, now=workflow.now()),
            result_type=SealReply,
            start_to_close_timeout=SEAL_TIMEOUT,
            retry_policy=SEAL_RETRY,
            priority=LAST,
        )
        await workflow.execute_activity(
            PUBLISH_CHECKPOINTS,
            result_type=int,
            start_to_close_timeout=SEAL_TIMEOUT,
            retry_policy=SEAL_RETRY,
            priority=LAST,
        )
        if sealed.fresh:
            await workflow.execute_activity(
                MAIL_CHECKPOINT,
                sealed.number,
                result_type=int,
                start_to_close_timeout=SEAL_TIMEOUT,
                retry_policy=SEAL_RETRY,
                priority=LAST,
            )
        workflow.set_current_details(f"封存点 #{sealed.number}，{sealed.size} 条，指纹 {sealed.fingerprint}")
        return sealed
