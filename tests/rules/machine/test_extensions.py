"""Extensions: asked before due, bounded by times, half the window and the cap, answered within a window."""

from dataclasses import replace
from datetime import date

import pytest

from rules.dates.explain import long_day
from rules.errors import Code, RuleViolation
from rules.machine.item import decide
from rules.machine.limits import room
from rules.machine.turns import cut_deadline, deadline_words
from rules.process import ClockKind, ExtensionRule, Role, Window
from rules.telling.standing import StateWords, features
from rules.telling.story import tell
from tests.support.factories import LEADER, PROCESS, SUPERVISOR, K, Play, at, play_to

ROOMY = replace(PROCESS, cap=None)


def executing(**start: object) -> Play:
    """In a step of 40 working days, from 2 March to 28 April 2026."""
    play = play_to("executing", process=ROOMY, **start)
    assert due(play) == date(2026, 4, 28)
    return play


def due(play: Play) -> date:
    clock = play.state.clock
    assert clock is not None
    return clock.due.date


def later(play: Play, days: int) -> date:
    return play.calendar.add(due(play), days)


def refused(play: Play, kind: K, when: str | None = None, **fields: object) -> Code:
    before = list(play.events)
    with pytest.raises(RuleViolation) as raised:
        play.do(kind, when, **fields)  # type: ignore[arg-type]
    assert play.events == before
    return raised.value.code


def test_a_granted_extension_moves_the_date_and_says_who_moved_it() -> None:
    play = executing()
    play.do(K.ASK_EXTENSION, "2026-04-20", to=later(play, 5))
    assert play.state.extension is not None
    play.do(K.DECIDE_EXTENSION, "2026-04-21", SUPERVISOR)
    state = play.state
    assert due(play) == date(2026, 5, 8)
    assert state.clocks[0].due.trace.given_by == "延期批复"
    assert (state.extension, state.extensions, state.extended_days, state.window_days) == (None, 1, 5, 40)
    assert any(c.kind is ClockKind.REPORTING for c in state.clocks)


def test_a_refused_extension_leaves_the_date() -> None:
    play = executing()
    play.do(K.ASK_EXTENSION, to=later(play, 5))
    play.do(K.DECIDE_EXTENSION, by=SUPERVISOR, grant=False, reason="时间够用")
    assert due(play) == date(2026, 4, 28)
    assert (play.state.extension, play.state.extensions) == (None, 0)
    assert all(c.kind is not ClockKind.EXTENSION for c in play.state.clocks)


def test_a_new_date_on_a_day_off_is_asked_for_as_the_next_working_day() -> None:
    play = executing()
    play.do(K.ASK_EXTENSION, to=date(2026, 5, 1))
    assert play.state.extension is not None
    assert play.state.extension.to == date(2026, 5, 6)
    assert play.state.extension.days == 3


def test_an_extension_is_asked_for_up_to_the_minute_of_the_due_date() -> None:
    play = executing()
    play.do(K.REPORT, "2026-04-01")
    play.do(K.ASK_EXTENSION, at("2026-04-28", "17:29"), to=later(play, 1))
    assert play.state.late_count == 0
    assert refused(executing(), K.ASK_EXTENSION, "2026-04-29", to=date(2026, 5, 8)) is Code.EXTENSION_AFTER_DUE
    with pytest.raises(RuleViolation, match="已过到期日 2026-04-28"):
        executing().do(K.ASK_EXTENSION, at("2026-04-28", "17:30"), to=date(2026, 5, 8))


def test_a_second_extension_waits_for_the_first_ones_answer() -> None:
    play = executing()
    play.do(K.ASK_EXTENSION, to=later(play, 1))
    assert refused(play, K.ASK_EXTENSION, to=later(play, 2)) is Code.EXTENSION_PENDING


def test_there_are_two_extensions_a_turn_and_not_three() -> None:
    play = executing()
    for _ in range(2):
        play.do(K.ASK_EXTENSION, to=later(play, 1))
        play.do(K.DECIDE_EXTENSION, by=SUPERVISOR)
    assert refused(play, K.ASK_EXTENSION, to=later(play, 1)) is Code.EXTENSION_SPENT


def test_a_refused_extension_does_not_count_as_one() -> None:
    play = executing()
    for _ in range(3):
        play.do(K.ASK_EXTENSION, to=later(play, 1))
        play.do(K.DECIDE_EXTENSION, by=SUPERVISOR, grant=False, reason="时间够用")
    play.do(K.ASK_EXTENSION, to=later(play, 1))


def test_all_extensions_together_are_at_most_half_the_first_window() -> None:
    play = executing()
    assert refused(play, K.ASK_EXTENSION, to=later(play, 21)) is Code.EXTENSION_TOO_LONG
    play.do(K.ASK_EXTENSION, to=later(play, 15))
    play.do(K.DECIDE_EXTENSION, by=LEADER)
    with pytest.raises(RuleViolation, match="最多再延 5 个工作日，申请了 6 个"):
        play.do(K.ASK_EXTENSION, to=later(play, 6))
    play.do(K.ASK_EXTENSION, to=later(play, 5))


def test_half_the_window_is_half_of_what_was_given_not_of_what_the_step_could_have() -> None:
    play = play_to("executing", process=ROOMY, deadline=date(2026, 3, 16))  # ten working days of forty
    assert play.state.window_days == 10
    assert refused(play, K.ASK_EXTENSION, to=later(play, 6)) is Code.EXTENSION_TOO_LONG
    play.do(K.ASK_EXTENSION, to=later(play, 5))


@pytest.mark.parametrize("to", [date(2026, 4, 28), date(2026, 4, 1)])
def test_the_new_date_lies_after_the_old_one(to: date) -> None:
    assert refused(executing(), K.ASK_EXTENSION, to=to) is Code.DATE_NOT_LATER


def test_a_new_date_in_the_past_is_refused_as_such() -> None:
    assert refused(executing(), K.ASK_EXTENSION, to=date(2026, 3, 1)) is Code.DATE_IN_PAST


@pytest.mark.parametrize("to", [date(2035, 1, 2), date(9999, 12, 31)])
def test_a_date_beyond_the_calendar_is_refused(to: date) -> None:
    assert refused(executing(), K.ASK_EXTENSION, to=to) is Code.DATE_OUT_OF_CALENDAR


def test_no_extension_goes_past_the_whole_items_span() -> None:
    tight = replace(PROCESS, cap=Window(amount=45))
    play = play_to("executing", process=tight)
    assert play.state.cap is not None
    assert refused(play, K.ASK_EXTENSION, to=later(play, 6)) is Code.EXTENSION_PAST_CAP
    play.do(K.ASK_EXTENSION, to=play.state.cap.date)
    play.do(K.DECIDE_EXTENSION, by=SUPERVISOR)
    assert due(play) == play.state.cap.date
    with pytest.raises(RuleViolation, match=f"本环节 {due(play)} 到期，已是事项总时限的最后一天，不能再延期"):
        play.do(K.ASK_EXTENSION, to=later(play, 1))


def test_a_deadline_beyond_the_whole_items_span_is_told_with_the_day_that_holds() -> None:
    tight = replace(PROCESS, cap=Window(amount=45))
    play = play_to("executing", process=tight, deadline=date(2026, 12, 31))
    cap = play.state.cap
    assert cap is not None
    assert due(play) == cap.date
    said = f"2026年12月31日，超过事项总时限，以{long_day(cap.date)}为准"
    assert f"完成时限{said}" in tell(play.events[0].fact, {})
    assert said in {f.words for f in features(play.state, StateWords(lamp=""))}
    assert cut_deadline(date(2026, 12, 31), cap) == cap.date
    assert deadline_words(cap.date, cap) == long_day(cap.date)
    with pytest.raises(RuleViolation, match=f"（交办时限{said}），不能再延期"):
        play.do(K.ASK_EXTENSION, to=later(play, 1))


def test_the_room_for_an_extension_is_what_the_rules_then_grant() -> None:
    for tight in (None, Window(amount=45)):
        play = play_to("executing", process=replace(PROCESS, cap=tight))
        could = room(play.process, play.calendar, play.state, play.now)
        assert could.left == play.calendar.count(due(play), could.latest) == (5 if tight else 20)
        for to in (could.first, could.latest):
            decide(play.process, play.calendar, play.state, play.command(K.ASK_EXTENSION, to=to), play.now)
        with pytest.raises(RuleViolation):
            play.do(K.ASK_EXTENSION, to=play.calendar.add(could.latest, 1))


def test_a_long_extension_is_the_leaders_to_decide() -> None:
    play = executing()
    play.do(K.ASK_EXTENSION, to=later(play, 11))
    assert play.state.extension is not None
    assert play.state.extension.decider is Role.LEADER
    assert refused(play, K.DECIDE_EXTENSION, by=SUPERVISOR) is Code.EXTENSION_NEEDS_LEADER
    play.do(K.DECIDE_EXTENSION, by=LEADER)
    assert play.state.extensions == 1


def test_an_extension_of_just_the_limit_is_still_the_supervisors() -> None:
    play = executing()
    play.do(K.ASK_EXTENSION, to=later(play, 10))
    play.do(K.DECIDE_EXTENSION, by=SUPERVISOR)
    assert play.state.extensions == 1


def test_a_leader_may_decide_a_short_one_too() -> None:
    play = executing()
    play.do(K.ASK_EXTENSION, to=later(play, 10))
    play.do(K.DECIDE_EXTENSION, by=LEADER)


def test_there_is_nothing_to_decide_where_nothing_was_asked() -> None:
    assert refused(executing(), K.DECIDE_EXTENSION, by=SUPERVISOR) is Code.EXTENSION_NONE


@pytest.mark.parametrize("kind", [K.SUBMIT, K.REASSIGN, K.ANNUL])
def test_an_unanswered_extension_lapses_when_the_turn_ends(kind: K) -> None:
    play = executing()
    play.do(K.ASK_EXTENSION, to=later(play, 5))
    play.do(kind)
    assert play.state.extension is None
    assert all(c.kind is not ClockKind.EXTENSION for c in play.state.clocks)


def test_a_new_turn_has_its_own_extensions() -> None:
    play = executing()
    for _ in range(2):
        play.do(K.ASK_EXTENSION, to=later(play, 1))
        play.do(K.DECIDE_EXTENSION, by=SUPERVISOR)
    play.do(K.SUBMIT)
    play.do(K.RETURN)
    assert (play.state.extensions, play.state.extended_days) == (0, 0)
    play.do(K.ASK_EXTENSION, to=later(play, 1))


def test_an_extension_granted_after_the_date_passed_leaves_the_late_stamp() -> None:
    play = executing()
    play.do(K.REPORT, "2026-03-30")
    play.do(K.ASK_EXTENSION, "2026-04-28", to=later(play, 8))
    events = play.do(K.DECIDE_EXTENSION, "2026-04-29", SUPERVISOR)
    assert [e.kind for e in events] == ["fell_due", "rung_reached", "extension_granted"]
    state = play.state
    assert state.late_count == 1
    assert state.stamps[0].due == date(2026, 4, 28)
    assert state.clocks[0].late is None
    assert due(play) == date(2026, 5, 12)


def test_an_extension_granted_after_its_own_new_date_leaves_one_working_day() -> None:
    play = executing()
    play.do(K.ASK_EXTENSION, "2026-04-28", to=later(play, 2))
    play.do(K.DECIDE_EXTENSION, "2026-05-20", SUPERVISOR)
    assert due(play) == date(2026, 5, 21)
    assert play.alarm is not None
    assert play.alarm > play.now


def test_where_no_extension_is_allowed_none_is_taken() -> None:
    never = replace(ROOMY, extension=ExtensionRule(times=0, percent=50, decide=Window(amount=3), leader_over=10))
    play = play_to("executing", process=never)
    assert refused(play, K.ASK_EXTENSION, to=later(play, 1)) is Code.EXTENSION_SPENT
