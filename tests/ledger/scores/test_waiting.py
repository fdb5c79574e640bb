"""What is asked for later is not owed yet: a yearly figure in January's round is worth nothing, or nothing at all, only
when that round has asked for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from ledger.rounds.campaigns import campaign_in_force, load_campaigns
from ledger.rounds.rows import MISSED, ROUND_ROW
from ledger.scores.appeals import open_to_appeal
from ledger.scores.following import rescore_after
from ledger.scores.in_force import assessments_in_force
from ledger.scores.recording import anything_to_score
from ledger.scores.streams import state_of
from ledger.scores.waiting import SCORE_WAIT
from ledger.store.database import Database
from rules.assessment.lines import LeftLine, LeftOut
from rules.assessment.state import ScoreState
from rules.rounds.campaign import Asks
from rules.rounds.periods import Rhythm
from tests.support.rounds.answered import answer, item_of, opened, opening, wrong
from tests.support.scores.scored import ASSESSMENT, assessed, later, locked, month

DECEMBER, JANUARY = "2026-12", "monthly/2027-01"
YEARLY = {"posts_filled": "7", "topics": "1", "appraised": "30"}


@pytest.fixture
def county(tmp_path: Path) -> Database:
    return assessed(tmp_path / "county")


def standing(database: Database, unit: str) -> ScoreState:
    with database.read() as connection:
        return state_of(connection, ASSESSMENT, unit)


def awaiting(database: Database) -> set[tuple[str, str]]:
    with database.read() as connection:
        query = select(SCORE_WAIT.c.unit, SCORE_WAIT.c.round).where(SCORE_WAIT.c.round != "")
        return {(unit, round_) for unit, round_ in connection.execute(query)}


def test_december_leaves_out_what_january_asks_for(county: Database) -> None:
    month(county, DECEMBER, {"u001": {"moved": "no"}})
    before = standing(county, "u001")
    waits = LeftLine(indicator="bodies", period="2026", why=LeftOut.NOT_ASKED, awaits=JANUARY)
    assert before.left["bodies", "2026"] == waits
    assert before.left["appraisal", "2026"].why is LeftOut.NOT_ASKED
    assert ("bodies", "2026") not in before.lines, "it was worth 0 before anybody was asked"
    assert {unit for unit, _ in awaiting(county)} == {f"u{n:03}" for n in range(1, 97)}
    assert {round_ for _, round_ in awaiting(county)} == {JANUARY}
    assert wrong(county) == []

    opened(county, "2027-01")
    answer(county, item_of(county, JANUARY, "u001"), YEARLY, id_="january", then=rescore_after)
    told = standing(county, "u001")
    assert told.scored[DECEMBER].reason == "后一轮才问的，现在报来"
    assert told.lines["appraisal", "2026"].inputs[0].value == "30"
    assert "u001" not in {unit for unit, _ in awaiting(county)}
    assert standing(county, "u002").left["bodies", "2026"] == waits, "it owes it only when it is due"
    assert wrong(county) == []

    locked(county, JANUARY)
    owed = standing(county, "u002")
    assert (owed.lines["bodies", "2026"].points, owed.scored[DECEMBER].revision) == (0, 2)
    assert owed.scored[DECEMBER].reason == "后一轮才问的，已经截止"
    assert standing(county, "u001").scored[DECEMBER] == told.scored[DECEMBER]
    assert awaiting(county) == set()
    with county.read() as connection:
        assert not anything_to_score(connection, JANUARY)
    assert wrong(county) == []


def edited(database: Database, period: str, **other: Any) -> None:
    """From the last day of that month on the monthly campaign is another."""
    with database.write() as connection:
        campaign = replace(campaign_in_force(connection, "monthly"), version=f"{period} {sorted(other)}", **other)
        load_campaigns(connection, [campaign], opening(period))


def without_years(asks: tuple[Asks, ...]) -> tuple[Asks, ...]:
    return tuple(one for one in asks if one.rhythm is not Rhythm.YEAR)


def test_a_round_asks_what_its_own_edition_says(county: Database) -> None:
    """Another file between the round and its lock makes nobody owe what it did not ask."""
    opened(county, DECEMBER)
    with county.read() as connection:
        asks = campaign_in_force(connection, "monthly").asks
    edited(county, DECEMBER, asks=tuple(replace(one, shifted=0) for one in asks))
    locked(county, f"monthly/{DECEMBER}")
    left = standing(county, "u001").left["bodies", "2026"]
    assert (left.why, left.awaits) == (LeftOut.NOT_ASKED, ""), "December has not asked, and no round is to come"
    assert wrong(county) == []


def test_what_is_never_asked_after_all_costs_nobody_points(county: Database) -> None:
    month(county, DECEMBER, {})
    with county.read() as connection:
        asks = campaign_in_force(connection, "monthly").asks
    edited(county, "2027-01", asks=without_years(asks))
    opened(county, "2027-01")
    locked(county, JANUARY)
    left = standing(county, "u001").left["bodies", "2026"]
    assert (left.why, left.awaits) == (LeftOut.NOT_ASKED, "")
    assert awaiting(county) == set()
    assert wrong(county) == []


def test_a_month_whose_round_was_missed_is_not_short_of_its_figures(county: Database) -> None:
    month(county, "2026-01", {"u001": {"committee": "1"}})
    with county.write() as connection:
        row = {**connection.execute(select(ROUND_ROW)).mappings().one(), "id": "monthly/2026-02", "period": "2026-02"}
        connection.execute(insert(ROUND_ROW).values(**row | {"state": MISSED, "alarm_at": None}))
    month(county, "2026-03", {"u001": {"committee": "1"}})
    assert standing(county, "u001").left["meetings", "2026-Q1"].why is LeftOut.NOT_ASKED


def test_an_appeal_against_what_came_late_runs_from_the_day_on_which_it_came(county: Database) -> None:
    month(county, DECEMBER, {})
    opened(county, "2027-01")
    now = locked(county, JANUARY)
    with county.read() as connection:
        (assessment,) = assessments_in_force(connection).values()
        state = state_of(connection, ASSESSMENT, "u002")
        still = open_to_appeal(connection, assessment, state, now)
        much_later = open_to_appeal(connection, assessment, state, later(now, 20))
    assert ("bodies", "2026") in still, "it had no line before"
    assert ("study", DECEMBER) not in still, "that one stands since December's lock"
    assert much_later == set()
