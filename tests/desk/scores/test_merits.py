"""Merits and faults: entered once, named with their document, taken back with a reason; and nobody says what their own
unit is worth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime

import pytest
from sqlalchemy import delete, insert, update

from desk.caller import on_site
from desk.scores import keeping
from desk.scores.sheet_shown import ShownScoreLine, score_sheet
from ledger.directory import people
from ledger.directory.people import PERSON, POST
from ledger.scores.streams import state_of
from ledger.store.database import Database
from rules.assessment.assessment import Indicator, IndicatorKind
from rules.assessment.lines import LeftOut
from rules.errors import Code, RuleViolation
from rules.process import Role
from rules.rounds.periods import Rhythm
from tests.desk.scores.refusing import refused
from tests.support.factories import at
from tests.support.product import SUPERVISOR
from tests.support.rounds.answered import wrong
from tests.support.scores.half_year import half_year
from tests.support.scores.scored import ASSESSMENT

OTHER = "p0002"
HALF = ("performance", "2026-H1")


@pytest.fixture
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, datetime]]:
    database, now = half_year(tmp_path_factory.mktemp("merits") / "county")
    yield database, now
    database.close()


def credit(database: Database, now: datetime, document: str, *, unit: str = "u002", day: str = "2026-03-05") -> None:
    on, who = date.fromisoformat(day), on_site(SUPERVISOR)
    keeping.credit(database, who, unit, "performance", "award_city", on, document, now)


def shown(database: Database, now: datetime, unit: str = "u002") -> ShownScoreLine | None:
    with database.read() as connection:
        sheet = score_sheet(connection, unit, now, period="2026-H1")
    return next((line for one in sheet.indicators if one.id == "performance" for line in one.lines), None)


def test_the_same_by_the_same_document_counts_once(lived: tuple[Database, datetime]) -> None:
    database, now = lived
    credit(database, now, "县委〔2026〕3号")
    assert "已记过一次（得分记录第" in refused(lambda: credit(database, now, " 县委〔2026〕3号 "))
    credit(database, now, "县委〔2026〕4号")
    credit(database, now, "县委〔2026〕3号", day="2026-03-06")
    line = shown(database, now)
    assert line is not None
    assert line.why.startswith("市级以上表彰（2026年3月5日，凭县委〔2026〕3号）加 2 分、")
    assert len(line.said) == len(line.merits) == 3
    assert line.basis == ()


def test_what_was_entered_wrongly_is_withdrawn_and_the_score_follows(lived: tuple[Database, datetime]) -> None:
    database, now = lived
    with database.read() as connection:
        before = score_sheet(connection, "u002", now, period="2026-H1").score
    credit(database, now, "县委〔2026〕3号")
    line = shown(database, now)
    assert line is not None
    (seq,) = line.said

    def withdraw(seq: int, reason: str = "表彰的是别的单位") -> None:
        keeping.withdraw(database, on_site(SUPERVISOR), "u002", seq, reason, now)

    assert "不是这个单位的加减分" in refused(lambda: withdraw(seq + 1))
    with pytest.raises(RuleViolation) as missing:
        withdraw(seq, " ")
    assert missing.value.code is Code.FIELD_MISSING
    with pytest.raises(RuleViolation) as role:
        keeping.withdraw(database, on_site("p0004"), "u002", seq, "不对", now)
    assert role.value.code is Code.WRONG_ROLE
    withdraw(seq)
    assert "已经撤回" in refused(lambda: withdraw(seq))
    with database.read() as connection:
        state = state_of(connection, ASSESSMENT, "u002")
        after = score_sheet(connection, "u002", now, period="2026-H1")
    assert HALF not in state.lines
    assert state.left[HALF].why is LeftOut.NOTHING_OWED
    assert after.score == before
    (said,) = next(one.left for one in after.indicators if one.id == "performance")
    assert said.endswith("没有加减分，记的已撤回")
    credit(database, now, "县委〔2026〕3号")
    assert shown(database, now) is not None, "it may be entered again"
    assert wrong(database) == []


def holds(database: Database, unit: str, *, post: bool) -> None:
    """The supervisor is liaison of the unit, or belongs to it."""
    with database.write() as connection:
        if post:
            connection.execute(insert(POST).values(person=SUPERVISOR, role="liaison", unit=unit, area=None))
        else:
            connection.execute(update(PERSON).where(PERSON.c.id == SUPERVISOR).values(unit=unit))


@pytest.mark.parametrize("post", [True, False])
def test_nobody_says_what_their_own_unit_is_worth(lived: tuple[Database, datetime], post: bool) -> None:
    database, now = lived
    holds(database, "u002", post=post)
    me = on_site(SUPERVISOR)
    with database.read() as connection:
        seq = state_of(connection, ASSESSMENT, "u001").merits[0].seq
    acts: list[Callable[[str], object]] = [
        lambda unit: keeping.judge(database, me, unit, "integrity", "2026-H1", 500, "", now),
        lambda unit: credit(database, now, "县委〔2026〕30号", unit=unit),
        lambda unit: keeping.withdraw(database, me, unit, seq, "不对", now),
        lambda unit: keeping.excuse(database, me, unit, "open", "2026-Q2", "无可公开事项", now),
        lambda unit: keeping.review_declared(database, me, unit, now, agreed=False, reason="写具体些"),
    ]
    for act in acts:
        assert "要由别人办" in refused(lambda act=act: act("u002"))  # type: ignore[misc]
    for act in acts[:4]:
        act("u001")
    keeping.excuse(database, on_site(OTHER), "u002", "open", "2026-Q2", "无可公开事项", now)


def test_nobody_reviews_what_they_declared_themselves(lived: tuple[Database, datetime]) -> None:
    """Who was liaison of the unit when it declared, and is no more."""
    database, _ = lived
    now = at("2026-02-10")
    holds(database, "u005", post=True)
    with database.read() as connection:
        assert SUPERVISOR in people.holders(connection, Role.LIAISON, unit="u005")
    own = [
        Indicator(
            id="x", name=f"特色{n}", kind=IndicatorKind.JUDGED, every=Rhythm.YEAR, full=500, judge=Role.SUPERVISOR
        )
        for n in range(4)
    ]
    keeping.declare(database, on_site(SUPERVISOR), "u005", own, now)
    with database.write() as connection:
        connection.execute(delete(POST).where(POST.c.person == SUPERVISOR, POST.c.unit == "u005"))
    said = refused(lambda: keeping.review_declared(database, on_site(SUPERVISOR), "u005", now, agreed=True))
    assert "是您申报的" in said
    keeping.review_declared(database, on_site(OTHER), "u005", now, agreed=True)
