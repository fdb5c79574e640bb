"""Nobody who looks at an item takes what somebody did at the console for what the named person did at the site."""

import os
from pathlib import Path

from playwright.async_api import Page, expect

from desk.caller import at_console, on_site, os_user
from desk.requests import Request
from tests.pages.conftest import Site, act_as
from tests.support.product import LEADER

SHOTS = os.environ.get("SHOTS", "")
"""A folder for pictures of the pages, for whoever wants to look at them."""


async def shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


async def test_an_act_at_the_console_is_marked_on_the_item_s_page_and_in_the_audit(page: Page, site: Site) -> None:
    (no,) = await site.product.issue("来路看得出来")
    for caller, text in ((on_site(LEADER), "本人的批示"), (at_console(LEADER), "代办的批示")):
        await site.product.desk.give(Request(no=no, kind="remark", caller=caller, text=text))
    mark = f"终端代办 {os_user()}"
    await act_as(page.context, site, LEADER)

    await page.goto(f"/items/{no}")
    await expect(page.locator("#e3 .meta .tag")).to_have_text(mark)
    await expect(page.locator("#e2 .meta .tag")).to_have_count(0)
    await shot(page, "item")

    await page.goto(f"/audit?item={no}")
    await page.get_by_label("来路").select_option("终端")
    await page.get_by_role("button", name="检索").click()
    await expect(page.locator("table.found tbody tr")).to_have_count(1)
    await expect(page.locator("table.found tbody tr .by")).to_contain_text(mark)
    await shot(page, "audit")
