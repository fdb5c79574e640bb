"""Whoever sits at a window of the site: in one after the other, going by links; photographs of what they see."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

SHOTS = "PHOTOGRAPHS"
"""Where to photograph each station, if anywhere."""
WIDTHS = (1280, 390)
_WHO: dict[Page, str] = {}
"""Who sits at each window."""


async def is_now(page: Page, name: str) -> None:
    """Somebody else sits down: whoever was in goes out, and they come in."""
    if await page.get_by_role("button", name="换人").count():
        await page.get_by_role("button", name="换人").click()
    else:
        await page.goto("/sign-in")
    await page.get_by_label("姓名、单位或职务").fill(name)
    await page.keyboard.press("Enter")
    _WHO[page] = name
    await page.locator("button.person", has_text=name).first.click()
    await expect(page.locator(".top .me")).to_contain_text(name)


async def still_in(page: Page) -> None:
    """Where the clock has been moved past somebody's session, they come in again, and are where they wanted to go."""
    if "/sign-in" in page.url:
        await page.locator("button.person", has_text=_WHO[page]).first.click()


async def go(page: Page, *words: str) -> None:
    """By links of these words, one after the other."""
    for one in words:
        counted = re.compile(rf"^{re.escape(one)}( \d+\+?)?$")  # with how much waits there
        await page.get_by_role("link", name=counted).first.click()
        await still_in(page)
