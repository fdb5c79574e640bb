"""What waits in assessments stands on the first page of whoever has to say something, and of nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import insert, select

from desk.caller import on_site
from desk.personal.todo import count_todo, show_todo
from desk.scores import keeping, leading
from desk.scores.matters import score_matters
from ledger.directory import people, units
from ledger.scores.in_force import assessments_in_force, put_assessments_in_force
from ledger.scores.rows import TIER
from ledger.scores.waiting import SCORE_WAIT
from ledger.store.database import Database
from rules.dates.calendar import local_date
from rules.process import Role
from rules.units.facts import UnitsEnded
from tests.support.product import AUDITOR, LEADER, SUPERVISOR
from tests.support.scores.half_year import half_year
from tests.support.scores.scored import ASSESSMENT

OTHER_SUPERVISOR = "p0002"
TO_JUDGE = "党风廉政（2026年上半年）"


@pytest.fixture
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, datetime]]:
    """A county with its half-year scored."""
    database, now = half_year(tmp_path_factory.mktemp("matters") / "county")
    yield database, now
    database.close()


def matters(database: Database, person: str, day: date) -> dict[str, str]:
    """What waits for the person, each with its address."""
    with database.read() as connection:
        return dict(score_matters(connection, people.somebody(connection, person).posts, day))


def waiting(database: Database, person: str, day: date) -> int:
    """So many units wait for the person to judge their integrity."""
    said = [one for one in matters(database, person, day) if one.startswith(TO_JUDGE)]
    return int(said[0].removeprefix(f"{TO_JUDGE}：").split()[0]) if said else 0


def proposals(database: Database, day: date) -> int:
    """So many units' tiers wait for the leader."""
    said = [one for one in matters(database, LEADER, day) if "状况变动" in one]
    return int(said[0].split("：")[1].split()[0]) if said else 0


def test_who_judges_is_told_of_whom_until_they_have(lived: tuple[Database, datetime]) -> None:
    database, now = lived
    day = local_date(now)
    mine, others = waiting(database, SUPERVISOR, day), waiting(database, OTHER_SUPERVISOR, day)
    assert mine > 80
    (at,) = [at for words, at in matters(database, SUPERVISOR, day).items() if words.startswith(TO_JUDGE)]
    assert at == "/scores/judging?assessment=organ_2026&indicator=integrity&period=2026-H1"
    keeping.judge(database, on_site(SUPERVISOR), "u050", "integrity", "2026-H1", 500, "", now)
    assert waiting(database, SUPERVISOR, day) == mine - 1, "another has to judge it too, and is told"
    assert waiting(database, OTHER_SUPERVISOR, day) == others
    keeping.judge(database, on_site(OTHER_SUPERVISOR), "u050", "integrity", "2026-H1", 500, "", now)
    assert waiting(database, OTHER_SUPERVISOR, day) == others - 1
    with database.read() as connection:
        liaison = people.holders(connection, Role.LIAISON, unit="u050")[0]
    own = "/scores/judging?assessment=organ_2026&indicator=own"
    assert matters(database, SUPERVISOR, day).get("2026 年的个性指标：1 个单位等您评定") == own
    for person in (AUDITOR, liaison, LEADER):
        assert waiting(database, person, day) == 0


def test_of_very_many_units_only_the_number_is_asked(
    lived: tuple[Database, datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every page counts what waits: who has judged whom is not asked of ten thousand units."""
    database, now = lived
    exact = waiting(database, SUPERVISOR, local_date(now))
    monkeypatch.setattr("desk.scores.matters.FEW_UNITS", 9)
    many = waiting(database, SUPERVISOR, local_date(now))
    assert many == exact + 1, "of u003 the supervisor has said something already, and another has not"
    assert any("个性指标" in one for one in matters(database, SUPERVISOR, local_date(now)))
    with database.read() as connection:
        instructor = people.holders(connection, Role.INSTRUCTOR, area="a1")[0]
    assert waiting(database, instructor, local_date(now)) == 0


def test_a_leader_is_told_of_tiers_and_the_first_page_counts_them(lived: tuple[Database, datetime]) -> None:
    database, now = lived
    (words, at) = next(iter(matters(database, LEADER, local_date(now)).items()))
    assert words.endswith(" 个单位的状况变动等您确认")
    assert at == "/scores/tiers?assessment=organ_2026"
    with database.read() as connection:
        todo = show_todo(connection, on_site(LEADER), now)
        assert (words, at) in [(one.words, one.at) for one in todo.matters]
        assert count_todo(connection, LEADER, now) == (todo.count, todo.more)
    leading.decide_all(database, on_site(LEADER), now, count=proposals(database, local_date(now)))
    assert matters(database, LEADER, local_date(now)) == {}


def test_a_decision_that_ends_is_said_a_month_before(lived: tuple[Database, datetime]) -> None:
    database, now = lived
    leading.decide_tier(database, on_site(LEADER), "u009", "slack", now, reason="长期不开展组织生活")
    until = date(local_date(now).year + 1, local_date(now).month, local_date(now).day)

    def said(day: date) -> list[tuple[str, str]]:
        return [
            one
            for one in matters(database, LEADER, day).items()
            if one[1] == "/scores/tiers?assessment=organ_2026#u009"
        ]

    assert said(until - timedelta(days=31)) == []
    ((words, at),) = said(until - timedelta(days=30))
    assert "软弱涣散的认定到 2027年" in words
    assert words.endswith("须重新认定或解除")
    assert said(until + timedelta(days=99)) == [(words, at)], "it is said until somebody decides"


def test_a_unit_that_is_no_more_waits_for_nobody_and_keeps_nobody_from_the_rest(
    lived: tuple[Database, datetime],
) -> None:
    database, now = lived
    day = local_date(now)
    leading.decide_tier(database, on_site(LEADER), "u009", "slack", now, reason="长期不开展组织生活")
    judging, proposed = waiting(database, SUPERVISOR, day), proposals(database, day)
    with database.write() as connection:
        units.record(connection, [UnitsEnded(day=day, units=("u009", "u050"), document="某文〔2026〕9号")], now)
    assert waiting(database, SUPERVISOR, day) == judging - 2
    assert proposals(database, day) == proposed - 1, "of u009 it was decided already"
    assert not [one for one in matters(database, LEADER, day + timedelta(days=400)).values() if "u009" in one]
    assert leading.decide_all(database, on_site(LEADER), now, count=proposed - 1)[0] == proposed - 1


def test_of_two_assessments_each_is_counted_and_leads_to_its_own_pages(lived: tuple[Database, datetime]) -> None:
    """What waits in next year's waits beside what is left of this year's."""
    database, now = lived
    day = local_date(now)
    before = {person: matters(database, person, day) for person in (SUPERVISOR, LEADER)}
    with database.write() as connection:
        known = assessments_in_force(connection)[ASSESSMENT]
        put_assessments_in_force(connection, [replace(known, id="organ_2027", year=2027)], now)
        for table in (TIER, SCORE_WAIT):
            rows = [dict(row) for row in connection.execute(select(table)).mappings()]
            for row in rows:
                row |= {"assessment": "organ_2027"}
                if "month" in row:
                    row |= {"month": row["month"].replace("2026", "2027")}
            connection.execute(insert(table), rows)
    for person, alone in before.items():
        both = matters(database, person, day)
        assert both.items() >= alone.items()
        others = {at for at in both.values() if "assessment=organ_2027" in at}
        common = {at for at in alone.values() if "indicator=own" not in at and "/units/" not in at}
        assert common
        assert {at.replace("organ_2026", "organ_2027").replace("2026", "2027") for at in common} == others
