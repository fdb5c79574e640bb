"""A command for many items with real processes: its worker is killed at every chunk, and each item has it once."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from desk.bulk.giving import BulkRequest, Bulks
from desk.caller import on_site
from ledger.chain.entries import ITEM
from ledger.chain.selections import GIVEN
from ledger.proof.verify import verify
from rules.machine.commands import Actor, Command, CommandKind, Via
from rules.process import Role
from runtime.reach import reach
from runtime.settings import Settings
from tests.durability.parts import Parts
from tests.support import witness
from tests.support.product import LEADER, SUPERVISOR
from tests.support.waiting import until
from workflows.gateway import Gateway

ITEMS = 500
KILLS = range(GIVEN.chunk, ITEMS, GIVEN.chunk)
PATIENCE = timedelta(seconds=60)


@pytest.mark.soak
@pytest.mark.timeout(400)
async def test_a_worker_killed_at_every_chunk_gives_each_item_its_command_once(settings: Settings) -> None:
    with Parts(settings) as parts:
        parts.issue(ITEMS, ago=timedelta(hours=1))
        parts.begin("server")
        await asyncio.to_thread(parts.wait, "the server answers", parts.server)
        parts.begin("worker")
        client = await reach(settings, patience=PATIENCE)
        gateway = Gateway(client, parts.database, task_queue=settings.task_queue, timeout=PATIENCE)
        bulks = Bulks(gateway, parts.database)
        with parts.database.read() as connection:
            numbers = tuple(connection.execute(select(ITEM.c.no).order_by(ITEM.c.no)).scalars())
        asked = BulkRequest(kind="urge", caller=on_site(SUPERVISOR), numbers=numbers, text="请抓紧")
        bulk = await asyncio.to_thread(bulks.preview, asked, datetime.now(UTC))
        giving = asyncio.create_task(bulks.confirm(bulk, on_site(SUPERVISOR), datetime.now(UTC)))
        for count in KILLS:
            await until(f"{count} items have it", lambda count=count: bulks.counts(bulk).done >= count)  # type: ignore[misc]
            await asyncio.to_thread(parts.kill, "worker")
            parts.begin("worker")
        click = Command(
            kind=CommandKind.REMARK,
            id=str(uuid4()),
            actor=Actor(id=LEADER, role=Role.LEADER, via=Via.SITE),
            text="抓紧办理",
        )
        await gateway.give(numbers[0], click)
        await giving
        assert (bulks.counts(bulk).done, bulks.counts(bulk).left) == (ITEMS, 0)
        for no in numbers:
            assert witness.kinds(parts.database, no).count("urged") == 1
        assert witness.kinds(parts.database, numbers[0]) == ["issued", "urged", "remarked"]
        assert verify(parts.database).wrong == ()
