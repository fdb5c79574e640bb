"""An item's runs as Temporal keeps them: which there are, and the few facts of each history that the ledger is held
against. A history goes by event by event; only those facts are kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.update.v1 import Outcome as UpdateOutcome
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from activities.messages import ITEM_WORKFLOW, ItemInput
from ledger.proof.reconcile import Fate, Told, WorkflowRun
from rules.errors import NOT_NOW, Code
from workflows.contracts import COMMAND

_REFUSALS = {str(code) for code in Code} - {str(code) for code in NOT_NOW - {Code.ITEM_BUSY}}


@dataclass(slots=True)
class ListedItem:
    """What Temporal's list shows of one item: its runs, and whether one of them is running."""

    run_ids: list[str] = field(default_factory=list)
    runs: bool = False


async def listed(client: Client, streams: Sequence[str]) -> dict[str, ListedItem]:
    """The runs of these items, by item: running, closed, and followed by another."""
    found = {stream: ListedItem() for stream in streams}
    named = ", ".join(json.dumps(stream, ensure_ascii=False) for stream in streams)
    async for run in client.list_workflows(f"WorkflowType = '{ITEM_WORKFLOW}' AND WorkflowId IN ({named})"):
        found[run.id].run_ids.append(run.run_id)
        found[run.id].runs |= run.status is WorkflowExecutionStatus.RUNNING
    return found


async def all_items(client: Client, task_queue: str, size: int) -> AsyncIterator[list[str]]:
    """The items that have a run on that queue, in chunks; one with several runs may be in several."""
    chunk: set[str] = set()
    queue = json.dumps(task_queue, ensure_ascii=False)
    async for run in client.list_workflows(f"WorkflowType = '{ITEM_WORKFLOW}' AND TaskQueue = {queue}"):
        chunk.add(run.id)
        if len(chunk) >= size:
            yield sorted(chunk)
            chunk.clear()
    if chunk:
        yield sorted(chunk)


async def read_runs(
    client: Client, stream: str, known: Collection[str], turns: asyncio.Semaphore, *, latest_too: bool
) -> list[WorkflowRun]:
    """The histories of these runs, and of those that the list does not show: with `latest_too` the latest, and always
    the ones that a run goes on from. The list is filled a moment late, and begun anew when its file was lost."""
    found: list[WorkflowRun] = []
    seen: set[str] = set()
    waiting = [*([""] if latest_too else []), *known]
    while waiting:
        run_id = waiting.pop(0)
        if run_id in seen:
            continue
        async with turns:
            read = await _read(client, stream, run_id)
        seen.add(run_id)
        if read is None:
            continue
        run, own, went_before = read
        found.append(run)
        seen.add(own)
        if went_before:
            waiting.append(went_before)
    return found


async def exists(client: Client, stream: str) -> bool:
    """Whether Temporal holds a workflow of that id, and not only a line in its list."""
    try:
        await client.get_workflow_handle(stream).describe()
    except RPCError as failure:
        if failure.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return True


async def _read(client: Client, stream: str, run_id: str) -> tuple[WorkflowRun, str, str] | None:
    """The run, its id, and the id of the one that it goes on from; None when Temporal keeps it no longer."""
    handle = client.get_workflow_handle(stream, run_id=run_id or None)
    began, own, went_before = 0, run_id, ""
    accepted: dict[int, Told] = {}
    try:
        async for event in handle.fetch_history_events():
            if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
                about = event.workflow_execution_started_event_attributes
                if about.workflow_type.name != ITEM_WORKFLOW:
                    return None
                began = await _started_after(client, about.input.payloads)
                own, went_before = about.original_execution_run_id or run_id, about.continued_execution_run_id
            elif event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
                if told := await _accepted(client, event):
                    accepted[event.event_id] = told
            elif event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED:
                done = event.workflow_execution_update_completed_event_attributes
                if told := accepted.get(done.accepted_event_id):
                    outcome = _outcome(done.outcome)
                    accepted[done.accepted_event_id] = Told(
                        id=told.id, kind=told.kind, actor=told.actor, outcome=outcome
                    )
    except RPCError as failure:
        if failure.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    return WorkflowRun(after=began, told=tuple(accepted.values())), own, went_before


async def _started_after(client: Client, payloads: Sequence[Any]) -> int:
    (start,) = await client.data_converter.decode(payloads, [ItemInput])
    seq: int = start.state["seq"]
    return seq


async def _accepted(client: Client, event: HistoryEvent) -> Told | None:
    """The command that was accepted; None for an update of another name."""
    request = event.workflow_execution_update_accepted_event_attributes.accepted_request
    if request.input.name != COMMAND:
        return None
    (plain,) = await client.data_converter.decode(request.input.args.payloads, [dict])
    return Told(id=request.meta.update_id, kind=plain["kind"], actor=plain["actor"]["id"], outcome=Fate.OPEN)


def _outcome(outcome: UpdateOutcome) -> Fate:
    """Refused only by a word of the rules: an update that ended with its workflow may have stored its entry."""
    if outcome.HasField("success"):
        return Fate.DONE
    return Fate.REFUSED if outcome.failure.application_failure_info.type in _REFUSALS else Fate.OPEN
