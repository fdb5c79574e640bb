"""What is asked for later is not owed yet: a yearly figure in January's round is worth nothing, or nothing at all, only
when that round has asked for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from ledger.scores.following import rescore_after
from ledger.scores.recording import anything_to_score
from ledger.scores.streams import state_of
from ledger.scores.waiting import SCORE_WAIT
from ledger.store.database import Database
from rules.assessment.lines import LeftLine, LeftOut
from rules.assessment.state import ScoreState
from tests.support.rounds.answered import answer, item_of, opened, wrong
from tests.support.scores.scored import ASSESSMENT, assessed, locked, month

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
