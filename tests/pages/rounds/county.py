"""A county in which the month's round opens, falls due and locks while somebody clicks: its site, and its time.

The round's own time is that of its workflow, which the server skips; the site and the ledger are told the same hour.
The round is that of a month to come with which a quarter ends, so that the form has grown, whatever day it is.
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.async_api import Locator, Page
from temporalio.client import Client
from temporalio.testing import TimeSkipper

from definitions.burden.budget_file import load_budget_file
from desk.caller import on_site
from desk.figures.importing import import_figures
from ledger.burden.budgets import load_budget
from ledger.chain import bulk, pinned, selections
from ledger.chain.entries import ITEM
from ledger.directory import people
from ledger.rounds.campaigns import load_campaigns
from ledger.rounds.rows import batch_of
from rules.dates.calendar import instant_of, local_date
from rules.rounds.campaign import Campaign, RoundDays, days_of
from rules.rounds.opening import locks_at, opens_at
from rules.rounds.periods import Period, Rhythm, period_of
from tests.pages.conftest import Site, served
from tests.pages.sitting import SHOTS, WIDTHS
from tests.support.product import SUPERVISOR, started
from tests.support.shipped import every_campaign
from workflows.contracts import ROUND_WORKFLOW, RoundInput
from workflows.rounds_begun import look_at_round

OFFICE, FILED, TARDY, SILENT, ASKED_WRONGLY = "u081", "u082", "u041", "u096", "u095"
"""The unit that is looked at closely; one that hands in a file; one that is late; one that never does until it is
unlocked."""
LITTLE = timedelta(minutes=1)
"""The server's clock and ours are not quite the same."""


@dataclass(slots=True)
class Clock:
    """How far the county's time is ahead of ours."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass(slots=True, kw_only=True)
class RoundCounty:
    """The county, with the campaign and the period whose round is looked at."""

    site: Site
    clock: Clock
    skipper: TimeSkipper
    campaign: Campaign
    period: Period
    days: RoundDays
    opening: datetime
    shots: int = 0
    skipped: timedelta = timedelta()

    @property
    def name(self) -> str:
        return f"{self.campaign.id}/{self.period.id}"

    @property
    def locking(self) -> datetime:
        return locks_at(self.campaign, self.days)

    def due(self, kind: str) -> datetime:
        return instant_of(self.days.of(kind).date, self.campaign.due_time)

    async def opens(self) -> None:
        """The round's workflow has been begun for its opening, as the scheduler does, and that has come."""
        product = self.site.product
        await product.client.start_workflow(
            ROUND_WORKFLOW,
            RoundInput(round=self.name),
            id=batch_of(self.name),
            task_queue=product.task_queue,
            start_delay=self.opening - datetime.now(UTC),
        )
        await self.passes(self.opening)

    async def passes(self, to: datetime) -> None:
        """It is a little after that instant, for the round's workflow too, and the sweep of that hour has been by."""
        handle = self.site.product.client.get_workflow_handle(batch_of(self.name))
        left = to + LITTLE - datetime.now(UTC)
        await self.skipper.fast_forward(handle, left - self.skipped)
        self.clock.ahead = self.skipped = left
        now = self.clock.now()
        while bulk.give(self.site.product.database, selections.due(now), now, 500).seen:
            pass

    async def locks(self) -> None:
        """It has locked and reported, and nothing more will come by itself."""
        await self.passes(self.locking)
        await self.site.product.client.get_workflow_handle(batch_of(self.name)).result()

    async def looked(self) -> None:
        """The hourly check has come by: the round that people have done something to has a workflow again, which begins
        at the machine's hour."""
        await look_at_round(self.site.product.client, self.site.product.task_queue, self.name)
        self.skipped = timedelta()

    def item(self, unit: str) -> str:
        """The number of what the round asks that unit; empty while it asks nothing."""
        query = ITEM.select().where(ITEM.c.batch == batch_of(self.name), ITEM.c.unit == unit)
        with self.site.product.database.read() as connection:
            return next((str(row["no"]) for row in connection.execute(query).mappings()), "")

    def name_of(self, unit: str) -> str:
        with self.site.product.database.read() as connection:
            return people.names_of_units(connection, [unit])[unit]


@asynccontextmanager
async def round_county(client: Client, folder: Path, skipper: TimeSkipper) -> AsyncIterator[RoundCounty]:
    """A county with the shipped campaigns and budget, some days before the round opens."""
    clock, campaigns = Clock(), every_campaign()
    (monthly,) = (one for one in campaigns if one.id == "monthly")
    async with started(client, folder, now=clock.now) as product:
        with product.database.write() as connection:
            load_campaigns(connection, campaigns, clock.now())
            load_budget(connection, load_budget_file(), clock.now())
            calendar = pinned.current_calendar(connection)
        quarter = period_of(Rhythm.QUARTER, local_date(clock.now())).moved(1)
        period = period_of(Rhythm.MONTH, quarter.last)
        opening = opens_at(monthly, period, calendar)
        assert opening
        async with served(product, demo=True) as site:
            yield RoundCounty(
                site=site,
                clock=clock,
                skipper=skipper,
                campaign=monthly,
                period=period,
                days=days_of(monthly, period, calendar),
                opening=opening,
            )


def known_before(county: RoundCounty, unit: str, *, members: int, study: int, dues: str) -> None:
    """The roster knows of that unit what it would be asked for this month, and what it answered for the quarter
    before."""
    quarter = period_of(Rhythm.QUARTER, county.period.first)
    lines = (
        f"{unit},{county.period.id},{members},{study},",
        f"{unit},{quarter.moved(-1).id},,,{dues}",
    )
    for heading, line in zip(("党员数,集中学习次数", "应缴党费（元）"), lines, strict=True):
        said = [cell for cell in line.split(",") if cell]
        data = f"单位,期,{heading}\n{','.join(said)}\n".encode()
        import_figures(
            county.site.product.database,
            data,
            "名册.csv",
            "县组〔2026〕5号",
            on_site(SUPERVISOR),
            county.clock.now(),
        )


async def photographed(county: RoundCounty, page: Page, station: str) -> None:
    """The page as it stands, wide and narrow, where somebody wants to look at it."""
    if SHOTS not in os.environ:
        return
    folder = Path(os.environ[SHOTS])
    size = page.viewport_size
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 900})
        await page.screenshot(path=folder / f"{county.shots:02}-{station}-{width}.png", full_page=True)
    county.shots += 1
    if size:
        await page.set_viewport_size(size)


def person_of(county: RoundCounty, unit: str) -> str:
    """The name of its liaison."""
    with county.site.product.database.read() as connection:
        return next(
            one.name
            for one in people.everybody(connection)
            if any((post.unit, post.role) == (unit, "liaison") for post in one.posts)
        )


def figure(form: Locator, name: str) -> Locator:
    """The field of that question."""
    return form.locator(".field", has=form.page.get_by_label(re.compile(rf"^{re.escape(name)}"))).first
