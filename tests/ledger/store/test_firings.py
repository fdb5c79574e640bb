"""Firings in the database: every nominal time is claimed once, by one replica, and what nobody started is found."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from ledger.store import firings
from ledger.store.database import Database
from ledger.store.firings import GRACE, Claimed, claim
from rules.dates.plans import Every, Plan
from tests.support.factories import CALENDAR, at

HOURLY = Plan(id="hourly", name="时", every=Every.DAY, at=time(0), until=time(23), minutes=60)
MORNING = Plan(id="morning", name="早", every=Every.WORKING_DAY, at=time(8, 30))
START = at("2026-03-02", "08:10")


def walk(database: Database, now: datetime, by: str = "one", *plans: Plan) -> list[str]:
    return [one.key for one in claim(database, plans or (HOURLY,), CALENDAR, now, by)]


def abandoned(database: Database, now: datetime) -> list[Claimed]:
    with database.read() as connection:
        return firings.abandoned(connection, now)


@pytest.fixture
def begun(database: Database) -> Database:
    assert walk(database, START, "one", HOURLY, MORNING) == []
    return database


def test_a_plan_begins_when_it_is_first_met(begun: Database) -> None:
    with begun.read() as connection:
        assert firings.cursors(connection) == {"hourly": START, "morning": START}


def test_what_has_come_is_claimed_once(begun: Database) -> None:
    later = START + timedelta(hours=2)
    assert walk(begun, later, "one", HOURLY, MORNING) == [
        "hourly@2026-03-02T01:00:00Z",
        "hourly@2026-03-02T02:00:00Z",
        "morning@2026-03-02T00:30:00Z",
    ]
    assert walk(begun, later, "two", HOURLY, MORNING) == []


def test_after_a_weeks_outage_every_nominal_time_is_claimed(begun: Database) -> None:
    found = walk(begun, START + timedelta(days=7), "one", HOURLY, MORNING)
    assert len([key for key in found if key.startswith("hourly")]) == 7 * 24
    assert len([key for key in found if key.startswith("morning")]) == 5
    assert len(set(found)) == len(found)


def test_what_was_missed_for_longer_than_it_is_kept_is_passed_over(begun: Database) -> None:
    short = replace(HOURLY, kept=timedelta(hours=3))
    assert len(walk(begun, START + timedelta(days=7), "one", short)) == 3


def test_a_clock_that_went_back_claims_nothing_twice_and_nothing_early(begun: Database) -> None:
    ahead = START + timedelta(days=1)
    first = walk(begun, ahead)
    assert walk(begun, START + timedelta(hours=1)) == []
    assert walk(begun, ahead) == []
    assert walk(begun, ahead + timedelta(hours=1)) == ["hourly@2026-03-03T01:00:00Z"]
    assert len(first) == 24


def test_plans_that_a_fast_clock_took_ahead_are_brought_back_and_fire_again(begun: Database) -> None:
    ahead, now = walk(begun, START + timedelta(days=10)), START + timedelta(hours=2)
    assert firings.bring_back(begun, now) == (["hourly"], len(ahead) - 2)
    with begun.read() as connection:
        assert firings.cursors(connection)["hourly"] == now
    assert walk(begun, START + timedelta(hours=3)) == ["hourly@2026-03-02T03:00:00Z"]
    assert firings.bring_back(begun, START + timedelta(hours=3)) == ([], 0)


def test_only_a_database_of_its_own_has_a_clock(begun: Database) -> None:
    with begun.read() as connection:
        theirs = firings.clock_of(connection)
    assert begun.is_sqlite is (theirs is None)
    assert theirs is None or abs(theirs - datetime.now(UTC)) < GRACE


def test_replicas_at_the_same_moment_share_the_claims(begun: Database) -> None:
    found: list[str] = []
    ready = threading.Barrier(4)

    def replica(name: str) -> None:
        ready.wait()
        for hour in range(1, 30):
            found.extend(walk(begun, START + timedelta(hours=hour), name))

    threads = [threading.Thread(target=replica, args=(f"replica {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(set(found)) == 29


def test_a_claim_that_nobody_started_is_found_after_the_grace_and_only_then(begun: Database) -> None:
    now = START + timedelta(hours=1)
    (key,) = walk(begun, now)
    assert abandoned(begun, now + GRACE / 2) == []
    assert [one.key for one in abandoned(begun, now + GRACE)] == [key]
    firings.mark_started(begun, [key], now + GRACE)
    assert abandoned(begun, now + 2 * GRACE) == []


def test_a_claim_of_a_clock_that_ran_ahead_is_found_at_once(begun: Database) -> None:
    walk(begun, START + timedelta(days=3))
    assert len(abandoned(begun, START + timedelta(hours=1))) == 72


def test_a_start_is_marked_once_and_keeps_what_was_seen(begun: Database) -> None:
    now = START + timedelta(hours=1)
    (key,) = walk(begun, now)
    firings.mark_started(begun, [key], now, seen="{}")
    firings.mark_started(begun, [key], now + timedelta(hours=1), seen="again")
    with begun.read() as connection:
        row = firings.last_of(connection, "hourly")
        assert not firings.unstarted(connection)
    assert row
    assert (row["seen"], row["by"], row["started_at"]) == ("{}", "one", "2026-03-02T01:10:00.000000Z")
