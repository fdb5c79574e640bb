"""What supervisors, the leader and an instructor do in a round, by clicks: watch it, unlock, read and correct reports,
read the month's account and a figure."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.async_api import Page, expect

from ledger.chain.past.deciding import decide_here
from rules.machine.commands import Actor, Command, CommandKind, Via
from rules.process import Role
from rules.rounds.periods import Rhythm, period_of
from tests.pages.rounds.county import ASKED_WRONGLY, OFFICE, SILENT, TARDY, RoundCounty, person_of, photographed
from tests.pages.sitting import go, is_now
from tests.support.product import SUPERVISOR


async def supervisor_sees_what_is_coming(page: Page, county: RoundCounty) -> None:
    county.clock.ahead = county.opening - timedelta(days=4) - county.clock.now()
    await is_now(page, "江凤霞")
    await go(page, "周期工作")
    campaign = page.locator("section.campaign", has_text="党建月报")
    await expect(campaign).to_contain_text(f"{county.opening:%Y-%m-%d}")
    await expect(campaign).to_contain_text("还没有开放过")
    await photographed(county, page, "campaigns")


async def supervisor_sees_it_open(page: Page, county: RoundCounty) -> None:
    await go(page, "周期工作")
    campaign = page.locator("section.campaign", has_text="党建月报")
    await expect(campaign.locator("dl.next")).to_contain_text(county.period.moved(1).name)
    await photographed(county, page, "campaigns-open")
    running = page.locator("section", has_text="进行中的轮次").first
    await running.get_by_role("link", name=re.compile("党建月报")).click()
    sums = page.locator("dl.sums")
    await expect(sums).to_contain_text("应报96")
    await expect(sums).to_contain_text("未报96")
    await photographed(county, page, "round-open")


async def instructor_sees_the_area(page: Page, county: RoundCounty) -> None:
    """Owed, in, late, whom to call; and nothing that is not theirs to do."""
    await is_now(page, "姚博刚")
    await go(page, "周期工作")
    await page.get_by_role("link", name=re.compile("党建月报（")).first.click()
    await photographed(county, page, "instructor-round")
    own = page.locator("#own")
    await expect(own.locator("tbody tr")).to_contain_text("第六片组（科教文卫）")
    await expect(page.locator("#act")).to_have_count(0)
    await own.get_by_role("link", name="第六片组（科教文卫）", exact=True).click()
    rows = page.locator("table.round-units tbody tr")
    await expect(rows).to_have_count(16)
    late = rows.filter(has_text=county.name_of(SILENT))
    await expect(late).to_contain_text("未报")
    await expect(late).to_contain_text("已过期")
    await expect(late).to_contain_text(person_of(county, SILENT))
    await photographed(county, page, "instructor-area")
    for words in ("给一个单位解锁", "停止这一轮", "申请更正通报", "同意更正"):
        await expect(page.get_by_text(words, exact=True)).to_have_count(0)
    await rows.filter(has_text=county.name_of(SILENT)).get_by_role("link", name=county.item(SILENT)).click()
    await expect(page.locator("#do-submit")).to_have_count(0)
    await photographed(county, page, "instructor-item")


async def supervisor_reads_the_report_and_unlocks(page: Page, county: RoundCounty) -> None:
    await is_now(page, "江凤霞")
    await go(page, "周期工作")
    await page.get_by_role("link", name=re.compile("党建月报（")).first.click()
    await photographed(county, page, "round-locked")
    await go(page, "第 1 版")
    await expect(page.locator("section", has_text="未报的").last).to_be_visible()
    await expect(page.locator("main")).to_contain_text(county.name_of(SILENT))
    await expect(page.locator("main")).to_contain_text(county.name_of(TARDY))
    await photographed(county, page, "report-1")
    await page.locator(".crumbs").get_by_role("link", name=re.compile("党建月报")).click()
    await page.locator("#due li", has_text=county.name_of(SILENT)).get_by_role("link", name="给它解锁").click()
    form = page.locator("form[action*='/unlock']")
    await expect(form.get_by_label(re.compile("^单位"))).to_have_value(county.name_of(SILENT))
    await form.get_by_label(re.compile("^几个工作日")).fill("3")
    await form.get_by_label(re.compile("^理由")).fill("变压器检修停电两天")
    await form.get_by_role("button").click()
    await expect(page.locator("#result")).to_contain_text("已解锁")
    await photographed(county, page, "unlocked")


async def supervisor_reads_what_is_new(page: Page, county: RoundCounty) -> None:
    """The second revision says what is different; the first stands as it stood."""
    await is_now(page, "江凤霞")
    await go(page, "周期工作")
    await page.get_by_role("link", name=re.compile("党建月报（")).first.click()
    await go(page, "第 2 版")
    await expect(page.locator("main")).to_contain_text("与第 1 版的不同")
    await expect(page.locator("main li", has_text=county.name_of(SILENT)).first).to_contain_text("未报")
    await expect(page.locator("main")).to_contain_text(f"{county.name_of(SILENT)} 解锁补报：变压器检修停电两天")
    await photographed(county, page, "report-2")
    await page.locator(".crumbs").get_by_role("link", name=re.compile("党建月报")).click()
    await go(page, "第 1 版")
    await expect(page.locator("main")).to_contain_text("这是旧的一版")
    missing = page.locator("section.panel", has=page.get_by_role("heading", name=re.compile("未报的")))
    await expect(missing).to_contain_text(county.name_of(SILENT))
    await photographed(county, page, "report-1-again")


async def two_correct_it(page: Page, county: RoundCounty) -> None:
    """What was asked wrongly is annulled; one asks, the other agrees; the one who asks is not offered to agree."""
    database, now = county.site.product.database, county.clock.now()
    who = Actor(id=SUPERVISOR, role=Role.SUPERVISOR, via=Via.SITE)
    void = Command(kind=CommandKind.ANNUL, id="asked-wrongly", actor=who, reason="不该问这个单位")
    decide_here(database, county.item(ASKED_WRONGLY), void, now, away=False)
    await page.locator(".crumbs").get_by_role("link", name=re.compile("党建月报")).click()
    await page.get_by_text("申请更正通报").first.click()
    form = page.locator("form[action*='/correct']")
    await form.get_by_label(re.compile("^理由")).fill("一个单位的补报没有列明缘由")
    await form.get_by_role("button").click()
    await expect(page.locator("#reports")).to_contain_text("有人申请更正")
    await photographed(county, page, "correction-asked")
    await is_now(page, "陆佳柏")
    await go(page, "周期工作")
    await page.get_by_role("link", name=re.compile("党建月报（")).first.click()
    await page.locator("summary", has_text=re.compile("^同意更正")).click()
    await photographed(county, page, "correction-to-agree")
    await page.locator("form[action*='/agree']").get_by_role("button").click()
    await expect(page.locator("#result")).to_contain_text("新的一版")
    await expect(page.locator("#reports")).to_contain_text("第 3 版")


async def a_wrong_number_is_corrected_by_two(page: Page, county: RoundCounty) -> None:
    no = county.item(OFFICE)
    await is_now(page, person_of(county, OFFICE))
    await go(page, "台账", "本单位", no)
    await page.locator("#timeline").get_by_role("link", name="申请更正").first.click()
    form = page.locator("#do-correct form")
    await photographed(county, page, "correct-form")
    await form.get_by_label(re.compile("^应当怎样写")).fill("支委会应为 3 次")
    await form.get_by_label(re.compile("^理由")).fill("漏记一次")
    await form.get_by_label(re.compile("^支委会次数")).fill("3")
    await form.locator("> button[type=submit]").first.click()
    await expect(page.locator("#result")).to_have_class("says ok")
    await is_now(page, "江凤霞")
    await go(page, "台账")
    await page.get_by_label("编号或事由").fill(no)
    await page.get_by_role("button", name="查询").click()
    await go(page, no)
    await page.locator("summary", has_text="批复更正").click()
    decide = page.locator("#do-decide_correction")
    await expect(decide.locator("dl.answered del")).to_have_text("2")
    await expect(decide.locator("dl.answered mark")).to_have_text("3")
    await decide.get_by_label("同意", exact=True).check()
    await photographed(county, page, "correct-decide")
    await decide.locator("form > button[type=submit]").first.click()
    await expect(page.locator("#result")).to_have_class("says ok")


async def the_account_and_the_series_show_it(page: Page, county: RoundCounty) -> None:
    await go(page, "减负")
    await expect(page.locator("#contests")).to_contain_text("主题党日记录已由宣传部收过一次")
    while county.period.name not in await page.locator("h1").inner_text():
        await page.get_by_role("link", name="← 上月").click()
    asked = page.locator("#askers tbody tr", has_text="党建月报")
    await expect(asked).to_contain_text("95")  # the one that was asked wrongly is no request
    contest = page.locator("article.contest", has_text="主题党日次数")
    await photographed(county, page, "burden")
    await contest.get_by_label(re.compile("^答复")).fill("下月起由宣传部的记录取数")
    await contest.get_by_role("button", name="答复").click()
    await expect(page.get_by_role("status").first).to_contain_text("已答复并留痕")
    await expect(contest).to_contain_text("下月起由宣传部的记录取数")
    await photographed(county, page, "burden-answered")

    await go(page, "数据")
    await photographed(county, page, "figures")
    await go(page, "支委会次数")
    await page.get_by_role("searchbox", name="单位").fill(county.name_of(OFFICE))
    await page.get_by_role("button", name="查看").click()
    row = page.locator("table.series tbody tr")
    await expect(row).to_have_count(1)
    await expect(row).to_contain_text("更正过")
    await expect(row.get_by_role("link", name="3", exact=True)).to_have_attribute(
        "href", f"/items/{county.item(OFFICE)}"
    )
    await photographed(county, page, "figure")
    quarter = period_of(Rhythm.QUARTER, county.period.first)
    await go(page, "全部数据项", "应缴党费（元）")
    await page.get_by_role("searchbox", name="单位").fill(county.name_of(OFFICE))
    await page.get_by_role("button", name="查看").click()
    await expect(page.locator("table.series thead")).to_contain_text(quarter.name)
    await expect(page.locator("table.series tbody tr")).to_contain_text("1250.00")
    await photographed(county, page, "figure-dues")
