"""Another version of their process for running items: ledger first, each once, resumed where it stopped; workflows go
on by it to the end."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.worker import WorkflowRunner

from definitions.catalogue import EXAMPLE
from definitions.process import ref_of
from ledger.chain import bulk, pinned
from ledger.directory.joint.acts import carry_out
from ledger.reading import lists
from rules.machine.commands import Actor, Via
from rules.machine.timed import Migrated
from rules.process import Process, Role, Window
from runtime.migrating import VersionChange, foresee, meant
from runtime.worker import make_worker
from tests.support import witness
from tests.support.chance.editions import renamed
from tests.support.product import ADMINISTRATOR, LEADER, SUPERVISOR, Started, started
from tests.support.two.people import by_two
from tests.support.waiting import until
from tests.support.walks import walk
from workflows.contracts import BulkProgress, migration

WAYS = ("unsigned", "declined", "planning", "paused", "executing", "extended", "inspecting", "watching", "annulled")
HASH = "0123456789ab"


def loaded(product: Started, edit: Callable[[Process], Process]) -> None:
    """What somebody made of the shipped process is its current version."""
    with product.database.write() as connection:
        before = [p for p in lists.current_processes(connection) if p.id == EXAMPLE]
        after = [replace(edit(p), version=f"2026.2#{HASH}") for p in before]
        pinned.load_processes(connection, [replace(p, ref=ref_of(p)) for p in after])


def edit(process: Process) -> Process:
    """The step in which the work is done has another name and a longer window; what was declined cannot be."""
    new = renamed(process, {"execute": "carry_out"})
    steps = tuple(replace(s, window=Window(amount=90)) if s.id == "carry_out" else s for s in new.steps)
    return replace(new, steps=steps, cap=new.cap and Window(amount=200), sign=None, declined=None)


def change_of(product: Started, **steps: str) -> VersionChange:
    return meant(product.database, EXAMPLE, "", "", steps, "整改办法修订")


def left(product: Started, change: VersionChange) -> int:
    with product.database.read() as connection:
        return bulk.waiting(connection, change.selection(connection))


async def migrated(product: Started, change: VersionChange, chunk: int) -> BulkProgress:
    actor = Actor(id=ADMINISTRATOR, role=Role.ADMINISTRATOR, via=Via.SITE)

    def carried_out() -> None:
        with product.database.write() as connection:
            carry_out(connection, change.joint(), actor, datetime.now(UTC))

    by_two(product.database, carried_out, LEADER)
    wanted = migration(change.wanted(actor), chunk=chunk)
    return await product.gateway.bulk(wanted, f"migrate/{product.task_queue}")


@pytest.mark.parametrize("dies", [False, pytest.param(True, marks=pytest.mark.soak)])
async def test_running_items_go_on_by_another_version_to_the_end_though_the_worker_dies(
    dies: bool, client: Client, runner: WorkflowRunner, tmp_path: Path
) -> None:
    async with started(client, tmp_path, runner=runner) as product:
        numbers = dict(zip(WAYS, await product.issue(*WAYS), strict=True))
        await asyncio.gather(*(walk(product, no, way) for way, no in numbers.items()))
    going = {no for no in numbers.values() if witness.state(product.database, no).is_open}
    executing = numbers["executing"]
    loaded(product, edit)
    foreseen = {one.no: one for one in foresee(change_of(product), product.database)}
    assert set(foreseen) == going
    assert "--step execute=新环节" in foreseen[executing].refused
    change = change_of(product, execute="carry_out")
    foreseen = {one.no: one for one in foresee(change, product.database)}
    refused = {no for no, one in foreseen.items() if one.refused}
    assert refused == {numbers["declined"]}
    assert [way for way, no in numbers.items() if no in foreseen and foreseen[no].anew] == [
        "unsigned",
        "executing",
        "extended",
    ]

    working = asyncio.create_task(migrated(product, change, chunk=1))
    with ThreadPoolExecutor(16) as threads:
        if dies:
            async with make_worker(client, product.database, product.task_queue, threads, runner=runner):
                await until("some go by it", lambda: left(product, change) < len(going) - 1)
            assert left(product, change) > len(refused), "it was stopped half-way"
        async with make_worker(client, product.database, product.task_queue, threads, runner=runner):
            done = await working
            assert (done.stored, done.left) == (len(going) - len(refused), len(refused))
            await _goes_on(product, executing)
    for no in going:
        found = [e.fact for e in witness.events(product.database, no) if isinstance(e.fact, Migrated)]
        assert [fact.dates.moved for fact in found] == ([] if no in refused else [foreseen[no].moved])
    assert witness.wrong(product.database) == []


async def _goes_on(product: Started, no: str) -> None:
    """Its workflow learns of the version with the next command, and comes to the end by it."""
    assert witness.state(product.database, no).step == "carry_out"
    await product.give(no, "submit", product.liaison(no), text="措施全部落实")
    known = await witness.known(product, no)
    assert known == witness.state(product.database, no)
    assert known.process.startswith(f"{EXAMPLE}/staged/")
    assert known.step == "inspect"
    await product.give(no, "close", SUPERVISOR, outcome="rectified", text="同意")
    assert witness.kinds(product.database, no)[-3:] == ["migrated", "submitted", "closed"]
