"""Tiers at the ledger: where a unit begins, whom no score moves, and what a correction makes of later periods."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, select

from ledger.directory import people
from ledger.directory import units as directory
from ledger.scores.in_force import assessments_in_force, put_assessments_in_force
from ledger.scores.rows import TIER, put_tiers
from ledger.scores.streams import note_scores, state_of
from ledger.store.database import Database
from rules.assessment.facts import TierDecided, TierProposed
from rules.assessment.state import ScoreState
from rules.machine.commands import SYSTEM
from rules.units.facts import ConditionsGiven, GivenCondition
from tests.support.factories import at
from tests.support.rounds.answered import LOADED, wrong
from tests.support.scores.scored import ASSESSMENT, BOSS, assessed, corrected, later, month

BEFORE = "organ_2025"
GOOD = {"moved": "no", "committee": "1", "groups": "1", "study": "4", "theme_day": "1", "integrity": "1"}
QUARTER = {"assembly": "1", "lectures": "1", "dues_owed": "90.00", "dues_paid": "90.00", "volunteers": "3"}
HALF = GOOD | QUARTER | {"life_meeting": "1"}


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, datetime]]:
    """The half-year of a county that was assessed the year before: u001 was advanced then, and once below; u002 is
    slack, by a decision of last year; u003 became weak in the directory; u004 was never assessed."""
    database = assessed(tmp_path_factory.mktemp("proposing") / "county")
    of: dict[str, Any] = {"score_of": BEFORE, "period": "2025-H2"}
    with database.write() as connection:
        known = assessments_in_force(connection)[ASSESSMENT]
        put_assessments_in_force(connection, [replace(known, id=BEFORE, name="去年的考核", year=2025)], LOADED)
        put_assessments_in_force(connection, [known], LOADED)
    low = TierProposed(**of, unit="u001", before="advanced", began="advanced", to="advanced", score=8000, below=1)
    decided = TierDecided(score_of=BEFORE, unit="u002", tier="slack", day=date(2025, 11, 3), reason="班子不健全")
    with database.write() as connection:
        note_scores(connection, [low, decided], BOSS, at("2026-01-05"))
        for unit in ("u001", "u002"):
            put_tiers(connection, BEFORE, {unit: ("", state_of(connection, BEFORE, unit))})
        given = tuple(GivenCondition(unit=unit, condition=tier) for unit, tier in (("u002", "slack"), ("u003", "weak")))
        directory.record(connection, [ConditionsGiven(day=date(2026, 1, 5), units=given)], at("2026-01-05"), BOSS)
    told = {unit: HALF for unit in ("u001", "u002", "u003")}
    now = [month(database, f"2026-{n:02}", told) for n in range(1, 7)][-1]
    yield database, later(now)
    database.close()


def state(database: Database, unit: str) -> ScoreState:
    with database.read() as connection:
        return state_of(connection, ASSESSMENT, unit)


def proposed(connection: Connection) -> dict[str, str]:
    query = select(TIER.c.unit, TIER.c.tier).where(TIER.c.assessment == ASSESSMENT)
    return {row.unit: row.tier for row in connection.execute(query)}


def test_the_year_begins_as_the_one_before_left_the_unit(county: tuple[Database, datetime]) -> None:
    database, _ = county
    (first,) = state(database, "u001").looked.values()
    assert (first.began, first.already, first.follows) == ("advanced", 1, BEFORE)
    by_condition = state(database, "u003").last
    assert by_condition is not None
    assert (by_condition.began, by_condition.already, by_condition.follows) == ("weak", 0, "")
    never = state(database, "u004").last
    assert never is not None
    assert (never.began, never.before) == ("", "")


def test_no_score_moves_a_unit_that_is_where_only_somebody_puts_it(county: tuple[Database, datetime]) -> None:
    database, now = county
    with database.read() as connection:
        rows = proposed(connection)
        assert people.all_units(connection)
    assert (len(rows), "u002" in rows) == (95, False)
    assert state(database, "u002").looked == {}
    corrected(database, "monthly/2026-03", "u002", {"study": "0"}, now)
    assert state(database, "u002").looked == {}, "nor when it is scored anew"
    assert state(database, "u002").scored["2026-03"].revision == 2
    assert wrong(database) == []


def test_a_correction_of_the_first_half_year_leads_on_to_the_second(county: tuple[Database, datetime]) -> None:
    """The second half-year was looked at by the first as it was: 88 holds an advanced unit there, and no other."""
    database, now = county
    before = state(database, "u001").last
    assert before is not None
    second = TierProposed(
        score_of=ASSESSMENT,
        unit="u001",
        period="2026-H2",
        before="advanced",
        began=before.to,
        already=before.below,
        to="middle",
        score=8000,
    )
    with database.write() as connection:
        note_scores(connection, [second], SYSTEM, now)
        put_tiers(connection, ASSESSMENT, {"u001": ("", state_of(connection, ASSESSMENT, "u001"))})
    corrected(database, "monthly/2026-02", "u001", {"committee": "0", "study": "0", "theme_day": "0"}, later(now, 2))
    after = state(database, "u001")
    assert set(after.looked) == {"2026-H1", "2026-H2"}
    first, last = after.looked["2026-H1"], after.looked["2026-H2"]
    assert first.score < before.score
    assert (first.began, first.already) == (before.began, before.already), "from its own start"
    assert (last.began, last.already) == (first.to, first.below)
    assert after.proposed in (None, last), "and the first half-year has nothing waiting"
    assert wrong(database) == []
