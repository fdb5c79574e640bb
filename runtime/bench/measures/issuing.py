"""How fast items are issued, against bare workflows that start, write one row and set a timer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle

from activities.issuing import AT_ONCE
from ledger.chain.entries import ENTRY, ITEM
from ledger.reading import queries
from ledger.reading.filters import Filters
from ledger.store.database import Database
from rules.machine.commands import Command, CommandKind
from runtime.bench.bare import BareStart
from runtime.bench.figures import Runs
from runtime.bench.place import BARE_QUEUE, FINDING, SUPERVISOR, BenchPlace, draft

_GLANCE = 0.005


async def measure(place: BenchPlace, runs: Runs, items: int) -> None:
    """One run of each, the bare one first."""
    await place.rested()
    bare = items / await _bare(place, items)
    await place.rested()
    seconds, visible, accepted = await _ours(place, items)
    ours = items / seconds
    runs.add("issue_rate_ratio", ours / bare)
    runs.add("issue_visible_per_s", items / visible)
    runs.measured(
        issue_per_s=ours, issue_bare_per_s=bare, issue_visible_s=visible, issue_first_command_ms=accepted * 1000
    )


async def _bare(place: BenchPlace, items: int) -> float:
    """Seconds until every workflow has written its row and set its timer, by the times in their histories."""
    before = await asyncio.to_thread(place.bare_rows.count)
    turns = asyncio.Semaphore(AT_ONCE)
    name = uuid4()

    async def start(n: int) -> WorkflowHandle[Any, Any]:
        async with turns:
            text = FINDING.format(n=n)
            return await place.client.start_workflow(BareStart.run, text, id=f"bare/{name}/{n}", task_queue=BARE_QUEUE)

    async def timer_set(handle: WorkflowHandle[Any, Any]) -> datetime:
        async with turns:
            while True:
                events = (await handle.fetch_history()).events
                set_at = [e.event_time for e in events if e.event_type == EventType.EVENT_TYPE_TIMER_STARTED]
                if set_at:
                    return set_at[0].ToDatetime(UTC)
                await asyncio.sleep(_GLANCE)

    begun = datetime.now(UTC)
    handles = await asyncio.gather(*(start(n) for n in range(items)))
    await until(lambda: place.bare_rows.count() - before == items)
    return (max(await asyncio.gather(*(timer_set(handle) for handle in handles))) - begun).total_seconds()


async def _ours(place: BenchPlace, items: int) -> tuple[float, float, float]:
    """Seconds until every item has entry, projection and sleeping workflow; until all stand in the register; and what
    a command to the last of them took that was given at that very moment."""
    batch = await asyncio.to_thread(draft, place.database, items)
    begun = monotonic()
    issuing = asyncio.create_task(place.gateway.issue(batch))
    await until(lambda: _standing(place.database, batch) == items)
    visible = monotonic() - begun
    await _accepts(place, batch)
    accepted = monotonic() - begun - visible
    progress = await issuing
    seconds = monotonic() - begun
    assert progress.issued == progress.started == items, progress
    assert await asyncio.to_thread(_whole, place.database, batch) == items
    return seconds, visible, accepted


async def _accepts(place: BenchPlace, batch: str) -> None:
    with place.database.read() as connection:
        last = max(row["no"] for row in queries.register(connection, Filters(batch=batch), size=500).rows)
    command = Command(kind=CommandKind.URGE, id=str(uuid4()), actor=SUPERVISOR)
    await place.gateway.give(last, command)


def _standing(database: Database, batch: str) -> int:
    with database.read() as connection:
        return sum(queries.lamp_counts(connection, Filters(batch=batch)).values())


def _whole(database: Database, batch: str) -> int:
    """How many items of the batch have their `issued` entry and an alarm to come."""
    joined = ITEM.join(ENTRY, (ENTRY.c.stream == ITEM.c.no) & (ENTRY.c.seq == 1))
    query = select(func.count()).select_from(joined).where(ITEM.c.batch == batch, ITEM.c.alarm_at.is_not(None))
    with database.read() as connection:
        return connection.execute(query).scalar_one()


async def until(there: Callable[[], bool]) -> None:
    """It has become true."""
    while True:
        if await asyncio.to_thread(there):
            return
        await asyncio.sleep(_GLANCE)
