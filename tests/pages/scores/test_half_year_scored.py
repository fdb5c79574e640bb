"""Half a year's scores in the browser, as unit, assessor and leader: whatever a person does is a click or a key.

What nobody looks at here is done at the ledger: the months' reports and their locks, and that time passes.
`PHOTOGRAPHS=folder` photographs each station, wide and narrow.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect
from temporalio.client import Client

from ledger.directory import people
from ledger.rounds.campaigns import load_campaigns
from tests.pages.conftest import Site, faults_by_axe, served, too_wide
from tests.pages.sitting import SHOTS, WIDTHS, is_now
from tests.support.factories import at
from tests.support.product import started
from tests.support.rounds.answered import LOADED, wrong
from tests.support.scores.half_year import FAIR, GOOD
from tests.support.scores.scored import assess, month
from tests.support.shipped import every_campaign

UNIT = "u004"


@dataclass(slots=True, kw_only=True)
class Half:
    """The site, what the time is there, and the window."""

    site: Site
    page: Page
    now: datetime
    shots: int = 0

    async def looks(self, station: str) -> None:
        """The page as it stands is one that everybody can use; it is photographed where somebody wants to look."""
        await expect(self.page.locator("h1")).to_be_visible()
        assert await faults_by_axe(self.page) == [], station
        size = self.page.viewport_size
        for width in WIDTHS:
            await self.page.set_viewport_size({"width": width, "height": 900})
            assert await too_wide(self.page) <= 0, (station, width)
            if SHOTS in os.environ:
                path = Path(os.environ[SHOTS]) / f"{self.shots:02}-{station}-{width}.png"
                await self.page.screenshot(path=path, full_page=True)
        self.shots += 1
        if size:
            await self.page.set_viewport_size(size)


@pytest_asyncio.fixture(loop_scope="session")
async def half(
    client: Client, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Half]:
    shown: list[Half] = []
    async with started(client, tmp_path / "county", now=lambda: shown[0].now, known=LOADED) as product:
        with product.database.write() as connection:
            load_campaigns(connection, every_campaign(), LOADED)
        assess(product.database)
        async with served(product, demo=True) as site:
            context = await browser.new_context(
                base_url=site.address, locale="zh-CN", bypass_csp=True, viewport={"width": 1280, "height": 900}
            )
            said: list[str] = []
            context.on("weberror", lambda error: said.append(str(error.error)))
            shown.append(Half(site=site, page=await context.new_page(), now=at("2026-02-10")))
            monkeypatch.setattr("api.site.Site.now", lambda _: shown[0].now)
            yield shown[0]
            await context.close()
            assert said == []


@pytest.mark.soak
@pytest.mark.timeout(300)
async def test_half_a_year_is_scored_and_decided_by_clicks(half: Half) -> None:
    await unit_declares_its_own(half)
    for n in range(1, 7):
        told = {UNIT: GOOD | ({"study": "3"} if n == 6 else {}), "u001": GOOD, "u002": FAIR}
        half.now = month(half.site.product.database, f"2026-{n:02}", told) + timedelta(hours=1)
    half.now = at("2026-07-23")  # two days after June was locked
    await assessor_judges_and_credits(half)
    await unit_sees_why_and_appeals(half)
    await assessor_decides_the_appeal(half)
    await leader_confirms(half)
    assert wrong(half.site.product.database) == []


async def unit_declares_its_own(half: Half) -> None:
    """What is wrong comes back as it was written; what the assessor returns is changed and pinned."""
    page = half.page
    await liaison(half)
    await page.goto(f"/scores/units/{UNIT}")
    await page.get_by_role("link", name="申报", exact=True).click()
    for n, name in enumerate(("窗口作风", "科研攻关", "结对帮扶", "读书活动"), start=1):
        row = page.locator("fieldset", has_text=f"第 {n} 项")
        await row.get_by_label("名称").fill(name)
        await row.get_by_label("分值").fill("5")
        await row.get_by_label("多久算一次").select_option(label="每半年")
        await row.get_by_label("标准").fill("有计划、有记录、群众评价好")
        await row.get_by_label("分从哪里来").select_option(label="由人评定")
        if n < 4:
            await row.get_by_label("谁评定").select_option(label="督查员")
    await page.get_by_role("button", name="申报").click()
    await expect(page.locator("#result, .refused").first).to_contain_text("“读书活动”没有选由谁评定")
    row = page.locator("fieldset", has_text="第 4 项")
    await expect(row.get_by_label("名称")).to_have_value("读书活动")
    await row.get_by_label("谁评定").select_option(label="指导员")
    await half.looks("own-form")
    await page.get_by_role("button", name="申报").click()
    await expect(page.locator("#result")).to_contain_text("已申报")
    await assessor(half)
    await page.goto("/scores/own")
    await half.looks("own-queue")
    await page.locator("table.rows a").first.click()
    await page.get_by_label("退回的理由").fill("第一项写清由谁评价")
    await page.get_by_role("button", name="退回", exact=True).click()
    await expect(page.locator("#result")).to_contain_text("已退回")
    await liaison(half)
    await page.goto(f"/scores/own/{UNIT}")
    await expect(page.locator("main")).to_contain_text("退回了：第一项写清由谁评价")
    await page.locator("fieldset").first.get_by_label("标准").fill("办事群众打分")
    await page.get_by_role("button", name="改了再报").click()
    await assessor(half)
    await page.goto(f"/scores/own/{UNIT}")
    await half.looks("own-review")
    await page.get_by_role("button", name="审定，本年不变").click()
    await expect(page.locator(".headline")).to_contain_text("已审定，本年不变")


async def assessor_judges_and_credits(half: Half) -> None:
    """From the areas to a unit's sheet; below full only with a reason; a merit by its document."""
    page = half.page
    await assessor(half)
    await page.goto("/scores")
    await half.looks("overview")
    await page.locator("table.heat tbody a").first.click()
    await half.looks("overview-area")
    await page.get_by_role("link", name="评定", exact=True).click()
    await half.looks("judging")
    row = page.locator(f"#u-{UNIT}")
    await row.locator("input[name=points]").fill("4")
    await row.get_by_role("button", name="评定").click()
    await expect(page.locator(".refused").first).to_contain_text("理由")
    row = page.locator(f"#u-{UNIT}")
    await expect(row.locator("input[name=points]")).to_have_value("4")
    await row.locator("input[name=reason]").fill("检查记录少一次")
    await row.get_by_role("button", name="评定").click()
    await expect(page.locator("#result")).to_contain_text("已评定")
    await page.goto("/scores/judging?indicator=own")
    await expect(page.locator("table.judging tbody tr")).to_have_count(3)
    row = page.locator(f"#u-{UNIT}-own_1")
    await row.locator("input[name=points]").fill("5")
    await row.get_by_role("button", name="评定").click()
    await expect(page.locator(f"#u-{UNIT}-own_1 td.num")).to_have_text("5")
    await half.looks("judging-own")
    await page.goto(f"/scores/units/{UNIT}")
    await page.get_by_text("记加减分").click()
    await page.get_by_label("哪一天").fill("2026-05-06")
    await page.get_by_label("依据的文件").first.fill("县委〔2026〕3号")
    await page.get_by_role("button", name="记入").click()
    await expect(page.locator("#result")).to_contain_text("已记入")
    await expect(page.locator("table.sheet")).to_contain_text("2026年5月6日")
    await half.looks("sheet-assessor")
    merits = page.locator("table.sheet tbody tr", has_text="凭县委〔2026〕3号")
    await merits.get_by_text("撤回").first.click()
    await merits.get_by_label("理由").fill("表彰的是别的单位")
    await half.looks("sheet-withdrawing")
    await merits.get_by_role("button", name="撤回").click()
    await expect(page.locator("#result")).to_contain_text("已撤回")
    await expect(page.locator("table.sheet")).to_contain_text("没有加减分，记的已撤回")


async def unit_sees_why_and_appeals(half: Half) -> None:
    page = half.page
    await liaison(half)
    await page.goto(f"/scores/units/{UNIT}?period=2026-06")
    study = page.locator("table.sheet tbody tr", has_text="集中学习")
    await expect(study).to_contain_text("集中学习次数 3（至少 4，少 1）")
    await study.get_by_text("不服").click()
    await half.looks("sheet-unit")
    await study.get_by_role("button", name="申诉2026年6月的集中学习").click()
    form = page.locator("#do-submit")
    await form.locator("[name='answer.why']").fill("六月的专题学习与主题党日合办，只计了一次")
    await form.locator("[name='answer.asked']").fill("5.00")
    await half.looks("appeal-form")
    await form.locator("form > button[type=submit], button[type=submit]:not(.quiet)").last.click()
    await expect(page.locator("main")).to_contain_text("复核")
    await half.looks("appeal")


async def assessor_decides_the_appeal(half: Half) -> None:
    """Whose it is did not judge the line; the points follow at once, and the old ones stand beside them."""
    page = half.page
    no = page.url.partition("/items/")[2].partition("?")[0].partition("#")[0]
    await assessor(half)
    await page.goto(f"/items/{no}")
    form = page.locator("#do-close")
    await form.locator("[name='answer.points']").fill("5.00")
    await form.locator("[name='answer.why']").fill("看了记录，合办的专题学习成立")
    await form.get_by_label("予以更正").check()
    await form.locator("button[type=submit]:not(.quiet)").last.click()
    await page.goto(f"/scores/units/{UNIT}?period=2026-06")
    study = page.locator("table.sheet tbody tr", has_text="集中学习")
    await expect(study).to_contain_text("经申诉改定")
    await expect(study).to_contain_text("更正 +0.5")
    await half.looks("sheet-appealed")


async def leader_confirms(half: Half) -> None:
    """One unit up, one not, the others together; what the tier brings is issued; the result is used."""
    page = half.page
    await leader(half)
    await page.goto("/scores/tiers")
    await half.looks("tiers")
    row = page.locator("table.rows tbody tr", has=page.locator(f"a[href*='/{UNIT}?']")).first
    await expect(row).to_contain_text("同意就交办")
    await row.get_by_role("button", name="同意", exact=True).click()
    await expect(page.locator("#result")).to_contain_text("已办")
    row = page.locator("table.rows tbody tr", has=page.locator("a[href*='/u002?']")).first
    await row.get_by_text("不同意").first.click()
    await row.get_by_label("理由").fill("新组建，再看一期")
    await row.get_by_role("button", name="不同意").click()
    await page.get_by_role("button", name="全部同意这").click()
    await expect(page.locator("#result")).to_contain_text("已同意")
    await half.looks("tiers-decided")
    for act, reason in (("认定软弱涣散", "班子不健全"), ("重新认定", "整顿没有完成"), ("解除", "验收通过")):
        row = page.locator("#u003")
        await row.locator("summary", has_text=act).click()
        form = row.locator("details[open]")
        await form.get_by_label("理由").fill(reason)
        await half.looks(f"tiers-{act}")
        await form.get_by_role("button").click()
        await expect(page.locator("#result")).to_contain_text("已办")
    await expect(page.locator("#u003")).to_contain_text("薄弱")
    await page.goto(f"/scores/units/{UNIT}")
    guided = page.locator("section", has_text="分类指导").last
    await expect(guided.locator("a")).to_have_count(1)
    await page.get_by_text("运用结果").click()
    await page.get_by_label("用在哪里").fill("先进基层党组织推荐对象")
    await page.get_by_role("button", name="记下").click()
    await expect(page.locator("main")).to_contain_text("先进基层党组织推荐对象")
    await half.looks("sheet-leader")
    await guided.locator("a").click()
    await expect(page.locator("h1")).to_be_visible()
    await half.looks("guidance")
    async with page.expect_download() as pdf:
        await page.goto(f"/scores/units/{UNIT}")
        await page.get_by_role("link", name="结果单 PDF").click()
    assert (await (await pdf.value).path()).read_bytes().startswith(b"%PDF")


async def liaison(half: Half) -> None:
    await is_now(half.page, name_of(half, "liaison", UNIT))


async def assessor(half: Half) -> None:
    await is_now(half.page, name_of(half, "supervisor"))


async def leader(half: Half) -> None:
    await is_now(half.page, name_of(half, "leader"))


def name_of(half: Half, role: str, unit: str = "") -> str:
    """Of the first who holds that post."""
    with half.site.product.database.read() as connection:
        return next(
            one.name
            for one in people.everybody(connection)
            if any(post.role == role and post.unit == (unit or None) for post in one.posts)
        )
