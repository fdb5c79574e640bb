"""Units are compared with each other where the file and the leader say so, by what their own sheets come to."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest

from desk.caller import on_site
from desk.scores import keeping, leading
from desk.scores.extract import ScoreSelection, scores_extract
from desk.scores.overview_shown import EVERY_AREA, overview
from desk.scores.sheet_shown import score_sheet
from ledger.directory import people
from ledger.directory.sight import seen_by
from ledger.scores.in_force import assessments_in_force, put_assessments_in_force
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from rules.process import Role
from tests.desk.scores.refusing import refused
from tests.support.product import LEADER, SUPERVISOR
from tests.support.scores.scored import ASSESSMENT


def test_units_are_compared_only_when_the_file_allows_it_and_the_leader_agrees(
    scored: tuple[Database, datetime],
) -> None:
    database, now = scored
    leader = on_site(LEADER)

    def compares(agreed: bool = True, **said: str) -> str:
        return refused(lambda: leading.compare(database, leader, now, agreed=agreed, **said))

    assert "没有写单位之间比较" in compares(document="县发〔2026〕3号")
    with database.write() as connection:
        known = assessments_in_force(connection)[ASSESSMENT]
        put_assessments_in_force(connection, [replace(known, ranking=True, version="ranked")], now)
    with database.read() as connection:
        assert not overview(connection, now, area="a1").ranked, "the file alone is not enough"
        assert overview(connection, now, area=EVERY_AREA).of_units is False
        assert not score_sheet(connection, "u001", now).ranked
    assert "依据的文件" in compares()
    assert "本来就不比较" in compares(agreed=False, reason="不比了")
    with pytest.raises(RuleViolation) as role:
        leading.compare(database, on_site(SUPERVISOR), now, agreed=True, document="县发〔2026〕3号")
    assert role.value.code is Code.WRONG_ROLE
    leading.compare(database, leader, now, agreed=True, document="县发〔2026〕3号")
    with database.read() as connection:
        rows = overview(connection, now, area=EVERY_AREA).rows
        assert score_sheet(connection, "u001", now).ranked
        units = scores_extract(connection, ScoreSelection(now=now, area=EVERY_AREA))
        places = {row.values[1]: row.values[3] for row in units.rows}
        liaison = people.holders(connection, Role.LIAISON, unit="u001")[0]
        sheets = {row.id: score_sheet(connection, row.id, now, period="2026-H1").score for row in rows}
    assert {row.id: row.score for row in rows} == sheets, "as each one's own sheet says"
    points = [Decimal(row.score) for row in rows]
    assert points == sorted(points, reverse=True)
    assert len(set(points)) < len(points), "some have as many points as another"
    assert [row.place for row in rows] == [str(1 + points.index(one)) for one in points]
    assert places == {row.id: int(row.place) for row in rows}, "the same in the file"
    first, second, *_ = rows
    for day in (date(2026, 3, 5), date(2026, 3, 6)):
        keeping.credit(
            database, on_site(SUPERVISOR), first.id, "performance", "accountable", day, "县纪〔2026〕9号", now
        )
    with database.read() as connection:
        rows = overview(connection, now, area=EVERY_AREA).rows
    assert [row.id for row in rows[:2]] == [second.id, first.id], "what is deducted counts"
    assert rows[1].whole.share == rows[0].whole.share, "and is in no share"
    assert ("说明", "本考核经分管领导批准，单位之间可以比较") in units.scope
    with database.seen(seen_by((liaison,))).read() as connection:
        (own,) = overview(connection, now, area=EVERY_AREA).rows
    assert own.place == "", "whoever sees one unit learns of no other's"
    leading.compare(database, leader, now, agreed=False, reason="试行期满")
    with database.read() as connection:
        assert not score_sheet(connection, "u001", now).ranked
