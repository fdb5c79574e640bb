"""The self-check: what should have happened by itself and has not is counted, said, and swept."""

import json
import logging
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import insert, update
from temporalio.client import Client

from definitions.plans import PLANS, SELF_CHECK
from ledger.chain.entries import ITEM
from ledger.store import firings
from ledger.store.firings import CURSOR, Claimed
from ledger.store.tables import Delivery, Notice, table_of
from rules.codec import instant_text
from rules.dates.calendar import LOCAL
from rules.dates.plans import firing_key
from runtime.scheduler.check import UNRUNG, UNWALKED, SelfCheck, look
from runtime.scheduler.starting import Starter
from tests.support import witness
from tests.support.product import Started
from tests.support.waiting import until

NOW = datetime.combine(datetime.now(UTC).astimezone(LOCAL).date(), time(12), tzinfo=LOCAL)


def seen(product: Started, now: datetime = NOW) -> SelfCheck:
    with product.database.read() as connection:
        return look(connection, now)


def walked(product: Started, **to: datetime) -> None:
    with product.database.write() as connection:
        connection.execute(CURSOR.delete())
        for plan in PLANS:
            at = to.get(plan.id.replace("-", "_"), NOW)
            connection.execute(insert(CURSOR).values(plan=plan.id, walked_to=instant_text(at)))


def notice(product: Started, name: str, at: datetime, state: str) -> None:
    """A notice of that age with one delivery in that state."""
    row = {
        "id": name,
        "stream": "x",
        "seq": 1,
        "at": instant_text(at),
        "person": "p",
        "role": "liaison",
        "kind": "urged",
    }
    with product.database.write() as connection:
        connection.execute(insert(table_of(Notice)).values(**row, rung="", lamp="", immediate=False, state="pending"))
        delivery = {"notice": name, "channel": "mail", "person": "p", "behalf": "", "immediate": False, "state": state}
        connection.execute(insert(table_of(Delivery)).values(**delivery, attempts=0, next_at="", reason=""))


async def test_all_in_order_is_nothing_to_say(product: Started) -> None:
    walked(product)
    notice(product, "young", NOW - timedelta(hours=23), "pending")
    notice(product, "sent", NOW - timedelta(days=9), "sent")
    found = seen(product)
    assert found == SelfCheck()
    assert found.words() == []


async def test_what_has_not_gone_out_for_a_day_is_counted(product: Started) -> None:
    walked(product)
    for state in ("pending", "sending", "failed"):
        notice(product, f"old {state}", NOW - timedelta(hours=25), state)
    assert seen(product).undelivered == 2


async def test_a_plan_that_was_not_walked_and_a_clock_that_was_ahead_are_named(product: Started) -> None:
    walked(product, digest=NOW - UNWALKED - timedelta(minutes=1), month_end=NOW + timedelta(days=2))
    found = seen(product)
    assert (found.unwalked, found.ahead) == (("digest",), ("month-end",))
    assert ["digest" in found.words()[0], "month-end" in found.words()[1]] == [True, True]


async def test_alarms_that_nobody_rang_are_said_recorded_and_swept(
    product: Started, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    (no,) = await product.issue("三会一课记录不全")
    walked(product)
    with product.database.write() as connection:
        behind = instant_text(NOW - UNRUNG - timedelta(seconds=1))
        connection.execute(update(ITEM).where(ITEM.c.no == no).values(alarm_at=behind))
    key = firing_key(SELF_CHECK, NOW)
    starter = Starter(client, product.database, product.task_queue, lambda: NOW)
    with caplog.at_level(logging.WARNING, logger="duban.scheduler"):
        found = await starter.start(Claimed(key=key, plan=SELF_CHECK, nominal=NOW))
    assert json.loads(found)["unrung"] == 1
    assert "1 个事项到点超过 10 分钟没有记录" in caplog.text

    async def swept() -> bool:
        return (await client.get_workflow_handle(key).describe()).status is not None

    await until("a sweep runs under the firing's key", swept)
    assert await client.get_workflow_handle(key).result() == {"stored": 0, "moved": 0, "left": 0, "done": True}
    assert witness.kinds(product.database, no) == ["issued"]


async def test_plans_that_start_nothing_fire_all_the_same(product: Started, client: Client) -> None:
    starter = Starter(client, product.database, product.task_queue, lambda: NOW)
    for plan in ("month-end", "quarter"):
        assert await starter.start(Claimed(key=firing_key(plan, NOW), plan=plan, nominal=NOW)) == ""
    with product.database.read() as connection:
        assert firings.last_of(connection, "month-end") is None
