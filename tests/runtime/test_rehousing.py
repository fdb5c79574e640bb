"""What ended units had open is handed on by the workflow rehouse/<directory version>: one entry each, to whoever is in
their place."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select
from temporalio.client import Client

from desk.caller import on_site
from desk.units import changing
from desk.units.changing import ToChange
from ledger.chain.entries import ENTRY
from ledger.chain.selections import REHOUSINGS
from ledger.directory.following import LeftItem, left_items
from ledger.reading import queries
from rules.dates.calendar import local_date
from rules.errors import RuleViolation
from rules.machine.facts import Reassigned
from runtime.reconcile.run import reconcile_all
from runtime.rehousing import HandedOn, ToHandOn, hand_on
from tests.support import witness
from tests.support.product import LEADER, SUPERVISOR, Started, started
from tests.support.units import opened, organ

NOW = datetime.now(UTC)
TODAY = local_date(NOW)
HOW = ToChange(first=TODAY, document="县编〔2026〕3号")
WISH = ToHandOn(reason="机构合并")
SUPERVISING = on_site(SUPERVISOR)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def product(client: Client, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Started]:
    """Of their own: they open and end units, which others count."""
    async with started(client, tmp_path_factory.mktemp("rehousing")) as running:
        yield running


def organs(product: Started, *units: str) -> None:
    opened(product.database, *(organ(unit, f"青溪县{unit}局") for unit in units))


def left(product: Started, *units: str) -> tuple[LeftItem, ...]:
    with product.database.read() as connection:
        return left_items(connection, TODAY, set(units))


async def done(product: Started, items: tuple[LeftItem, ...], wish: ToHandOn = WISH) -> tuple[HandedOn, ...]:
    return await hand_on(product.gateway, product.database, items, SUPERVISING, wish)


async def test_what_a_merged_unit_had_open_is_handed_on_by_an_entry_each(product: Started) -> None:
    """Done twice at once and once more, it is done once; the deadline of the item stands."""
    organs(product, "x1", "x2", "x3")
    deadline = TODAY + timedelta(days=60)
    numbers = await product.issue("移交一", "移交二", unit="x1", deadline=deadline)
    found = changing.merge_units(product.database, ["x1"], "x2", HOW, NOW)
    assert [(one.no, one.to) for one in found.items] == [(no, "x2") for no in numbers]
    changing.merge_units(product.database, ["x2"], "x3", HOW, NOW)
    twice = await asyncio.gather(done(product, found.items), done(product, found.items))
    expected = [HandedOn(no=no, unit_name="青溪县x1局", to="x3") for no in numbers]
    assert [list(one) for one in twice] == [expected, expected]
    assert list(await done(product, found.items)) == expected
    assert left(product, "x1") == ()
    with product.database.read() as connection:
        for no in numbers:
            facts = [one.fact for one in queries.item(connection, no).events if isinstance(one.fact, Reassigned)]
            assert [(fact.unit.id, fact.deadline, fact.reason) for fact in facts] == [("x3", deadline, "机构合并")]
            ids = connection.execute(select(ENTRY.c.command).where(ENTRY.c.stream == no, ENTRY.c.kind == "reassigned"))
            assert ids.scalar_one().startswith(REHOUSINGS)
    await product.give(numbers[0], "remark", LEADER, text="抓紧")
    assert (await witness.known(product, numbers[0])).unit.id == "x3", "its workflow finds out with the next command"
    assert witness.wrong(product.database) == []


async def test_what_nobody_is_in_the_place_of_is_said_given_to_who_is_named_or_annulled(product: Started) -> None:
    organs(product, "y1", "y2", "y3")
    named, annulled = await product.issue("一", unit="y1"), await product.issue("二", unit="y2")
    changing.split_unit(product.database, "y1", [("y4", "青溪县四局"), ("y5", "青溪县五局")], HOW, NOW)
    changing.end_units(product.database, ["y2"], HOW, NOW)
    both = left(product, "y1", "y2")
    assert [one.to for one in both] == ["", ""]
    refused = await done(product, both)
    assert ["--to" in one.refusal for one in refused] == [True, True]
    only = await done(product, both, ToHandOn(reason="分设", units=("y1",), to="青溪县四局"))
    assert [(one.to, one.refusal, one.annulled) for one in only] == [("y4", "", False), ("", "", False)]
    assert witness.state(product.database, annulled[0]).is_open, "of another unit than was named"
    last = await done(product, both, ToHandOn(reason="撤销", annul=True))
    assert [one.annulled for one in last] == [False, True]
    assert witness.kinds(product.database, annulled[0])[-1] == "annulled"
    assert witness.kinds(product.database, named[0])[-1] == "reassigned"
    again = await reconcile_all(product.client, product.database, product.task_queue, patience=timedelta(0))
    assert [one for one in again.found if one.stream in (*named, *annulled)] == []


async def test_a_liaison_hands_nothing_on(product: Started) -> None:
    (no,) = await product.issue("三会一课记录不全")
    with pytest.raises(RuleViolation, match="督查员"):
        await hand_on(product.gateway, product.database, (), on_site(product.liaison(no)), WISH)
