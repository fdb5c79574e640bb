"""The ledger is set back to a backup and Temporal's data is not: workflows begin anew from what the ledger holds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError

from desk.intake import Intake
from desk.requests import Desk
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from runtime.backup import marker
from runtime.backup.restore import restore
from runtime.backup.resume import recover_all
from runtime.backup.take import take
from runtime.clocks.health import look_over
from runtime.engine.embedded import Engine
from runtime.reconcile.run import reconcile_all
from runtime.settings import Settings, load
from runtime.store import evidence_store, open_database
from runtime.worker import make_worker
from tests.support import walks, witness
from tests.support.product import Started, started
from tests.support.walks import walk
from workflows.gateway import Gateway


@asynccontextmanager
async def on(product: Started, database: Database, settings: Settings) -> AsyncIterator[Started]:
    """The same product, engine and queue, on another ledger."""
    gateway, files = (
        Gateway(product.client, database, task_queue=product.task_queue),
        evidence_store(settings, database),
    )
    with ThreadPoolExecutor(16) as threads:
        async with make_worker(product.client, database, product.task_queue, threads):
            yield replace(
                product,
                database=database,
                files=files,
                gateway=gateway,
                desk=Desk(gateway, database, files),
                intake=Intake(gateway, database),
            )


async def is_running(client: Client, no: str) -> bool:
    try:
        return (await client.get_workflow_handle(no).describe()).status is WorkflowExecutionStatus.RUNNING
    except RPCError:
        return False


async def lived(product: Started, settings: Settings, backup: Path) -> tuple[list[str], str]:
    """Items that were backed up, moved on since, each in its own way; and one that was issued since."""
    numbers = list(await product.issue("睡着", "动过", "办结", "没动"))
    sleeping, moved, ended, still = numbers
    for no in (moved, ended, still):
        await walk(product, no, "executing")
    take(settings, backup)
    await walks.SIGN.give(product, sleeping)
    for n in range(4):
        await walks.REMARK.give(product, moved, id=f"later-{n}")
    await product.give(ended, "annul", "p0001", reason="重复")
    (new,) = await product.issue("后来交办的")
    await walks.SIGN.give(product, new)
    return numbers, new


@pytest.mark.soak
async def test_a_ledger_set_back_behind_temporal_heals(client: Client, engine: Engine, tmp_path: Path) -> None:
    async with started(client, tmp_path / "first") as product:
        about = {"temporal_address": engine.address, "temporal_namespace": engine.settings.temporal_namespace}
        about["task_queue"] = product.task_queue
        settings, other = load(data=product.folder, **about), load(data=tmp_path / "other", **about)
        numbers, new = await lived(product, settings, tmp_path / "backup")
    assert restore(other, tmp_path / "backup").engine is False
    database = open_database(other)
    done = [r async for r in recover_all(other)]
    assert {r.no for r in done if r.started} == set(numbers)
    assert marker.read(other.data) is None
    assert not await is_running(client, new)
    async with on(product, database, other) as product:
        assert [(f.wrong, f.note) async for f in look_over(client, database)] == [("", "")] * len(numbers)
        for no in numbers:
            await walks.REMARK.give(product, no, id="goes-on")
            assert witness.kinds(database, no)[-1] == "remarked"
            assert await witness.known(product, no) == witness.state(database, no)
        assert all(witness.said_once(database, no) for no in numbers)
        assert witness.wrong(database) == []
        lost = await reconcile_all(client, database, product.task_queue, patience=timedelta(seconds=1))
    told = {(d.stream, d.command) for d in lost.found}
    assert {(numbers[1], f"later-{n}") for n in range(4)} <= told, "Temporal's histories name what the ledger has lost"
    assert (new, "") in told
    database.close()


async def test_without_beginning_anew_a_command_is_refused_once_and_heals_its_item(
    client: Client, engine: Engine, tmp_path: Path
) -> None:
    async with started(client, tmp_path / "first") as product:
        settings = load(data=product.folder, temporal_address=engine.address)
        (_, moved, *_), _ = await lived(product, settings, tmp_path / "backup")
    other = load(data=tmp_path / "other", temporal_address=engine.address)
    restore(other, tmp_path / "backup")
    database = open_database(other)
    async with on(product, database, other) as product:
        with pytest.raises(RuleViolation) as refused:
            await walks.REMARK.give(product, moved, id="first")
        assert refused.value.code is Code.LEDGER_BROKEN
        await walks.REMARK.give(product, moved, id="second")
        assert witness.kinds(database, moved)[-1] == "remarked"
        assert await witness.known(product, moved) == witness.state(database, moved)
    database.close()
