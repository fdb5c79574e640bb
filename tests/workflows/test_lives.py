"""An item's workflow through its life: asleep, woken, carried on, lost, started from anywhere, ended, begun again."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.testing import TimeSkipper

from activities.messages import ADOPT, LAMP_KEY, UNIT_KEY
from ledger.chain import lookup
from rules.errors import Code, RuleViolation
from rules.machine.folding import SEEN_LIMIT
from tests.support import walks, witness
from tests.support.product import Started
from tests.support.waiting import until
from tests.support.walks import walk

TASK_STARTED = 6  # EVENT_TYPE_WORKFLOW_TASK_STARTED


async def tasks_of(client: Client, no: str) -> int:
    """How many workflow tasks the item's run has cost."""
    history = await client.get_workflow_handle(no).fetch_history()
    return sum(event.event_type == TASK_STARTED for event in history.events)


async def test_an_issued_item_sleeps_and_a_command_wakes_it(product: Started) -> None:
    (no,) = await product.issue("三会一课记录不全")
    assert await tasks_of(product.client, no) == 0
    assert (await walks.SIGN.give(product, no)).status == "working"
    assert await tasks_of(product.client, no) >= 1


async def test_an_issued_item_sleeps_and_its_alarm_wakes_it(product: Started, skipper: TimeSkipper) -> None:
    (no,) = await product.issue("三会一课记录不全")
    await skipper.fast_forward(product.client.get_workflow_handle(no), timedelta(days=12))
    await until("the sign window has passed", lambda: "fell_due" in witness.kinds(product.database, no))
    happened = witness.events(product.database, no)
    due = next(e for e in happened if e.kind == "fell_due")
    assert due.at == due.fact.due_at  # type: ignore[union-attr]
    assert due.at < happened[-1].at
    assert witness.said_once(product.database, no)
    await until("the workflow knows it", lambda: caught_up(product, no))


async def caught_up(product: Started, no: str) -> bool:
    """The workflow holds what the ledger holds."""
    return await witness.known(product, no) == witness.state(product.database, no)


async def test_a_timer_is_set_anew_only_when_the_alarm_moves(product: Started) -> None:
    (no,) = await product.issue("学习不深入")
    for n in range(6):
        await walks.REMARK.give(product, no, id=f"r{n}")
    history = await product.client.get_workflow_handle(no).fetch_history()
    assert sum(event.HasField("timer_started_event_attributes") for event in history.events) == 1


async def test_a_command_counts_once_also_after_a_hundred_others_and_new_runs(product: Started) -> None:
    (no,) = await product.issue("学习不深入")
    await product.client.get_workflow_handle(no).terminate()
    handle = await witness.start(product, witness.input_at(product, no, 1, entries_per_run=30))
    first = await walks.SIGN.give(product, no, id="the click")
    await walks.REMARK.give(product, no, id="a remark")
    for n in range(SEEN_LIMIT + 5):
        await walks.REMARK.give(product, no, id=f"r{n}")
    assert (await handle.describe()).run_id != handle.first_execution_run_id, "it has continued as new"
    assert "the click" not in witness.state(product.database, no).seen

    again = await walks.SIGN.give(product, no, id="the click")
    remark = await walks.REMARK.give(product, no, id="a remark")

    assert (again.status, again.seq) == ("working", first.seq + SEEN_LIMIT + 6)
    assert remark.seq == again.seq
    assert witness.kinds(product.database, no).count("signed") == 1
    assert witness.kinds(product.database, no).count("remarked") == SEEN_LIMIT + 6
    assert await caught_up(product, no)


async def test_continuing_as_new_drops_nothing_of_many_at_once(product: Started) -> None:
    (no,) = await product.issue("学习不深入")
    await product.client.get_workflow_handle(no).terminate()
    await witness.start(product, witness.input_at(product, no, 1, entries_per_run=3))
    ids = [f"r{n}" for n in range(24)]
    await asyncio.gather(*(walks.REMARK.give(product, no, id=i) for i in ids for _ in range(2)))
    assert sorted(e.command for e in witness.events(product.database, no)[1:]) == sorted(ids)
    assert await caught_up(product, no)


async def test_being_told_to_adopt_wakes_a_sleeper(product: Started) -> None:
    (no,) = await product.issue("学习不深入")
    assert await product.client.get_workflow_handle(no).execute_update(ADOPT) == 1
    assert await caught_up(product, no)


async def test_being_told_to_adopt_it_does_so_before_a_new_run_begins(product: Started) -> None:
    (no,) = await product.issue("学习不深入")
    await walk(product, no, "executing")
    await product.client.get_workflow_handle(no).terminate()
    handle = await witness.start(product, witness.input_at(product, no, 1, entries_per_run=1))
    assert await handle.execute_update(ADOPT) == 4
    assert await caught_up(product, no)


@pytest.mark.parametrize("where", ["unsigned", "executing", "extension_asked", "inspecting", "watching"])
async def test_a_lost_workflow_is_started_from_the_ledger(product: Started, where: str) -> None:
    (no,) = await product.issue("台账不实")
    await walk(product, no, where)
    await product.client.get_workflow_handle(no).terminate()
    said = walks.WATCH if where == "watching" else walks.REMARK
    receipt = await said.give(product, no)
    assert receipt.seq == witness.state(product.database, no).seq == len(witness.events(product.database, no))
    assert await caught_up(product, no)


async def test_a_workflow_of_any_older_state_adopts_the_rest(product: Started) -> None:
    (no,) = await product.issue("台账不实")
    await walk(product, no, "second_cycle")
    last = witness.state(product.database, no).seq
    for seq in range(1, last + 1):
        await product.client.get_workflow_handle(no).terminate()
        await witness.start(product, witness.input_at(product, no, seq))
        receipt = await walks.REMARK.give(product, no, id=f"from {seq}")
        assert receipt.seq == last + seq
        assert await caught_up(product, no)


async def test_an_older_state_does_not_refuse_what_the_ledger_allows(product: Started) -> None:
    (no,) = await product.issue("台账不实")
    await walk(product, no, "inspecting")
    await product.client.get_workflow_handle(no).terminate()
    await witness.start(product, witness.input_at(product, no, 1))
    assert (await walks.CLOSE.give(product, no)).status == "watching"


async def test_adopting_a_reassignment_to_another_kind_of_unit_brings_its_process(product: Started) -> None:
    (no,) = await product.issue("经费管理不规范", unit="县审计局")
    await walks.REASSIGN.give(product, no, unit="县农科所")
    await product.client.get_workflow_handle(no).terminate()
    await witness.start(product, witness.input_at(product, no, 1))
    await walks.SIGN.give(product, no, days=None)
    clock = witness.state(product.database, no).clock
    assert clock
    assert (clock.due.trace.minimum, clock.due.trace.amount) == (5, 15)
    assert await caught_up(product, no)


async def test_a_closed_item_is_reopened_after_its_workflow_has_ended(product: Started, skipper: TimeSkipper) -> None:
    (no,) = await product.issue("纪律松弛")
    await walk(product, no, "watching")
    handle = product.client.get_workflow_handle(no)
    await skipper.fast_forward(handle, timedelta(days=120))
    await until("the watch is over", lambda: witness.kinds(product.database, no)[-1] == "watch_ended")
    await handle.result()

    with pytest.raises(RuleViolation) as refusal:
        await walks.REPORT.give(product, no)
    assert refusal.value.code is Code.WRONG_STATUS
    assert (await walks.REOPEN.give(product, no)).status == "working"
    assert (await walks.REPORT.give(product, no)).status == "working"
    assert witness.state(product.database, no).reopened == 1


async def test_an_ended_item_refuses_two_at_the_same_moment(product: Started) -> None:
    numbers = await product.issue(*(f"问题 {n}" for n in range(3)))
    for no in numbers:
        await walks.ANNUL.give(product, no)
        await product.client.get_workflow_handle(no).result()
        heard = await asyncio.gather(
            walks.REMARK.give(product, no), walks.REOPEN.give(product, no), return_exceptions=True
        )
        assert [h.code for h in heard if isinstance(h, RuleViolation)] == [Code.WRONG_STATUS] * 2
        assert witness.kinds(product.database, no)[-1] == "annulled"


async def test_temporal_shows_unit_step_due_and_lamp(product: Started, client: Client) -> None:
    (no,) = await product.issue("三会一课记录不全", unit="县审计局")
    handle = client.get_workflow_handle(no)
    asleep = (await handle.describe()).typed_search_attributes
    assert (asleep[UNIT_KEY], asleep[LAMP_KEY]) == ("u023", "green")

    await walks.SIGN.give(product, no)

    seen = await handle.describe()
    state = witness.state(product.database, no)
    assert state.due
    assert (seen.typed_search_attributes[UNIT_KEY], seen.typed_search_attributes[LAMP_KEY]) == ("u023", "green")
    events = (await handle.fetch_history()).events
    assert not [e for e in events if e.HasField("upsert_workflow_search_attributes_event_attributes")]
    assert await seen.static_summary() == "青溪县审计局：三会一课记录不全"
    details: str = await handle.query("__temporal_workflow_metadata")
    assert f"青溪县审计局：办理中 制定整改方案，{state.due.date} 到期（绿灯）" in str(details)


async def test_temporal_lists_an_item_under_the_unit_it_went_to(product: Started, client: Client) -> None:
    (no,) = await product.issue("三会一课记录不全", unit="县教育局")
    handle = client.get_workflow_handle(no)
    before = (await handle.describe()).typed_search_attributes
    await walks.DECLINE.give(product, no)
    await walks.REASSIGN.give(product, no)
    after = (await handle.describe()).typed_search_attributes
    assert before[UNIT_KEY] != after[UNIT_KEY] == witness.state(product.database, no).unit.id


async def test_recover_starts_what_is_missing_and_tells_what_is_behind(product: Started) -> None:
    lost, behind = await product.issue("一", "二")
    for no in (lost, behind):
        await walk(product, no, "planning")
        await product.client.get_workflow_handle(no).terminate()
    await witness.start(product, witness.input_at(product, behind, 1))
    done = {r.no: r.started async for r in product.gateway.recover()}
    assert (done[lost], done[behind]) == (True, False)
    assert [r.no async for r in product.gateway.recover() if r.started] == []
    assert await caught_up(product, behind)
    status = (await product.client.get_workflow_handle(lost).describe()).status
    assert status is WorkflowExecutionStatus.RUNNING
    with product.database.read() as connection:
        row = lookup.item_row(connection, lost)
    alarm = datetime.fromisoformat(row["alarm_at"])
    assert alarm > datetime.now(UTC)
