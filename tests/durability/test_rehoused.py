"""What merged units had open is handed on with real processes: the worker is killed at every chunk, and each item has
one entry of it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from desk.caller import on_site
from desk.units import changing
from desk.units.changing import ToChange
from ledger.chain.entries import ENTRY
from ledger.chain.selections import REHOUSED
from ledger.proof.verify import verify
from rules.dates.calendar import local_date
from runtime.reach import reach
from runtime.rehousing import ToHandOn, hand_on
from runtime.settings import Settings
from tests.durability.parts import UNITS, Parts
from tests.support.product import SUPERVISOR
from tests.support.waiting import until
from workflows.gateway import Gateway

ITEMS = 320
GONE = UNITS[:4]
LEFT = ITEMS * len(GONE) // len(UNITS)
PATIENCE = timedelta(seconds=60)


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_a_worker_killed_at_every_chunk_hands_each_item_on_once(settings: Settings) -> None:
    with Parts(settings) as parts:
        parts.issue(ITEMS, ago=timedelta(hours=1))
        parts.begin("server")
        await asyncio.to_thread(parts.wait, "the server answers", parts.server)
        parts.begin("worker")
        client = await reach(settings, patience=PATIENCE)
        gateway = Gateway(client, parts.database, task_queue=settings.task_queue, timeout=PATIENCE)
        now = datetime.now(UTC)
        found = changing.merge_units(parts.database, GONE, UNITS[7], ToChange(first=local_date(now)), now)
        assert len(found.items) == LEFT
        wish = ToHandOn(reason="机构合并")
        handing = asyncio.create_task(hand_on(gateway, parts.database, found.items, on_site(SUPERVISOR), wish))

        def moved() -> int:
            with parts.database.read() as connection:
                query = select(func.count()).where(ENTRY.c.kind == "reassigned")
                return connection.execute(query).scalar_one()

        for count in range(REHOUSED.chunk, LEFT, REHOUSED.chunk):
            # What a killed worker had in hand is given to the next when it times out: more than once in a row, perhaps.
            await until(f"{count} are handed on", lambda count=count: moved() >= count, within=180)  # type: ignore[misc]
            await asyncio.to_thread(parts.kill, "worker")
            parts.begin("worker")
        assert [(one.to, one.refusal) for one in await handing] == [(UNITS[7], "")] * LEFT
        assert moved() == LEFT, "each once"
        assert verify(parts.database).wrong == ()
