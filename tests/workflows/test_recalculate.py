"""Another calendar for every open item: ledger first, each once, resumed where it stopped, workflows told in time."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.testing import TimeSkipper
from temporalio.worker import WorkflowRunner

from ledger.chain import bulk
from rules.dates.calendar import Calendar
from rules.machine.timed import Recalculated
from runtime.worker import make_worker
from tests.support import walks, witness
from tests.support.calendars import CAUSE, adopted, behind, current, planning, recalculated, selection
from tests.support.product import LEADER, SUPERVISOR, Started, started
from tests.support.waiting import until
from tests.support.walks import walk
from workflows.contracts import BulkProgress


@pytest.fixture
async def own(client: Client, runner: WorkflowRunner, tmp_path: Path) -> AsyncIterator[Started]:
    """A product whose calendar no other test reckons with."""
    async with started(client, tmp_path, runner=runner) as product:
        yield product


async def placed(product: Started, way: str) -> str:
    """An item that stands there."""
    (no,) = await product.issue(f"问题：{way}")
    await walk(product, no, way)
    return no


async def test_every_open_item_gets_the_calendar_and_its_workflow_learns_of_it(own: Started) -> None:
    numbers = {way: await placed(own, way) for way in walks.WALKS}
    before = {no: witness.state(own.database, no) for no in numbers.values()}
    calendar = adopted(own, off=2)
    done = await recalculated(own, calendar, chunk=5)
    opened = [no for no, state in before.items() if state.is_open]
    assert (done.stored, done.left, done.done) == (len(opened), 0, True)
    assert done.moved == sum(1 for no in opened if _fact(own, no).dates.moved)
    for no, state in before.items():
        after = witness.state(own.database, no)
        assert (after.calendar == calendar.version) is state.is_open
        if not state.is_open:
            continue
        fact = _fact(own, no)
        assert fact.cause == CAUSE
        for moved in fact.dates.moved:
            assert moved.after > moved.before
    # Nobody told these workflows, and none of them woke: the next command finds out.
    executing = numbers["executing"]
    assert (await witness.known(own, executing)).calendar != calendar.version
    await own.give(executing, "remark", LEADER, text="抓紧")
    known = await witness.known(own, executing)
    assert known == witness.state(own.database, executing)
    assert known.calendar == calendar.version
    assert witness.wrong(own.database) == []


async def test_a_workflow_whose_alarm_comes_sooner_is_told(own: Started) -> None:
    there, gone = await planning(own, 2)
    await own.client.get_workflow_handle(gone).terminate()
    calendar = adopted(own, worked=2)
    done = await recalculated(own, calendar)
    assert done.moved == 2
    for no in (there, gone):
        assert all(m.after < m.before for m in _fact(own, no).dates.moved)
    known = await witness.known(own, there)
    assert known == witness.state(own.database, there)
    assert known.calendar == calendar.version
    again = await own.client.get_workflow_handle(gone).describe()  # from the new state, asleep until its alarm
    assert again.status is WorkflowExecutionStatus.RUNNING


@pytest.mark.soak
async def test_a_recalculation_goes_on_where_its_worker_stopped_and_doubles_nothing(
    client: Client, runner: WorkflowRunner, tmp_path: Path
) -> None:
    async with started(client, tmp_path, runner=runner) as product:
        numbers = await planning(product, 30)
    calendar = adopted(product, worked=2)

    working = asyncio.create_task(recalculated(product, calendar, chunk=2))
    with ThreadPoolExecutor(16) as threads:
        async with make_worker(client, product.database, product.task_queue, threads, runner=runner):
            await until("some have it", lambda: behind(product, calendar) < 28)
        left = behind(product, calendar)
        async with make_worker(client, product.database, product.task_queue, threads, runner=runner):
            done = await working
            known = [await witness.known(product, no) for no in numbers]
    assert left > 0, "it was stopped half-way"
    assert (done.stored, behind(product, calendar)) == (30, 0)
    for no, state in zip(numbers, known, strict=True):
        assert witness.kinds(product.database, no) == ["issued", "signed", "recalculated"]
        assert state == witness.state(product.database, no)
    again = await _again(product, calendar, runner)
    assert (again.stored, again.moved) == (0, 0)


async def _again(product: Started, calendar: Calendar, runner: WorkflowRunner) -> BulkProgress:
    with ThreadPoolExecutor(16) as threads:
        async with make_worker(product.client, product.database, product.task_queue, threads, runner=runner):
            return await recalculated(product, calendar)


async def test_an_attempt_that_died_after_storing_is_repeated_and_names_whom_to_tell(own: Started) -> None:
    numbers = await planning(own, 6)
    calendar = adopted(own, worked=2)
    wanted = selection(calendar)
    now = datetime.now(UTC)
    first = bulk.give(own.database, wanted, now, 4)
    assert (first.stored, set(first.earlier)) == (4, set(numbers[:4]))
    again = bulk.give(own.database, wanted, now, 4, retried=True)
    assert again.stored == 2
    assert set(again.earlier) == set(numbers)
    assert witness.kinds(own.database, numbers[0]) == ["issued", "signed", "recalculated"]


async def test_commands_meanwhile_are_neither_lost_nor_overtaken(own: Started) -> None:
    numbers = await own.issue(*(f"第 {n} 个问题" for n in range(30)))
    calendar = adopted(own, off=1)
    working = asyncio.create_task(recalculated(own, calendar, chunk=3))
    await asyncio.gather(*(own.give(no, "sign", own.liaison(no)) for no in numbers))
    done = await working
    assert done.left == 0
    for no in numbers:
        assert sorted(witness.kinds(own.database, no)) == ["issued", "recalculated", "signed"]
        assert witness.state(own.database, no).calendar == calendar.version
    assert witness.wrong(own.database) == []


@pytest.mark.soak
async def test_an_ended_item_takes_the_calendar_when_it_is_reopened(own: Started, skipper: TimeSkipper) -> None:
    no = await placed(own, "watching")
    await skipper.fast_forward(own.client.get_workflow_handle(no), timedelta(days=100))
    await until("the watch is over", lambda: not witness.state(own.database, no).is_open)
    calendar = adopted(own, off=2)
    assert (await recalculated(own, calendar)).stored == 0
    await own.give(no, "reopen", SUPERVISOR, reason="问题反弹")
    assert witness.state(own.database, no).calendar == calendar.version
    held = await own.client.get_workflow_handle(no).query("state", result_type=dict)
    assert held["calendar"] == calendar.version
    assert (await recalculated(own, calendar)).stored == 0
    assert witness.wrong(own.database) == []


async def test_what_would_move_is_foreseen_and_nothing_is_written(own: Started) -> None:
    no = await placed(own, "executing")
    before = witness.kinds(own.database, no)
    calendar = replace(adopted(own, off=3), version="imagined")
    with own.database.read() as connection:
        foreseen = bulk.foresee(connection, selection(calendar), datetime.now(UTC), size=2)
        shifts = {change.state.no: bulk.moved(change.events) for change in foreseen}
    assert witness.kinds(own.database, no) == before
    await recalculated(own, current(own))
    assert shifts[no] == _fact(own, no).dates.moved
    assert shifts[no]


def _fact(product: Started, no: str) -> Recalculated:
    (fact,) = [e.fact for e in witness.events(product.database, no) if isinstance(e.fact, Recalculated)]
    return fact
