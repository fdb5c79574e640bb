"""What a step publishes: how long it has to stand, what is objected meanwhile, and that it is published anew."""

from datetime import timedelta
from typing import Any

import pytest

from rules.dates.explain import explain
from rules.errors import Code, RuleViolation
from rules.machine.commands import UnitRef
from rules.machine.facts import ObjectionAnswered, Published
from rules.telling.story import tell
from tests.support.factories import (
    CORRECTED,
    HELPER,
    INSTRUCTOR,
    LEADER,
    LIAISON,
    PUBLISHING,
    SUPERVISOR,
    K,
    Play,
    play_to,
)
from tests.support.processes import ELECTION


def publishing() -> Play:
    """An item in a step whose plan stands in public for three working days; the step began on Monday 2 March 2026."""
    play = play_to("working", process=PUBLISHING)
    play.publishes = False
    return play


def refusal(play: Play, kind: K, *when: Any, **fields: Any) -> RuleViolation:
    events = list(play.events)
    with pytest.raises(RuleViolation) as refused:
        play.do(kind, *when, **fields)
    assert play.events == events, "a refusal changes nothing"
    return refused.value


def test_nothing_is_submitted_before_it_was_published_and_has_stood_so_long() -> None:
    play = publishing()
    refused = refusal(play, K.SUBMIT)
    assert (refused.code, "整改方案，向社会公示不少于 3 个工作日" in str(refused)) == (Code.NOT_PUBLISHED, True)
    (event,) = play.do(K.PUBLISH, "2026-03-03", reference="青公示〔2026〕1号")
    assert isinstance(event.fact, Published)
    assert (event.fact.until.date.isoformat(), event.fact.place) == ("2026-03-06", "公开栏")
    assert tell(event.fact, {}) == (
        "向社会公示整改方案，2026年3月3日起在公开栏（青公示〔2026〕1号），至2026年3月6日期满"
    )
    assert any("3 个工作日" in line for line in explain(event.fact.until))
    refused = refusal(play, K.SUBMIT, "2026-03-06")
    assert (refused.code, "2026-03-06 17:30" in str(refused)) == (Code.PUBLICITY_LASTS, True)
    play.do(K.SUBMIT, event.fact.until.at)
    assert (play.state.step, play.state.publicity) == ("plan_review", None)


def test_it_is_said_when_it_was_put_up_between_the_steps_beginning_and_today() -> None:
    play = publishing()
    for day in ("2026-03-01", "2026-03-05"):
        refused = refusal(play, K.PUBLISH, "2026-03-04", on=play.now.date().fromisoformat(day))
        assert (refused.code, "2026-03-02 至今天 2026-03-04" in str(refused)) == (Code.FIELD_INVALID, True)
    (event,) = play.do(K.PUBLISH, "2026-03-04", on=play.now.date().fromisoformat("2026-03-02"))
    assert isinstance(event.fact, Published)
    assert event.fact.until.date.isoformat() == "2026-03-05"


def test_at_a_further_place_it_stands_as_long_and_none_makes_the_first_shorter() -> None:
    play = publishing()
    play.do(K.PUBLISH, "2026-03-04")
    until = play.state.publicity
    play.do(K.PUBLISH, on=(play.now - timedelta(days=2)).date(), place="内网")
    assert play.state.publicity == until
    play.do(K.PUBLISH, "2026-03-05", place="报纸")
    assert play.state.publicity
    assert play.state.publicity.date.isoformat() == "2026-03-10"


def test_each_objection_is_answered_before_anything_is_submitted() -> None:
    play = publishing()
    assert refusal(play, K.OBJECT).code is Code.WRONG_STEP
    play.do(K.PUBLISH)
    for by in (SUPERVISOR, LIAISON, INSTRUCTOR):
        play.do(K.OBJECT, by=by)
    for other in (LEADER, HELPER):
        assert refusal(play, K.OBJECT, by=other).code in (Code.WRONG_ROLE, Code.WRONG_UNIT)
    assert play.state.publicity
    for left in (3, 2, 1):
        refused = refusal(play, K.SUBMIT, play.state.publicity.at)
        assert (refused.code, f"还有 {left} 件" in str(refused)) == (Code.OBJECTION_OPEN, True)
        *_, event = play.do(K.ANSWER_OBJECTION)
        assert isinstance(event.fact, ObjectionAnswered)
        assert event.fact.entry == 7 - left, "the one that has waited longest"
    assert refusal(play, K.ANSWER_OBJECTION).code is Code.OBJECTION_NONE
    play.do(K.SUBMIT)
    assert refusal(play, K.APPROVE, by=play.command(K.APPROVE, LIAISON).actor).code is Code.WRONG_ROLE


def test_an_objection_is_recorded_while_the_clocks_stand_still_and_what_was_published_goes_on_standing() -> None:
    play = publishing()
    play.do(K.PUBLISH, "2026-03-03")
    until = play.state.publicity
    play.do(K.PAUSE, to=play.calendar.add(play.now.date(), 9))
    assert refusal(play, K.PUBLISH).code is Code.PAUSED
    play.do(K.OBJECT, "2026-03-04")
    play.do(K.RESUME, "2026-03-11")
    assert play.state.publicity == until


def test_by_another_calendar_it_stands_as_many_working_days() -> None:
    play = publishing()
    play.do(K.PUBLISH, "2026-03-05")
    assert play.state.publicity
    assert play.state.publicity.date.isoformat() == "2026-03-10"
    (event,) = play.do(K.RECALCULATE, calendar=CORRECTED)
    assert play.state.publicity.date.isoformat() == "2026-03-12", "9 and 10 March are days off now"
    assert "公示期满日由2026年3月10日改为2026年3月12日" in tell(event.fact, {})


def test_what_is_returned_is_published_anew() -> None:
    play = publishing()
    play.do(K.PUBLISH)
    play.do(K.OBJECT)
    play.do(K.ANSWER_OBJECTION)
    assert play.state.publicity
    play.do(K.SUBMIT, play.state.publicity.at)
    play.do(K.RETURN)
    assert play.state.step == "plan"
    assert refusal(play, K.SUBMIT).code is Code.NOT_PUBLISHED


def test_a_step_that_publishes_nothing_takes_none_of_it() -> None:
    play = play_to("executing")
    for kind in (K.PUBLISH, K.OBJECT):
        assert refusal(play, kind).code is Code.WRONG_STEP


def test_an_election_publishes_its_candidates_and_its_result_and_anew_after_a_return() -> None:
    play = Play(
        process=ELECTION.resolve("organ", "direct"),
        unit=UnitRef(id="u1", name="县档案馆", kind="organ", area="a1"),
        co_units=(),
    )
    moves = [K.SUBMIT] * 4 + [K.RETURN] + [K.SUBMIT, K.APPROVE, K.SUBMIT, K.APPROVE, K.SUBMIT]
    for kind in moves:
        play.do(kind)
    assert [event.fact.what for event in play.events if isinstance(event.fact, Published)] == [
        "候选人预备人选",
        "候选人预备人选",
        "选举结果",
    ]
    assert (play.state.status, play.state.outcome) == ("closed", "approved")
