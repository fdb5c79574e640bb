"""Many commands at the same moment on one item, on the real server: each is answered, or told at once to come again."""

import asyncio
from collections import Counter
from datetime import timedelta
from time import monotonic

import pytest

from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor, Command, CommandKind, Via
from rules.process import Role
from tests.support import witness
from tests.support.product import LEADER, Started
from workflows.gateway import Gateway
from workflows.lines import LINE_LIMIT, Lines

ACTS = Actor(id=LEADER, role=Role.LEADER, via=Via.SITE)


def remark(n: int) -> Command:
    return Command(kind=CommandKind.REMARK, id=f"remark-{n}", actor=ACTS, text=f"第 {n} 条批示")


async def test_fifty_commands_at_once_on_one_item_are_all_answered_in_order(product: Started) -> None:
    (no,) = await product.issue("三会一课记录不全")
    receipts = await asyncio.gather(*(product.gateway.give(no, remark(n)) for n in range(50)))
    assert [receipt.seq for receipt in receipts] == list(range(2, 52))
    assert Counter(witness.kinds(product.database, no)) == {"issued": 1, "remarked": 50}


async def test_more_than_a_line_holds_are_told_at_once_and_taken_later(product: Started) -> None:
    (no,) = await product.issue("三会一课记录不全")
    begun = monotonic()
    turned_away: list[float] = []

    async def give(n: int) -> bool:
        try:
            await product.gateway.give(no, remark(n))
        except RuleViolation as refusal:
            if refusal.code is not Code.ITEM_BUSY:
                raise
            turned_away.append(monotonic() - begun)
            return False
        return True

    heard = await asyncio.gather(*(give(n) for n in range(LINE_LIMIT + 50)))
    assert heard == [True] * LINE_LIMIT + [False] * 50
    assert max(turned_away) < 5
    assert witness.kinds(product.database, no).count("remarked") == LINE_LIMIT
    assert all(await asyncio.gather(*(give(n) for n in range(LINE_LIMIT, LINE_LIMIT + 50))))


async def test_several_sites_at_one_item_are_several_lines_and_all_are_answered(product: Started) -> None:
    (no,) = await product.issue("三会一课记录不全")
    sites = [Gateway(product.client, product.database, task_queue=product.task_queue) for _ in range(4)]
    given = [site.give(no, remark(n * 4 + k)) for n in range(15) for k, site in enumerate(sites)]
    receipts = await asyncio.gather(*given)
    assert len(receipts) == 60
    assert witness.kinds(product.database, no).count("remarked") == 60


async def test_who_waited_in_vain_hears_that_nothing_happened_and_leaves_no_line_behind() -> None:
    lines = Lines()
    async with lines.turn("ZG2026-0001", 1):
        with pytest.raises(RuleViolation) as refusal:
            async with lines.turn("ZG2026-0001", timedelta(milliseconds=10).total_seconds()):
                raise AssertionError("it was somebody else's turn")
        async with lines.turn("ZG2026-0002", 1):  # another item is another line
            pass
    assert refusal.value.code is Code.ITEM_BUSY
    assert not lines._lines
