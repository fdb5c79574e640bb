"""A round that opens with the draw made for it: not before, once, for those who were drawn, unseen by their units."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from desk.caller import on_site
from desk.registers.draws import ToDraw, open_number, seal, seal_number
from desk.registers.rounds import shown_campaigns
from ledger.chain import batches
from ledger.directory import draws, people
from ledger.directory.sight import hidden_from
from ledger.proof.verifying.rounds import verify_rounds
from ledger.rounds.campaigns import campaign_in_force, load_campaigns
from ledger.rounds.coming import running_rounds, step
from ledger.rounds.rounds import known_round, open_in_ledger
from ledger.rounds.rows import batch_of
from ledger.store.database import Database
from ledger.store.sight import hide
from rules.dates.calendar import instant_of
from rules.errors import Code, RuleViolation
from rules.machine.commands import SYSTEM
from rules.process import Role
from rules.rounds.periods import read_period
from tests.ledger.rounds.month_round import NAME as MONTH
from tests.ledger.rounds.month_round import OPENING, closed, in_round, month
from tests.support.product import AUDITOR, LEADER, SUPERVISOR, known_county
from tests.support.shipped import every_campaign

NOW = instant_of(date(2027, 3, 1), time(10))
NAME, DRAW = "spot_checks/2027-Q1", "spot-checks-2027-q1"


@pytest.fixture
def county(tmp_path: Path) -> Database:
    database = known_county(tmp_path / "county", now=NOW - timedelta(days=30))
    with database.write() as connection:
        load_campaigns(connection, every_campaign(), NOW - timedelta(days=30))
    return database


def drawn(database: Database, now: datetime) -> set[str]:
    """Who was drawn by two witnesses."""
    asked = ToDraw(
        draw=DRAW, title="第一季度", by="area", share=5, witnesses=(LEADER, AUDITOR), inspectors=(SUPERVISOR,)
    )
    seal(database, asked, on_site(SUPERVISOR), now)
    salts = {LEADER: "a" * 32, AUDITOR: "b" * 32}
    for person, salt in salts.items():
        seal_number(database, DRAW, "314", salt, on_site(person), now)
    for person, salt in salts.items():
        open_number(database, DRAW, "314", salt, on_site(person), now)
    with database.read() as connection:
        return {one.unit for one in draws.draw_state(connection, DRAW).standing}


def test_it_opens_with_the_draw_that_is_made_for_it_and_asks_who_was_drawn(county: Database) -> None:
    with county.write() as connection:
        assert NAME not in running_rounds(connection, NOW)
        shown = next(one for one in shown_campaigns(connection, NOW) if one.id == "spot_checks")
        assert shown.opens == f"抽取 {DRAW} 抽出以后"
        with pytest.raises(RuleViolation, match="还没有抽出结果") as refusal:
            open_in_ledger(
                connection, campaign_in_force(connection, "spot_checks"), read_period("2027-Q1"), SYSTEM, NOW
            )
    assert refusal.value.code is Code.ROUND_REFUSED
    units = drawn(county, NOW)
    later = NOW + timedelta(hours=1)
    with county.write() as connection:
        assert NAME in running_rounds(connection, later)
        step(connection, NAME, later)
        step(connection, NAME, later)
        while batches.issue_chunk(connection, batch_of(NAME), 100, later):
            pass
        state = known_round(connection, NAME)
        assert {one.id for one in state.owing} == units
        assert batches.progress(connection, batch_of(NAME)).issued == len(units)
        assert list(verify_rounds(connection)) == []


def test_the_units_that_were_drawn_see_nothing_of_the_round(county: Database) -> None:
    unit, *_ = sorted(drawn(county, NOW))
    later = NOW + timedelta(hours=1)
    with county.write() as connection:
        step(connection, NAME, later)
        while batches.issue_chunk(connection, batch_of(NAME), 100, later):
            pass
        liaison = people.holders(connection, Role.LIAISON, unit=unit)[0]
        assert f"~round/{NAME}" in hidden_from(connection, [liaison])
        assert f"~round/{NAME}" not in hidden_from(connection, [SUPERVISOR])
    with county.read() as connection:
        hide(connection, hidden_from(connection, [liaison]))
        with pytest.raises(RuleViolation):
            known_round(connection, NAME)


def test_a_sample_of_what_came_in_is_drawn_and_of_nothing_else(tmp_path: Path) -> None:
    county = in_round(tmp_path, month())
    with county.read() as connection:
        first, second, *_ = (row["id"] for row in people.all_units(connection) if row["kind"] == "organ")
    for unit in (first, second):
        closed(county, unit, OPENING)
    asked = ToDraw(draw="month-2027-03", title="核实", by="area", share=50, witnesses=(LEADER, AUDITOR), round=MONTH)
    sealed = seal(county, asked, on_site(SUPERVISOR), OPENING)
    assert {one.id for one in sealed.units} == {first, second}
