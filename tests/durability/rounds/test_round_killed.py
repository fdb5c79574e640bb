"""A round with real processes: its worker is killed while it opens and issues, and everybody is asked once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from desk.caller import on_site
from desk.registers.rounds_kept import open_by_hand
from ledger.chain import batches
from ledger.proof.verify import verify
from ledger.reading import queries
from ledger.reading.filters import Filters
from ledger.rounds.rounds import round_facts
from ledger.rounds.rows import batch_of
from rules.rounds.facts import RoundOpened
from runtime.reach import reach
from runtime.settings import Settings
from tests.durability.parts import Parts
from tests.support.product import SUPERVISOR
from tests.support.waiting import until
from workflows.rounds_begun import look_at_round

PATIENCE = timedelta(seconds=60)


@pytest.mark.soak
@pytest.mark.timeout(300)
async def test_a_worker_killed_while_a_round_opens_asks_everybody_once(settings: Settings) -> None:
    with Parts(settings) as parts:
        parts.begin("server")
        await asyncio.to_thread(parts.wait, "the server answers", parts.server)
        parts.begin("worker")
        client = await reach(settings, patience=PATIENCE)
        name = open_by_hand(parts.database, "inspections", on_site(SUPERVISOR), datetime.now(UTC)).round

        def progress() -> batches.Progress:
            with parts.database.read() as connection:
                return batches.progress(connection, batch_of(name))

        await asyncio.gather(*(look_at_round(client, settings.task_queue, name) for _ in range(2)))
        for step in (lambda: progress().issued > 0, lambda: progress().started > 0):
            await until("it goes on", step)
            await asyncio.to_thread(parts.kill, "worker")
            parts.begin("worker")
            await look_at_round(client, settings.task_queue, name)
        await until("everybody is asked", lambda: progress().left == 0 and progress().started == 96)
        with parts.database.read() as connection:
            rows = queries.register(connection, Filters(batch=batch_of(name)), size=500).rows
            opened = [fact for fact, _, _ in round_facts(connection, name) if isinstance(fact, RoundOpened)]
        assert len(opened) == 1
        assert sorted(row["unit"] for row in rows) == sorted({row["unit"] for row in rows})
        assert len(rows) == 96
        assert verify(parts.database).wrong == ()
