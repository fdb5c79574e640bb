"""The branches of the delivering workflows, for tests.replay.record: over a folder, and a robot that nobody answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from temporalio.client import WorkflowHandle
from temporalio.testing import TimeSkipper

from activities.messages import deliver_id
from rules.dates.calendar import LOCAL
from tests.support import office
from tests.support.product import Started
from tests.support.waiting import until
from workflows.contracts import digest_id

DAY = "2026-11-24"


async def _delivered(product: Started, channel: str) -> WorkflowHandle[object, object]:
    handle = product.client.get_workflow_handle(deliver_id(channel))
    await handle.result()
    return handle


async def digest_of_a_channel(product: Started, skipper: TimeSkipper) -> WorkflowHandle[object, object]:
    """Notices become messages, and are handed over."""
    office.channels(product.folder, "file: {folder: out}")
    office.issue(product.database, units=3)
    handle = await office.start_digest(product.client, product.task_queue, "file", DAY)
    await handle.result()
    await _delivered(product, "file")
    return handle


async def digest_of_all(product: Started, skipper: TimeSkipper) -> WorkflowHandle[object, object]:
    """One digest for each channel is started."""
    office.channels(product.folder, "file: {folder: out}")
    office.issue(product.database, units=3)
    handle = await office.start_digest(product.client, product.task_queue, "", DAY)
    await handle.result()
    await product.client.get_workflow_handle(digest_id(DAY, "file")).result()
    await _delivered(product, "file")
    return handle


async def immediate(product: Started, skipper: TimeSkipper) -> WorkflowHandle[object, object]:
    """What may not wait is handed over."""
    office.channels(product.folder, "file: {folder: out}")
    (no,) = await product.issue("记录不全")
    await product.give(no, "urge", "p0001")
    handle = await office.start_immediate(product.client, product.task_queue, "file")
    await handle.result()
    await _delivered(product, "file")
    return handle


async def immediate_with_nothing(product: Started, skipper: TimeSkipper) -> WorkflowHandle[object, object]:
    """Nothing may not wait: nobody is woken."""
    office.channels(product.folder, "file: {folder: out}")
    handle = await office.start_immediate(product.client, product.task_queue, "file")
    await handle.result()
    return handle


async def delivered(product: Started, skipper: TimeSkipper) -> WorkflowHandle[object, object]:
    """Everything goes out at once."""
    await digest_of_a_channel(product, skipper)
    return product.client.get_workflow_handle(deliver_id("file"))


async def delivered_in_the_morning(product: Started, skipper: TimeSkipper) -> WorkflowHandle[object, object]:
    """It waits for working hours; told that there is more, it goes on waiting."""
    start = (datetime.now(LOCAL) + timedelta(hours=3)).replace(minute=0, second=0, microsecond=0)
    hours = f'hours: {{from: "{start:%H:%M}", to: "{start:%H}:59", every_day: true}}\n'
    office.channels(product.folder, "file: {folder: out}", hours=hours)
    office.issue(product.database, units=3)
    for _ in range(2):
        await (await office.start_digest(product.client, product.task_queue, "file", DAY)).result()
    handle = product.client.get_workflow_handle(deliver_id("file"))

    async def waits() -> bool:
        return bool((await handle.query("progress"))["waits_until"])

    await until("it waits", waits)
    await skipper.fast_forward(handle, start - datetime.now(LOCAL) + timedelta(minutes=1))
    return await _delivered(product, "file")


async def delivered_after_an_outage(product: Started, skipper: TimeSkipper) -> WorkflowHandle[object, object]:
    """The channel is down twice and then taken out of the file, so what waits for it is given up."""
    (product.folder / "key").write_text("key")
    robot = "{kind: wecom, name: 群, address: 'http://127.0.0.1:9', key_file: key, roles: [liaison]}"
    office.channels(product.folder, "robots:", f"  group: {robot}")
    office.issue(product.database, units=3)
    await (await office.start_digest(product.client, product.task_queue, "group", DAY)).result()
    handle = product.client.get_workflow_handle(deliver_id("group"))

    async def down() -> bool:
        return bool((await handle.query("progress"))["why"])

    await until("it is down", down)
    await skipper.fast_forward(handle, timedelta(seconds=6))
    office.channels(product.folder, "file: {folder: out}")
    await skipper.fast_forward(handle, timedelta(seconds=11))
    return await _delivered(product, "group")


BRANCHES: dict[str, Callable[[Started, TimeSkipper], Awaitable[WorkflowHandle[object, object]]]] = {
    "digest": digest_of_a_channel,
    "digest-all": digest_of_all,
    "immediate": immediate,
    "immediate-nothing": immediate_with_nothing,
    "deliver": delivered,
    "deliver-morning": delivered_in_the_morning,
    "deliver-outage": delivered_after_an_outage,
}
