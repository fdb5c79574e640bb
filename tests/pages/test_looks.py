"""What a page is like to look at, to hear and to hold: accessible, readable from 360 px on, and on paper."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from api.guards import EVIDENCE_LIMIT
from rules.dates.calendar import local_date
from tests.pages.conftest import Site, act_as, faults_by_axe, too_wide
from tests.support.product import LEADER, SUPERVISOR

LONG = "中共青溪县委宣传思想文化和精神文明建设工作领导小组成员单位联席会议机制运行不规范，" * 4
ADDRESSES = (
    "/items",
    "/import",
    "/inbox",
    "/clocks",
    "/definitions",
    "/definitions/rectification",
    "/publications",
    "/figures",
    "/figures/study",
    "/figures/study?unit=u001",
    "/draws",
    "/campaigns",
    "/scores",
    "/scores/units/u041",
    "/scores/judging",
    "/scores/tiers",
    "/scores/honours",
    "/scores/own",
    "/scores/own/u041",
    "/units",
    "/units/u041",
    "/units/u041/year",
    "/issue",
    "/issue?process=task",
    "/bulk",
    "/audit/seals",
    "/burden",
    "/audit",
    "/audit/reads",
    "/audit/access",
    "/account",
    "/sign-in?q=a",
    "/invitation/a-link",
    "/audit/repeats",
)
TODAY = local_date(datetime.now(UTC))
A4_WIDTH = 703
"""CSS pixels between the margins of a page of A4."""


@pytest_asyncio.fixture(loop_scope="session")
async def window(browser: Browser, site: Site) -> AsyncIterator[Page]:
    """A window that measures by scripts of its own, which the site's policy would not let in."""
    context = await browser.new_context(base_url=site.address, bypass_csp=True, locale="zh-CN")
    await act_as(context, site, SUPERVISOR)
    yield await context.new_page()
    await context.close()


async def _item(site: Site) -> str:
    (no,) = await site.product.issue(LONG, unit="县公共资源交易中心", deadline=TODAY + timedelta(days=120))
    liaison = site.product.liaison(no)
    await site.product.give(no, "sign", liaison)
    await site.product.give(no, "report", liaison, text="进展" * 60)
    await site.product.give(no, "remark", LEADER, text="抓紧办理")
    return no


@pytest.mark.soak
async def test_axe_finds_nothing_on_any_page(window: Page, site: Site) -> None:
    no = await _item(site)
    faults = []
    for address in (*ADDRESSES, f"/items/{no}", f"/items/{no}?done=2", f"/audit/items/{no}", "/nowhere"):
        await window.goto(address)
        faults += [f"{address} {fault}" for fault in await faults_by_axe(window)]
    assert faults == []


@pytest.mark.parametrize("width", [360, pytest.param(720, marks=pytest.mark.soak), 1280])
async def test_no_page_is_wider_than_its_window(window: Page, site: Site, width: int) -> None:
    no = await _item(site)
    await window.set_viewport_size({"width": width, "height": 800})
    wide = []
    for address in (*ADDRESSES, f"/items/{no}", f"/audit/items/{no}"):
        await window.goto(address)
        over = await too_wide(window)
        wide += [(address, over)] if over > 0 else []
    assert wide == []


@pytest.mark.parametrize("width", [360, 720, 1280])
async def test_what_is_said_of_a_unit_begins_under_its_name(window: Page, site: Site, width: int) -> None:
    (no,) = await site.product.issue(LONG, unit="u041", co_units=("u081",))
    await window.set_viewport_size({"width": width, "height": 800})
    await window.goto(f"/items?text={no}&unit=u081")
    await expect(window.get_by_text("本项协办")).to_be_visible()
    lefts = await window.evaluate(
        """[...document.querySelectorAll('td.unit span')].map(span => {
            const range = document.createRange(); range.selectNodeContents(span);
            return Math.round(range.getBoundingClientRect().left);
        })"""
    )
    assert len(lefts) == 2
    assert len(set(lefts)) == 1


@pytest.mark.parametrize("width", [360, 720, 1280])
async def test_the_marks_of_the_steps_stand_in_the_middle_of_their_dots(window: Page, site: Site, width: int) -> None:
    no = await _item(site)
    await window.set_viewport_size({"width": width, "height": 800})
    await window.goto(f"/items/{no}")
    off = await window.evaluate(
        """() => [...document.querySelectorAll('.step .dot')].filter(d => d.textContent).map(dot => {
            const range = document.createRange(); range.selectNodeContents(dot);
            const a = range.getBoundingClientRect(), b = dot.getBoundingClientRect();
            return Math.abs((a.left + a.right) / 2 - (b.left + b.right) / 2);
        })"""
    )
    assert off
    assert max(off) < 1.5


async def test_after_acting_the_focus_stands_on_the_result(page: Page, site: Site) -> None:
    (no,) = await site.product.issue("民主生活会材料不全")
    await act_as(page.context, site, site.product.liaison(no))
    await page.goto(f"/items/{no}")
    await page.get_by_role("button", name="签收").click()
    await expect(page.get_by_role("status")).to_be_focused()


async def test_on_paper_the_finding_is_the_widest_and_nothing_can_be_clicked(window: Page, site: Site) -> None:
    mark = uuid4().hex[:8]
    await site.product.issue(*(f"{mark}{LONG}" for _ in range(3)), unit="县公共资源交易中心")
    await window.set_viewport_size({"width": A4_WIDTH, "height": 1000})
    await window.emulate_media(media="print")
    await window.goto(f"/items?text={mark}&unit_kind=institution")
    widths = await window.evaluate("[...document.querySelectorAll('.register thead th')].map(th => th.clientWidth)")
    assert widths[1] == max(widths)
    assert widths[1] > A4_WIDTH / 3
    assert sum(widths) <= A4_WIDTH
    whole = await window.evaluate(
        "[...document.querySelectorAll('.clip')].every(c => c.scrollHeight <= c.clientHeight + 1)"
    )
    assert whole
    head = window.locator(".printed")
    await expect(head).to_contain_text(f"编号或事由 {mark}")
    await expect(head).to_contain_text("督查员")
    await expect(head).to_contain_text(re.compile(f"{TODAY:%Y-%m-%d}|{local_date(datetime.now(UTC)):%Y-%m-%d}"))
    for one in await window.locator("button, select, input, .exports, .paging, nav.tabs").all():
        assert not await one.is_visible()


async def test_on_paper_an_item_shows_all_its_steps_and_its_whole_finding(window: Page, site: Site) -> None:
    no = await _item(site)
    await window.set_viewport_size({"width": A4_WIDTH, "height": 1000})
    await window.emulate_media(media="print")
    await window.goto(f"/items/{no}")
    cut = "[...document.querySelectorAll('.steps, .head h1')].filter(e => e.scrollWidth > e.clientWidth + 1 || %s)"
    assert await window.evaluate(f"{cut % 'e.scrollHeight > e.clientHeight + 1'}.length") == 0
    await expect(window.get_by_role("link", name="申请更正").first).not_to_be_visible()


async def test_the_units_offered_are_those_of_the_chosen_area(page: Page, site: Site) -> None:
    await page.goto("/items")
    every = await page.locator("select[name=unit]").locator("option").count()
    await page.locator("select[name=area]").select_option(index=1)
    await page.get_by_role("button", name="查询").click()
    units = page.locator("select[name=unit]").locator("option")
    await expect(units).not_to_have_count(every)
    await units.nth(1).wait_for(state="attached")
    await page.locator("select[name=unit]").select_option(index=1)
    await page.get_by_role("button", name="查询").click()
    await page.locator("select[name=area]").select_option(index=2)
    await page.get_by_role("button", name="查询").click()
    await expect(page.locator("select[name=unit]")).to_have_value("")


async def test_a_file_that_is_too_large_is_said_before_it_is_sent(window: Page, site: Site, tmp_path: Path) -> None:
    (no,) = await site.product.issue("民主生活会材料不全")
    await site.product.give(no, "sign", site.product.liaison(no))
    await act_as(window.context, site, site.product.liaison(no))
    await window.goto(f"/items/{no}")
    chooser = window.locator("#submit-evidence")
    await expect(window.locator("#do-submit")).to_contain_text("合计不超过 50 MB")
    assert await chooser.get_attribute("data-limit") == str(EVIDENCE_LIMIT)
    await chooser.evaluate("chooser => { chooser.dataset.limit = 10 }")
    (tmp_path / "纪要.pdf").write_bytes(b"x" * 11)
    await chooser.set_input_files(tmp_path / "纪要.pdf")
    assert "最多" in str(await chooser.evaluate("chooser => chooser.validationMessage"))
    (tmp_path / "短纪要.pdf").write_bytes(b"x" * 10)
    await chooser.set_input_files(tmp_path / "短纪要.pdf")
    assert await chooser.evaluate("chooser => chooser.validationMessage") == ""
