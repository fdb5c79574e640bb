"""What the site is made of, and how routes get at it. One value in the application's state; nothing global."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from api.entrance.caller import WhoAsks
from api.entrance.policy import part_at
from api.reached import Reached
from desk.accounts.entrance import Entrance
from desk.accounts.ways.coming import OtherWays
from desk.bulk.giving import Bulks
from desk.intake import Intake
from desk.requests import Desk
from desk.showing.clocks import Compared
from ledger.directory.sight import seen_by
from ledger.store.database import Database
from ledger.store.evidence import EvidenceStore
from rules.access import CLOSED

Ready = Callable[[], Awaitable[dict[str, Any]]]
LastComparison = Callable[[], Compared | None]
UPLOADS_AT_ONCE = 2
"""Files are held in memory while they are stored or read: so many at the same time."""
EXPORTS_AT_ONCE = 2
"""Each keeps a processor busy for as long as it takes."""
PRINTED = 5_000
"""Rows of a PDF that somebody may wait for in front of the site: some 250 pages, half a minute. More is printed by the
command line, which shows how far it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The parts that routes and pages use. `demo`: its people are invented, and whoever comes may be any of them.
    `running`: what goes on after its request has been answered, by name.
    `reading`: registers being read under a name that their page gave, with the rows read and of how many."""

    desk: Desk
    intake: Intake
    database: Database
    files: EvidenceStore
    entrance: Entrance
    ways: OtherWays
    demo: bool = False
    ready: Ready | None = None
    compared: LastComparison | None = None
    reached: Reached = field(default_factory=Reached)
    uploads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(UPLOADS_AT_ONCE))
    exports: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(EXPORTS_AT_ONCE))
    running: dict[str, asyncio.Task[Any]] = field(default_factory=dict)
    reading: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def bulks(self) -> Bulks:
        """Where requests for many items are handed in."""
        return Bulks(self.desk.gateway, self.database)

    def now(self) -> datetime:
        """The instant that a request is answered at; read once in a request."""
        return datetime.now(UTC)


async def site_of(request: Request, caller: WhoAsks) -> Site:
    """The site that the request came to, as whoever asks sees it: what is kept from them, is not there."""
    site: Site = request.app.state.site
    part = part_at(request.scope["route"].path)
    database = site.database.seen(seen_by((caller.person,), part, caller.units))
    if part in CLOSED:
        await run_in_threadpool(_look_in, database)
    return replace(site, database=database, intake=site.intake.over(database))


def _look_in(database: Database) -> None:
    """Raises wrong_role, where that part of the site is closed to whoever asks: before anything is done there."""
    with database.read():
        pass


def origin_of(request: Request, site: Site) -> str:
    """The site's own origin: the public one; on this machine alone, the one under which the request came, whose host
    the guards have looked at."""
    return site.reached.origin or f"http://{request.headers.get('host', '')}"


def open_site_of(request: Request) -> Site:
    """The site for somebody who has not come in yet: the entrance is all that they get to. It reads everything, and
    shows nothing of it."""
    site: Site = request.app.state.site
    return site


Open = Annotated[Site, Depends(open_site_of)]
Here = Annotated[Site, Depends(site_of)]
