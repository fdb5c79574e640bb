"""What leads out of a step: an item that nobody signs, a step that ends it, a return to a step that is named."""

from typing import Any

import pytest

from rules.errors import Code, RuleViolation
from rules.machine.commands import Assignment, Status, UnitRef
from rules.machine.facts import Completed, Returned
from rules.telling.story import tell
from tests.support.factories import OTHER_UNIT, K, Play
from tests.support.processes import CHECKIN, ELECTION

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
