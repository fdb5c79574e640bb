"""An act of two people in a real browser: one has asked for it, the other is called to it, looks, and agrees; the one
who asked sees that it may be done, and both did it on pages that say nothing wrong."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from ledger.directory.joint import acts
from ledger.directory.joint.acts import JointWanted
from rules.joint.acts import JointAct
from rules.joint.facts import JointDetail
from rules.machine.commands import Actor, Via
from rules.process import Role
from tests.pages.conftest import Site
from tests.support.product import ADMINISTRATOR, LEADER
from tests.support.signed import cookie_of

pytestmark = pytest.mark.soak
BY = Actor(id=ADMINISTRATOR, role=Role.ADMINISTRATOR, via=Via.CONSOLE, through="root (0)")
LONG = "县直机关工委、县委组织部、县纪委监委驻县委办纪检监察组联合下发的关于封存密钥到期更换的通知" * 3
WANTED = JointWanted(
    act=JointAct.SEAL_KEY,
    details=(JointDetail(name="接替的密钥", value=LONG),),
    foreseen=tuple(f"以后第 {n} 个封存点用新的密钥" for n in range(30)),
)


@asynccontextmanager
async def window(browser: Browser, site: Site, person: str, wide: int) -> AsyncIterator[Page]:
    """That person's browser; nothing on its pages was found wrong."""
    context = await browser.new_context(base_url=site.address, locale="zh-CN", viewport={"width": wide, "height": 900})
    name, _, value = cookie_of(site.product.database, person).partition("=")
    await context.add_cookies([{"name": name, "value": value, "url": site.address}])
    page, wrong = await context.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    yield page
    await context.close()
    assert wrong == []


@pytest_asyncio.fixture(loop_scope="session")
async def number(site: Site) -> AsyncIterator[int]:
    """One act that waits for another."""
    with site.product.database.write() as connection:
        state = acts.ask(connection, WANTED, BY, datetime.now(UTC))
    yield state.number
    with site.product.database.write() as connection:
        acts.withdraw(connection, state.number, BY, datetime.now(UTC))


@pytest.mark.parametrize("wide", [1280, 390])
async def test_the_other_is_called_looks_and_agrees_and_who_asked_hears_of_it(
    browser: Browser, site: Site, number: int, wide: int
) -> None:
    async with window(browser, site, LEADER, wide) as leader, window(browser, site, ADMINISTRATOR, wide) as asker:
        await asker.goto(f"/confirmations#n{number}")
        own = asker.locator(f"#n{number}")
        await expect(own.get_by_text("自己提请")).to_be_visible()
        await expect(own.get_by_role("button", name="同意照此办理")).to_have_count(0)

        await leader.goto("/")
        await leader.get_by_role("link", name="换封存密钥：").click()
        panel = leader.locator(f"#n{number}")
        await expect(panel.get_by_text(LONG)).to_be_visible()
        await expect(panel.get_by_text("以后第 29 个封存点用新的密钥")).to_be_visible()
        fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        assert await leader.evaluate(fits), "the page is no wider than the window"
        await panel.get_by_role("button", name="同意照此办理").press("Enter")
        await expect(leader.get_by_role("status")).to_contain_text("已同意，请提请的人照原样办理。")
        await expect(panel.get_by_role("button", name="同意照此办理")).to_have_count(0)

        await asker.goto("/")
        await expect(asker.get_by_text("已复核同意，请您照原样办理")).to_be_visible()
