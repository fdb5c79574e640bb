"""What somebody may do who reaches the engine past the site: start workflows of their own, and no more."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import Client, WorkflowFailureError
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.worker import Worker

from activities.messages import APPEND, AppendInput, AppendReply
from ledger.entries import read_events
from rules.events import encode_event
from tests.product import started


@workflow.defn(name="foreign", sandboxed=False)
class ForeignWorkflow:
    """Asks the product's worker to append what no rule has decided."""

    @workflow.run
    async def run(self, queue: str, wanted: AppendInput) -> AppendReply:
        reply: AppendReply = await workflow.execute_activity(
            APPEND,
            wanted,
            task_queue=queue,
            result_type=AppendReply,
            start_to_close_timeout=timedelta(seconds=20),
            retry_policy=RetryPolicy(maximum_attempts=1),
        )
        return reply


async def test_a_foreign_workflow_appends_nothing(client: Client, task_queue: str, tmp_path: Path) -> None:
    async with started(client, tmp_path) as product, Worker(client, task_queue=task_queue, workflows=[ForeignWorkflow]):
        (no,) = await product.issue("三会一课记录不全")
        with product.database.read() as connection:
            before = read_events(connection, no)
        wanted = AppendInput(
            stream=no, after=len(before), command="foreign", events=[encode_event(event) for event in before]
        )
        with pytest.raises(WorkflowFailureError) as told:
            await client.execute_workflow(
                ForeignWorkflow.run, args=[product.task_queue, wanted], id=task_queue, task_queue=task_queue
            )
        assert isinstance(told.value.cause, ActivityError)
        assert isinstance(told.value.cause.cause, ApplicationError)
        assert told.value.cause.cause.type == "not_ours"
        with product.database.read() as connection:
            assert read_events(connection, no) == before
