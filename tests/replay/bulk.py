"""The branches of pauses, recalculations and the due wave, for tests.replay.record."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import update
from temporalio.client import WorkflowHandle
from temporalio.testing import TimeSkipper

from ledger.chain.entries import ITEM
from rules.codec import instant_text
from tests.support import walks
from tests.support.calendars import adopted, planning, recalculated
from tests.support.product import LEADER, Started
from workflows.contracts import BULK, SEAL, SealInput, recalculate_id, seal_id, sweep


async def paused(product: Started, skipper: TimeSkipper) -> WorkflowHandle[object, object]:
    """Clocks stopped and started by hand, then stopped until the pause ends by itself."""
    (no,) = await planning(product, 1)
    handle: WorkflowHandle[object, object] = product.client.get_workflow_handle(no)
    for said in (walks.pause(), walks.RESUME, walks.pause()):
        await said.give(product, no)
    await skipper.fast_forward(handle, timedelta(days=5))
    await walks.REMARK.give(product, no, person=LEADER)
    return handle


async def item_recalculated(product: Started, skipper: TimeSkipper) -> WorkflowHandle[object, object]:
    """Another calendar: once it was told, since its alarm comes sooner, and once it finds out at its next command."""
    (no,) = await planning(product, 1)
    await recalculated(product, adopted(product, worked=2))
    await recalculated(product, adopted(product, off=1))
    await walks.REMARK.give(product, no, person=LEADER)
    return product.client.get_workflow_handle(no)


async def recalculation(product: Started, skipper: TimeSkipper) -> WorkflowHandle[object, object]:
    """Chunk by chunk, with workflows to tell, until a pass brings nothing."""
    await planning(product, 3)
    calendar = adopted(product, worked=2)
    await recalculated(product, calendar, chunk=2)
    return product.client.get_workflow_handle(recalculate_id(calendar.version))


async def swept(product: Started, skipper: TimeSkipper) -> WorkflowHandle[object, object]:
    """Three alarms that have come, in two chunks, after a moment's waiting for the server's clock."""
    await planning(product, 3)
    with product.database.write() as connection:
        connection.execute(update(ITEM).values(alarm_at=instant_text(datetime.now(UTC))))
    start = sweep(datetime.now(UTC) + timedelta(seconds=1), chunk=2)
    handle: WorkflowHandle[object, object] = await product.client.start_workflow(
        BULK, start, id="wave-due@recorded", task_queue=product.task_queue
    )
    await handle.result()
    return handle


async def nothing_due(product: Started, skipper: TimeSkipper) -> WorkflowHandle[object, object]:
    """A wave in which nothing is due."""
    await planning(product, 1)
    handle: WorkflowHandle[object, object] = await product.client.start_workflow(
        BULK, sweep(), id="sweep", task_queue=product.task_queue
    )
    await handle.result()
    return handle


async def sealed(product: Started, skipper: TimeSkipper) -> WorkflowHandle[object, object]:
    """A new checkpoint, to the file and to nobody's mail."""
    await product.issue("记录不全")
    return await _seal(product, 1)


async def sealed_again(product: Started, skipper: TimeSkipper) -> WorkflowHandle[object, object]:
    """Nothing was added: the last checkpoint stands, and nobody is told of it twice."""
    await product.issue("记录不全")
    await _seal(product, 1)
    return await _seal(product, 2)


async def _seal(product: Started, number: int) -> WorkflowHandle[object, object]:
    handle: WorkflowHandle[object, object] = await product.client.start_workflow(
        SEAL, SealInput(number=number), id=seal_id(number), task_queue=product.task_queue
    )
    await handle.result()
    return handle


BRANCHES: dict[str, Callable[[Started, TimeSkipper], Awaitable[WorkflowHandle[object, object]]]] = {
    "item-paused": paused,
    "item-recalculated": item_recalculated,
    "bulk-calendar": recalculation,
    "bulk-due": swept,
    "bulk-nothing": nothing_due,
    "seal": sealed,
    "seal-again": sealed_again,
}
