"""Ten thousand check-ins without workflows fall due at one minute while the engine is killed and comes back: each is
stamped once and rung once, whoever rings it, and whoever reports meanwhile is answered."""

import asyncio
import os
import signal
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from desk.caller import on_site
from desk.requests import Request
from ledger.chain.entries import ENTRY, ITEM
from ledger.chain.past.ringing import ring_here
from ledger.store.database import Database
from rules.codec import instant_text
from runtime.engine import record
from runtime.settings import Settings
from tests.durability.engines import running
from tests.support import witness
from tests.support.product import known_county
from tests.support.rounds.lazy_items import issue, known
from tests.support.waiting import until
from workflows.contracts import BULK, BulkProgress, sweep

COUNT = 10_000
REPORTED = 16
ANSWERS = (("moved", "no"), ("committee", "2"), ("study", "1"), ("theme_day", "1"))


def just_due(database: Database) -> timedelta:
    """How long ago something was issued whose deadline was the last that has passed: nothing later rings yet."""
    for days in range(1, 60):
        (no,) = issue(database, 1, ago=timedelta(days=days))
        due = witness.state(database, no).due
        assert due is not None
        if due.at <= datetime.now(UTC):
            return timedelta(days=days)
    raise AssertionError("nothing falls due")


def stamped(database: Database, batch: str) -> list[int]:
    """How often each of the batch's items that has been stamped was."""
    query = select(func.count()).join(ITEM, ITEM.c.no == ENTRY.c.stream).where(ITEM.c.batch == batch)
    with database.read() as connection:
        return list(connection.execute(query.where(ENTRY.c.kind == "fell_due").group_by(ENTRY.c.stream)).scalars())


def rung_twice(database: Database) -> list[str]:
    """The items in which a rung spoke twice."""
    query = select(ENTRY.c.stream).where(ENTRY.c.kind == "rung_reached").group_by(ENTRY.c.stream, ENTRY.c.body)
    with database.read() as connection:
        return list(connection.execute(query.having(func.count() > 1)).scalars())


@pytest.mark.soak
@pytest.mark.timeout(300)
async def test_ten_thousand_are_stamped_and_rung_once_while_the_engine_goes_and_comes_back(settings: Settings) -> None:
    database = known_county(settings.data)
    known(database)
    numbers = issue(database, COUNT, ago=just_due(database))
    with database.read() as connection:
        batch = connection.execute(select(ITEM.c.batch).where(ITEM.c.no == numbers[0])).scalar_one()
        due = {connection.execute(select(ITEM.c.alarm_at).where(ITEM.c.batch == batch).distinct()).scalar_one()}
    assert len(due) == 1
    assert due.pop() <= instant_text(datetime.now(UTC)), "all at one minute, and it has come"
    async with running(settings, database) as (product, _):
        sweeping = await product.client.start_workflow(
            BULK, sweep(), id=f"wave-due@{uuid4()}", task_queue=product.task_queue, result_type=BulkProgress
        )
        await until("a sweep is in the middle of it", lambda: len(stamped(database, batch)) > COUNT // 10)
        noted = record.read(settings.data)
        assert noted is not None
        with suppress(ProcessLookupError):
            os.kill(noted.pid, signal.SIGKILL)
        ringing = asyncio.create_task(asyncio.to_thread(ring_here, database, datetime.now(UTC)))

        async def report(no: str) -> str:
            request = Request(no=no, kind="submit", caller=on_site(product.liaison(no)), answers=ANSWERS, id="click")
            return (await product.desk.give(request)).status

        told = await asyncio.gather(*(report(no) for no in numbers[-REPORTED:]))
        assert told == ["closed"] * REPORTED
        await ringing
        assert (await sweeping.result()).done, "the sweep went on where it was, once the engine was back"
        again = await product.client.execute_workflow(
            BULK, sweep(), id=f"wave-due@{uuid4()}", task_queue=product.task_queue, result_type=BulkProgress
        )
        assert again.stored == 0
    found = stamped(database, batch)
    assert set(found) == {1}
    assert COUNT - REPORTED <= len(found) <= COUNT
    assert rung_twice(database) == []
    assert witness.wrong(database) == []
    database.close()
