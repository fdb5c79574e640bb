"""Forms, conditions and waits in play: what is answered decides where an item goes, and nobody else does."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from rules.errors import Code, RuleViolation
from rules.forms.answers import Pairs, read
from rules.machine.commands import Status, UnitRef
from rules.machine.facts import CycleStarted, Submitted
from rules.machine.timed import WaitEnded
from rules.process import Wait
from rules.telling.story import tell
from tests.support.factories import CORRECTED, K, Play
from tests.support.processes import ELECTION, UPGRADE

UNIT = UnitRef(id="u1", name="县档案馆", kind="organ", area="a1")


def answers(play: Play, **written: Any) -> Pairs:
    """What was written, read by the form of the step; tables as lists of rows."""
    flat: dict[str, str] = {}
    for name, value in written.items():
        for row, cells in enumerate(value, 1) if isinstance(value, list) else ():
            flat |= {f"{name}.{row}.{column}": text for column, text in cells.items()}
        if not isinstance(value, list):
            flat[name] = value
    form = play.process.form(play.process.step(play.state.step).form)
    assert form is not None
    return read(form, flat)


def refusal(play: Play, kind: K, **fields: Any) -> RuleViolation:
    events = list(play.events)
    with pytest.raises(RuleViolation) as refused:
        play.do(kind, **fields)
    assert play.events == events, "a refusal changes nothing"
    return refused.value


def at_the_ballot(voters: str = "50", seats: str = "2") -> Play:
    play = Play(process=ELECTION.resolve("organ", "direct"), unit=UNIT, co_units=())
    play.do(K.SUBMIT, answers=answers(play, scope="会议", voters=voters, seats=seats))
    for _ in range(2):
        play.do(K.SUBMIT)
    names = [{"who": name} for name in "甲乙丙"]
    play.do(K.SUBMIT, answers=answers(play, people=names))
    play.do(K.APPROVE)
    return play


def ballot(play: Play, present: str, *yes: str, valid: str = "") -> Pairs:
    votes = [{"who": f"候选人{n}", "yes": votes} for n, votes in enumerate(yes, 1)]
    return answers(play, present=present, valid=valid or present, votes=votes, sheet="0" * 64)


def test_a_check_refuses_with_its_sentence_and_the_figures() -> None:
    play = at_the_ballot()
    refused = refusal(play, K.SUBMIT, answers=ballot(play, "39", "30", "25"))
    assert refused.code is Code.ANSWERS_CONTRADICT
    assert "不足应到会的五分之四" in str(refused)
    assert "39" in str(refused)
    assert "50" in str(refused)
    assert "有效票多于到会人数" in str(refusal(play, K.SUBMIT, answers=ballot(play, "45", "40", "30", valid="46")))


def test_too_few_candidates_for_the_seats_are_refused_by_how_many_rows_were_filled_in() -> None:
    play = Play(process=ELECTION.resolve("organ", "direct"), unit=UNIT, co_units=())
    play.do(K.SUBMIT, answers=answers(play, scope="会议", voters="50", seats="5"))
    for _ in range(2):
        play.do(K.SUBMIT)
    play.publish()
    names = [{"who": f"候选人{n}"} for n in range(5)]
    assert "差额不足" in str(refusal(play, K.SUBMIT, answers=answers(play, people=names)))
    play.do(K.SUBMIT, answers=answers(play, people=[*names, {"who": "候选人5"}]))
    assert play.state.step == "shortlist_approval"


def test_what_nobody_fills_in_is_reckoned_and_says_where_it_goes() -> None:
    play = at_the_ballot()
    (event,) = play.do(K.SUBMIT, answers=ballot(play, "45", "40", "30"))
    assert isinstance(event.fact, Submitted)
    assert ("elected", "2") in event.fact.answers
    assert (event.fact.turn.step, event.fact.way) == ("result", "")


def test_a_way_may_be_taken_so_often_in_a_cycle_and_a_new_cycle_counts_anew() -> None:
    play = at_the_ballot()
    for _ in range(2):
        (event,) = play.do(K.SUBMIT, answers=ballot(play, "45", "40", "20"))
        assert isinstance(event.fact, Submitted)
        assert (event.fact.turn.step, event.fact.counted) == ("elect", "elect.2")
        assert "不足的名额另行选举" in tell(event.fact, {})
    (event,) = play.do(K.SUBMIT, answers=ballot(play, "45", "40", "20"))
    assert isinstance(event.fact, Submitted)
    assert (event.fact.turn.step, event.fact.way) == ("result", "名额仍不足，按实际当选报批")
    play.do(K.APPROVE)
    play.do(K.SUBMIT)
    assert play.state.status is Status.CLOSED
    play.do(K.REOPEN)
    assert play.state.counted == ()


def at_the_check(process_kind: str = "organ") -> Play:
    play = Play(process=UPGRADE.resolve(process_kind, "pdca"), unit=UNIT, co_units=())
    play.do(K.SIGN)
    to_the_check(play)
    return play


def to_the_check(play: Play) -> None:
    plan = answers(
        play,
        problem="支部规范化得分低",
        measure="测评得分",
        before="61.5",
        target="80.0",
        shown="2026-03-20",
        milestones=[{"what": "补齐制度"}],
    )
    play.do(K.SUBMIT, answers=plan)
    play.do(K.APPROVE)
    play.do(K.SUBMIT)
    play.tick_at_alarm()


def test_everybody_waits_for_a_day_that_was_answered_and_goes_on_by_itself() -> None:
    play = Play(process=UPGRADE.resolve("organ", "pdca"), unit=UNIT, co_units=())
    play.do(K.SIGN)
    plan = answers(
        play, problem="一", measure="二", before="1", target="2", shown="2026-03-20", milestones=[{"what": "三"}]
    )
    play.do(K.SUBMIT, answers=plan)
    play.do(K.APPROVE)
    (event,) = play.do(K.SUBMIT)
    assert "公示，等到3月20日" in tell(event.fact, {})
    assert play.state.status is Status.WAITING
    assert refusal(play, K.SUBMIT).code is Code.WRONG_STATUS
    assert play.alarm is not None
    assert play.alarm.astimezone().date().isoformat() == "2026-03-20"
    (ended,) = play.tick_at_alarm()
    assert isinstance(ended.fact, WaitEnded)
    assert ended.at == play.now
    assert (play.state.status, play.state.step) == (Status.REVIEWING, "check")


def test_what_nobody_signs_may_begin_with_a_step_in_which_everybody_waits() -> None:
    process = UPGRADE.resolve("organ", "pdca")
    waits = replace(process.step("shown"), waits=Wait(then="plan"))
    steps = (waits, *(step for step in process.steps if step.id != "shown"))
    play = Play(
        process=replace(process, ref="waits first", sign=None, declined=None, steps=steps), unit=UNIT, co_units=()
    )
    assert play.state.status is Status.WAITING
    assert refusal(play, K.SUBMIT).code is Code.WRONG_STATUS
    play.tick_at_alarm()
    assert (play.state.status, play.state.step) == (Status.WORKING, "plan")


def test_a_day_that_was_answered_holds_nobody_longer_than_the_step_allows() -> None:
    play = Play(process=UPGRADE.resolve("organ", "pdca"), unit=UNIT, co_units=())
    play.do(K.SIGN)
    plan = answers(
        play, problem="一", measure="二", before="1", target="2", shown="2999-01-01", milestones=[{"what": "三"}]
    )
    play.do(K.SUBMIT, answers=plan)
    play.do(K.APPROVE)
    play.do(K.SUBMIT)
    assert play.state.clocks[0].due.date.isoformat() == "2026-03-30", "twenty working days"
    play.do(K.PAUSE, to=date(2026, 3, 6))
    play.do(K.RESUME, "2026-03-05")
    assert play.state.clocks[0].due.date.isoformat() == "2026-04-02", "and the three on which everything stood still"
    play.do(K.RECALCULATE, calendar=CORRECTED)
    assert play.state.clocks[0].due.date.isoformat() == "2026-04-07", "two days off more, and Tomb-Sweeping Day"


def test_the_figures_bear_the_verdict_or_it_is_refused_with_both() -> None:
    play = at_the_check()
    measured = answers(play, after="72.5", how="县里测评")
    refused = refusal(play, K.CLOSE, outcome="reached", answers=measured)
    assert refused.code is Code.OUTCOME_CONTRADICTED
    assert "实施后 72.5" in str(refused)
    assert "目标 80.0" in str(refused)
    assert refusal(play, K.CLOSE, outcome="stopped", answers=measured).code is Code.FIELD_MISSING
    (event,) = play.do(K.CLOSE, outcome="again", answers=measured)
    assert isinstance(event.fact, CycleStarted)
    assert (play.state.step, play.state.cycle) == ("adjust", 2)


def test_after_the_last_cycle_only_an_end_can_be_said_and_the_span_holds_over_all() -> None:
    play = at_the_check()
    span = play.state.span
    assert span is not None
    for _ in range(2):
        play.do(K.CLOSE, outcome="again", answers=answers(play, after="70", how="测评"))
        assert play.state.span == span
        assert play.state.cap is not None
        assert play.state.cap.date <= span.date
        play.do(K.SUBMIT)
        to_the_check(play)
    refused = refusal(play, K.CLOSE, outcome="again", answers=answers(play, after="70", how="测评"))
    assert refused.code is Code.CYCLES_SPENT
    assert "达到目标、终止" in str(refused)
    play.do(K.CLOSE, outcome="stopped", text="条件变了", answers=answers(play, after="70", how="测评"))
    assert play.state.status is Status.CLOSED


def test_the_state_keeps_what_later_conditions_name_and_nothing_else() -> None:
    play = at_the_check()
    assert set(play.state.answers) == {("plan.target", "80.0"), ("plan.shown", "2026-03-20")}


@pytest.mark.parametrize(
    ("written", "at", "expected"),
    [
        ("abc", "before", "1 位小数"),
        ("1e400", "before", "1 位小数"),
        ("NaN", "before", "1 位小数"),
        ("７２．５", "before", "半角"),
        ("72.55", "before", "1 位小数"),
        ("=1+1", "before", "1 位小数"),
        ("9" * 13, "before", "1 位小数"),
        ("2026-02-30", "shown", "日期"),
    ],
)
def test_a_wrong_answer_is_refused_by_its_field_and_nothing_is_stored(written: str, at: str, expected: str) -> None:
    play = Play(process=UPGRADE.resolve("organ", "pdca"), unit=UNIT, co_units=())
    play.do(K.SIGN)
    good = answers(
        play, problem="一", measure="二", before="1", target="2", shown="2026-03-20", milestones=[{"what": "三"}]
    )
    wrong = tuple((pair[0], written if pair[0] == at else pair[1]) for pair in good)
    refused = refusal(play, K.SUBMIT, answers=wrong)
    assert refused.code is Code.ANSWERS_INVALID
    assert expected in str(refused)
    label = {"before": "实施前", "shown": "公示到"}[at]
    assert label in str(refused)
