"""A sheet shows what was scored as it was scored, whatever has been loaded since; and what is not locked to those alone
whom it concerns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from desk.scores.honours_shown import honours
from desk.scores.overview_shown import overview
from desk.scores.sheet_shown import ShownSheet, score_sheet
from ledger.directory import people
from ledger.directory import units as directory
from ledger.directory.sight import seen_by
from ledger.scores.in_force import assessments_in_force, put_assessments_in_force
from ledger.store.database import Database
from rules.dates.calendar import local_date
from rules.process import Role
from rules.units.facts import KnownUnit, MovedUnit, UnitsMoved, UnitsOpened
from tests.support.product import SUPERVISOR
from tests.support.rounds.answered import opened, wrong
from tests.support.scores.scored import ASSESSMENT, assessed, locked, month

TOLD = {"moved": "no", "committee": "1", "groups": "1", "study": "3", "theme_day": "1"}


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, datetime]]:
    """Two months are scored; in the second one unit is founded after its round had opened."""
    database = assessed(tmp_path_factory.mktemp("then") / "county")
    month(database, "2026-01", {"u001": TOLD})
    round_ = opened(database, "2026-02")
    with database.write() as connection:
        known = KnownUnit(id="u900", name="新设的局", kind="organ", area="a1")
        now = datetime.fromisoformat("2026-02-28T04:00:00+00:00")
        directory.record(connection, [UnitsOpened(day=local_date(now), document="编〔2026〕9号", units=(known,))], now)
    now = locked(database, round_)
    yield database, now + timedelta(hours=1)
    database.close()


def sheet_of(database: Database, unit: str, now: datetime, period: str = "2026-Q1") -> ShownSheet:
    with database.read() as connection:
        return score_sheet(connection, unit, now, period=period)


def test_what_was_scored_is_shown_by_the_file_of_then(county: tuple[Database, datetime]) -> None:
    database, now = county
    with database.read() as connection:
        known = assessments_in_force(connection)[ASSESSMENT]
        area = next(iter(people.all_areas(connection)))["id"]
        honoured = honours(connection, now)
        heat = overview(connection, now, period="2026-Q1", area=area)
    before = sheet_of(database, "u001", now)
    study = next(one for one in before.indicators if one.id == "study")
    others = tuple(
        replace(one, full=2 * one.full, short=2 * one.short) for one in known.indicators if one.id != "report"
    )
    with database.write() as connection:
        changed = replace(known, indicators=others, version="2026.2#other")
        put_assessments_in_force(connection, [changed], now)
    after = sheet_of(database, "u001", now)
    assert after == before
    assert next(one for one in after.indicators if one.id == "study").lines == study.lines
    assert any(one.id == "report" for one in after.indicators), "the new file has it no more"
    with database.read() as connection:
        assert honours(connection, now) == honoured
        assert overview(connection, now, period="2026-Q1", area=area) == heat
    coming = sheet_of(database, "u001", now, "2026-07")
    assert (coming.version, coming.score) == ("2026.2", ""), "what nobody has scored yet goes by the new one"
    with database.write() as connection:
        put_assessments_in_force(connection, [known], now + timedelta(minutes=1))
    assert wrong(database) == []


def test_what_is_not_locked_is_for_the_unit_and_its_instructor(county: tuple[Database, datetime]) -> None:
    database, now = county
    with database.read() as connection:
        row = next(one for one in people.all_units(connection) if one["id"] == "u001")
        (area,) = (one for one in people.all_areas(connection) if one["id"] == row["area"])
        liaison = people.holders(connection, Role.LIAISON, unit="u001")[0]
        foreign = people.holders(connection, Role.LIAISON, unit="u002")[0]
    assert area["leader"] != area["instructor"]

    def provisional(person: str, unit: str) -> bool:
        with database.seen(seen_by((person,))).read() as connection:
            return score_sheet(connection, unit, now, period="2026-03").provisional

    assert provisional(liaison, "u001")
    assert provisional(area["instructor"], "u001")
    assert not provisional(area["leader"], "u001")
    assert not provisional(SUPERVISOR, "u001")
    moved = UnitsMoved(day=local_date(now), units=(MovedUnit(id="u001", area=area["id"], parent="u002"),))
    with database.write() as connection:
        directory.record(connection, [moved], now)
    assert not provisional(foreign, "u001"), "nor for the unit above it"


def test_a_month_that_asked_the_unit_nothing_is_never_to_come(county: tuple[Database, datetime]) -> None:
    database, now = county
    with database.read() as connection:
        instructor = next(one for one in people.all_areas(connection) if one["id"] == "a1")["instructor"]
    with database.seen(seen_by((instructor,))).read() as connection:
        february = score_sheet(connection, "u900", now, period="2026-02")
        march = score_sheet(connection, "u900", now, period="2026-03")
    assert (february.provisional, february.score) == (False, "")
    assert march.provisional


def test_a_unit_founded_within_the_quarter_owes_its_part_of_it(county: tuple[Database, datetime]) -> None:
    database, _ = county
    told = TOLD | {"assembly": "1", "lectures": "1", "dues_owed": "90.00", "dues_paid": "90.00", "volunteers": "3"}
    now = month(database, "2026-03", {"u001": told, "u900": told})
    new, old = (sheet_of(database, unit, now, "2026-Q1") for unit in ("u900", "u001"))
    (meetings,) = (one for one in new.indicators if one.id == "meetings")
    assert "支委会次数 1（至少 1）" in meetings.lines[0].why
    assert meetings.lines[0].points == meetings.lines[0].full
    (whole,) = (one for one in old.indicators if one.id == "meetings")
    assert "支委会次数 2（至少 3，少 1" in whole.lines[0].why
    assert wrong(database) == []
