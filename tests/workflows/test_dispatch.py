"""Issuing many items at once: each once, whenever the worker stops, and usable before it has a workflow."""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio.client import Client
from temporalio.worker import WorkflowRunner

from desk.acting import issuer
from desk.caller import on_site
from ledger.chain import batches
from ledger.chain.batches import Progress
from ledger.reading import queries
from ledger.reading.filters import Filters
from rules.errors import Code, RuleViolation
from runtime.worker import make_worker
from tests.support import walks, witness
from tests.support.product import SUPERVISOR, Started, drafted, started
from tests.support.waiting import until
from tests.support.walks import walk
from workflows.contracts import DispatchProgress, dispatch_id

MANY = 300


def confirmed(product: Started, count: int, batch: str) -> None:
    """A confirmed batch of that many items stands in the ledger."""
    drafted(product, count, batch)
    with product.database.write() as connection:
        batches.confirm(connection, batch, issuer(connection, on_site(SUPERVISOR)), datetime.now(UTC))


def progress(product: Started, batch: str) -> Progress:
    with product.database.read() as connection:
        return batches.progress(connection, batch)


def numbers(product: Started, batch: str) -> list[str]:
    with product.database.read() as connection:
        rows = queries.register(connection, Filters(batch=batch), size=500).rows
    return sorted(row["no"] for row in rows)


@pytest.fixture
async def idle(client: Client, tmp_path: Path) -> Started:
    """A product whose worker does not run."""
    async with started(client, tmp_path) as product:
        pass
    return product


@pytest.mark.soak
async def test_a_dispatch_goes_on_where_its_worker_stopped(idle: Started, runner: WorkflowRunner) -> None:
    batch = f"b-{uuid4()}"
    confirmed(idle, MANY, batch)
    issuing = asyncio.create_task(idle.gateway.issue(batch, chunk=60, rate=150))
    with ThreadPoolExecutor(16) as threads:
        async with make_worker(idle.client, idle.database, idle.task_queue, threads, runner=runner):
            await until("some are issued", lambda: progress(idle, batch).issued >= 60)
        assert progress(idle, batch).started == 0
        async with make_worker(idle.client, idle.database, idle.task_queue, threads, runner=runner):
            await until("some are started", lambda: listed(idle, 1))
        assert progress(idle, batch).started < MANY
        async with make_worker(idle.client, idle.database, idle.task_queue, threads, runner=runner):
            done = await issuing
            assert done == DispatchProgress(issued=MANY, started=MANY, done=True)
            again = await idle.gateway.issue(batch)
            await walks.SIGN.give(idle, numbers(idle, batch)[-1])
    assert again == DispatchProgress(issued=0, started=0, done=True)
    assert progress(idle, batch) == Progress(total=MANY, issued=MANY, duplicate=0, refused=0, started=MANY)
    assert len(numbers(idle, batch)) == MANY
    assert witness.wrong(idle.database) == []
    await until("Temporal lists each once", lambda: listed(idle, MANY))


async def listed(product: Started, count: int) -> bool:
    """Whether Temporal lists that many items of the product."""
    query = f"TaskQueue = '{product.task_queue}' and WorkflowType = 'item'"
    return (await product.client.count_workflows(query)).count >= count


async def test_an_item_takes_commands_before_its_workflow_is_started(product: Started) -> None:
    batch = f"b-{uuid4()}"
    confirmed(product, 20, batch)
    issuing = asyncio.create_task(product.gateway.issue(batch, rate=10))
    await until("it is issued", lambda: progress(product, batch).issued == 20)
    last = numbers(product, batch)[-1]
    assert (await walks.SIGN.give(product, last)).status == "working"
    assert progress(product, batch).started < 20
    await issuing
    assert witness.kinds(product.database, last) == ["issued", "signed"]


async def test_a_dispatch_shows_how_far_it_is(product: Started) -> None:
    batch = f"b-{uuid4()}"
    confirmed(product, 3, batch)
    await product.gateway.issue(batch)
    handle = product.client.get_workflow_handle(dispatch_id(batch))
    assert await handle.query("progress", result_type=DispatchProgress) == DispatchProgress(
        issued=3, started=3, done=True
    )


async def test_a_batch_that_nobody_confirmed_is_refused_with_its_code(product: Started) -> None:
    with pytest.raises(RuleViolation) as refusal:
        await product.gateway.issue(f"b-{uuid4()}")
    assert refusal.value.code is Code.UNKNOWN_BATCH


async def test_a_ledger_set_back_is_said_so_once_and_then_gone_on_from(
    client: Client, tmp_path: Path, runner: WorkflowRunner
) -> None:
    async with started(client, tmp_path, runner=runner) as product:
        no, other = await product.issue("账目不清", "手续不全")
        await walk(product, no, "planning")
        await walk(product, other, "planning")
        live, copy = tmp_path / "duban.db", tmp_path / "copy.db"
        overwrite(live, copy)
        await walks.REPORT.give(product, no)
        await walks.PLAN.give(product, no)
        await walks.PLAN.give(product, other)
        overwrite(copy, live)

        with pytest.raises(RuleViolation) as refusal:
            await walks.APPROVE.give(product, no)
        assert refusal.value.code is Code.LEDGER_BROKEN
        assert "第 4 条" in str(refusal.value)
        assert "只有 2 条" in str(refusal.value)
        assert witness.kinds(product.database, no) == ["issued", "signed"]

        assert (await walks.PLAN.give(product, no)).seq == 3
        assert witness.kinds(product.database, no) == ["issued", "signed", "submitted"]
        assert await witness.known(product, no) == witness.state(product.database, no)

        assert {r.no: r.started async for r in product.gateway.recover()} == {no: False, other: True}
        assert (await walks.REPORT.give(product, other)).seq == 3


def overwrite(source: Path, target: Path) -> None:
    """`target` holds what `source` holds, for whoever has it open too."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
