"""A form is kept as it is typed, and comes back in another window; as a file it goes out and in."""

import io
from pathlib import Path
from typing import Any

import openpyxl
from playwright.async_api import Browser, Page, expect

from tests.pages.conftest import Site, act_as

SAVED = "已存草稿"


async def _election(site: Site) -> tuple[str, str]:
    (no,) = await site.product.issue("机关党支部换届", process="election", variant="direct")
    return no, site.product.liaison(no)


async def test_what_is_typed_is_kept_by_itself_and_another_window_is_told_whose_it_took_over(
    browser: Browser, site: Site
) -> None:
    no, liaison = await _election(site)
    context = await browser.new_context(base_url=site.address, locale="zh-CN")
    await act_as(context, site, liaison)
    one, other = await context.new_page(), await context.new_page()
    for window in (one, other):
        await window.goto(f"/items/{no}")
    await one.locator("[name='answer.voters']").fill("50")
    await expect(one.locator("#do-submit [data-kept]")).to_contain_text(SAVED)
    await other.locator("[name='answer.voters']").fill("51")
    await expect(other.locator("#do-submit [data-kept]")).to_contain_text("被它盖掉了")
    await one.goto(f"/items/{no}")
    await expect(one.locator("[name='answer.voters']")).to_have_value("51")
    await expect(one.locator("#do-submit [data-kept]")).to_contain_text("草稿")
    await one.locator("#do-submit").get_by_role("button", name="丢弃草稿").click()
    await expect(one.locator("[name='answer.voters']")).to_have_value("")
    await context.close()


async def test_the_form_goes_out_as_a_file_and_comes_back_into_the_draft(
    page: Page, site: Site, tmp_path: Path
) -> None:
    no, liaison = await _election(site)
    await act_as(page.context, site, liaison)
    await page.goto(f"/items/{no}")
    await page.get_by_text("离线填：下载成表格").click()
    async with page.expect_download() as taken:
        await page.get_by_role("link", name="下载填报表").click()
    data = (await (await taken.value).path()).read_bytes()

    async def sent(value: Any) -> None:
        book = openpyxl.load_workbook(io.BytesIO(data))
        sheet = book["填报"]
        row = next(n for n in range(9, 30) if str(sheet.cell(n, 1).value).startswith("应选名额"))
        sheet.cell(row, 2).value = value
        book.save(tmp_path / "填好.xlsx")
        await page.goto(f"/items/{no}")
        await page.get_by_text("离线填：下载成表格").click()
        await page.get_by_label("填好的表格").set_input_files(tmp_path / "填好.xlsx")
        await page.get_by_role("button", name="填入草稿").click()

    await sent("两名")
    await expect(page.get_by_role("alert")).to_contain_text("有 1 格要改")
    await expect(page.locator("table.cells")).to_contain_text("写的是“两名”")
    await sent(2)
    await expect(page.get_by_role("status").first).to_contain_text("表格填入了草稿")
    await expect(page.locator("[name='answer.seats']")).to_have_value("2")
    await expect(page.locator("#do-submit [data-kept]")).to_contain_text("由表格“填好.xlsx”填入")
