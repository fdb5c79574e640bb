"""A scheduler whose clock stands before what the ledger holds already claims nothing, and goes on once it is right."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from temporalio.client import Client

from ledger import firings, journal, pinned
from ledger.database import Database
from ledger.firings import FIRING
from ledger.journal import SubstitutionEnded
from rules.commands import SYSTEM
from rules.plans import Every, Plan
from runtime.scheduler.starting import Starter
from runtime.scheduler.walker import Walker
from tests.activities.delivery import world
from tests.ledger.postgres import PostgresServer
from tests.product import SUPERVISOR, known_county

HOURLY = Plan(id="hourly", name="时", every=Every.DAY, at=time(0), until=time(23), minutes=60)
"""Starts nothing: what it claims is recorded, no more."""
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A county that has no items yet; the plan was walked up to three days ago."""
    server = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    url = server.create() if server else ""
    opened = known_county(tmp_path, url=url)
    with opened.read() as connection:
        calendar = pinned.current_calendar(connection)
    firings.claim(opened, (HOURLY,), calendar, datetime.now(UTC) - 3 * DAY, "before")
    yield opened
    opened.close()
    if server:
        server.drop(url)


class Clock:
    """Shows what the test sets."""

    def __init__(self) -> None:
        self.shown = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.shown


def _walker(database: Database, client: Client, clock: Clock) -> Walker:
    starter = Starter(client, database, "nobody", clock)
    return Walker(database, starter, "one", clock=clock, plans=(HOURLY,))


def _claimed(database: Database) -> int:
    with database.read() as connection:
        return len(connection.execute(select(FIRING.c.key)).all())


def _cursor(database: Database) -> datetime:
    with database.read() as connection:
        return firings.cursors(connection)[HOURLY.id]


async def test_a_clock_before_the_newest_entry_claims_nothing_until_it_is_right(
    database: Database, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    world.issue(database, units=1)
    clock, before = Clock(), _cursor(database)
    walker = _walker(database, client, clock)
    clock.shown -= DAY
    with caplog.at_level(logging.WARNING, logger="duban.scheduler"):
        await walker.walk()
        await walker.walk()
    assert (_claimed(database), _cursor(database), walker.waits) == (0, before, True), "it looks again soon"
    (said,) = caplog.messages
    assert "比留痕库里最新一条记录的" in said
    assert "早 1 天" in said or "早 23 小时" in said
    assert "请核对时间同步" in said
    clock.shown = datetime.now(UTC)
    with caplog.at_level(logging.WARNING, logger="duban.scheduler"):
        await walker.walk()
    assert (_claimed(database), _cursor(database), walker.waits) == (72, clock.shown, False)
    assert "计划继续" in caplog.messages[-1]


async def test_an_entry_of_a_clock_that_ran_ahead_is_outlived_by_the_next(database: Database, client: Client) -> None:
    with database.write() as connection:
        journal.note(connection, SubstitutionEnded(person=SUPERVISOR), SYSTEM, datetime.now(UTC) + 10 * DAY)
    clock = Clock()
    walker = _walker(database, client, clock)
    await walker.walk()
    assert _claimed(database) == 0
    world.issue(database, units=1)
    await walker.walk()
    assert _claimed(database) == 72
