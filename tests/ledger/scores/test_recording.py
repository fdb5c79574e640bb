"""Units are scored from what the ledger knows of them, once, at the lock of their round; and anew when it is other."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from ledger.chain.family.in_rounds import ROUND_UNIT
from ledger.directory import units
from ledger.rounds.campaigns import campaign_in_force
from ledger.rounds.coming import step
from ledger.rounds.rounds import open_in_ledger
from ledger.scores.in_force import assessments_in_force
from ledger.scores.recording import lines_in, rescore, score_round, to_score
from ledger.scores.rows import SCORE_ROW, SCORE_SUM
from ledger.scores.streams import state_of
from ledger.store.canonical import parse
from ledger.store.database import Database
from rules.assessment.lines import ScoreRule
from rules.assessment.sheets import sheet
from rules.dates.calendar import instant_of
from rules.machine.commands import SYSTEM
from rules.rounds.periods import read_period
from rules.units.facts import KnownUnit, UnitsOpened
from tests.support.rounds.answered import wrong
from tests.support.scores.scored import ASSESSMENT, after_lock, assessed, corrected, later, month

GOOD = {"moved": "no", "committee": "1", "groups": "1", "study": "4", "theme_day": "1"}


@pytest.fixture
def county(tmp_path: Path) -> Database:
    return assessed(tmp_path / "county")


def points(database: Database, unit: str, indicator: str, period: str) -> int | None:
    with database.read() as connection:
        line = state_of(connection, ASSESSMENT, unit).lines.get((indicator, period))
    return line.points if line else None


def test_at_the_lock_everybody_is_scored_once_by_what_came_in(county: Database) -> None:
    now = month(county, "2026-01", {"u001": GOOD, "u002": GOOD | {"study": "3", "theme_day": "0"}})
    with county.read() as connection:
        assert connection.execute(select(func.count()).select_from(SCORE_ROW)).scalar_one() == 96
        state = state_of(connection, ASSESSMENT, "u001")
        assert score_round(connection, "monthly/2026-01", now) == 0
    line = state.lines["study", "2026-01"]
    assert (line.points, line.full, line.rule) == (500, 500, ScoreRule.COUNTED)
    (told,) = line.inputs
    assert (told.value, told.owed) == ("4", "4")
    assert told.entry.startswith("YB2026-"), "it says in which entry the figure stands"
    assert points(county, "u002", "study", "2026-01") == 450
    assert points(county, "u002", "theme_day", "2026-01") == 0
    assert points(county, "u001", "report", "2026-01") == 300
    assert points(county, "u003", "report", "2026-01") == 0, "nothing came in"
    assert points(county, "u001", "meetings", "2026-01") is None, "its period does not end with January"
    assert state.scored["2026-01"].score == 10_000
    assert wrong(county) == []


def test_a_unit_that_there_was_not_when_the_month_ended_keeps_nobody_from_a_score(county: Database) -> None:
    late = instant_of(date(2026, 2, 4), time(9))
    new = UnitsOpened(day=date(2026, 2, 3), units=(KnownUnit(id="u000", name="县信访事务中心", kind="institution"),))
    with county.write() as connection:
        units.record(connection, [new], late)
        open_in_ledger(connection, campaign_in_force(connection, "monthly"), read_period("2026-01"), SYSTEM, late)
        step(connection, "monthly/2026-01", after_lock("2026-01"))
    taken = [1]
    while taken[-1]:
        with county.write() as connection:
            taken.append(score_round(connection, "monthly/2026-01", after_lock("2026-01"), 50))
    with county.read() as connection:
        asked = set(connection.execute(select(ROUND_UNIT.c.unit)).scalars())
        scored = set(connection.execute(select(SCORE_ROW.c.unit)).scalars())
        assert to_score(connection, "monthly/2026-01", 1) == {}, "nothing is left to do"
    assert asked - scored == {"u000"}
    assert taken[1:] == [50, 46, 0]


def test_a_figure_corrected_after_the_lock_is_a_line_with_the_difference(county: Database) -> None:
    now = month(county, "2026-01", {"u001": GOOD | {"study": "2"}})
    assert points(county, "u001", "study", "2026-01") == 400
    day = read_period("2026-01").last
    with county.write() as connection:
        assert rescore(connection, "u001", [day], later(now), "无") == 0, "nothing is other than it was"
    whole = sums(county, "study")
    corrected(county, "monthly/2026-01", "u001", {"study": "5"}, later(now))
    with county.read() as connection:
        last = state_of(connection, ASSESSMENT, "u001").scored["2026-01"]
        rows = lines_of(connection, "u001", "2026-01")
    (line,) = last.lines
    assert (last.revision, line.indicator, line.points, line.difference) == (2, "study", 500, 100)
    assert line.inputs[0].entry.endswith("#4"), "it rests on the correction now"
    assert last.score == 10_000
    assert rows["study"] == 500
    assert (sums(county, "study")[0] - whole[0], sums(county, "study")[1:]) == (100, whole[1:])
    assert wrong(county) == []


def test_a_year_of_months_quarters_and_halves_is_one_sheet(county: Database) -> None:
    for n in range(1, 7):
        told = GOOD | {"assembly": "1", "lectures": "1", "dues_owed": "90.00", "dues_paid": "90.00", "volunteers": "3"}
        month(county, f"2026-{n:02}", {"u001": told | {"life_meeting": "1", "integrity": "1"}})
    with county.read() as connection:
        state = state_of(connection, ASSESSMENT, "u001")
        (assessment,) = assessments_in_force(connection).values()
        half = sheet(assessment, assessment.indicators, lines_in(state, read_period("2026-H1")))
    assert sum(line.weight for line in half.lines) == 10_000
    meetings = half.line("meetings")
    assert meetings is not None
    assert [line.period for line in meetings.lines] == ["2026-Q1", "2026-Q2"]
    assert half.score == sum(line.counts for line in half.lines)
    assert state.last is not None
    assert (state.last.period, state.last.score) == ("2026-H1", half.score)
    assert wrong(county) == []


def sums(database: Database, indicator: str) -> tuple[int, int, int]:
    """What the areas' sums of the indicator come to together."""
    with database.read() as connection:
        rows = connection.execute(select(SCORE_SUM).where(SCORE_SUM.c.indicator == indicator)).mappings().all()
    return sum(row["points"] for row in rows), sum(row["full"] for row in rows), sum(row["lines"] for row in rows)


def lines_of(connection: Connection, unit: str, month: str) -> dict[str, int]:
    """The points of the unit's lines for the month, as its row has them."""
    query = select(SCORE_ROW.c.lines).where(SCORE_ROW.c.unit == unit, SCORE_ROW.c.month == month)
    return {id_: line[0] for id_, line in parse(connection.execute(query).scalar_one()).items()}


def test_an_earlier_month_corrected_renews_what_the_half_year_proposes(county: Database) -> None:
    told = GOOD | {"assembly": "1", "lectures": "1", "dues_owed": "90.00", "dues_paid": "90.00", "volunteers": "3"}
    now = [
        month(county, f"2026-{n:02}", {"u001": told | {"life_meeting": "1", "integrity": "1"}}) for n in range(1, 7)
    ][-1]
    with county.read() as connection:
        before = state_of(connection, ASSESSMENT, "u001").last
    corrected(county, "monthly/2026-02", "u001", {"study": "0", "theme_day": "0"}, later(now))
    with county.read() as connection:
        state = state_of(connection, ASSESSMENT, "u001")
        (assessment,) = assessments_in_force(connection).values()
        half = sheet(assessment, assessment.indicators, lines_in(state, read_period("2026-H1")))
    assert before is not None
    assert state.last is not None
    assert state.last.score == half.score < before.score
    assert wrong(county) == []
