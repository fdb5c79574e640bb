"""Items that were issued without a workflow: a command is decided at the ledger, alarms are rung by the sweeps, whether
the engine is there or not, and a workflow begins with the first thing that has to wait."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from activities.telling import hand_on
from definitions.plans import WAVE_DUE
from desk.caller import on_site
from desk.requests import Request
from ledger.chain import bulk, selections
from ledger.chain.past import nudges
from ledger.store.database import Database
from ledger.store.firings import Claimed
from rules.errors import Code, RuleViolation
from runtime.clocks.health import look_over
from runtime.reconcile.run import reconcile_all
from runtime.scheduler.starting import Starter
from tests.support import witness
from tests.support.product import Started, started
from tests.support.rounds.lazy_items import LAZY, issue, known
from workflows.contracts import BULK, sweep

ANSWERS = (("moved", "no"), ("committee", "2"), ("study", "1"), ("theme_day", "1"))
LATE = timedelta(days=40)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def product(client: Client, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Started]:
    """A product of this module's own, whose check-ins begin lazily: every open item is looked over."""
    async with started(client, tmp_path_factory.mktemp("lazily")) as running:
        known(running.database)
        yield running


async def submit(product: Started, no: str, **more: Any) -> str:
    request = Request(no=no, kind="submit", caller=on_site(product.liaison(no)), answers=ANSWERS, **more)
    return (await product.desk.give(request)).status


async def runs(product: Started, no: str) -> bool:
    try:
        found = await product.client.get_workflow_handle(no).describe()
    except RPCError as failure:
        if failure.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return found.status is WorkflowExecutionStatus.RUNNING


def waits(database: Database) -> int:
    with database.read() as connection:
        return nudges.waits(connection).items


async def wrong(product: Started) -> list[str]:
    return [f"{f.alarm.no}：{f.wrong}" async for f in look_over(product.client, product.database) if not f.good]


async def test_a_dispatch_issues_it_without_a_workflow_and_one_command_ends_it_without_one(product: Started) -> None:
    (no,) = await product.issue("三月月报", process=LAZY.id, variant="report")
    assert not await runs(product, no)
    assert await submit(product, no, id="click") == "closed"
    assert await submit(product, no, id="click") == "closed", "the same click again"
    with pytest.raises(RuleViolation) as other:
        await submit(product, no, id="click", text="别的话")
    assert other.value.code is Code.COMMAND_REUSED
    assert not await runs(product, no)
    assert waits(product.database) == 0
    assert await wrong(product) == []


async def test_what_has_to_wait_after_a_command_gets_its_workflow_and_is_rung_by_it(product: Started) -> None:
    (no,) = issue(product.database, 1)
    await product.give(no, "remark", "p0004", text="请按时报")
    assert waits(product.database) == 1
    await hand_on(product.client, product.database, product.task_queue)
    assert await runs(product, no)
    assert await wrong(product) == []
    assert await submit(product, no) == "closed"
    await hand_on(product.client, product.database, product.task_queue)
    assert not await runs(product, no), "it heard that the item has ended"
    found = await reconcile_all(product.client, product.database, product.task_queue, patience=timedelta(0))
    assert found.found == []


async def test_what_falls_due_is_stamped_and_rung_once_by_sweeps_with_the_engine_there_away_and_back(
    product: Started,
) -> None:
    """A sweep that died half-way while the engine went away, one by the ledger alone, one by the engine, beside
    submissions."""
    numbers = issue(product.database, 40, ago=LATE)
    assert len(await wrong(product)) == len(numbers), "past their alarm, and nobody has rung"
    now = datetime.now(UTC)
    selection = selections.due(now)
    bulk.give(product.database, selection, now, 15)  # and the engine went away
    for no in numbers[10:14]:
        await submit(product, no)
    await product.client.execute_workflow(BULK, sweep(), id=f"wave-due@{uuid4()}", task_queue=product.task_queue)
    while bulk.give(product.database, selection, datetime.now(UTC), 15).seen:
        pass
    for no in numbers:
        kinds = witness.kinds(product.database, no)
        assert kinds.count("fell_due") == 1, kinds
        assert witness.said_once(product.database, no)
        assert not await runs(product, no), "nobody gave it a command, or it has ended"
    assert await wrong(product) == []
    assert witness.wrong(product.database) == []


class Away:
    """A client whose engine does not answer."""

    async def start_workflow(self, *_: object, **__: object) -> None:
        raise RPCError("connection refused", RPCStatusCode.UNAVAILABLE, b"")


async def test_a_wave_that_no_sweep_can_ring_is_rung_at_the_ledger_and_by_no_sweep_again(product: Started) -> None:
    """The scheduler's own start, each time it tries; and what has a workflow is rung so too."""
    numbers = issue(product.database, 12, ago=LATE)
    now = datetime.now(UTC)
    wave = Claimed(key=f"wave-due@{uuid4()}", plan=WAVE_DUE, nominal=now)
    away = Starter(cast("Client", Away()), product.database, product.task_queue, lambda: now)
    for _ in range(2):
        with pytest.raises(RPCError):
            await away.start(wave)
        assert [witness.kinds(product.database, no).count("fell_due") for no in numbers] == [1] * len(numbers)
    rung = [len(witness.events(product.database, no)) for no in numbers]
    back = Starter(product.client, product.database, product.task_queue, lambda: now)
    await back.start(wave)
    swept = await product.client.get_workflow_handle(wave.key).result()
    assert swept["done"]
    assert [len(witness.events(product.database, no)) for no in numbers] == rung, "and no sweep rings it again"
    assert all(witness.said_once(product.database, no) for no in numbers)


async def test_recovering_begins_no_workflow_for_what_needs_none(product: Started) -> None:
    untouched, spoken = issue(product.database, 2)
    await product.give(spoken, "remark", "p0004", text="请按时报")
    done = {one.no: one.started async for one in product.gateway.recover()}
    assert untouched not in done
    assert done[spoken]
    assert (await runs(product, untouched), await runs(product, spoken)) == (False, True)
