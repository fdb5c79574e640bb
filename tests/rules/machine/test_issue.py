"""Issuing: what an item needs to begin, and what its first dates are."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from rules.errors import Code, RuleViolation
from rules.machine.facts import Subject
from rules.machine.issuing import CO_UNITS_LIMIT, SUBJECT_LIMIT
from tests.support.factories import OTHER_UNIT, SUBJECT, K, Play, at


def refusal(**start: object) -> RuleViolation:
    with pytest.raises(RuleViolation) as refused:
        Play(**start)  # type: ignore[arg-type]
    return refused.value


def test_an_issued_item_waits_for_its_unit_to_sign() -> None:
    state = Play("2026-03-02").state
    assert (state.status, state.seq, state.cycle, state.late_count) == ("unsigned", 1, 1, 0)
    assert state.clock is not None
    assert state.clock.due.date == date(2026, 3, 5)
    assert state.clock.due.at == at("2026-03-05", "17:30")
    assert state.cap is not None
    assert state.cap.trace.amount == 100


def test_a_finding_is_needed() -> None:
    assert refusal(subject=replace(SUBJECT, finding=" \n")).code is Code.FIELD_MISSING


@pytest.mark.parametrize("field", ["finding", "goal", "source", "basis", "category", "leader", "person"])
def test_what_the_item_is_about_is_bounded_and_printable(field: str) -> None:
    def about(text: str) -> Subject:
        changes: dict[str, Any] = {field: text}
        return replace(SUBJECT, **changes)

    assert refusal(subject=about("长" * (SUBJECT_LIMIT + 1))).code is Code.FIELD_TOO_LONG
    assert refusal(subject=about("一\x07")).code is Code.CONTROL_CHARACTERS


def test_measures_and_co_units_are_bounded() -> None:
    assert refusal(subject=replace(SUBJECT, measures=("改",) * 51)).code is Code.FIELD_TOO_LONG
    assert refusal(subject=replace(SUBJECT, measures=("改" * 2001,))).code is Code.FIELD_TOO_LONG
    assert refusal(subject=replace(SUBJECT, measures=("",))).code is Code.FIELD_INVALID
    assert refusal(co_units=("u",) * (CO_UNITS_LIMIT + 1)).code is Code.FIELD_TOO_LONG


def test_a_deadline_before_today_is_refused_today_itself_is_not() -> None:
    assert refusal(now="2026-03-02", deadline=date(2026, 3, 1)).code is Code.DATE_IN_PAST
    assert Play("2026-03-02", deadline=date(2026, 3, 2)).state.deadline == date(2026, 3, 2)


def test_a_deadline_beyond_the_calendar_is_refused_at_issue_not_when_the_unit_signs() -> None:
    assert refusal(deadline=date(2099, 12, 31)).code is Code.DATE_OUT_OF_CALENDAR


def test_a_unit_is_refused_with_the_process_of_another_kind() -> None:
    assert refusal(unit=OTHER_UNIT).code is Code.FIELD_INVALID


def test_a_deadline_cuts_the_time_to_sign_and_to_plan_and_is_the_date_of_the_execution() -> None:
    play = Play("2026-03-02", deadline=date(2026, 3, 20))
    assert play.state.clocks[0].due.date == date(2026, 3, 5)
    play.do(K.SIGN, "2026-03-05")
    assert play.state.clocks[0].due.date == date(2026, 3, 12)
    play.do(K.SUBMIT, "2026-03-12")
    play.do(K.RETURN, "2026-03-16")
    assert play.state.clocks[0].due.date == date(2026, 3, 20)
    assert play.state.clocks[0].due.trace.cap_rule == "交办时限"
    play.do(K.SUBMIT, "2026-03-17")
    play.do(K.APPROVE, "2026-03-17")
    assert play.state.clocks[0].due.date == date(2026, 3, 20)
    assert play.state.clocks[0].due.trace.given_by == "交办时限"


def test_a_deadline_does_not_cut_the_correction_after_the_inspection() -> None:
    play = Play("2026-03-02", deadline=date(2026, 3, 20))
    for kind in (K.SIGN, K.SUBMIT, K.APPROVE):
        play.do(kind)
    play.do(K.SUBMIT, "2026-03-19")
    play.do(K.RETURN, "2026-03-19")
    assert play.state.clocks[0].due.date == date(2026, 3, 31)


def test_a_deadline_on_a_sunday_is_kept_on_the_monday_in_every_step() -> None:
    play = Play("2026-03-09", deadline=date(2026, 3, 15))
    play.do(K.SIGN, "2026-03-10")
    assert play.state.clocks[0].due.date == date(2026, 3, 16)
    play.do(K.SUBMIT, "2026-03-10")
    play.do(K.APPROVE, "2026-03-10")
    assert play.state.clocks[0].due.date == date(2026, 3, 16)


def test_a_deadline_past_the_whole_items_span_is_cut_by_it() -> None:
    play = Play("2026-03-02", deadline=date(2026, 12, 31))
    for kind in (K.SIGN, K.SUBMIT, K.APPROVE):
        play.do(kind)
    cap = play.state.cap
    assert cap is not None
    assert play.state.clocks[0].due.date == cap.date
    assert play.state.clocks[0].due.trace.cap_rule == "事项总时限"
