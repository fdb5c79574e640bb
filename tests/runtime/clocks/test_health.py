"""Clock health on the real server: what is in order, and each way in which it is not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.testing import TimeSkipper

from activities.options import ring_offset
from ledger.chain import lookup, pinned
from ledger.reading import alarms
from rules.machine.ticks import LATEST
from runtime.clocks.health import TOLERANCE, ClockCheck, judge, look_over
from runtime.clocks.held import Held, held
from tests.support import walks, witness
from tests.support.product import Started, started
from tests.support.shipped import catalogue
from tests.support.waiting import until
from tests.support.walks import walk


@pytest_asyncio.fixture(loop_scope="session")
async def product(client: Client, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Started]:
    """A product of the test's own, since every open item is looked over."""
    async with started(client, tmp_path_factory.mktemp("product")) as running:
        yield running


async def _findings(product: Started) -> dict[str, ClockCheck]:
    return {f.alarm.no: f async for f in look_over(product.client, product.database)}


async def test_items_wherever_they_stand_have_the_timer_that_the_ledger_says(product: Started) -> None:
    """Asleep since issue, woken by a command, waiting for an answer, being watched, paused."""
    places = ["unsigned", "executing", "extension_asked", "inspecting", "watching"]
    numbers = await product.issue(*places, "paused", "annulled")
    for no, where in zip(numbers, places, strict=False):
        await walk(product, no, where)
    paused, annulled = numbers[-2:]
    await walk(product, paused, "executing")
    to = datetime.now(UTC).date() + timedelta(days=10)
    await product.give(paused, "pause", "p0001", reason="等候上级批复", to=to)
    await walk(product, annulled, "annulled")

    found = await _findings(product)

    assert [(f.wrong, f.note) for f in found.values()] == [("", "")] * 6
    for no, finding in found.items():
        assert finding.alarm.at is not None
        assert finding.wakes is not None
        assert abs(finding.wakes - finding.alarm.at - ring_offset(no)) < TOLERANCE
    words = [found[no].alarm.why for no in numbers[:-1]]
    assert words[0].startswith("签收时限")
    assert words[1].endswith("：到期提醒")
    assert words[4:] == ["回头看期满", "暂停期满，恢复计时"]


async def test_an_item_whose_workflow_is_gone_is_told_until_it_is_recovered(product: Started) -> None:
    kept, lost = await product.issue("一", "二")
    await product.client.get_workflow_handle(lost).terminate()
    found = await _findings(product)
    assert found[kept].good
    assert (found[lost].wrong, found[lost].way_out) == ("流程引擎里没有这个事项的流程", "运行 duban recover")
    assert [r.no async for r in product.gateway.recover() if r.started] == [lost]
    assert (await _findings(product))[lost].good


async def test_a_workflow_that_would_wake_too_late_is_wrong_and_one_that_wakes_early_is_not(product: Started) -> None:
    """Both were started from an older state: one had long to go then, the other little."""
    late, early = await product.issue("晚醒", "早醒")
    await walk(product, late, "inspecting")
    await walk(product, early, "executing")
    for no, seq in ((late, witness.state(product.database, late).seq - 1), (early, 1)):
        await product.client.get_workflow_handle(no).terminate()
        await witness.start(product, witness.input_at(product, no, seq))
        await until("its timer is set", lambda no=no: _waits(product, no))  # type: ignore[misc]

    found = await _findings(product)

    assert found[late].wrong.startswith("流程引擎的定时晚了 ")
    assert (found[early].wrong, found[early].note[:6]) == ("", "流程会早醒 ")
    assert [r.no async for r in product.gateway.recover()] == [late, early]
    assert [(f.wrong, f.note) for f in (await _findings(product)).values()] == [("", ""), ("", "")]


async def _waits(product: Started, no: str) -> bool:
    return (await held(product.client, no)).wakes is not None


async def test_an_open_item_that_will_never_ring_again_is_wrong(product: Started, skipper: TimeSkipper) -> None:
    """Under a process whose last rung for reviewers does not repeat (which is refused at load now): nobody would ever
    hear of this item again."""
    with product.database.write() as connection:
        spent = [
            replace(p, ref=f"{p.ref}-spent", rungs=tuple(r for r in p.rungs if r.id != "review_weekly"))
            for definition in catalogue()
            for p in definition.all_resolved()
        ]
        pinned.load_processes(connection, spent)
    (no,) = await product.issue("无人验收")
    await walk(product, no, "inspecting")
    await skipper.fast_forward(product.client.get_workflow_handle(no), timedelta(days=60))
    await until("the ladder is spent", lambda: _alarm_of(product, no).at is None)
    finding = (await _findings(product))[no]
    assert finding.wrong.startswith("没有下一次到点")
    assert "repeat" in finding.way_out
    assert finding.wakes is None, "the timer that rang is no timer any more"


def _alarm_of(product: Started, no: str) -> alarms.NextAlarm:
    with product.database.read() as connection:
        return alarms.next_alarms(connection, [lookup.item_row(connection, no)], datetime.now(UTC))[0]


async def test_an_alarm_that_should_have_rung_is_wrong_but_not_within_the_grace(product: Started) -> None:
    (no,) = await product.issue("到点")
    at = _alarm_of(product, no).at
    assert at is not None
    with product.database.read() as connection:
        row = lookup.item_row(connection, no)
        in_grace = alarms.next_alarms(connection, [row], at + LATEST)[0]
        beyond = alarms.next_alarms(connection, [row], at + LATEST + timedelta(seconds=1))[0]
    assert (in_grace.wrong, beyond.wrong) == ("", "已过点，没有响")
    assert judge(beyond, Held(runs=True, wakes=at), at).way_out.endswith("duban recover")


async def test_a_register_that_differs_from_its_entries_is_wrong(product: Started) -> None:
    (no,) = await product.issue("台账被改")
    with product.database.write() as connection:
        connection.exec_driver_sql("UPDATE item SET alarm_at = NULL")
    finding = (await _findings(product))[no]
    assert (finding.wrong, finding.way_out) == ("台账上的时刻与留痕链推算的不符", "运行 duban audit verify")


async def test_a_workflow_that_holds_no_timer_is_wrong_unless_it_is_at_work() -> None:
    now = datetime.now(UTC)
    alarm = alarms.NextAlarm(
        no="ZG1", unit_name="", status="", step_name="", at=now + timedelta(days=1), why="", key=""
    )
    assert judge(alarm, Held(runs=True), now).wrong == "流程引擎没有为它定时"
    assert judge(alarm, Held(runs=True, busy=True), now).note == "流程正在处理"


async def test_pages_begin_with_what_is_missing_and_go_on_by_time(product: Started) -> None:
    numbers = await product.issue(*(str(n) for n in range(5)))
    await product.issue("以后", deadline=date(2027, 6, 30), variant="at_once")
    await walks.SIGN.give(product, numbers[3])
    with product.database.write() as connection:
        connection.exec_driver_sql(f"UPDATE item SET alarm_at = NULL WHERE no = '{numbers[2]}'")
    now, seen, after = datetime.now(UTC), [], ""
    with product.database.read() as connection:
        assert alarms.counts(connection, now) == (6, 1, 0)
        while True:
            page = alarms.page(connection, now, after=after, size=2)
            seen += [(a.at or datetime.min.replace(tzinfo=UTC), a.no) for a in page.alarms]
            if page.next is None:
                break
            after = page.next
    assert len(seen) == 6
    assert seen == sorted(seen)
    assert seen[0][1] == numbers[2]
