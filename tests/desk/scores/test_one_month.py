"""The score of a month is one number: the entry's that its lock wrote, and every page and file says that one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest

from desk.scores.overview_shown import overview
from desk.scores.sheet_shown import score_sheet
from ledger.directory import people
from ledger.directory.sight import seen_by
from ledger.scores.in_force import assessments_in_force, put_assessments_in_force
from ledger.scores.streams import state_of
from ledger.store.database import Database
from rules.assessment.sheets import points_text
from rules.errors import Code, RuleViolation
from rules.process import Role
from rules.rounds.periods import read_period
from tests.support.factories import at
from tests.support.rounds.answered import answer, item_of, opened
from tests.support.scores.half_year import GOOD, half_year
from tests.support.scores.scored import ASSESSMENT, assessed


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, datetime]]:
    """A county with all that can befall scores."""
    database, now = half_year(tmp_path_factory.mktemp("month") / "county")
    yield database, now
    database.close()


@pytest.mark.parametrize("month", ["2026-02", "2026-03", "2026-06"])
def test_entry_sheet_chart_and_overview_say_one_number(filled: tuple[Database, datetime], month: str) -> None:
    """With March a quarter ends, with June a half-year besides."""
    database, now = filled
    with database.read() as connection:
        rows = {row.id: row.score for row in overview(connection, now, area="a1", period=month).rows}
        for unit in ("u001", "u002", "u003", "u004"):
            entry = state_of(connection, ASSESSMENT, unit).scored[month].score
            sheet = score_sheet(connection, unit, now, period=month)
            drawn = {one.words for one in sheet.chart.marks} if sheet.chart else set()
            assert sheet.score == points_text(entry), unit
            assert f"{read_period(month).nth}月：{sheet.score}" in drawn, unit
            assert rows.get(unit, sheet.score) == sheet.score, unit
    assert rows.keys() & {"u001", "u002", "u003", "u004"}


def test_what_is_not_locked_yet_stands_where_it_will_stand_then(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What ends with June for the half-year is no part of the second quarter's sheet, and of June's it is."""
    database = assessed(tmp_path_factory.mktemp("coming") / "county")
    round_ = opened(database, "2026-06")
    answer(database, item_of(database, round_, "u001"), GOOD)
    with database.read() as connection:
        liaison = people.holders(connection, Role.LIAISON, unit="u001")[0]
    with database.seen(seen_by((liaison,))).read() as connection:
        quarter, june = (
            {
                line.period
                for one in score_sheet(connection, "u001", at("2026-07-03"), period=period).indicators
                for line in one.lines
                if line.provisional
            }
            for period in ("2026-Q2", "2026-06")
        )
    database.close()
    assert "2026-Q2" in quarter
    assert "2026-H1" not in quarter
    assert june == {"2026-06", "2026-Q2", "2026-H1"}


def test_a_single_day_is_no_period_of_scores(filled: tuple[Database, datetime]) -> None:
    database, now = filled
    with database.read() as connection, pytest.raises(RuleViolation) as refusal:
        overview(connection, now, period="2026-03-05")
    assert refusal.value.code is Code.FIELD_INVALID


@pytest.mark.parametrize("period", ["2026-H1", "2026-Q2", "2026"])
def test_after_another_file_came_the_overview_still_says_what_the_sheets_say(
    tmp_path_factory: pytest.TempPathFactory, period: str
) -> None:
    """Lines whose full points are other than the file's are taken one by one."""
    database, now = half_year(tmp_path_factory.mktemp("changed") / "county")
    with database.write() as connection:
        known = assessments_in_force(connection)[ASSESSMENT]
        more = tuple(replace(one, full=one.full + 100) if one.id == "study" else one for one in known.indicators)
        put_assessments_in_force(connection, [replace(known, indicators=more, version="more")], now)
    with database.read() as connection:
        for row in overview(connection, now, area="a1", period=period).rows:
            assert row.score == score_sheet(connection, row.id, now, period=period).score, row.id
    database.close()
