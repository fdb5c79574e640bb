"""A month's round in the browser, as supervisor, liaison and instructor: whatever a person does is a click or a key.

What nobody looks at here is done at the ledger: the roster of before, the other units' answers, and that time passes.
`PHOTOGRAPHS=folder` photographs each station, wide and narrow.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page
from temporalio.client import Client
from temporalio.testing import TimeSkipper

from ledger.chain import batches
from ledger.rounds.rounds import known_round
from ledger.rounds.rows import batch_of
from rules.rounds.state import RoundState
from tests.pages.conftest import act_as, faults_by_axe, too_wide
from tests.pages.rounds import liaisons, overseers
from tests.pages.rounds.county import (
    ASKED_WRONGLY,
    FILED,
    OFFICE,
    SILENT,
    TARDY,
    RoundCounty,
    known_before,
    round_county,
)
from tests.support.product import SUPERVISOR
from tests.support.rounds.answered import answer, wrong
from tests.support.waiting import until


@pytest_asyncio.fixture(loop_scope="session")
async def county(
    client: Client, tmp_path: Path, skipper: TimeSkipper, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[RoundCounty]:
    async with round_county(client, tmp_path / "county", skipper) as one:
        monkeypatch.setattr("api.site.Site.now", lambda _: one.clock.now())
        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, county: RoundCounty) -> AsyncIterator[Page]:
    """A window that asks nothing of other machines and is refused nothing by the site's policy."""
    context = await browser.new_context(
        base_url=county.site.address, locale="zh-CN", viewport={"width": 1280, "height": 900}
    )
    asked, said = [], []
    context.on("request", lambda request: asked.append(request.url))
    context.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    yield await context.new_page()
    await context.close()
    assert [url for url in asked if not url.startswith(county.site.address)] == []
    assert [text for text in said if "Content Security Policy" in text] == []


@pytest.mark.soak
@pytest.mark.timeout(240)
async def test_a_months_round_is_carried_through_by_clicks(page: Page, browser: Browser, county: RoundCounty) -> None:
    database = county.site.product.database
    known_before(county, county.name_of(OFFICE), members=31, study=3, dues="1250.00")
    await page.goto("/")

    await overseers.supervisor_sees_what_is_coming(page, county)
    await county.opens()

    def issued() -> bool:
        with database.read() as connection:
            now = batches.progress(connection, batch_of(county.name))
        return now.left == 0 and now.issued == 96

    await until("the round is open and issued", issued)
    await overseers.supervisor_sees_it_open(page, county)
    await liaisons.liaison_fills_in_by_keyboard(page, county)
    await liaisons.another_hands_in_a_file(page, county)
    for n in range(1, 97):
        unit = f"u{n:03}"
        if unit not in (OFFICE, FILED, TARDY, SILENT, ASKED_WRONGLY):
            answer(database, county.item(unit), at=county.clock.now())

    await county.passes(max(county.due(kind) for kind in ("organ", "institution", "social", "research")))
    await liaisons.a_unit_is_late(page, county)
    await overseers.instructor_sees_the_area(page, county)

    await county.locks()
    await liaisons.a_unit_finds_it_locked(page, county)
    await overseers.supervisor_reads_the_report_and_unlocks(page, county)
    await county.looked()
    await liaisons.the_unlocked_unit_reports(page, county)
    await county.passes(county.clock.now() + timedelta(days=9))
    await until("the second revision", lambda: state(county).revision == 2)
    await overseers.supervisor_reads_what_is_new(page, county)
    await overseers.two_correct_it(page, county)
    await overseers.a_wrong_number_is_corrected_by_two(page, county)
    await overseers.the_account_and_the_series_show_it(page, county)
    assert wrong(database) == []
    assert await unsightly(browser, county) == []


def state(county: RoundCounty) -> RoundState:
    with county.site.product.database.read() as connection:
        return known_round(connection, county.name)


async def unsightly(browser: Browser, county: RoundCounty) -> list[str]:
    """What is wrong to look at, to hear or to hold of the pages of a round that has gone all its way."""
    item, found = county.item(OFFICE), list[str]()
    context = await browser.new_context(
        base_url=county.site.address, locale="zh-CN", bypass_csp=True, viewport={"width": 360, "height": 800}
    )
    window = await context.new_page()
    for person, addresses in (
        (SUPERVISOR, (f"/rounds/{county.name}", f"/rounds/{county.name}/reports/2", "/campaigns", "/burden")),
        ("p2081", (f"/items/{item}?correct=2", f"/burden/contest/{item}", f"/rounds/{county.name}")),
        ("p0026", (f"/rounds/{county.name}?area=a6", "/units/u081/year")),
    ):
        await act_as(context, county.site, person, county.clock.now())
        for address in addresses:
            await window.goto(address)
            found += [f"{person} {address} {fault}" for fault in await faults_by_axe(window)]
            over = await too_wide(window)
            found += [f"{person} {address} is {over} px too wide"] if over > 0 else []
    await context.close()
    return found
