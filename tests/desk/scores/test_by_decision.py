"""The tier that only somebody gives: given, renewed, lifted; its guidance once; and by whom tiers are confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from desk.caller import on_site
from desk.scores import leading
from desk.scores.matters import score_matters
from desk.scores.tiers_shown import ShownTiers, ShownUnitTier, tiers_now
from ledger.directory import people
from ledger.directory import units as directory
from ledger.scores.guiding import guidance_of
from ledger.scores.in_force import assessments_in_force, put_assessments_in_force
from ledger.scores.streams import state_of
from ledger.store.database import Database
from rules.assessment.facts import TierDecided
from rules.dates.calendar import local_date
from rules.errors import Code, RuleViolation
from rules.process import Role
from tests.support.factories import at
from tests.support.product import LEADER, SUPERVISOR
from tests.support.rounds.answered import wrong
from tests.support.scores.half_year import half_year
from tests.support.scores.scored import ASSESSMENT

NEXT = "organ_2027"
SLACK = "u012"
"""The half-year ends with a decision on that unit."""


@pytest.fixture
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, datetime]]:
    database, now = half_year(tmp_path_factory.mktemp("slack") / "county")
    yield database, now
    database.close()


def shown(database: Database, assessment: str = "") -> ShownTiers:
    with database.read() as connection:
        found = tiers_now(connection, at("2026-08-01"), assessment=assessment)
    assert found is not None
    return found


def row(database: Database, unit: str = SLACK, assessment: str = ASSESSMENT) -> ShownUnitTier:
    return next(one for one in shown(database, assessment).units if one.unit == unit)


def decided(database: Database, now: datetime, tier: str, reason: str, *, person: str = LEADER, of: str = "") -> str:
    return leading.decide_tier(database, on_site(person), SLACK, tier, now, reason=reason, assessment=of)


def last(database: Database, assessment: str = ASSESSMENT) -> TierDecided:
    with database.read() as connection:
        return state_of(connection, assessment, SLACK).tiers[-1]


def brought(database: Database, assessment: str = ASSESSMENT) -> int:
    with database.read() as connection:
        return len(guidance_of(connection, assessment, SLACK))


def condition(database: Database, day: date) -> str:
    with database.read() as connection:
        return directory.lives(connection, [SLACK])[SLACK].condition(day)


def next_year(database: Database, now: datetime, **changes: object) -> None:
    """Next year's assessment is in force besides."""
    with database.write() as connection:
        known = assessments_in_force(connection)[ASSESSMENT]
        assert known.tiers is not None
        tiers = replace(known.tiers, **changes)  # type: ignore[arg-type]
        new = replace(known, id=NEXT, name="明年的考核", year=2027, tiers=tiers, version="2027")
        put_assessments_in_force(connection, [new], now)


def test_deciding_it_again_notes_the_new_limit_and_issues_nothing(lived: tuple[Database, datetime]) -> None:
    database, now = lived
    items, first = brought(database), last(database)
    assert (row(database).held, row(database).tier) == (True, "slack")
    assert first.until is not None
    assert row(database).until == f"{first.until.year}年{first.until.month}月{first.until.day}日"
    after = now + timedelta(days=40)
    assert decided(database, after, "slack", "整顿没有完成") == "", "no batch of items"
    assert decided(database, after, "slack", "整顿没有完成") == ""
    assert brought(database) == items
    again = last(database)
    assert again.until is not None
    assert again.until > first.until
    assert again.reason == "整顿没有完成"
    assert wrong(database) == []


def test_it_is_lifted_into_a_tier_of_the_file_with_a_reason(lived: tuple[Database, datetime]) -> None:
    database, now = lived
    day = local_date(now)
    assert condition(database, day) == "slack"
    with pytest.raises(RuleViolation) as missing:
        decided(database, now, "weak", "")
    assert missing.value.code is Code.FIELD_MISSING
    decided(database, now, "weak", "整顿完成，验收通过")
    assert (condition(database, day), row(database).held, row(database).tier) == ("weak", False, "weak")
    assert (last(database).tier, last(database).period, last(database).until) == ("weak", "", None)
    with pytest.raises(RuleViolation, match="没有这样的建议"):
        decided(database, now, "advanced", "再升")
    items = brought(database)
    assert decided(database, now, "slack", "又停了") != "", "it comes into it anew, and that brings what it brings"
    assert brought(database) == items + 1
    assert wrong(database) == []


def test_the_next_years_assessment_renews_and_lifts_it_too(lived: tuple[Database, datetime]) -> None:
    database, now = lived
    next_year(database, now)
    assert [one.unit for one in shown(database, NEXT).units] == [SLACK], "nobody else was looked at"
    until = last(database).until
    assert until is not None
    soon = until - timedelta(days=30)
    at = f"/scores/tiers?assessment={NEXT}#{SLACK}"
    with database.read() as connection:
        posts = people.somebody(connection, LEADER).posts
        said = [words for words, where in score_matters(connection, posts, soon) if where == at]
    assert len(said) == 1
    decided(database, now + timedelta(days=200), "slack", "还要整顿", of=NEXT)
    assert brought(database, NEXT) == 0
    with database.read() as connection:
        assert at not in dict((where, words) for words, where in score_matters(connection, posts, soon)), "renewed"
    assert row(database, assessment=NEXT).until == row(database).until, "whichever year said it last"
    decided(database, now + timedelta(days=210), "middle", "验收通过", of=NEXT)
    assert condition(database, local_date(now + timedelta(days=210))) == "middle"
    assert not row(database, assessment=NEXT).held
    assert wrong(database) == []


def test_tiers_are_confirmed_by_whom_the_file_names(lived: tuple[Database, datetime]) -> None:
    database, now = lived
    next_year(database, now, confirm=Role.SUPERVISOR)
    assert (shown(database, NEXT).confirm, shown(database, NEXT).confirm_role) == ("督查员", "supervisor")
    for person, of, allowed in ((LEADER, NEXT, "督查员"), (SUPERVISOR, ASSESSMENT, "分管领导")):
        with pytest.raises(RuleViolation) as role:
            decided(database, now, "slack", "还要整顿", person=person, of=of)
        assert role.value.code is Code.WRONG_ROLE
        assert allowed in str(role.value)
    with pytest.raises(RuleViolation) as everybody:
        leading.decide_all(database, on_site(LEADER), now, count=0, assessment=NEXT)
    assert everybody.value.code is Code.WRONG_ROLE
    decided(database, now, "slack", "还要整顿", person=SUPERVISOR, of=NEXT)
    assert last(database, NEXT).tier == "slack"
    leading.decide_all(database, on_site(SUPERVISOR), now, count=0, assessment=NEXT)
    with database.read() as connection:
        told = [
            where
            for person in (LEADER, SUPERVISOR)
            for _, where in score_matters(connection, people.somebody(connection, person).posts, local_date(now))
            if where.startswith("/scores/tiers")
        ]
    assert told == [f"/scores/tiers?assessment={ASSESSMENT}"], "the leader alone has something to confirm"


def test_who_is_there_by_decision_waits_for_no_score(lived: tuple[Database, datetime]) -> None:
    """What was proposed before the directory said so is neither shown nor agreed to with the rest."""
    database, now = lived
    next_year(database, now)
    waits = next(one.unit for one in shown(database, ASSESSMENT).proposed)
    count = len(shown(database, ASSESSMENT).proposed)
    leading.decide_tier(database, on_site(LEADER), waits, "slack", now, reason="停摆", assessment=NEXT)
    assert waits not in {one.unit for one in shown(database, ASSESSMENT).proposed}
    assert leading.decide_all(database, on_site(LEADER), now, count=count - 1, assessment=ASSESSMENT)[0] == count - 1
    with pytest.raises(RuleViolation, match="理由"):
        leading.decide_tier(database, on_site(LEADER), waits, "weak", now, assessment=ASSESSMENT)
