"""Rounds under two real schedulers of which one is killed, over New Year, after a week's outage, with a clock that goes
forward and back: each opens exactly once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ledger.chain import pinned
from ledger.proof.verifying.rounds import verify_rounds
from ledger.rounds.campaigns import in_force, load_campaigns
from ledger.rounds.coming import step
from ledger.rounds.rounds import round_facts
from rules.dates.calendar import LOCAL
from rules.rounds.facts import RoundOpened
from rules.rounds.opening import opens_at
from rules.rounds.periods import read_period
from runtime.connect import connect
from runtime.engine.embedded import Engine
from runtime.settings import Settings, load
from runtime.store import load_shipped
from tests.runtime.scheduler.replicas import WITHIN, Replicas
from tests.support.shipped import every_campaign
from tests.support.waiting import until

WALKS, LISTS = "walks", "lists"
"""Campaigns of the test's own, in force since shortly before it begins."""
START = datetime(2026, 12, 31, 8, 30, tzinfo=LOCAL)
"""The last day of a year, before the hour at which rounds are looked for."""

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
async def replicas(tmp_path: Path, settings: Settings) -> AsyncIterator[Replicas]:
    with Engine.start(load(data=tmp_path / "engine")) as engine:
        client = await connect(engine.address, engine.settings.temporal_namespace)
        with Replicas(settings, engine, client, START) as together:
            load_shipped(together.database, settings, county=True)
            with together.database.write() as connection:
                shipped = {one.id: one for one in every_campaign()}
                ours = [replace(shipped["visits"], id=WALKS), replace(shipped["yearly_list"], id=LISTS)]
                load_campaigns(connection, ours, START - timedelta(days=10))
            yield together


async def begun(replicas: Replicas) -> Counter[str]:
    """The rounds that have been given a workflow, and how often."""
    ids = [found.id async for found in replicas.client.list_workflows(page_size=1000)]
    names = [id_.removeprefix("round/") for id_ in ids if id_.startswith("round/")]
    return Counter(name for name in names if name.partition("/")[0] in (WALKS, LISTS))


async def have_begun(replicas: Replicas, *names: str) -> None:
    async def there() -> bool:
        return set(await begun(replicas)) >= set(names)

    await until(f"{'、'.join(names)} have workflows", there, within=WITHIN)


async def stepped(replicas: Replicas, name: str) -> None:
    """What the workflow's activity does, by two at once: here no worker runs, whose clock would be the machine's."""

    def once() -> None:
        with replicas.database.write() as connection:
            step(connection, name, replicas.now())

    await asyncio.gather(asyncio.to_thread(once), asyncio.to_thread(once))


@pytest.mark.soak
async def test_each_round_opens_once_whatever_happens_to_schedulers_and_clocks(replicas: Replicas) -> None:
    with replicas.database.read() as connection:
        calendar = pinned.current_calendar(connection)
        visits = in_force(connection)[WALKS].campaign
    opening = opens_at(visits, read_period("2027-01"), calendar)
    assert opening
    replicas.begin("one")
    replicas.begin("two")
    await replicas.begun()
    replicas.turn_to(opening - timedelta(seconds=3))  # over New Year; the hour comes by itself
    await have_begun(replicas, f"{WALKS}/2027-01")
    replicas.kill("one")
    await stepped(replicas, f"{WALKS}/2027-01")
    replicas.kill("two")
    replicas.turn_to(opening + timedelta(days=7))  # nobody was there: the year's list should have opened
    replicas.begin("three")
    replicas.begin("four")
    await have_begun(replicas, f"{LISTS}/2027")
    replicas.kill("three")
    await stepped(replicas, f"{LISTS}/2027")
    replicas.turn_to(opening - timedelta(hours=2))  # back before either
    replicas.begin("five")  # which has seen nothing of all this
    await until("the fifth has walked", lambda: "walked" in replicas.log("five").read_text(), within=WITHIN)
    again = opening + timedelta(days=7, hours=2)
    replicas.turn_to(again)
    await replicas.all_started(again)
    wanted = [f"{WALKS}/2027-01", f"{LISTS}/2027"]
    for name in wanted:
        await stepped(replicas, name)
    assert await begun(replicas) == Counter(wanted)
    with replicas.database.read() as connection:
        for name in wanted:
            opened = [fact for fact, _, _ in round_facts(connection, name) if isinstance(fact, RoundOpened)]
            assert len(opened) == 1, name
        assert [one.what for one in verify_rounds(connection)] == []
