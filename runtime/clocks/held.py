"""The timer that Temporal holds for an item: a start that waits, or the last timer that has neither rung nor been
cancelled. What Temporal says, not what it should."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryReverseRequest
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

_PAGE = 40
"""Events asked for at a time, the newest first: an item that waits has set its timer last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Whether the item's workflow runs, when it wakes by itself (None: never), and whether it has work at hand now."""

    runs: bool
    wakes: datetime | None = None
    busy: bool = False


async def held(client: Client, no: str) -> Held:
    """What Temporal holds for the item. Raises RPCError when the server does not answer."""
    try:
        found = await client.get_workflow_handle(no).describe()
    except RPCError as failure:
        if failure.status is RPCStatusCode.NOT_FOUND:
            return Held(runs=False)
        raise
    if found.status is not WorkflowExecutionStatus.RUNNING:
        return Held(runs=False)
    if found.history_length <= 1:  # no task yet: it sleeps until its start is due
        return Held(runs=True, wakes=found.execution_time)
    busy = found.raw_description.HasField("pending_workflow_task") or bool(found.raw_description.pending_activities)
    return Held(runs=True, wakes=await _last_timer(client, found), busy=busy)


async def _last_timer(client: Client, found: WorkflowExecutionDescription) -> datetime | None:
    execution = WorkflowExecution(workflow_id=found.id, run_id=found.run_id)
    over: set[int] = set()
    token = b""
    while True:
        answer = await client.workflow_service.get_workflow_execution_history_reverse(
            GetWorkflowExecutionHistoryReverseRequest(
                namespace=client.namespace, execution=execution, maximum_page_size=_PAGE, next_page_token=token
            ),
            retry=True,
        )
        for event in answer.history.events:
            if event.event_type == EventType.EVENT_TYPE_TIMER_FIRED:
                over.add(event.timer_fired_event_attributes.started_event_id)
            elif event.event_type == EventType.EVENT_TYPE_TIMER_CANCELED:
                over.add(event.timer_canceled_event_attributes.started_event_id)
            elif event.event_type == EventType.EVENT_TYPE_TIMER_STARTED and event.event_id not in over:
                waits = event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
                return event.event_time.ToDatetime(tzinfo=UTC) + waits
        token = answer.next_page_token
        if not token:
            return None
