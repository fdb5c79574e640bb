"""What single commands lead to: declining and moving, proposing, reporting, urging, verdicts, watching, reopening."""

from dataclasses import replace
from datetime import date

import pytest

from rules.errors import Code, RuleViolation
from rules.machine.commands import Assignment
from rules.machine.folding import fold
from tests.support.factories import LIAISON, OTHER_LIAISON, OTHER_PROCESS, PROCESS, UNIT, K, Play, minutes, play_to


def refused(play: Play, kind: K, when: str | None = None, **fields: object) -> Code:
    before = list(play.events)
    with pytest.raises(RuleViolation) as raised:
        play.do(kind, when, **fields)  # type: ignore[arg-type]
    assert play.events == before
    return raised.value.code


def due(play: Play) -> date:
    clock = play.state.clock
    assert clock is not None
    return clock.due.date


def test_a_declined_item_goes_to_another_kind_of_unit_with_its_windows_and_a_new_span() -> None:
    play = play_to("declined")
    assert due(play) == date(2026, 3, 4)
    play.do(K.REASSIGN, "2026-03-03")
    state = play.state
    assert (state.status, state.unit.id, state.process) == ("unsigned", "u2", OTHER_PROCESS.ref)
    assert due(play) == date(2026, 3, 5)
    assert state.clocks[0].due.trace.tier == "机关"
    assert state.cap is not None
    assert (state.cap.trace.start, state.cap.trace.amount) == (date(2026, 3, 3), 30)
    assert refused(play, K.SIGN, by=LIAISON) is Code.WRONG_UNIT
    play.do(K.SIGN, by=OTHER_LIAISON)
    assert play.state.status == "working"


def test_a_declined_item_may_go_back_to_the_unit_that_declined_it() -> None:
    play = play_to("declined")
    play.do(K.REASSIGN, assignment=Assignment(unit=UNIT, process=PROCESS))
    assert play.state.status == "unsigned"


def test_an_item_is_not_moved_to_the_unit_that_has_it() -> None:
    play = play_to("working")
    assert refused(play, K.REASSIGN, assignment=Assignment(unit=UNIT, process=PROCESS)) is Code.SAME_UNIT


def test_an_item_is_not_moved_with_the_process_of_another_kind_of_unit() -> None:
    play = play_to("working")
    assignment = Assignment(unit=replace(UNIT, id="u7"), process=OTHER_PROCESS)
    assert refused(play, K.REASSIGN, assignment=assignment) is Code.FIELD_INVALID


def test_a_deadline_that_has_passed_does_not_bind_the_unit_that_gets_the_item_after_it() -> None:
    play = Play("2026-03-02", deadline=date(2026, 3, 10))
    play.do(K.DECLINE)
    play.do(K.REASSIGN, "2026-03-16")
    play.do(K.SIGN, "2026-03-17", by=OTHER_LIAISON)
    assert due(play) == date(2026, 3, 24)
    assert play.state.deadline is None


def test_a_deadline_that_lies_ahead_goes_along() -> None:
    play = Play("2026-03-02", deadline=date(2026, 3, 20))
    play.do(K.DECLINE)
    play.do(K.REASSIGN, "2026-03-16")
    play.do(K.SIGN, "2026-03-17", by=OTHER_LIAISON)
    assert due(play) == date(2026, 3, 20)


def test_a_unit_proposes_its_execution_with_its_plan_and_gets_it_when_approved() -> None:
    play = play_to("working")
    play.do(K.SUBMIT, days=25)
    assert play.state.proposed == 25
    play.do(K.APPROVE, "2026-03-09")
    assert due(play) == play.calendar.add(date(2026, 3, 9), 25)
    assert play.state.proposed is None


def test_a_proposal_does_not_outlive_a_returned_plan() -> None:
    play = play_to("working")
    play.do(K.SUBMIT, days=25)
    play.do(K.RETURN)
    play.do(K.SUBMIT)
    play.do(K.APPROVE, "2026-03-09")
    assert due(play) == play.calendar.add(date(2026, 3, 9), 40)


@pytest.mark.parametrize("days", [9, 41, 0, -5])
def test_a_proposal_out_of_range_is_refused_when_the_plan_is_submitted(days: int) -> None:
    assert refused(play_to("working"), K.SUBMIT, days=days) is Code.WINDOW_OUT_OF_RANGE


def test_days_are_not_proposed_where_nothing_is_elastic() -> None:
    assert refused(play_to("executing"), K.SUBMIT, days=5) is Code.FIELD_NOT_TAKEN
    assert refused(play_to("unsigned"), K.SIGN, days=5) is Code.WINDOW_FIXED
    assert refused(play_to("reviewing"), K.RETURN, days=5) is Code.WINDOW_FIXED


def test_a_plan_needs_measures() -> None:
    assert refused(play_to("working"), K.SUBMIT, answers=()) is Code.ANSWERS_INVALID
    assert refused(play_to("working"), K.SUBMIT, answers=(("measures.1.what", " "),)) is Code.ANSWERS_INVALID
    assert refused(play_to("working"), K.SUBMIT, text="") is Code.FIELD_MISSING


def test_a_reviewer_may_set_the_days_of_an_elastic_correction() -> None:
    play = play_to("inspecting")
    play.do(K.RETURN, "2026-03-09", days=4)
    assert due(play) == date(2026, 3, 13)


def test_a_plan_is_not_closed_and_an_inspection_is_not_approved() -> None:
    assert refused(play_to("reviewing"), K.CLOSE) is Code.WRONG_STEP
    assert refused(play_to("inspecting"), K.APPROVE) is Code.WRONG_STEP


def test_urging_waits_for_its_cool_down_and_ends_at_its_cap() -> None:
    play = play_to("working")
    play.do(K.URGE, "2026-03-03")
    assert refused(play, K.URGE, "2026-03-03") is Code.URGE_TOO_SOON
    with pytest.raises(RuleViolation, match=r"03月03日 10:00 刚催办过，03月04日 10:00 之后"):
        play.do(K.URGE, play.now + minutes(24 * 60 - 1))
    play.do(K.URGE, "2026-03-04")
    play.do(K.URGE, "2026-03-05")
    assert refused(play, K.URGE, "2026-03-06") is Code.URGE_SPENT


def test_a_closed_item_is_watched_for_three_months_and_then_at_rest() -> None:
    play = play_to("watching")
    assert play.state.due is not None
    assert play.state.due.date == date(2026, 6, 2)
    play.do(K.WATCH, "2026-04-20")
    assert play.state.status == "watching"
    assert [e.kind for e in play.tick_until("2026-07-01")] == ["watch_ended"]
    assert (play.state.status, play.alarm, play.state.outcome) == ("closed", None, "rectified")


def test_an_outcome_that_needs_no_watch_closes_at_once() -> None:
    play = play_to("closed")
    assert (play.state.status, play.alarm, play.state.is_open) == ("closed", None, False)


def test_an_unknown_outcome_is_refused_with_the_known_ones() -> None:
    with pytest.raises(RuleViolation, match="rectified（已整改）") as raised:
        play_to("inspecting").do(K.CLOSE, outcome="perfect")
    assert raised.value.code is Code.OUTCOME_UNKNOWN


def test_continuing_starts_the_next_cycle_with_a_span_of_its_own() -> None:
    play = Play("2026-03-02", deadline=date(2026, 3, 27))
    for kind in (K.SIGN, K.SUBMIT, K.APPROVE, K.SUBMIT):
        play.do(kind)
    play.do(K.CLOSE, "2026-03-30", outcome="continuing")
    state = play.state
    assert (state.cycle, state.status, state.step, state.deadline) == (2, "working", "plan", None)
    assert state.cap is not None
    assert state.cap.trace.start == date(2026, 3, 30)
    assert due(play) == date(2026, 4, 7)


@pytest.mark.parametrize("place", ["watching", "closed"])
def test_a_relapse_reopens_with_a_new_cycle_and_keeps_the_late_stamps(place: str) -> None:
    play = play_to("executing")
    play.do(K.SUBMIT, "2026-06-01")
    play.do(K.CLOSE, outcome="rectified" if place == "watching" else "done")
    late = play.state.late_count
    assert late > 0
    play.do(K.WATCH, "2026-06-02", result="relapsed")
    play.do(K.REOPEN, "2026-06-03")
    state = play.state
    assert (state.cycle, state.reopened, state.status, state.outcome, state.watch) == (2, 1, "working", "", None)
    assert state.late_count == late
    assert state.clocks[0].no > 5


def test_a_command_from_a_clock_that_lags_does_not_go_back_in_time() -> None:
    play = play_to("working")
    before = play.state.at
    (event,) = play.do(K.REPORT, before - minutes(90))
    assert event.at == before


def test_a_command_after_the_watch_is_judged_on_the_closed_item() -> None:
    play = play_to("watching")
    assert refused(play, K.REMARK, "2026-06-03") is Code.WRONG_STATUS
    assert [e.kind for e in play.do(K.REOPEN, "2026-06-03")] == ["watch_ended", "reopened"]


def test_an_annulled_item_is_at_rest_for_ever() -> None:
    play = play_to("executing")
    play.do(K.ANNUL)
    assert (play.state.clocks, play.alarm) == ((), None)
    assert play.tick("2030-01-01") == []


def test_seen_holds_the_last_hundred_commands_each_once() -> None:
    play = play_to("working")
    for _ in range(120):
        play.do(K.REPORT)
    play.do(K.REMARK, "2026-04-20")
    seen = play.state.seen
    assert len(seen) == 100 == len(set(seen))
    assert seen[-1] == play.events[-1].command
    assert fold(play.events) == play.state
