"""A unit appeals against a line: in time and not too often, decided by somebody who did not judge it; upheld, its
points are those from then on, and the line says what they were."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from activities.options import NEVER_HELPED_BY_RETRY
from desk.caller import on_site
from desk.scores import keeping
from desk.scores.sheet_shown import score_sheet
from ledger.chain import lookup
from ledger.chain.past.deciding import decide_here
from ledger.directory import people
from ledger.rounds.rows import row_of
from ledger.scores.appeals import check_scored
from ledger.scores.following import rescore_after
from ledger.scores.streams import state_of
from ledger.store.database import Database
from rules.assessment.lines import ScoreRule
from rules.errors import RuleViolation
from rules.machine.commands import Actor, Command, CommandKind, Via
from rules.process import Role
from tests.desk.scores.refusing import refused
from tests.support.product import SUPERVISOR
from tests.support.rounds.answered import wrong
from tests.support.scores.scored import ASSESSMENT, assessed, corrected, month

TOLD = {"moved": "no", "committee": "1", "groups": "1", "study": "2", "theme_day": "0"}
OTHER = "p0002"


@pytest.fixture
def at(tmp_path: Path) -> Iterator[tuple[Database, datetime]]:
    """A county with January scored, a day after the lock."""
    database = assessed(tmp_path / "county")
    month(database, "2026-01", {"u001": TOLD, "u002": TOLD})
    yield database, after_the_lock(database, "2026-01")
    database.close()


def liaison(database: Database, unit: str) -> str:
    with database.read() as connection:
        return people.holders(connection, Role.LIAISON, unit=unit)[0]


def after_the_lock(database: Database, period: str) -> datetime:
    """On the day after the lock of that month's round."""
    with database.read() as connection:
        row = row_of(connection, f"monthly/{period}")
    assert row is not None
    return datetime.fromisoformat(f"{row['locks']}T02:00:00+00:00") + timedelta(days=1)


def appealed(database: Database, now: datetime, unit: str = "u001", indicator: str = "study") -> str:
    return keeping.appeal(database, on_site(liaison(database, unit)), unit, indicator, "2026-01", now)


def give(database: Database, no: str, actor: Actor, kind: CommandKind, now: datetime, **said: object) -> None:
    command = Command(kind=kind, id=f"{kind}/{actor.id}/{now}", actor=actor, **said)  # type: ignore[arg-type]
    decide_here(database, no, command, now, away=False, check=check_scored, then=rescore_after)


def filed(database: Database, no: str, now: datetime, unit: str = "u001") -> None:
    actor = Actor(id=liaison(database, unit), role=Role.LIAISON, unit=unit, via=Via.SITE)
    answers = (("why", "漏计一次专题学习"), ("asked", "4.50"))
    give(database, no, actor, CommandKind.SUBMIT, now, answers=answers)


def decided(database: Database, no: str, now: datetime, person: str, outcome: str, points: str) -> None:
    actor = Actor(id=person, role=Role.SUPERVISOR, via=Via.SITE)
    answers = (("points", points), ("why", "已补签到表，予以认定"))
    give(database, no, actor, CommandKind.CLOSE, now, outcome=outcome, answers=answers)


def test_upheld_it_is_a_line_with_what_was_decided(at: tuple[Database, datetime]) -> None:
    database, now = at
    no = appealed(database, now)
    with database.read() as connection:
        row = lookup.item_row(connection, no)
    assert (row["unit"], row["process"], row["title"]) == ("u001", "score_appeal", "2026年1月集中学习得分申诉")
    filed(database, no, now)
    decided(database, no, now + timedelta(hours=1), OTHER, "upheld", "4.50")
    with database.read() as connection:
        state = state_of(connection, ASSESSMENT, "u001")
    line = state.lines["study", "2026-01"]
    assert (line.points, line.rule, line.difference) == (450, ScoreRule.APPEAL, 50)
    assert line.inputs[-1].value == "400", "what it was is in the line"
    assert state.scored["2026-01"].reason == f"申诉 {no}"
    assert "已经申诉过" in refused(lambda: appealed(database, now))
    assert wrong(database) == []


def test_refused_nothing_is_other_than_it_was(at: tuple[Database, datetime]) -> None:
    database, now = at
    no = appealed(database, now)
    filed(database, no, now)
    decided(database, no, now + timedelta(hours=1), OTHER, "refused", "4.00")
    with database.read() as connection:
        state = state_of(connection, ASSESSMENT, "u001")
    assert state.scored["2026-01"].revision == 1
    assert state.appealed == {}


def test_in_time_and_not_too_often_and_of_ones_own_unit(at: tuple[Database, datetime]) -> None:
    database, now = at
    assert "5 个工作日以内可以申诉" in refused(lambda: appealed(database, now + timedelta(days=20)))
    assert "还没有锁定的得分" in refused(
        lambda: keeping.appeal(database, on_site(liaison(database, "u001")), "u001", "study", "2026-02", now)
    )
    assert "不是本单位" in refused(
        lambda: keeping.appeal(database, on_site(liaison(database, "u002")), "u001", "study", "2026-01", now)
    )
    appealed(database, now)
    appealed(database, now, indicator="theme_day")
    assert "最多 2 次" in refused(lambda: appealed(database, now, indicator="report"))


def test_what_is_lowered_after_the_time_can_be_appealed_against_from_then_on(at: tuple[Database, datetime]) -> None:
    database, now = at
    appealed(database, now)
    much_later = now + timedelta(days=20)
    assert "已经申诉过" in refused(lambda: appealed(database, much_later))
    assert "5 个工作日以内" in refused(lambda: appealed(database, much_later, indicator="report"))
    corrected(database, "monthly/2026-01", "u001", {"study": "1"}, much_later)
    with database.read() as connection:
        sheet = score_sheet(connection, "u001", much_later, period="2026-01")
    open_now = [one.id for one in sheet.indicators if any(line.appealable for line in one.lines)]
    assert open_now == ["study"], "nothing else was lowered"
    appealed(database, much_later)
    assert "已经申诉过" in refused(lambda: appealed(database, much_later))
    assert "5 个工作日以内" in refused(lambda: appealed(database, much_later + timedelta(days=20), "u002"))


def test_whoever_judged_it_does_not_decide(at: tuple[Database, datetime]) -> None:
    database, _ = at
    for n in range(2, 7):
        month(database, f"2026-{n:02}", {"u001": TOLD | {"life_meeting": "1", "integrity": "1"}} if n == 6 else {})
    later = after_the_lock(database, "2026-06")
    for person in (SUPERVISOR, OTHER):
        keeping.judge(database, on_site(person), "u001", "integrity", "2026-H1", 300, "检查少", later)
    no = keeping.appeal(database, on_site(liaison(database, "u001")), "u001", "integrity", "2026-H1", later)
    with database.read() as connection:
        assert lookup.item_row(connection, no)["supervisor"] == "p0003"
    filed(database, no, later)
    with pytest.raises(RuleViolation, match="要由别人复核") as refusal:
        decided(database, no, later, OTHER, "upheld", "5.00")
    assert refusal.value.code in NEVER_HELPED_BY_RETRY, "an item's own workflow would ask for ever"
    decided(database, no, later + timedelta(hours=1), "p0003", "upheld", "5.00")
    with database.read() as connection:
        assert state_of(connection, ASSESSMENT, "u001").lines["integrity", "2026-H1"].points == 500
