"""Clock health on the site: every open item's next alarm and why, and what the last comparison found."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest_asyncio

from activities.telling import hand_on
from api.app import create_app
from desk.showing.clocks import Compared, WrongClock
from ledger.chain.past.deciding import decide_here
from tests.support import walks
from tests.support.product import Started
from tests.support.signed import browsing, entrance_of

COMPARED = Compared(
    at=datetime(2026, 3, 2, 1, 0, tzinfo=UTC),
    items=2000,
    wrong_items=1,
    wrong=(WrongClock(no="ZG2026-0007", wrong="流程引擎里没有这个事项的流程", way_out="运行 duban recover"),),
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def compared(product: Started) -> AsyncIterator[httpx2.AsyncClient]:
    """A site that has been compared with the engine once."""
    app = create_app(
        desk=product.desk,
        intake=product.intake,
        database=product.database,
        files=product.files,
        compared=lambda: COMPARED,
        entrance=entrance_of(product.database),
    )
    async with browsing(app) as client:
        yield client


async def _all(web: httpx2.AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        page = (await web.get("/api/v1/clocks", params={"after": after, "size": 3})).json()
        found += page["items"]
        if page["next"] is None:
            return found
        after = page["next"]


async def test_every_open_item_stands_there_once_with_its_alarm_and_why(
    web: httpx2.AsyncClient, product: Started
) -> None:
    asleep, signed, ended = await product.issue("一", "二", "三")
    await walks.SIGN.give(product, signed)
    await walks.ANNUL.give(product, ended)
    found = await _all(web)
    numbers = [one["no"] for one in found]
    assert len(numbers) == len(set(numbers))
    assert {asleep, signed} <= set(numbers)
    assert ended not in numbers
    mine = next(one for one in found if one["no"] == signed)
    assert (mine["status"], mine["wrong"]) == ("working", "")
    assert mine["why"].startswith("办理时限")
    times = [one["alarm_at"] or "" for one in found]
    assert times == sorted(times)


async def test_the_page_says_whether_it_was_ever_compared(
    web: httpx2.AsyncClient, compared: httpx2.AsyncClient, product: Started
) -> None:
    (no,) = await product.issue("一")
    never = (await web.get("/clocks")).text
    assert "还没有与流程引擎逐项核对过" in never
    once = (await compared.get("/clocks")).text
    assert "2026-03-02 09:00 与流程引擎逐项核对：2,000 项里 1 项异常" in once
    assert re.search(r"ZG2026-0007</a>：流程引擎里没有这个事项的流程；请管理员恢复流程。", once)
    assert (await compared.get("/api/v1/clocks")).json()["compared"]["wrong_items"] == 1
    assert (await web.get("/api/v1/clocks")).json()["compared"] is None
    assert no in {one["no"] for one in await _all(web)}


async def test_a_clock_that_is_wrong_stands_first_with_what_to_do(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("没有下一次到点")
    with product.database.write() as connection:
        before = connection.exec_driver_sql(f"SELECT alarm_at FROM item WHERE no = '{no}'").scalar()
        connection.exec_driver_sql(f"UPDATE item SET alarm_at = NULL WHERE no = '{no}'")
    try:
        page = (await web.get("/api/v1/clocks")).json()
        text = (await web.get("/clocks")).text
    finally:
        with product.database.write() as connection:
            connection.exec_driver_sql(f"UPDATE item SET alarm_at = '{before}' WHERE no = '{no}'")
    assert page["without"] == 1
    assert (page["items"][0]["no"], page["items"][0]["way_out"]) == (no, "运行 duban audit verify")
    assert "台账上的时刻与留痕链推算的不符" in text


async def test_pages_follow_one_another(web: httpx2.AsyncClient, product: Started) -> None:
    await product.issue(*(str(n) for n in range(51)))
    first = (await web.get("/clocks")).text
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = (await web.get(following[1].replace("&amp;", "&"))).text
    on = [set(re.findall(r'href="/items/(ZG[^"]+)"', text)) for text in (first, second)]
    assert on[1]
    assert not on[0] & on[1]


async def test_every_page_says_what_waits_for_the_engine_and_only_while_it_does(
    web: httpx2.AsyncClient, product: Started
) -> None:
    banner = "流程引擎暂时没有应答，操作照常办理并已留痕；提醒和到期在恢复以后补上"
    (no,) = await product.issue("三会一课记录不全")
    assert banner not in (await web.get("/items")).text
    command = await asyncio.to_thread(product.desk._command, walks.SIGN.request(product, no, id="away"))
    decide_here(product.database, no, command, datetime.now(UTC), away=True)
    for page in ("/items", f"/items/{no}", "/clocks", "/account"):
        assert banner in (await web.get(page)).text
    assert "<strong>1</strong> 个事项有操作由留痕库直接办了" in (await web.get("/clocks")).text
    assert (await web.get("/api/v1/clocks")).json()["behind"] == 1
    await hand_on(product.client, product.database, product.task_queue)
    assert banner not in (await web.get("/items")).text
    assert (await web.get("/api/v1/clocks")).json()["behind"] == 0
