"""The engine is killed under callers: they go on at the ledger, each answered soon; nothing is lost or doubled, and
once it is back every workflow knows what happened and has its timer."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic

import pytest
from temporalio.client import Client

from activities.messages import ADOPT
from activities.telling import keep_handing_on
from desk.requests import Desk
from ledger.chain import lookup
from ledger.chain.past import nudges
from ledger.chain.past.nudges import Waits
from ledger.proof.verify import verify
from rules.codec import decode
from rules.machine.state import State
from rules.process import Role
from runtime.clocks.health import look_over
from runtime.engine import record
from runtime.reach import reach
from runtime.reconcile.run import reconcile_all
from runtime.settings import Settings
from tests.durability.claims import Claims
from tests.durability.engines import running
from tests.durability.parts import Parts
from tests.support import walks, witness
from tests.support.product import Started, known_county
from tests.support.waiting import until
from workflows.gateway import Gateway

CALLERS = ("one", "two", "three", "four")
STORIES = (
    (walks.SIGN, walks.REMARK),
    (walks.PLAN, walks.RETURN),
    (walks.REMARK, walks.URGE),
    (walks.REPORT, walks.REMARK),
)
EVERYTHING = ("server", "worker", "site", *CALLERS)
SOON = 10_000
"""Milliseconds. Alone on a machine every answer comes within 3 s (the patience and the decision); beside other tests it
is bound only that nobody waits until an update is given up (20 s)."""
PATIENCE = "PT1.5S"
PEOPLE = 16
AWAY = int(os.environ.get("AWAY", "20"))
"""Seconds for which the engine is away each time; ten minutes by hand: AWAY=600."""
LOG = logging.getLogger(__name__)


@pytest.mark.soak
async def test_callers_go_on_while_a_killed_engine_starts_again(settings: Settings) -> None:
    """Server killed for good measure in the middle of commands; worker, gateway and callers in this process."""
    database = known_county(settings.data)
    claims, stop, slow = Claims(), asyncio.Event(), list[float]()
    async with running(settings, database) as (product, _):
        site = replace_gateway(product, timedelta(seconds=1))
        numbers = await product.issue(*(f"第 {n} 个问题" for n in range(4)))
        handing = asyncio.create_task(keep_handing_on(product.client, database, product.task_queue))

        async def call(caller: int) -> None:
            for n in itertools.count():
                for no in numbers:
                    begun = monotonic()
                    await claims.insist(site, STORIES[caller][n % 2], no, f"{caller}-{n}")
                    slow.append(monotonic() - begun)
                if stop.is_set():
                    return

        def beyond(count: int) -> Callable[[], bool]:
            enough = len(claims.acknowledged) + count
            return lambda: len(claims.acknowledged) >= enough

        def waiting() -> int:
            with database.read() as connection:
                return nudges.waits(connection).items

        calling = [asyncio.create_task(call(caller)) for caller in range(4)]
        await until("commands go through", beyond(20))

        def felt() -> bool:
            """Killed as often as it comes back before anybody had to go on without it."""
            noted = record.read(settings.data)
            with suppress(ProcessLookupError):
                os.kill(noted.pid, signal.SIGKILL) if noted else None
            return waiting() > 0

        await until("some are decided at the ledger", felt)
        await until("commands go through meanwhile", beyond(60))
        await until("every workflow has been told", lambda: waiting() == 0)
        await until("commands go through again", beyond(20))
        stop.set()
        await asyncio.gather(*calling)
        await until("every workflow has been told at the end", lambda: waiting() == 0)
        handing.cancel()
        assert claims.broken(product, list(numbers)) == []
        assert sorted(slow)[-1] < SOON / 1000, sorted(slow)[-5:]
        for no in numbers:
            assert await _known(product.client, no) == witness.state(database, no)
        assert [check async for check in look_over(product.client, database) if not check.good] == []
        found = await reconcile_all(product.client, database, product.task_queue, patience=timedelta(seconds=5))
        assert found.found == []
    database.close()


def replace_gateway(product: Started, patience: timedelta) -> Started:
    gateway = Gateway(product.client, product.database, task_queue=product.task_queue, patience=patience)
    return replace(product, gateway=gateway, desk=Desk(gateway, product.database, product.files))


@pytest.mark.soak
@pytest.mark.timeout(600 + 2 * AWAY)
def test_work_goes_on_through_outages_in_the_middle_of_due_waves(settings: Settings) -> None:
    """Real processes, sixteen people who never pause, two outages. What is overdue rings beside what they do. Workflows
    have been told of all that happened while the engine was away, however much is asked of them meanwhile."""
    with Parts(settings, at_once=PEOPLE // len(CALLERS), DUBAN_PATIENCE=PATIENCE) as parts:
        parts.issue(24, ago=timedelta(days=15))
        for name in EVERYTHING:
            parts.begin(name)
            if name == "server":
                parts.wait("the server answers", parts.server)
        for _ in range(2):
            enough = parts.acknowledged() + 20
            parts.wait("commands go through", partial(parts.beyond, enough))
            parts.kill("server")
            parts.wait("it is away long enough", partial(_past, monotonic() + AWAY), within=2 * AWAY)
            enough = parts.acknowledged() + 200
            parts.wait("commands go through without the engine", partial(parts.beyond, enough))
            assert _waiting(parts).items > 0, "workflows are still to be told"
            parts.begin("server")
            parts.wait("the server answers", parts.server)
            back, begun = datetime.now(UTC), monotonic()
            parts.wait("workflows know what was until then", partial(_know, parts, back), within=180)
            LOG.info("caught up %.1f s after the server was back", monotonic() - begun)
            assert not parts.stop.exists(), "and nobody has paused"
        parts.wait("commands go through at the end", partial(parts.beyond, parts.acknowledged() + 20))
        parts.stop.touch()
        assert [parts.join(name) for name in CALLERS] == [0] * len(CALLERS)
        parts.wait("every workflow has been told at the end", lambda: _waiting(parts).items == 0)
        _judge(parts)
        asyncio.run(_workflows(parts))


def _past(end: float) -> bool:
    return monotonic() > end


def _know(parts: Parts, until: datetime) -> bool:
    """Every workflow has been told of whatever was decided past it before then."""
    since = _waiting(parts).since
    return since is None or since > until


def _waiting(parts: Parts) -> Waits:
    with parts.database.read() as connection:
        return nudges.waits(connection)


def _judge(parts: Parts) -> None:
    """What callers were told is what stands."""
    with parts.database.read() as connection:
        numbers = [row["no"] for row in lookup.open_items(connection)]
    stand = Counter(
        (no, e.command)
        for no in numbers
        for e in witness.events(parts.database, no)
        if e.actor.role is not Role.SYSTEM and e.kind != "issued"
    )
    answers = parts.answers()
    acknowledged = {(a["no"], a["id"]) for a in answers if "seq" in a}
    refused = {(a["no"], a["id"]) for a in answers if "code" in a}
    assert acknowledged - set(stand) == set(), "lost"
    assert [which for which, times in stand.items() if times > 1] == [], "doubled"
    assert set(stand) - acknowledged == set(), "stands, and nobody was told"
    assert refused & set(stand) == set(), "refused, and stands"
    assert all(witness.said_once(parts.database, no) for no in numbers)
    assert verify(parts.database).wrong == ()
    slow = sorted((int(a["ms"]) for a in answers), reverse=True)[:5]
    LOG.info("%d answers, %d refused; the slowest took %s ms", len(answers), len(refused), slow)
    assert slow[0] < SOON, f"the slowest answers took {slow} ms"


async def _workflows(parts: Parts) -> None:
    """Each workflow that runs knows all its entries; what it sleeps until is what the ledger says; the histories and
    the ledger agree."""
    client = await reach(parts.settings, patience=timedelta(seconds=30))
    with parts.database.read() as connection:
        numbers = [row["no"] for row in lookup.open_items(connection)]
    for no in numbers:
        assert await _known(client, no) == witness.state(parts.database, no)
    wrong = [check async for check in look_over(client, parts.database) if not check.good]
    assert wrong == []
    found = await reconcile_all(client, parts.database, parts.settings.task_queue, patience=timedelta(seconds=5))
    assert found.found == []


async def _known(client: Client, no: str) -> State:
    handle = client.get_workflow_handle(no)
    await handle.execute_update(ADOPT)
    return decode(State, await handle.query("state"))
