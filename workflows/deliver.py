"""Sends what is ready on one channel until nothing is (workflow id: deliver/<channel>).

Signal: `more` (there is something to send). Query: `progress`. Entries: none. It alone sends on its channel, so nothing
goes out side by side; what is ready stands in the database, so whoever runs it next goes on where it stopped.
"""

from contextlib import suppress
from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.messages import DELIVER, MORE, SEND_MESSAGES, DeliverInput, SendInput, SendReply
    from activities.options import SEND_HEARTBEAT, SEND_RETRY, SEND_TIMEOUT, SENDING, channel_pause
    from workflows.contracts import Delivered


@workflow.defn(name=DELIVER)
class DeliverWorkflow:
    """A channel that is down is left alone for longer and longer; a signal does not shorten that."""

    @workflow.init
    def __init__(self, start: DeliverInput) -> None:
        self._channel, self._failures = start.channel, start.failures
        self._more = True
        self._progress = Delivered()

    @workflow.run
    async def run(self, start: DeliverInput) -> Delivered:
        """Nothing is ready on the channel."""
        while self._more:
            self._more = False
            reply = await self._send()
            self._failures = self._failures + 1 if reply.down else 0
            until = self._until(reply)
            self._show(reply, until)
            if until:
                await self._wait(until, woken=not reply.down)
                self._more = True
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(DeliverInput(channel=self._channel, failures=self._failures))
        return self._progress

    @workflow.signal(name=MORE)
    def more(self) -> None:
        """There is something to send."""
        self._more = True

    @workflow.query
    def progress(self) -> Delivered:
        """How far it is."""
        return self._progress

    async def _send(self) -> SendReply:
        reply: SendReply = await workflow.execute_activity(
            SEND_MESSAGES,
            SendInput(channel=self._channel, now=workflow.now()),
            result_type=SendReply,
            start_to_close_timeout=SEND_TIMEOUT,
            heartbeat_timeout=SEND_HEARTBEAT,
            retry_policy=SEND_RETRY,
            priority=SENDING,
        )
        return reply

    def _until(self, reply: SendReply) -> datetime | None:
        """When to go on; None when nothing is left."""
        if not reply.down or reply.next_at is None:
            return reply.next_at
        return workflow.now() + max(channel_pause(self._failures), timedelta(seconds=reply.pause))

    async def _wait(self, until: datetime, *, woken: bool) -> None:
        """Until that instant; `woken`: or until something more is there."""
        left = until - workflow.now()
        if left <= timedelta(0):
            return
        with suppress(TimeoutError):
            await workflow.wait_condition(lambda: woken and self._more, timeout=left)

    def _show(self, reply: SendReply, until: datetime | None) -> None:
        done = self._progress
        waits = until.isoformat() if until and until > workflow.now() else ""
        self._progress = Delivered(
            sent=done.sent + reply.sent, failed=done.failed + reply.failed, waits_until=waits, why=reply.down
        )
        workflow.set_current_details(f"{self._channel}：已发 {self._progress.sent} 封，{reply.down or '正常'}")
