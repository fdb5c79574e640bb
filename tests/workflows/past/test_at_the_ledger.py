"""Commands decided at the ledger itself, raced against workflows that are alive and slow: each stands once, whoever was
first, and the workflow knows all of it once it has been told."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from activities.telling import hand_on
from desk.requests import Desk, Receipt
from ledger.chain import entries
from ledger.chain.entries import NUDGE
from ledger.chain.past import nudges
from ledger.chain.past.deciding import TOLD_WITHIN, decide_here
from ledger.chain.past.nudges import Waits
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor, Command, CommandKind, Via
from rules.process import Role
from tests.support import walks, witness
from tests.support.product import LEADER, Started
from tests.support.walks import walk
from workflows.gateway import Gateway

ACTS = Actor(id=LEADER, role=Role.LEADER, via=Via.SITE)
HASTY = timedelta(milliseconds=4)
"""Less than a workflow takes: what is given so is decided at the ledger, and reaches the workflow as well or not."""


def remark(n: int) -> Command:
    return Command(kind=CommandKind.REMARK, id=f"remark-{n}", actor=ACTS, text=f"第 {n} 条批示")


def hasty(product: Started, patience: timedelta = HASTY) -> Gateway:
    return Gateway(product.client, product.database, task_queue=product.task_queue, patience=patience)


def waits(product: Started) -> Waits:
    with product.database.read() as connection:
        return nudges.waits(connection)


async def hand_all_on(product: Started) -> None:
    await hand_on(product.client, product.database, product.task_queue)
    assert waits(product).items == 0


async def test_a_workflow_that_is_alive_and_slow_and_the_ledger_decide_each_command_once(product: Started) -> None:
    numbers = await product.issue("三会一课记录不全", "台账不实")
    impatient = [hasty(product, timedelta(milliseconds=k)) for k in (1, 8, 25)]
    given: list[asyncio.Task[Receipt]] = []
    for n in range(24):
        for no in numbers:
            given += [asyncio.create_task(g.give(no, remark(n))) for g in (impatient[n % 3], product.gateway)]
    receipts = await asyncio.gather(*given)
    assert len(receipts) == 96
    for no in numbers:
        stood = Counter(e.command for e in witness.events(product.database, no))
        assert {stood[f"remark-{n}"] for n in range(24)} == {1}, "each once"
    await hand_all_on(product)
    for no in numbers:
        assert await witness.known(product, no) == witness.state(product.database, no)
    assert witness.wrong(product.database) == []


async def test_what_was_decided_past_a_sleeping_workflow_is_adopted_with_its_alarm(product: Started) -> None:
    (no,) = await product.issue("三会一课记录不全")
    site = replace_gateway(product, hasty(product, timedelta(microseconds=1)))
    receipt = await walks.SIGN.give(site, no, id="click")
    assert (receipt.seq, receipt.status) == (2, "working")
    again = await walks.SIGN.give(site, no, id="click")
    assert again == receipt
    assert waits(product).items == 1
    await hand_all_on(product)
    assert await witness.known(product, no) == witness.state(product.database, no)
    assert witness.kinds(product.database, no) == ["issued", "signed"]
    by_workflow = await walks.PLAN.give(product, no)
    assert by_workflow.seq == 3


async def test_a_refusal_at_the_ledger_is_never_carried_out_by_a_workflow_that_gets_to_it_later(
    product: Started,
) -> None:
    """The approval is refused while the unit has the move; later it would be possible. Both ways of asking again."""
    (no,) = await product.issue("三会一课记录不全")
    await walk(product, no, "planning")
    request = walks.APPROVE.request(product, no, id="early")
    command = await asyncio.to_thread(product.desk._command, request)
    with pytest.raises(RuleViolation) as refused:
        decide_here(product.database, no, command, datetime.now(UTC), away=True)
    await walks.PLAN.give(product, no)
    with pytest.raises(RuleViolation) as late:
        await product.gateway.give(no, command)
    with pytest.raises(RuleViolation) as again:
        decide_here(product.database, no, command, datetime.now(UTC), away=True)
    assert {late.value.code, again.value.code} == {Code.REFUSED_BEFORE}
    assert str(refused.value) in str(late.value), "the first reason is said again"
    assert "approved" not in witness.kinds(product.database, no)
    await hand_all_on(product)
    assert (await walks.APPROVE.give(product, no)).status == "working", "the same, as another command"


async def test_a_refusal_is_judged_by_what_stands_and_a_command_that_stands_is_no_refusal(product: Started) -> None:
    (no,) = await product.issue("三会一课记录不全")
    request = walks.SIGN.request(product, no, id="click")
    command = await asyncio.to_thread(product.desk._command, request)
    await product.gateway.give(no, command)
    done = decide_here(product.database, no, command, datetime.now(UTC), away=True)
    assert (done.state.seq, waits(product).items) == (2, 1), "that it was asked for is kept"
    decide_here(product.database, no, command, datetime.now(UTC), away=True)
    await hand_all_on(product)


async def test_a_workflow_that_is_behind_is_not_asked_until_it_has_been_told(product: Started) -> None:
    """However many go on asking: the ledger decides meanwhile, and the one adoption brings all of it."""
    (no,) = await product.issue("三会一课记录不全")
    database = product.database
    decide_here(database, no, remark(0), datetime.now(UTC), away=True)
    later = Gateway(
        product.client,
        database,
        task_queue=product.task_queue,
        patience=timedelta(minutes=1),
        now=lambda: datetime.now(UTC) + 2 * TOLD_WITHIN,
    )
    await later.give(no, remark(1))
    assert await left(product, no) == ["remark-0", "remark-1"], "decided at the ledger"
    soon = Gateway(product.client, database, task_queue=product.task_queue, patience=timedelta(minutes=1))
    await soon.give(no, remark(2))
    assert await left(product, no) == ["remark-0", "remark-1"], "by the workflow, which is not so far behind"
    await hand_all_on(product)
    await later.give(no, remark(3))
    assert await left(product, no) == [], "by the workflow again"
    assert await witness.known(product, no) == witness.state(database, no)


async def left(product: Started, no: str) -> list[str]:
    """The commands of which the item's workflow is still to be told."""
    query = select(NUDGE.c.command).where(NUDGE.c.stream == no, NUDGE.c.handed_at.is_(None)).order_by(NUDGE.c.command)
    with product.database.read() as connection:
        return list(connection.execute(query).scalars())


async def test_what_is_left_while_a_workflow_looks_still_waits(product: Started) -> None:
    (no,) = await product.issue("三会一课记录不全")
    for n in range(3):
        decide_here(product.database, no, remark(n), datetime.now(UTC), away=True)
    with product.database.write() as connection:
        nudges.handed(connection, no, 3, datetime.now(UTC))
    assert await left(product, no) == ["remark-2"], "the workflow was said to know three entries of four"
    await hand_all_on(product)


async def test_a_workflow_that_missed_more_than_can_travel_at_once_adopts_it_bit_by_bit(
    product: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    (no,) = await product.issue("三会一课记录不全")
    monkeypatch.setattr(entries, "_AT_ONCE", 200)
    for n in range(30):
        decide_here(product.database, no, remark(n), datetime.now(UTC), away=True)
    some = entries.append(product.database, no, 1, "look", ())
    assert some.more
    assert 0 < len(some.newer) < 30
    await hand_all_on(product)
    assert await witness.known(product, no) == witness.state(product.database, no)
    for n in range(30, 60):
        decide_here(product.database, no, remark(n), datetime.now(UTC), away=True)
    receipt = await product.gateway.give(no, remark(60))
    assert receipt.seq == 62, "also one that is asked while it is behind"
    await hand_all_on(product)


async def test_an_instant_never_goes_back_whatever_the_clock_of_the_site_says(product: Started) -> None:
    (no,) = await product.issue("三会一课记录不全")
    before = witness.state(product.database, no).at
    decide_here(product.database, no, remark(1), before - timedelta(hours=3), away=True)
    assert witness.state(product.database, no).at == before
    await hand_all_on(product)


def replace_gateway(product: Started, gateway: Gateway) -> Started:
    return replace(product, gateway=gateway, desk=Desk(gateway, product.database, product.files))


async def has_workflow(product: Started, no: str) -> bool:
    try:
        found = await product.client.get_workflow_handle(no).describe()
    except RPCError as failure:
        if failure.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return found.status is WorkflowExecutionStatus.RUNNING
