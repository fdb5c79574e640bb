"""An auditor on the pages: finds an entry, sees the item as it stood, reads a file and is named for having read it."""

from pathlib import Path
from uuid import uuid4

from playwright.async_api import Page, expect

from desk.caller import on_site
from tests.pages.conftest import Site, act_as
from tests.support.product import AUDITOR, SUPERVISOR

LONG = "中共青溪县委宣传思想文化和精神文明建设工作领导小组成员单位联席会议机制运行不规范，专题研究次数不足，" * 6


async def _fits(page: Page) -> None:
    width = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0, "a long name must not push the page aside"


async def test_an_auditor_looks_up_an_item(page: Page, site: Site, tmp_path: Path) -> None:
    mark = uuid4().hex[:8]
    name = f"关于整改落实情况的会议纪要（第十八次，修改后定稿，扫描件）{mark}.pdf"
    (no,) = await site.product.issue(f"{LONG}{mark}")
    liaison = site.product.liaison(no)
    stored = site.product.desk.attach(data=mark.encode(), name=name, media_type="", caller=on_site(liaison))
    await site.product.give(no, "sign", liaison)
    await site.product.give(no, "submit", liaison, text=LONG, answers=(("measures", LONG),), evidence=(stored,))
    await site.product.give(no, "return", SUPERVISOR, reason=f"措施照抄{mark}")

    await act_as(page.context, site, AUDITOR)
    await page.goto("/")
    await page.get_by_role("link", name="审计", exact=True).click()
    await page.get_by_label("内容", exact=True).fill(f"措施照抄{mark}")
    await page.get_by_role("button", name="检索").click()
    row = page.locator("table.found tbody tr")
    await expect(row).to_have_count(1)
    await expect(row).to_contain_text("退回整改")
    await expect(row).to_contain_text("告知")
    await _fits(page)

    await row.get_by_role("link", name=no).click()
    returned = page.locator("#e4")
    await expect(returned).to_contain_text("告知")
    await page.locator("#e2 a.hash").click()
    await expect(page.locator("#stood")).to_contain_text("办理中")
    await expect(page.locator("#between .entry")).to_have_count(2)
    await expect(page.get_by_text("2 条，当时还不知道")).to_be_visible()
    await page.get_by_text("为何是这一天").first.click()
    await expect(page.get_by_text("次日起算").first).to_be_visible()
    await page.get_by_label("与另一时点比较").fill("2001-01-01")
    await page.get_by_role("button", name="查看").click()
    await expect(page.locator("#differences")).to_contain_text("制定整改方案")
    await expect(page.get_by_text("那时还没有交办")).to_be_visible()
    await _fits(page)
    await page.get_by_label("到这一时点为止").fill("前天下午")
    await page.get_by_role("button", name="查看").click()
    await expect(page.get_by_role("alert")).to_contain_text("“时点”填写有误：前天下午")

    await page.goto(f"/items/{no}")
    async with page.expect_download() as download:
        await page.get_by_role("link", name=name).click()
    await (await download.value).save_as(tmp_path / "read.pdf")
    assert (tmp_path / "read.pdf").read_bytes() == mark.encode()
    await page.goto("/audit")
    await page.get_by_role("link", name="查阅与导出", exact=True).click()
    await page.get_by_label("事项编号").fill(no.lower())
    await page.get_by_role("button", name="检索").click()
    await expect(page.locator("table.found tbody tr")).to_have_count(1)
    await expect(page.locator("table.found")).to_contain_text("杜欣波")
    await _fits(page)


async def test_common_findings_are_shown_with_the_reason_and_what_is_not_found_is_said(page: Page, site: Site) -> None:
    mark = uuid4().hex[:8]
    for unit, text in (
        ("县林科所", f"{LONG}{mark}"),
        ("县茶科所", f"{LONG} {mark}。"),
        ("县中医院", f"{LONG}，{mark}"),
    ):
        await site.product.issue(text, unit=unit)
    await page.goto("/audit/repeats")
    group = page.locator("#common .groups > li").filter(has_text=mark)
    await expect(group).to_have_count(1)
    await expect(group).to_contain_text("出现在 3 个单位、3 个事项")
    await group.get_by_text("3 个事项", exact=True).click()
    await expect(group.locator(".numbers a").first).to_be_visible()
    await _fits(page)
    await page.get_by_label("在几个单位出现").fill("90")
    await page.get_by_role("button", name="比较").click()
    await expect(page.locator("#common")).to_contain_text("没有在 90 个以上单位出现的相同问题")
    await page.goto(f"/audit?text={uuid4().hex}")
    await expect(page.get_by_text("没有符合条件的记录")).to_be_visible()
