"""A due wave with real processes: sweep and timers race, either is killed half-way, and every item rings once."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import func, select
from temporalio.client import Client
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from activities.starting import input_of, start_asleep
from ledger.chain import bulk, lookup, selections
from ledger.chain.entries import ENTRY, ITEM
from ledger.proof.verify import verify
from ledger.store.database import Database
from rules.machine.timed import FellDue, RungReached
from runtime.bench.measures.wave import fall_due
from runtime.ending import Problem
from runtime.reach import reach
from runtime.settings import Settings
from tests.durability.parts import Parts
from tests.support import witness
from tests.support.waiting import until
from workflows.contracts import BULK, sweep
from workflows.gateway import Gateway

ITEMS = 2000
AT_ONCE = 24
"""Workflows started at a time: each rings at once, since its alarm has passed."""
LATE = timedelta(days=15)
PATIENCE = timedelta(seconds=30)
PAUSE = 0.2
LONG = 240.0
"""Seconds: the whole takes 50 on two free cores and took 120 beside three busy loops."""


def stamped(database: Database) -> int:
    """How many items have been stamped late."""
    with database.read() as connection:
        return connection.execute(select(func.count()).where(ENTRY.c.kind == "fell_due")).scalar_one()


def beyond(database: Database, count: int) -> bool:
    return stamped(database) >= count


async def insist(settings: Settings, work: asyncio.Event, database: Database) -> None:
    """Both sweeps and every item's workflow have been started, however often the server goes away meanwhile."""
    numbers: list[str] = []
    with database.read() as connection:
        while rows := lookup.open_items(connection, after=numbers[-1] if numbers else ""):
            numbers += [row["no"] for row in rows]
    racing = list(numbers)
    sweeps = ["wave-due@one", "wave-ring@two"]
    while racing or sweeps:
        with suppress(RPCError, Problem):
            client = await reach(settings, patience=PATIENCE)
            while sweeps:
                await _start_sweep(client, settings, sweeps[-1])
                sweeps.pop()
            work.set()
            while racing:
                await asyncio.gather(*(_start_item(client, settings, database, no) for no in racing[:AT_ONCE]))
                racing = racing[AT_ONCE:]
        await asyncio.sleep(PAUSE)


async def _start_sweep(client: Client, settings: Settings, id_: str) -> None:
    with suppress(WorkflowAlreadyStartedError):
        await client.start_workflow(BULK, sweep(), id=id_, task_queue=settings.task_queue)


async def _start_item(client: Client, settings: Settings, database: Database, no: str) -> None:
    with database.read() as connection:
        row = lookup.item_row(connection, no)
        start = input_of(connection, row)
    await start_asleep(client, settings.task_queue, row, start)


@pytest.mark.soak
@pytest.mark.timeout(480)
async def test_sweep_and_timers_race_and_either_is_killed_half_way(settings: Settings) -> None:
    with Parts(settings) as parts:
        parts.issue(ITEMS, ago=LATE)
        await _begin(parts, ("server", "worker"))
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
        all_of_them = partial(beyond, parts.database, ITEMS)
        await asyncio.to_thread(parts.wait, "all are stamped", all_of_them, within=LONG)
        await asyncio.to_thread(parts.wait, "no alarm is behind", partial(_nothing_behind, parts.database))
        by_due: defaultdict[datetime, int] = defaultdict(int)
        with parts.database.read() as connection:
            numbers = list(connection.execute(select(ITEM.c.no)).scalars())
        for no in numbers:
            events = witness.events(parts.database, no)
            (stamp,) = [e for e in events if isinstance(e.fact, FellDue)]
            assert isinstance(stamp.fact, FellDue)
            assert stamp.at == stamp.fact.due_at
            by_due[stamp.at] += 1
            assert witness.said_once(parts.database, no)
        assert sum(by_due.values()) == ITEMS
        assert len(by_due) <= 2, "the same instant for all units of a kind"
        assert verify(parts.database).wrong == ()


def _nothing_behind(database: Database) -> bool:
    with database.read() as connection:
        return bulk.waiting(connection, selections.due(datetime.now(UTC))) == 0


DOWN = 150
"""Of so many items a few ring within seconds after the head start, whatever their numbers."""
AHEAD = timedelta(seconds=18)


@pytest.mark.soak
@pytest.mark.timeout(240)
async def test_an_alarm_that_falls_while_everything_is_down_rings_once_after_the_restart(settings: Settings) -> None:
    everything = ("server", "worker", "scheduler")
    with Parts(settings) as parts:
        due = (datetime.now(UTC) + AHEAD).replace(microsecond=0)
        with parts.database.write() as connection:
            fall_due(connection, due)
        parts.issue(DOWN, ago=timedelta(days=1) - (due - datetime.now(UTC)))
        await _begin(parts, everything)
        gateway = Gateway(await reach(settings, patience=PATIENCE), parts.database, task_queue=settings.task_queue)
        await until("every item has its workflow", partial(_recovered, gateway))
        assert datetime.now(UTC) < due, "too slow to show anything"
        for name in everything:
            await asyncio.to_thread(parts.kill, name)
        await until("the alarm has passed", lambda: datetime.now(UTC) > due + timedelta(seconds=2))
        assert stamped(parts.database) == 0
        restarted = datetime.now(UTC)
        await _begin(parts, everything)
        await until("timers ring", lambda: stamped(parts.database) >= 1)
        client = await reach(settings, patience=PATIENCE)
        await client.execute_workflow(BULK, sweep(), id="wave-due@missed", task_queue=settings.task_queue)
        await until("nothing is behind", partial(_nothing_behind, parts.database))
        with parts.database.read() as connection:
            numbers = list(connection.execute(select(ITEM.c.no)).scalars())
        for no in numbers:
            _, *rang = witness.events(parts.database, no)
            assert [event.kind for event in rang] == ["fell_due", "rung_reached"]
            for event in rang:
                assert isinstance(event.fact, FellDue | RungReached)
                assert event.at == event.fact.due_at == due
                assert event.fact.rang_at > restarted
        assert verify(parts.database).wrong == ()


async def _recovered(gateway: Gateway) -> bool:
    """Every item sleeps until its timer rings; False while the server is still being prepared."""
    with suppress(RPCError):
        return len([done async for done in gateway.recover()]) == DOWN
    return False


async def _begin(parts: Parts, names: Iterable[str]) -> None:
    for name in names:
        parts.begin(name)
        if name == "server":
            await asyncio.to_thread(parts.wait, "the server answers", parts.server)
