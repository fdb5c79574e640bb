"""Another way in and a security key, in a real Chromium: over the provider's page and back, with an authenticator that
the browser itself plays."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page

from definitions.accounts.sign_in_file import WaysIn
from desk.accounts.ways.coming import OtherWays
from ledger.accounts import accounts, security_keys
from rules.machine.commands import SYSTEM
from tests.pages.conftest import Site, served
from tests.support.product import ADMINISTRATOR, LEADER
from tests.support.servers.elsewhere import Elsewhere, elsewhere, oidc
from tests.support.signed import entrance_of

pytestmark = pytest.mark.soak


@pytest_asyncio.fixture(loop_scope="session")
async def provider(site: Site) -> AsyncIterator[tuple[Elsewhere, str]]:
    """A provider, and the site that has it, by the name that keys can belong to."""
    database = site.product.database
    entrance = entrance_of(database)
    entrance = replace(entrance, limits=replace(entrance.limits, second_factor=True))
    with database.write() as connection:
        for person in (LEADER, ADMINISTRATOR):
            if accounts.account_of(connection, person) is None:
                accounts.open_account(connection, person, person, SYSTEM, datetime.now(UTC))
    with elsewhere() as server:
        ways = OtherWays(entrance, WaysIn(ways=(oidc(server.address),)))
        async with served(site.product, entrance=entrance, ways=ways) as other:
            yield server, other.address.replace("127.0.0.1", "localhost")


async def _watched(context: BrowserContext) -> tuple[Page, list[str]]:
    """A page, and what the browser finds wrong on it."""
    page, wrong = await context.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    return page, wrong


async def test_over_the_providers_page_and_back_to_where_one_wanted_and_out_there_too(
    browser: Browser, provider: tuple[Elsewhere, str]
) -> None:
    server, address = provider
    server.tell(who={"sub": f"sub of {LEADER}", "number": LEADER})
    context = await browser.new_context()
    page, wrong = await _watched(context)
    await page.goto(f"{address}/inbox")
    await page.get_by_role("link", name="统一认证登录").click()
    await page.wait_for_url(f"{address}/inbox")
    cookies = {one["name"]: one for one in await context.cookies()}
    assert set(cookies) == {"duban_session"}, "what was kept on the way is gone"
    assert cookies["duban_session"]["httpOnly"]
    await page.get_by_role("button", name="退出").first.click()
    await page.wait_for_url(f"{address}/sign-in?left=hr")
    assert await page.get_by_role("link", name="同时退出统一认证").get_attribute("href") == "/sign-in/with/hr/out"
    await page.go_back()
    assert "/sign-in" in page.url, "the back button shows nothing any more"
    assert wrong == []
    await context.close()


async def test_a_key_is_added_coming_in_and_shown_the_next_time(
    browser: Browser, provider: tuple[Elsewhere, str]
) -> None:
    server, address = provider
    server.tell(who={"sub": f"sub of {ADMINISTRATOR}", "number": ADMINISTRATOR})
    context = await browser.new_context()
    page, wrong = await _watched(context)
    await _authenticator(context, page)
    for button in ("登记密钥", "出示密钥"):
        await page.goto(f"{address}/accounts")
        await page.get_by_role("link", name="统一认证登录").click()
        await page.wait_for_url(f"{address}/sign-in/key?back=%2Faccounts")
        await page.get_by_role("button", name=button).click()
        await page.wait_for_url(f"{address}/accounts")
        assert {one["name"] for one in await context.cookies()} == {"duban_session"}
        await page.goto(f"{address}/account")
        assert "第一把" in await page.inner_text("main")
        await context.clear_cookies()
    assert wrong == []
    await context.close()


async def test_with_another_key_than_ones_own_nobody_is_in_and_the_page_says_so(
    browser: Browser, site: Site, provider: tuple[Elsewhere, str]
) -> None:
    server, address = provider
    server.tell(who={"sub": f"sub of {ADMINISTRATOR}", "number": ADMINISTRATOR})
    context = await browser.new_context()
    page, _ = await _watched(context)
    await _authenticator(context, page)  # it knows nothing of the key added
    with site.product.database.write() as connection:
        if not security_keys.keys_of(connection, ADMINISTRATOR):
            now = datetime.now(UTC)
            security_keys.add(connection, ADMINISTRATOR, "别处的", "AAAA", "AAAA", 0, SYSTEM, now)
    await page.goto(f"{address}/sign-in")
    await page.get_by_role("link", name="统一认证登录").click()
    await page.get_by_role("button", name="出示密钥").click()
    await page.get_by_text("浏览器没有拿到密钥的回答").wait_for()
    await page.goto(f"{address}/accounts")
    assert page.url == f"{address}/sign-in?back=%2Faccounts"
    await context.close()


async def _authenticator(context: BrowserContext, page: Page) -> None:
    session: Any = await context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "usb", "automaticPresenceSimulation": True}
    options |= {"hasResidentKey": False, "hasUserVerification": False, "isUserVerified": False}
    await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
