"""What liaisons do in a round, by clicks and keys: fill in, by the page or by a file, in time, late, and unlocked."""

from __future__ import annotations

import io
import re

import openpyxl
from playwright.async_api import Locator, Page, expect

from tests.pages.rounds.county import FILED, OFFICE, SILENT, TARDY, RoundCounty, figure, person_of, photographed
from tests.pages.sitting import go, is_now


async def liaison_fills_in_by_keyboard(page: Page, county: RoundCounty) -> None:
    """Found, read, begun, left, gone on with, refused once, handed in."""
    no = county.item(OFFICE)
    await is_now(page, person_of(county, OFFICE))
    await go(page, "收件箱")
    await photographed(county, page, "inbox")
    await go(page, "台账", "本单位")
    await photographed(county, page, "to-do")
    await go(page, no)
    form = page.locator("#do-submit form")
    await expect(form.locator("details.known")).to_contain_text("集中学习次数")
    await expect(form.get_by_label(re.compile("^集中学习次数"))).to_have_count(0)
    dues = figure(form, "应缴党费（元）")
    await expect(dues.locator(".old")).to_contain_text("1250.00 元")
    await dues.get_by_text("为什么问我").click()
    await expect(dues).to_contain_text("由周期工作“党建月报”问")
    await expect(page.get_by_text("申请延期")).to_have_count(0)
    await photographed(county, page, "form")

    theme = figure(form, "主题党日次数")
    await theme.get_by_role("link", name="不该要？主题党日次数").click()
    await expect(page.get_by_role("radio", name=re.compile("主题党日次数"))).to_be_checked()
    await page.get_by_label("为什么不该要").fill("主题党日记录已由宣传部收过一次")
    await photographed(county, page, "contest")
    await page.get_by_role("button", name="提出").click()
    await expect(page.get_by_role("status").first).to_contain_text("“主题党日次数”不该要")
    await photographed(county, page, "contested")

    await form.get_by_role("radio", name="否").first.check()
    await form.get_by_label(re.compile("^支委会次数")).fill("2")
    await form.get_by_role("button", name="存草稿").click()
    await expect(form.locator("[data-kept]")).to_contain_text("草稿")
    await photographed(county, page, "half")
    await go(page, "台账", "本单位", no)
    await expect(form.get_by_label(re.compile("^支委会次数"))).to_have_value("2")
    await expect(form.get_by_role("radio", name="否").first).to_be_checked()

    fields = form.locator("input[type=text]")
    await fields.nth(1).focus()  # after the one that is filled in
    await _typed_through(page, form)
    await form.get_by_label(re.compile("^党员大会次数")).fill("两次")
    await page.keyboard.press("Enter")
    refused = figure(form, "党员大会次数").locator(".wrong")
    await expect(refused).to_be_visible()
    await expect(form.get_by_label(re.compile("^支委会次数"))).to_have_value("2")
    await photographed(county, page, "refused")
    await form.get_by_label(re.compile("^党员大会次数")).fill("3")
    await page.keyboard.press("Enter")
    await expect(page.locator("#result")).to_have_class("says ok")
    await expect(page.locator(".state")).to_contain_text("已收")
    await expect(page.locator("main")).not_to_contain_text("system")
    await photographed(county, page, "handed-in")


async def _typed_through(page: Page, form: Locator) -> None:
    """With keys alone from the field in focus to the last: a number in each, the old value taken over by a space."""
    here = (
        "() => [document.activeElement.type, document.activeElement.name, !!document.activeElement.closest('.offline')]"
    )
    for _ in range(80):
        kind, name, done = await page.evaluate(here)
        if done or kind == "submit":
            return
        if kind == "checkbox" and name == "answer.dues_owed":
            await page.keyboard.press("Space")
        elif kind == "text" and name != "answer.dues_owed":
            await page.keyboard.type("1")
        await page.keyboard.press("Tab")
    raise AssertionError("the keyboard comes to no end of the form")


async def another_hands_in_a_file(page: Page, county: RoundCounty) -> None:
    no = county.item(FILED)
    await is_now(page, person_of(county, FILED))
    await go(page, "台账", "本单位", no)
    await page.get_by_text("离线填：下载成表格").click()
    async with page.expect_download() as taken:
        await page.get_by_role("link", name="下载填报表").click()
    book = openpyxl.load_workbook(io.BytesIO((await (await taken.value).path()).read_bytes()))
    sheet = book["填报"]
    for row in range(9, sheet.max_row + 1):
        asked = str(sheet.cell(row, 1).value or "")
        if asked.endswith("（必填）"):
            sheet.cell(row, 2).value = "是" if "有无" in asked else 2
    filled = io.BytesIO()
    book.save(filled)
    await page.get_by_label("填好的表格").set_input_files(
        {"name": "填好.xlsx", "mimeType": "application/octet-stream", "buffer": filled.getvalue()}
    )
    await page.get_by_role("button", name="填入草稿").click()
    await expect(page.get_by_role("status").first).to_contain_text("表格填入了草稿")
    await photographed(county, page, "from-file")
    await page.locator("#do-submit form > button[type=submit]").first.click()
    await expect(page.locator("#result")).to_have_class("says ok")


async def a_unit_is_late(page: Page, county: RoundCounty) -> None:
    no = county.item(TARDY)
    await is_now(page, person_of(county, TARDY))
    await go(page, "台账", "本单位", no)
    await photographed(county, page, "late-form")
    form = page.locator("#do-submit form")
    await form.get_by_role("radio", name="否").first.check()
    for one in await form.locator("input[type=text]").all():
        await one.fill("4")
    await form.locator("> button[type=submit]").first.click()
    await expect(page.locator("#result")).to_have_class("says ok")


async def a_unit_finds_it_locked(page: Page, county: RoundCounty) -> None:
    """Before anything is filled in it is said that nothing is taken, and what can be done."""
    await is_now(page, person_of(county, SILENT))
    await go(page, "台账", "本单位", county.item(SILENT))
    await expect(page.locator("#do-submit")).to_have_count(0)
    await expect(page.locator("#act")).to_contain_text("请督查员解锁本单位")
    await photographed(county, page, "locked-form")


async def the_unlocked_unit_reports(page: Page, county: RoundCounty) -> None:
    no = county.item(SILENT)
    await is_now(page, person_of(county, SILENT))
    await go(page, "台账", "本单位", no)
    form = page.locator("#do-submit form")
    await expect(page.locator("#act")).to_contain_text("督查员给本单位解锁到")
    await photographed(county, page, "unlocked-form")
    await form.get_by_role("radio", name="是").first.check()
    for one in await form.locator("input[type=text]").all():
        await one.fill("5")
    await form.locator("> button[type=submit]").first.click()
    await expect(page.locator("#result")).to_have_class("says ok")
