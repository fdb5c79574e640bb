"""Rounds in the ledger: opened once with all that they ask for, told in their own stream, verified like everything."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from ledger.chain import batches, lookup
from ledger.chain.entries import ENTRY
from ledger.proof.verify import verify
from ledger.proof.verifying.rounds import verify_rounds
from ledger.reading import queries
from ledger.reading.filters import Filters
from ledger.rounds.campaigns import campaign_in_force, in_force, load_campaigns, stop_campaign
from ledger.rounds.population import population
from ledger.rounds.rounds import known_round, open_in_ledger, perform, rounds
from ledger.rounds.rows import batch_of
from ledger.store.database import Database
from rules.dates.calendar import instant_of
from rules.errors import Code, RuleViolation
from rules.machine.commands import SYSTEM, Actor, Via
from rules.process import Role
from rules.rounds.deciding import RoundCommand, RoundVerb
from rules.rounds.facts import AskedUnit
from rules.rounds.periods import read_period
from tests.support.product import SUPERVISOR, known_county
from tests.support.shipped import every_campaign

DECEMBER = read_period("2026-12")
OPENING = instant_of(date(2026, 12, 1), time(9))
BOSS = Actor(id=SUPERVISOR, role=Role.SUPERVISOR, via=Via.SITE)


@pytest.fixture
def county(tmp_path: Path) -> Database:
    database = known_county(tmp_path / "county", now=OPENING - timedelta(days=30))
    with database.write() as connection:
        load_campaigns(connection, every_campaign(), OPENING - timedelta(days=10))
    return database


def wrong(database: Database) -> list[str]:
    """What verification finds, but for numbers: a county for tests begins at a thousand of its own."""
    return [one.what for one in verify(database).wrong if "已经发出" not in one.what]


def opened(database: Database, id_: str = "visits", period: str = "2026-12", at: datetime = OPENING) -> bool:
    with database.write() as connection:
        return open_in_ledger(connection, campaign_in_force(connection, id_), read_period(period), SYSTEM, at)


def issued(database: Database, round_: str, at: datetime = OPENING, size: int = 50) -> list[str]:
    taken = size
    while taken:
        with database.write() as connection:
            taken = batches.issue_chunk(connection, batch_of(round_), size, at)
    with database.read() as connection:
        return sorted(row["no"] for row in queries.register(connection, Filters(batch=batch_of(round_)), size=500).rows)


def test_what_is_in_force_stands_in_the_journal_and_loading_twice_is_once(county: Database) -> None:
    with county.write() as connection:
        again = load_campaigns(connection, every_campaign(), OPENING)
        assert (again.new, again.changed, again.same) == (0, 0, len(every_campaign()))
        assert in_force(connection)["visits"].since < OPENING
        stop_campaign(connection, "inspections", "改为专项督查", BOSS, OPENING)
        assert set(in_force(connection)) == {one.id for one in every_campaign()} - {"inspections"}
        with pytest.raises(RuleViolation) as refusal:
            campaign_in_force(connection, "inspections")
    assert refusal.value.code is Code.UNKNOWN_CAMPAIGN


def test_a_round_opens_once_and_asks_each_area_once(county: Database) -> None:
    assert opened(county)
    assert not opened(county)
    numbers = issued(county, "visits/2026-12", size=4)
    assert len(numbers) == 6
    assert not opened(county)
    assert issued(county, "visits/2026-12") == numbers
    with county.read() as connection:
        state = known_round(connection, "visits/2026-12")
        rows = queries.register(connection, Filters(batch=batch_of(state.id)), size=500).rows
        assert rounds(connection) == ["visits/2026-12"]
    assert (state.opened.count, len(state.owing)) == (6, 6)
    assert {row["title"] for row in rows} == {"片组每月走访（2026年12月）"}
    assert {row["due"] for row in rows} == {"2026-12-31"}
    assert {row["supervisor"] for row in rows} == {state.opened.supervisor}
    assert wrong(county) == []


def test_a_year_s_list_is_of_the_year_that_it_opens_in(county: Database) -> None:
    opening = instant_of(date(2027, 1, 6), time(9))
    assert opened(county, "yearly_list", "2027", opening)
    numbers = issued(county, "yearly_list/2027", opening)
    assert len(numbers) == 96
    with county.read() as connection:
        assert '"year":2027' in lookup.item_row(connection, numbers[0])["state"]
    assert wrong(county) == []


def moved(database: Database, verb: RoundVerb, actor: Actor = SYSTEM, *, id_: str = "c1", at: datetime, **said: object):  # type: ignore[no-untyped-def]
    with database.write() as connection:
        command = RoundCommand(id=id_, verb=verb, actor=actor, **said)  # type: ignore[arg-type]
        return perform(connection, "visits/2026-12", command, at)


def test_it_falls_due_locks_and_is_reported_and_the_same_command_happens_once(county: Database) -> None:
    opened(county)
    issued(county, "visits/2026-12")
    locked = moved(county, RoundVerb.TICK, at=instant_of(date(2027, 1, 6), time(18)))
    assert (locked.locked, locked.revision, locked.reports[0].counts.missing) == (True, 1, 6)
    at = instant_of(date(2027, 1, 7), time(9))
    said = {"unit": locked.owing[0].id, "reason": "停电", "days": 3}
    once = moved(county, RoundVerb.UNLOCK, BOSS, id_="u1", at=at, **said)
    assert moved(county, RoundVerb.UNLOCK, BOSS, id_="u1", at=at, **said) == once
    assert wrong(county) == []


def test_who_joins_is_asked_and_who_is_dropped_owes_nothing(county: Database) -> None:
    opened(county)
    issued(county, "visits/2026-12")
    with county.read() as connection:
        first, *_ = population(connection, campaign_in_force(connection, "visits"))
    state = moved(county, RoundVerb.DROP, at=OPENING, unit=first.id, reason="片组撤销")
    assert first.id not in {unit.id for unit in state.owing}
    back = moved(county, RoundVerb.JOIN, id_="c2", at=OPENING, joins=AskedUnit(id=first.id, kind=first.kind))
    assert len(back.owing) == 6
    assert len(issued(county, "visits/2026-12")) == 6
    assert wrong(county) == []


def test_what_is_not_so_is_found(county: Database) -> None:
    opened(county)
    issued(county, "visits/2026-12")
    with county.write() as connection:
        for trigger in (
            connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
        ):
            connection.execute(text(f'DROP TRIGGER "{trigger}"'))
        entry = ENTRY.update().where(ENTRY.c.kind == "units_asked")
        connection.execute(entry.values(body='{"round":"visits/2026-12","units":[{"id":"u9","kind":"area"}]}'))
        found = [wrong.what for wrong in verify_rounds(connection)]
    assert "应报名单与开放时记下的个数或哈希不符" in found
    assert any("名单里却没有" in what for what in found)


def test_without_anybody_to_ask_nothing_opens(county: Database) -> None:
    with county.write() as connection, pytest.raises(RuleViolation) as refusal:
        open_in_ledger(connection, campaign_in_force(connection, "visits"), DECEMBER, SYSTEM, OPENING, [])
    assert refusal.value.code is Code.ROUND_REFUSED
