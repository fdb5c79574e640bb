"""Real schedulers, kill -9, and clocks that jump: each nominal time is started exactly once."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ledger.store import firings
from ledger.store.firings import GRACE
from rules.dates.calendar import LOCAL
from runtime.connect import connect
from runtime.engine.embedded import Engine
from runtime.settings import Settings, load
from tests.runtime.scheduler.replicas import WITHIN, Replicas
from tests.support.waiting import until

START = datetime(2026, 3, 9, 7, 55, tzinfo=LOCAL)
"""A Monday before the digest."""
EVENING = timedelta(hours=9, minutes=40)
SECOND = timedelta(seconds=1)

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def own_engine(tmp_path: Path) -> Iterator[Engine]:
    """A server on which no other test has started a workflow of these ids."""
    with Engine.start(load(data=tmp_path / "engine")) as running:
        yield running


@pytest.fixture
async def replicas(own_engine: Engine, settings: Settings) -> AsyncIterator[Replicas]:
    client = await connect(own_engine.address, own_engine.settings.temporal_namespace)
    with Replicas(settings, own_engine, client, START) as together:
        yield together


@pytest.mark.soak
async def test_two_replicas_and_one_of_them_killed(replicas: Replicas) -> None:
    replicas.begin("one")
    replicas.begin("two")
    await replicas.begun()
    replicas.turn_to(START + timedelta(minutes=35) - SECOND)  # 8:30 comes by itself
    await until("the digest is started", lambda: "digest@2026-03-09T00:30:00Z" in replicas.started(), within=WITHIN)
    replicas.kill("one")
    replicas.turn_to(START + EVENING)
    wanted = await replicas.all_started(START + EVENING)
    assert {"wave-ring@2026-03-09T01:00:00Z", "wave-due@2026-03-09T09:30:00Z"} <= wanted
    await replicas.once(wanted)
    assert "two" in replicas.claimed().values()


async def test_what_a_killed_replica_had_claimed_is_started_by_another(replicas: Replicas) -> None:
    replicas.begin("two")
    await replicas.begun()
    replicas.kill("two")
    replicas.turn_to(START + timedelta(hours=2))
    replicas.begin("dying")
    await until("it died with its claims", lambda: replicas.died("dying"), within=WITHIN)
    claims = replicas.claimed()
    assert set(claims.values()) == {"dying"}
    assert replicas.started() == set()
    replicas.begin("two")
    replicas.turn_to(START + timedelta(hours=2) + 2 * GRACE)
    wanted = await replicas.all_started(START + timedelta(hours=2))
    assert wanted == set(claims)
    await replicas.once(wanted)


@pytest.mark.soak
async def test_a_clock_that_jumps_forward_and_back(replicas: Replicas) -> None:
    replicas.begin("one")
    replicas.begin("two")
    await replicas.begun()
    replicas.turn_to(START + EVENING)
    await replicas.all_started(START + EVENING)
    replicas.turn_to(START - timedelta(days=2))
    replicas.begin("three")  # which has seen nothing of all this
    replicas.turn_to(START + timedelta(hours=1))
    await until("the third has walked", lambda: "walked" in replicas.log("three").read_text(), within=WITHIN)
    replicas.kill("one")  # the two that are left must notice by themselves
    replicas.turn_to(START + EVENING + timedelta(hours=4))  # and forward again, past what was fired
    wanted = await replicas.all_started(START + EVENING + timedelta(hours=4))
    await replicas.once(wanted)


async def test_a_clock_ten_days_ahead_for_a_moment_uses_up_no_day(replicas: Replicas) -> None:
    replicas.begin("wary")
    await replicas.begun()
    replicas.turn_to(START + timedelta(days=10, hours=1))  # its own clock has gone on a little since
    said = replicas.log("wary")
    await until("the jump is named", lambda: "忽然往前跳了 10 天" in said.read_text(), within=WITHIN)
    walks = said.read_text().count("walked")
    replicas.turn_to(START + timedelta(seconds=40))
    await until("it looked again at once", lambda: said.read_text().count("walked") > walks, within=WITHIN)
    assert replicas.claimed() == {}
    with replicas.database.read() as connection:
        assert max(firings.cursors(connection).values()) < START + timedelta(minutes=5)
    replicas.begin("two")
    replicas.turn_to(START + timedelta(minutes=36))
    await replicas.once(await replicas.all_started(START + timedelta(minutes=36)))
    assert "digest@2026-03-09T00:30:00Z" in replicas.started()


@pytest.mark.soak
async def test_plans_that_went_ahead_are_named_brought_back_and_come_again(replicas: Replicas) -> None:
    replicas.begin("one")
    await replicas.begun()
    replicas.turn_to(START + timedelta(days=2))
    await replicas.all_started(START + timedelta(days=2))
    replicas.turn_to(START + timedelta(minutes=20))
    said = replicas.log("one")
    await until("it says where the plans are", lambda: "已走到将来" in said.read_text(), within=WITHIN)
    assert "duban scheduler --back" in said.read_text()
    plans, taken = firings.bring_back(replicas.database, replicas.now())
    assert "digest" in plans
    assert taken > 0
    replicas.turn_to(START + timedelta(minutes=36))
    await until("the digest comes again", lambda: "digest@2026-03-09T00:30:00Z" in replicas.started(), within=WITHIN)
    runs = [one.run_id async for one in replicas.client.list_workflows("WorkflowId = 'digest@2026-03-09T00:30:00Z'")]
    assert len(runs) == 1, "a digest that still runs is not started beside itself"


@pytest.mark.soak
async def test_a_weeks_outage(replicas: Replicas) -> None:
    replicas.begin("one")
    await replicas.begun()
    replicas.kill("one")
    back = START + timedelta(days=7)
    replicas.turn_to(back)
    replicas.begin("one")
    replicas.begin("two")
    wanted = await replicas.all_started(back)
    await replicas.once(wanted)
    assert len([key for key in wanted if key.startswith("digest@")]) == 5
    assert len([key for key in wanted if key.startswith("self-check@")]) == 7 * 24
