"""Signing in, one's own sessions, and what is left when one has gone, in a real browser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect
from temporalio.client import Client

from api.entrance.cookies import PLAIN_COOKIE
from desk.accounts import keeping
from desk.caller import at_console
from ledger.accounts import accounts
from rules.accounts.limits import AccessLimits
from rules.machine.commands import SYSTEM
from tests.pages.conftest import Site, served
from tests.support.product import ADMINISTRATOR, SUPERVISOR, Started, started

PASSWORD, OTHER = "青溪河畔的三棵老樟树和一座桥", "山后面的茶园在下雨的早晨起雾"
LIMITS = AccessLimits()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def site(client: Client, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A county in which nobody has an account yet: what comes of accounts is this module's alone."""
    async with started(client, tmp_path_factory.mktemp("entrance")) as product, served(product) as running:
        yield running


@asynccontextmanager
async def window(browser: Browser, site: Site) -> AsyncIterator[Page]:
    """A browser of its own, with which nobody is in."""
    context = await browser.new_context(base_url=site.address, locale="zh-CN")
    yield await context.new_page()
    await context.close()


def link_for(product: Started, person: str) -> str:
    """The link that the administrator hands to that person."""
    now, caller = datetime.now(UTC), at_console(ADMINISTRATOR)
    with product.database.read() as connection:
        begun = any(one.password for one in accounts.all_accounts(connection))
    if person == ADMINISTRATOR and not begun:
        return keeping.invite_first(product.database, person, person, LIMITS, SYSTEM, now).link("")
    return keeping.invite(product.database, caller, person, "", LIMITS, now).link("")


async def come_in(page: Page, site: Site, person: str, password: str = PASSWORD) -> None:
    """By an invitation, setting that password."""
    await page.goto(link_for(site.product, person))
    await page.get_by_label("密码", exact=True).fill(password)
    await page.get_by_label("再输入一次").fill(password)
    await page.get_by_role("button", name="设好，进入").click()
    await expect(page.get_by_role("button", name="退出")).to_be_visible()


async def sign_in(page: Page, person: str, password: str = PASSWORD) -> None:
    await page.get_by_label("登录名").fill(person)
    await page.get_by_label("密码").fill(password)
    await page.get_by_role("button", name="登录").click()


async def cookie(context: BrowserContext) -> str:
    """The session's secret in that browser, whose flags are what they should be."""
    (found,) = [one for one in await context.cookies() if one["name"] == PLAIN_COOKIE]
    assert (found["httpOnly"], found["sameSite"], found["path"]) == (True, "Lax", "/")
    return found["value"]


async def test_by_invitation_to_the_first_page_and_out_again_and_back_shows_nothing(
    browser: Browser, site: Site
) -> None:
    (no,) = await site.product.issue("退出以后不该看得到的事项")
    async with window(browser, site) as page:
        await page.goto(f"/items/{no}")
        await expect(page).to_have_url(f"{site.address}/sign-in?back=%2Fitems%2F{no}")
        await come_in(page, site, SUPERVISOR)
        await expect(page.locator(".top .me")).to_contain_text("江凤霞")
        await expect(page.get_by_role("link", name="待办")).to_have_attribute("aria-current", "page")
        await page.goto(f"/items/{no}")
        await expect(page.get_by_role("heading", name="退出以后不该看得到的事项")).to_be_visible()
        await page.get_by_role("button", name="退出").click()
        await expect(page).to_have_url(f"{site.address}/sign-in")
        assert [one for one in await page.context.cookies() if one["name"] == PLAIN_COOKIE] == []
        await page.go_back()
        await expect(page.get_by_role("button", name="登录")).to_be_visible()
        assert "退出以后不该看得到的事项" not in await page.content()
        await page.goto(f"/items/{no}")
        await sign_in(page, "nobody", "没有这个人的密码也没有意义")
        refused = await page.locator(".refused").inner_text()
        await sign_in(page, SUPERVISOR, "不是这个人的密码但够长了")
        assert await page.locator(".refused").inner_text() == refused
        await sign_in(page, SUPERVISOR)
        await expect(page).to_have_url(f"{site.address}/items/{no}")


async def test_a_session_that_somebody_planted_is_not_the_one_that_comes_of_signing_in(
    browser: Browser, site: Site
) -> None:
    async with window(browser, site) as page:
        await page.context.add_cookies([{"name": PLAIN_COOKIE, "value": "planted" * 6, "url": site.address}])
        await come_in(page, site, "p0002")
        first = await cookie(page.context)
        assert "planted" not in first
        await page.goto("/sign-in")
        await expect(page, "whoever is in goes on").to_have_url(f"{site.address}/")
        await page.get_by_role("button", name="退出").click()
        await sign_in(page, "p0002")
        await expect(page.get_by_role("button", name="退出")).to_be_visible()
        assert await cookie(page.context) != first


async def test_two_browsers_are_two_people_and_two_places_of_one_person_end_each_other(
    browser: Browser, site: Site
) -> None:
    async with window(browser, site) as one, window(browser, site) as two, window(browser, site) as other:
        await come_in(one, site, "p2001")
        await come_in(other, site, "p2002")
        await two.goto("/sign-in")
        await sign_in(two, "p2001")
        names = [await page.locator(".top .me strong").inner_text() for page in (one, two, other)]
        assert names[0] == names[1] != names[2]
        await one.goto("/account")
        await expect(one.locator("table").first.locator("tbody tr")).to_have_count(2)
        await one.get_by_label("现在的密码").fill(PASSWORD)
        await one.get_by_label("新密码").fill(OTHER)
        await one.get_by_label("再输入一次").fill(OTHER)
        await one.get_by_role("button", name="换密码").click()
        await expect(one.locator(".done")).to_contain_text("密码已换")
        await expect(one.locator("table").first.locator("tbody tr")).to_have_count(1)
        await two.goto("/account")
        await expect(two.get_by_role("button", name="登录")).to_be_visible()
        await other.reload()
        await expect(other.locator(".top .me strong")).to_have_text(names[2])
        await sign_in(two, "p2001")
        await expect(two.locator(".refused")).to_be_visible()
        await sign_in(two, "p2001", OTHER)
        await two.goto("/account")
        await two.get_by_role("button", name="退出别处").click()
        await one.reload()
        await expect(one.get_by_role("button", name="登录")).to_be_visible()


@pytest.mark.soak
async def test_what_was_written_when_the_session_had_ended_is_there_to_be_copied(browser: Browser, site: Site) -> None:
    (no,) = await site.product.issue("写到一半时退出了")
    async with window(browser, site) as page:
        await come_in(page, site, "p0004")
        await page.goto(f"/items/{no}")
        keeping.sign_out_other(site.product.database, at_console(ADMINISTRATOR), "p0004", datetime.now(UTC))
        await page.get_by_text("批示", exact=True).first.click()
        await page.locator("#do-remark textarea").first.fill("已经写了很久的批示")
        await page.locator("#do-remark button[type=submit]").last.click()
        await expect(page.get_by_label("刚才填写的内容")).to_have_value("已经写了很久的批示")
        await page.get_by_role("link", name="登录").click()
        await expect(page.get_by_role("button", name="登录")).to_be_visible()


@pytest.mark.soak
async def test_a_token_is_shown_once_and_the_programs_that_have_it_are_listed(browser: Browser, site: Site) -> None:
    async with window(browser, site) as page:
        await come_in(page, site, "p0005")
        await page.goto("/account")
        await page.get_by_text("发一个令牌").click()
        await page.get_by_label("用来做什么").fill("每晚取台账")
        await page.get_by_label("只限接口的这些部分").fill("items")
        await page.get_by_role("button", name="发令牌").click()
        secret = await page.locator(".secret").inner_text()
        assert secret.startswith("duban_")
        bearer = {"Authorization": f"Bearer {secret}"}
        answers = [await page.request.get(path, headers=bearer) for path in ("/api/v1/items", "/api/v1/units")]
        assert [answer.status for answer in answers] == [200, 403]
        await page.context.clear_cookies()
        assert (await page.request.get("/items", headers=bearer, max_redirects=0)).status == 303
        await page.goto("/sign-in")
        await sign_in(page, "p0005")
        await page.goto("/account")
        assert secret not in await page.content()
        await page.get_by_role("button", name="吊销").click()
        assert (await page.request.get("/api/v1/items", headers=bearer)).status == 401


@pytest.mark.soak
async def test_an_administrator_lets_in_and_switches_off(browser: Browser, site: Site) -> None:
    async with window(browser, site) as page, window(browser, site) as theirs:
        await come_in(page, site, ADMINISTRATOR)
        await page.goto("/accounts?q=p2003")
        await page.get_by_text("办理", exact=True).click()
        await page.get_by_role("button", name="邀请：发链接").click()
        link = await page.locator("a.secret").get_attribute("href")
        assert link
        await theirs.goto(link)
        await theirs.get_by_label("密码", exact=True).fill(PASSWORD)
        await theirs.get_by_label("再输入一次").fill(PASSWORD)
        await theirs.get_by_role("button", name="设好，进入").click()
        await expect(theirs.get_by_role("button", name="退出")).to_be_visible()
        await page.goto("/accounts?q=p2003")
        await page.get_by_text("办理", exact=True).click()
        await page.get_by_label("停用的理由").fill("借调外单位")
        await page.get_by_role("button", name="停用").click()
        await expect(page.locator(".done")).to_contain_text("已停用")
        await theirs.reload()
        await expect(theirs.get_by_role("button", name="登录")).to_be_visible()
        await page.goto("/items")
        await expect(page.locator("table.register tbody tr"), "an administrator sees no items").to_have_count(0)


@pytest.mark.soak
async def test_the_clock_moved_lets_nobody_stay_longer(
    browser: Browser, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with window(browser, site) as page:
        await come_in(page, site, "p0003")
        begun = datetime.now(UTC)
        for away in (timedelta(minutes=61), timedelta(hours=13), -timedelta(minutes=10)):
            monkeypatch.setattr("api.site.Site.now", lambda _, away=away: begun + away)
            await page.goto("/")
            await expect(page.get_by_role("button", name="登录"), str(away)).to_be_visible()
        monkeypatch.undo()
        await page.goto("/")
        await expect(page.get_by_role("button", name="退出")).to_be_visible()
