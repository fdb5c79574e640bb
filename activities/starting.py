"""Starting item workflows from the ledger: asleep until their first alarm, or woken by the update that needs them."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, RowMapping
from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.messages import ITEM_WORKFLOW, LAMP_KEY, UNIT_KEY, ItemInput
from activities.options import PERSON_FIRST, TASK_TIMEOUT, bulk_priority, ring_offset
from ledger.chain import pinned
from ledger.store.canonical import parse
from rules.codec import encode


def input_of(connection: Connection, row: RowMapping) -> ItemInput:
    """What the item's workflow starts from: its state as the ledger holds it, with its process and calendar."""
    return ItemInput(
        state=parse(row["state"]),
        process=encode(pinned.process(connection, row["process_ref"])),
        calendar=encode(pinned.calendar(connection, row["calendar_ref"])),
    )


async def start_asleep(client: Client, task_queue: str, row: RowMapping, start: ItemInput) -> bool:
    """The item has a workflow, which costs nothing until its alarm or a command. False when it had one already."""
    try:
        await client.start_workflow(
            ITEM_WORKFLOW,
            start,
            id=row["no"],
            task_queue=task_queue,
            start_delay=_until_alarm(row),
            task_timeout=TASK_TIMEOUT,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            search_attributes=_search_attributes(row),
            static_summary=f"{row['unit_name']}：{row['title'][:60]}",
            priority=bulk_priority(row["unit"]),
        )
    except WorkflowAlreadyStartedError:
        return False
    return True


def start_with_update(task_queue: str, row: RowMapping, start: ItemInput) -> WithStartWorkflowOperation[object, object]:
    """The start that goes with an update to an item whose workflow is missing; it joins one that is not."""
    return WithStartWorkflowOperation(
        ITEM_WORKFLOW,
        start,
        id=row["no"],
        task_queue=task_queue,
        task_timeout=TASK_TIMEOUT,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        search_attributes=_search_attributes(row),
        static_summary=f"{row['unit_name']}：{row['title'][:60]}",
        priority=PERSON_FIRST,
    )


def _until_alarm(row: RowMapping) -> timedelta | None:
    if row["alarm_at"] is None:
        return None
    left = datetime.fromisoformat(row["alarm_at"]) + ring_offset(row["no"]) - datetime.now(UTC)
    return left if left > timedelta(0) else None


def _search_attributes(row: RowMapping) -> TypedSearchAttributes:
    return TypedSearchAttributes(
        [SearchAttributePair(UNIT_KEY, row["unit"]), SearchAttributePair(LAMP_KEY, row["lamp"])]
    )
