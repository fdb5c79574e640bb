"""What leads out of a step and whose move it is: no signature, an end, a named return, a superior, an area, a panel."""

from dataclasses import replace
from typing import Any

import pytest

from rules.errors import Code, RuleViolation
from rules.machine.commands import Assignment, EntryRef, Status, UnitRef
from rules.machine.facts import Completed, CorrectionAsked, Returned
from rules.process import Role
from rules.telling.story import tell
from tests.support.factories import (
    AREA_LEADER,
    CALENDAR,
    HEAD,
    INSTRUCTOR,
    LEADER,
    LIAISON,
    OTHER_UNIT,
    SUPERVISOR,
    K,
    Play,
)
from tests.support.processes import APPRAISAL, CALL, CHECKIN, ELECTION

UNIT = UnitRef(id="u1", name="县档案馆", kind="organ", area="a1")


def checkin() -> Play:
    return Play(process=CHECKIN.resolve("organ", "report"), unit=UNIT, co_units=())


def election() -> Play:
    return Play(process=ELECTION.resolve("organ", "direct"), unit=UNIT, co_units=())


def refusal(play: Play, kind: K, **fields: Any) -> RuleViolation:
    with pytest.raises(RuleViolation) as refused:
        play.do(kind, **fields)
    return refused.value


def test_what_nobody_signs_begins_with_its_first_step() -> None:
    play = checkin()
    assert (play.state.status, play.state.step) == (Status.WORKING, "fill")
    assert play.state.clocks[0].due.date.isoformat() == "2026-03-12", "eight working days"
    assert tell(play.facts[0], {}) == "交办给县档案馆，填报环节，3月12日到期"
    assert refusal(play, K.SIGN).code is Code.WRONG_STATUS
    assert refusal(play, K.DECLINE).code is Code.WRONG_STATUS


def test_given_to_another_unit_it_begins_there_with_its_first_step() -> None:
    play = checkin()
    other = CHECKIN.resolve("organ", "report")
    play.do(K.REASSIGN, "2026-03-09", assignment=Assignment(unit=OTHER_UNIT, process=other))
    assert (play.state.status, play.state.unit.id) == (Status.WORKING, "u2")
    assert play.state.clocks[0].due.date.isoformat() == "2026-03-19"


def test_a_step_of_the_unit_ends_the_item_and_it_can_begin_again() -> None:
    play = checkin()
    (event,) = play.do(K.SUBMIT, "2026-03-05", text="本月三会一课已开")
    assert isinstance(event.fact, Completed)
    assert (event.fact.outcome, event.fact.text, event.fact.form) == ("taken", "本月三会一课已开", "month")
    assert ("moved", "yes") in event.fact.answers
    assert (play.state.status, play.state.outcome, play.alarm) == (Status.CLOSED, "taken", None)
    assert refusal(play, K.WATCH).code is Code.WATCH_NOT_TAKEN
    play.do(K.REOPEN, "2026-03-06")
    assert (play.state.status, play.state.step) == (Status.WORKING, "fill")


def test_an_election_is_returned_from_step_four_to_two_and_from_six_to_three_and_ends() -> None:
    play = election()
    for _ in range(4):
        play.do(K.SUBMIT)
    play.do(K.RETURN, step="appraisal")
    assert play.state.step == "appraisal"
    for kind in (K.SUBMIT, K.SUBMIT, K.SUBMIT, K.APPROVE, K.SUBMIT):
        play.do(kind)
    assert play.state.step == "result"
    play.do(K.RETURN, step="recommend")
    for kind in (K.SUBMIT, K.SUBMIT, K.APPROVE, K.SUBMIT, K.APPROVE):
        play.do(kind)
    assert play.state.step == "announce"
    play.do(K.SUBMIT)
    assert (play.state.status, play.state.outcome) == (Status.CLOSED, "approved")


def test_without_a_name_a_return_leads_to_the_first_step_and_to_no_other_than_those_listed() -> None:
    play = election()
    for _ in range(4):
        play.do(K.SUBMIT)
    refused = refusal(play, K.RETURN, step="publicity")
    assert refused.code is Code.FIELD_INVALID
    assert "shortlist（候选人预备人选报批）" in str(refused)
    (event,) = play.do(K.RETURN)
    assert isinstance(event.fact, Returned)
    assert event.fact.turn.step == "shortlist"


def test_an_election_is_approved_by_whoever_stands_above_the_unit_and_by_nobody_else() -> None:
    play = election()
    for _ in range(4):
        play.do(K.SUBMIT)
    refused = refusal(play, K.APPROVE, by=SUPERVISOR)
    assert (refused.code, "上级单位负责人" in str(refused)) == (Code.WRONG_ROLE, True)
    head = replace(HEAD, id="shang", unit="u0")
    assert refusal(play, K.APPROVE, by=head).code is Code.WRONG_UNIT
    (event,) = play.do(K.APPROVE, by=replace(head, over=("u1",)))
    assert (event.fact.by, event.actor.over) == (K.APPROVE, ()), "no entry holds what the caller found"


def test_a_visit_is_the_areas_done_by_its_instructor_and_ends_with_the_report() -> None:
    area = UnitRef(id="a1", name="第一片组", kind="area", area="a1")
    play = Play(process=CALL.resolve("area", "month"), unit=area, co_units=())
    for other in (LIAISON, SUPERVISOR, AREA_LEADER):
        assert refusal(play, K.SUBMIT, by=other).code is Code.WRONG_ROLE
    assert refusal(play, K.SUBMIT, by=replace(INSTRUCTOR, area="a2")).code is Code.WRONG_AREA
    play.do(K.ASK_EXTENSION, by=INSTRUCTOR, to=CALENDAR.add(play.state.clocks[0].due.date, 1))
    play.do(K.DECIDE_EXTENSION, by=SUPERVISOR)
    own = replace(SUPERVISOR, id=INSTRUCTOR.id)
    assert refusal(play, K.ANNUL, by=own).code is Code.OWN_MATTER, "whoever worked on it judges nothing of it"
    (event,) = play.do(K.SUBMIT, by=INSTRUCTOR)
    assert (event.kind, play.state.status) == ("completed", Status.CLOSED)


def test_the_areas_instructor_speaks_for_what_was_done_over_areas() -> None:
    area = UnitRef(id="a1", name="第一片组", kind="area", area="a1")
    play = Play(process=CALL.resolve("area", "month"), unit=area, co_units=())
    play.do(K.REPORT, by=INSTRUCTOR)
    assert refusal(play, K.CORRECT, by=INSTRUCTOR, entry=EntryRef(seq=1, kind="issued", role=Role.SUPERVISOR)).code is (
        Code.ENTRY_NOT_OWN
    )
    (event,) = play.do(K.CORRECT, by=INSTRUCTOR, entry=EntryRef(seq=2, kind="reported", role=Role.INSTRUCTOR))
    assert isinstance(event.fact, CorrectionAsked)
    assert event.fact.decider is Role.SUPERVISOR


def appraisal(until: str) -> Play:
    play = Play(process=APPRAISAL.resolve("organ", "year"), unit=UNIT, co_units=())
    for kind in (K.SIGN, K.SUBMIT, K.APPROVE, K.APPROVE, K.SUBMIT):
        if play.state.step != until:
            play.do(kind)
    return play


def test_a_panel_agrees_one_by_one_and_the_last_one_decides() -> None:
    play = appraisal("verdict")
    assert refusal(play, K.CLOSE, by=SUPERVISOR, outcome="good").code is Code.NOT_ENDORSED
    (event,) = play.do(K.APPROVE, by=LEADER, text="属实")
    assert tell(event.fact, {}) == "分管领导同意：属实，还须 1 方同意"
    assert (play.state.step, len(play.state.clocks)) == ("verdict", 1), "one clock, and it runs on"
    refused = refusal(play, K.APPROVE, by=replace(LEADER, id="fen2"))
    assert (refused.code, "还没有答复的是督查员" in str(refused)) == (Code.ANSWERED, True)
    both = replace(SUPERVISOR, id=LEADER.id)
    assert refusal(play, K.CLOSE, by=both, outcome="good").code is Code.ANSWERED, "one person, two posts"
    assert refusal(play, K.APPROVE, by=SUPERVISOR).code is Code.WRONG_STEP, "the last one says which outcome"
    (event,) = play.do(K.CLOSE, by=SUPERVISOR, answers=(), outcome="good")
    assert (event.kind, play.state.status, play.state.endorsed) == ("closed", Status.CLOSED, ())


def test_one_return_ends_what_a_panel_has_agreed_on_and_they_begin_anew() -> None:
    play = appraisal("verdict")
    play.do(K.APPROVE, by=LEADER)
    play.do(K.RETURN, by=SUPERVISOR)
    assert (play.state.step, play.state.endorsed) == ("rectify", ())
    play.do(K.SUBMIT)
    assert play.do(K.APPROVE, by=SUPERVISOR)[0].kind == "endorsed"


def test_two_of_three_are_enough_in_whichever_order() -> None:
    play = appraisal("hearing")
    assert play.do(K.APPROVE, by=LEADER)[0].kind == "endorsed"
    assert play.do(K.APPROVE, by=AREA_LEADER)[0].kind == "approved"
    assert play.state.step == "rectify"


def test_nobody_judges_again_what_they_have_approved_themselves() -> None:
    """Two judgements one after the other, the second by another party."""
    process = APPRAISAL.resolve("organ", "year")
    second = replace(process.step("verdict"), posts=process.step("hearing").posts)
    hearing = replace(process.step("hearing"), approve_to="verdict")
    steps = tuple({"verdict": second, "hearing": hearing}.get(step.id, step) for step in process.steps)
    play = Play(process=replace(process, ref="two", steps=steps), unit=UNIT, co_units=())
    for kind in (K.SIGN, K.SUBMIT, K.APPROVE):
        play.do(kind)
    play.do(K.APPROVE, by=LEADER)
    assert play.state.step == "verdict"
    assert refusal(play, K.APPROVE, by=LEADER).code is Code.OWN_MATTER
    play.do(K.APPROVE, by=replace(LEADER, id="fen2"))
