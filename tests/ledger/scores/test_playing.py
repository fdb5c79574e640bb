"""Another assessment over what is known of a year: the same changes nothing; of another, whose score and tier move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import func, select

from ledger.chain.entries import ENTRY
from ledger.scores.in_force import assessments_in_force
from ledger.scores.playing import PlayedUnit, assessment_before, play, units_scored
from ledger.scores.rows import SCORE_HALF, SCORE_ROW, TIER
from ledger.store.database import Database
from rules.assessment.assessment import Assessment
from tests.support.scores.half_year import half_year
from tests.support.scores.scored import ASSESSMENT

Played = tuple[Database, datetime]


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """A county with all that can befall scores."""
    database, now = half_year(tmp_path_factory.mktemp("played") / "county")
    yield database, now
    database.close()


def known(county: Played) -> Assessment:
    database, _ = county
    with database.read() as connection:
        return assessments_in_force(connection)[ASSESSMENT]


def played(county: Played, changed: Assessment) -> dict[str, PlayedUnit]:
    database, now = county
    heard: list[int] = []
    with database.read() as connection:
        before = assessment_before(connection, changed)
        found = {one.unit: one for one in play(connection, before, changed, now, heard.append)}
        assert sum(heard) == units_scored(connection, before.id) == len(found)
    return found


def test_the_same_assessment_changes_nobodys_score(county: Played) -> None:
    """But for what the file has never said: here it is the very same."""
    found = played(county, replace(known(county), id="next", year=2027))
    assert len(found) == 96
    assert [one.unit for one in found.values() if one.differs] == []


def test_what_an_indicator_costs_otherwise_is_told_unit_by_unit(county: Played) -> None:
    before = known(county)
    study = before.indicator("study")
    assert study is not None
    dearer = replace(study, short=study.short * 4)
    changed = replace(before, indicators=tuple(dearer if one.id == "study" else one for one in before.indicators))
    found = played(county, changed)
    fair, good = found["u002"], found["u004"]
    assert fair.differs
    assert not good.differs, "it was never short"
    (period,) = fair.periods
    assert period.before is not None
    assert period.after is not None
    assert fair.indicators[0].name == study.name
    assert period.after - period.before == fair.indicators[0].difference < 0
    assert all(one.difference == 0 for one in fair.indicators[1:]), "nothing else changes"


def test_other_bounds_of_tiers_move_units_and_no_score(county: Played) -> None:
    before = known(county)
    assert before.tiers is not None
    easier = tuple(replace(one, enter=one.enter // 2, leave=one.leave // 2) for one in before.tiers.bands)
    found = played(county, replace(before, tiers=replace(before.tiers, bands=easier)))
    moved = [one for one in found.values() if one.moves]
    assert moved
    assert all(period.before == period.after for one in found.values() for period in one.periods)
    assert all(period.tier_after in ("advanced", "middle", "weak") for one in moved for period in one.periods)


def test_playing_writes_nothing(county: Played) -> None:
    database, _ = county

    def written() -> list[int]:
        with database.read() as connection:
            counts = (select(func.count()).select_from(table) for table in (ENTRY, SCORE_ROW, SCORE_HALF, TIER))
            return [connection.execute(query).scalar_one() for query in counts]

    before = written()
    played(county, known(county))
    assert written() == before
