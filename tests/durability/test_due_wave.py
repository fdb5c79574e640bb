"""A due wave with real processes: sweep and timers race, either is killed half-way, and every item rings once."""

import asyncio
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import func, select
from temporalio.client import Client
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from activities.starting import input_of, start_asleep
from ledger import queries, sweeping
from ledger.database import Database
from ledger.entries import ENTRY, ITEM
from ledger.verify import verify
from rules.events import FellDue
from runtime.problems import Problem
from runtime.reach import reach
from runtime.settings import Settings
from tests.durability.parts import Parts
from tests.workflows import ledger
from workflows.contracts import SWEEP, SweepInput

ITEMS = 2000
RACING = 300
"""So many of them have workflows, whose timers ring at the same moment; the others are rung by the sweep alone."""
LATE = timedelta(days=30)
PAUSE = 0.2


def stamped(database: Database) -> int:
    """How many items have been stamped late."""
    with database.read() as connection:
        return connection.execute(select(func.count()).where(ENTRY.c.kind == "fell_due")).scalar_one()


def beyond(database: Database, count: int) -> bool:
    return stamped(database) >= count


async def insist(settings: Settings, work: asyncio.Event, database: Database) -> None:
    """Both sweeps and the racing workflows have been started, however often the server goes away meanwhile."""
    numbers: list[str] = []
    with database.read() as connection:
        while rows := queries.open_items(connection, after=numbers[-1] if numbers else ""):
            numbers += [row["no"] for row in rows]
    racing = numbers[:: ITEMS // RACING][:RACING]
    sweeps = ["wave-due@one", "wave-ring@two"]
    while racing or sweeps:
        with suppress(RPCError, Problem):
            client = await reach(settings, patience=timedelta(seconds=30))
            while sweeps:
                await _start_sweep(client, settings, sweeps[-1])
                sweeps.pop()
            work.set()
            while racing:
                await asyncio.gather(*(_start_item(client, settings, database, no) for no in racing[:16]))
                racing = racing[16:]
        await asyncio.sleep(PAUSE)


async def _start_sweep(client: Client, settings: Settings, id_: str) -> None:
    with suppress(WorkflowAlreadyStartedError):
        await client.start_workflow(SWEEP, SweepInput(), id=id_, task_queue=settings.task_queue)


async def _start_item(client: Client, settings: Settings, database: Database, no: str) -> None:
    with database.read() as connection:
        row = queries.item_row(connection, no)
        start = input_of(connection, row)
    await start_asleep(client, settings.task_queue, row, start)


@pytest.mark.timeout(240)
async def test_sweep_and_timers_race_and_either_is_killed_half_way(settings: Settings) -> None:
    with Parts(settings) as parts:
        parts.issue(ITEMS, ago=LATE)
        for name in ("server", "worker"):
            parts.begin(name)
            if name == "server":
                await asyncio.to_thread(parts.wait, "the server answers", parts.server)
        begun = asyncio.Event()
        starting = asyncio.create_task(insist(settings, begun, parts.database))
        await begun.wait()
        for victim, share in (("worker", 0.2), ("engine", 0.4), ("worker", 0.6)):
            enough = partial(beyond, parts.database, int(ITEMS * share))
            await asyncio.to_thread(parts.wait, f"a share of {share} is stamped", enough)
            await asyncio.to_thread(parts.kill, victim)
            assert stamped(parts.database) < ITEMS, "killed too late to show anything"
            if victim == "worker":
                parts.begin(victim)
        await starting
        await asyncio.to_thread(parts.wait, "all are stamped", partial(beyond, parts.database, ITEMS))
        await asyncio.to_thread(parts.wait, "no alarm is behind", partial(_nothing_behind, parts.database))
        by_due: defaultdict[datetime, int] = defaultdict(int)
        with parts.database.read() as connection:
            numbers = list(connection.execute(select(ITEM.c.no)).scalars())
        for no in numbers:
            events = ledger.events(parts.database, no)
            (stamp,) = [e for e in events if isinstance(e.fact, FellDue)]
            assert isinstance(stamp.fact, FellDue)
            assert stamp.at == stamp.fact.due_at
            by_due[stamp.at] += 1
            assert ledger.said_once(parts.database, no)
        assert sum(by_due.values()) == ITEMS
        assert len(by_due) <= 2, "the same instant for all units of a kind"
        assert verify(parts.database).wrong == ()


def _nothing_behind(database: Database) -> bool:
    with database.read() as connection:
        return sweeping.overdue(connection, datetime.now(UTC)) == 0
