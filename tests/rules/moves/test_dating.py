"""An item's given date moves: its unit chooses a day between two, its round moves with the calendar. In whatever order,
it stays within its limits, nothing moves into the past, what fell due stays so, and nothing speaks twice."""

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.dates.calendar import Calendar, DayException, instant_of
from rules.dates.explain import explain
from rules.dates.windows import DueChoice, nearest
from rules.errors import Code, RuleViolation
from rules.machine.commands import SYSTEM, Status, UnitRef
from rules.machine.folding import fold
from rules.machine.timed import DueSet, FellDue, RungReached
from rules.telling.story import tell
from tests.support.factories import (
    CALENDAR,
    CORRECTED,
    HEAD,
    INSTRUCTOR,
    LEADER,
    LIAISON,
    STRANGER,
    SUPERVISOR,
    K,
    Play,
    at,
)
from tests.support.processes import CHECKIN

RESEARCH = UnitRef(id="u1", name="农科所", kind="research", area="a1")
PROCESS = CHECKIN.resolve("research", "report")
FIRST, LAST = date(2026, 3, 9), date(2026, 3, 17)
ASKED = DueChoice(first=FIRST, last=LAST)


def asked(earliest: date | None = FIRST) -> Play:
    """It is asked on Monday 2 March, and may choose from 9 to 17 March."""
    return Play(process=PROCESS, unit=RESEARCH, deadline=LAST, earliest=earliest)


def choose(play: Play, day: date, when: str | datetime | None = None, **said: Any) -> DueSet:
    (*_, event) = play.do(K.SET_DUE, when, by=said.pop("by", LIAISON), to=day, **said)
    fact = next(e.fact for e in reversed(play.events) if isinstance(e.fact, DueSet))
    assert event.kind in ("due_set", "rung_reached")
    return fact


def move(play: Play, choice: DueChoice, calendar: Calendar, when: str | datetime | None = None) -> DueSet:
    play.do(K.SET_DUE, when, by=SYSTEM, to=choice.last, choice=choice, calendar=calendar, reason="通知")
    return next(e.fact for e in reversed(play.events) if isinstance(e.fact, DueSet))


def refused(play: Play, day: date, when: str | datetime | None = None, **said: Any) -> RuleViolation:
    with pytest.raises(RuleViolation) as found:
        choose(play, day, when, **said)
    return found.value


def test_a_unit_chooses_its_day_and_again_until_it_falls_due() -> None:
    play = asked()
    assert play.state.clocks[0].due.date == LAST
    fact = choose(play, date(2026, 3, 12), reason="要开会")
    due = play.state.clocks[0].due
    assert (due.date, due.at, play.state.deadline) == (
        date(2026, 3, 12),
        at("2026-03-12", "17:30"),
        date(2026, 3, 12),
    )
    assert tell(fact, {}) == (
        "单位自定，到期日由2026年3月17日改为2026年3月12日（可选2026年3月9日至2026年3月17日）：要开会"
    )
    assert "日期由单位在2026年3月9日至2026年3月17日之间定为2026年3月12日，不按天数推算。" in explain(due)
    choose(play, LAST, "2026-03-11", by=HEAD)
    assert play.state.choice == replace(ASKED, chosen=LAST)
    play.tick(at("2026-03-17", "17:30"))
    assert play.kinds.count("fell_due") == 1
    assert "已过到期日2026年3月17日" in str(refused(play, LAST, "2026-03-17"))


@pytest.mark.parametrize(
    ("day", "when"),
    [
        (date(2026, 3, 6), "2026-03-02"),
        (date(2026, 3, 18), "2026-03-02"),
        (date(2026, 3, 14), "2026-03-02"),
        (date(2026, 3, 10), "2026-03-11"),
    ],
    ids=["too soon", "too late", "not worked", "past"],
)
def test_any_other_day_is_refused_with_the_two_between_which_it_lies(day: date, when: str) -> None:
    play = asked()
    found = refused(play, day, when)
    assert found.code is Code.FIELD_INVALID
    first = max(FIRST, date.fromisoformat(when))
    assert str(found) == f"“新的日期”填写有误：{day}；应为{first} 至 {LAST} 之间的工作日。"
    assert play.kinds == ["issued"]


def test_who_has_no_choice_has_none_and_nobody_else_chooses() -> None:
    assert refused(asked(None), LAST).code is Code.DUE_NOT_OPEN
    for person in (SUPERVISOR, LEADER, INSTRUCTOR):
        assert refused(asked(), LAST, by=person).code is Code.WRONG_ROLE
    assert refused(asked(), LAST, by=STRANGER).code is Code.WRONG_UNIT
    done = asked()
    done.do(K.SUBMIT)
    assert refused(done, LAST).code is Code.WRONG_STATUS


def test_a_round_that_moves_takes_its_items_along_and_what_was_chosen_stays_where_it_may() -> None:
    later = DueChoice(first=date(2026, 3, 11), last=date(2026, 3, 19))
    kept, moved, never = asked(), asked(), asked()
    choose(kept, date(2026, 3, 12))
    choose(moved, date(2026, 3, 9))
    for play in (kept, moved, never):
        move(play, later, CORRECTED, "2026-03-03")
    assert kept.state.deadline == date(2026, 3, 12)
    assert moved.state.deadline == date(2026, 3, 11), "9 March is not worked by it, nor may it be chosen any more"
    assert never.state.deadline == later.last
    assert "日期由单位所选2026年3月9日按新日历就近定为2026年3月11日，不按天数推算。" in explain(
        moved.state.clocks[0].due
    )
    assert "日期由轮次按新日历定为2026年3月19日，不按天数推算。" in explain(never.state.clocks[0].due)
    assert tell(never.facts[-1], {}).startswith("轮次按新日历，到期日由2026年3月17日改为2026年3月19日")
    assert [one.state.choice and one.state.choice.chosen for one in (kept, moved, never)] == [
        date(2026, 3, 12),
        date(2026, 3, 11),
        None,
    ]


def test_what_fell_due_stays_and_nothing_moves_into_the_past() -> None:
    late = asked()
    late.tick_until("2026-03-18")
    move(late, DueChoice(first=FIRST, last=date(2026, 3, 25)), CORRECTED)
    assert (late.state.clocks[0].due.date, late.state.deadline) == (LAST, LAST)
    soon = asked()
    move(soon, DueChoice(first=date(2026, 3, 3), last=date(2026, 3, 4)), CORRECTED, "2026-03-05")
    assert soon.state.clocks[0].due.date == date(2026, 3, 6) == soon.state.deadline
    assert "fell_due" not in soon.kinds


def test_a_pause_puts_off_what_may_be_chosen_and_what_the_round_says_later() -> None:
    process = replace(PROCESS, pause=replace(_PAUSING.pause) if _PAUSING.pause else None, ref="")
    play = Play(process=process, unit=RESEARCH, deadline=LAST, earliest=FIRST)
    play.do(K.PAUSE, to=date(2026, 3, 4))
    assert refused(play, date(2026, 3, 12)).code is Code.PAUSED
    play.do(K.RESUME, "2026-03-04")
    days = play.state.stopped
    assert days == 2
    assert play.state.choice == DueChoice(first=CALENDAR.add(FIRST, days), last=CALENDAR.add(LAST, days))
    assert play.state.deadline == CALENDAR.add(LAST, days) == play.state.clocks[0].due.date
    move(play, DueChoice(first=FIRST, last=date(2026, 3, 18)), CALENDAR)
    assert play.state.deadline == CALENDAR.add(date(2026, 3, 18), days) == play.state.clocks[0].due.date


_PAUSING = Play().process


@given(day=st.dates(date(2026, 3, 1), date(2026, 4, 1)), first=st.integers(0, 20), length=st.integers(0, 20))
def test_the_nearest_day_is_worked_and_within(day: date, first: int, length: int) -> None:
    begin = CALENDAR.add(date(2026, 3, 1), first + 1)
    end = CALENDAR.add(begin, length)
    found = nearest(CALENDAR, day, begin, end)
    assert begin <= found <= end
    assert CALENDAR.is_working(found)
    assert found == day or not (begin <= day <= end and CALENDAR.is_working(day))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    off = draw(st.sets(st.integers(0, 25), max_size=8))
    days = tuple(
        DayException(day=date(2026, 3, 4) + timedelta(days=n), working=False, name="放假") for n in sorted(off)
    )
    known = tuple(one for one in CALENDAR.exceptions if one.day not in {day.day for day in days})
    whole = tuple(sorted((*known, *days), key=lambda one: one.day))
    return replace(CALENDAR, version=f"c{sorted(off)}", exceptions=whole)


_ACTS = st.one_of(
    st.tuples(st.just("choose"), st.integers(-2, 30)),
    st.tuples(st.just("move"), calendars()),
    st.tuples(st.just("recalculate"), calendars()),
    st.tuples(st.just("wait"), st.integers(1, 100)),
)


@settings(max_examples=60, deadline=None)
@given(acts=st.lists(_ACTS, max_size=14))
def test_whatever_is_chosen_and_adopted_in_whatever_order_the_date_is_one_that_may_be(
    acts: list[tuple[str, Any]],
) -> None:
    play = asked()
    for act, value in acts:
        late = next((clock.due for clock in play.state.clocks if clock.late), None)
        match act:
            case "wait":
                play.now += timedelta(hours=value)
                play.tick()
            case "recalculate":
                if play.state.calendar != value.version:
                    play.do(K.RECALCULATE, calendar=value, reason="通知")
            case "move":
                choice = DueChoice(first=value.add(date(2026, 3, 1), 5), last=value.add(date(2026, 3, 1), 11))
                fact = move(play, choice, value)
                _moved_rightly(play, fact, choice, value)
            case "choose":
                day = date(2026, 3, 4) + timedelta(days=value)
                before = play.state
                with suppress(RuleViolation):
                    choose(play, day)
                if play.state == before:
                    continue
                assert before.choice is not None
                assert before.choice.first <= day <= before.choice.last
                assert play.state.clocks[0].due.date == day == play.state.deadline
        if late:
            assert play.state.clocks[0].due == late, "that it was late is a fact"
        else:
            clock = play.state.clocks[0]
            assert clock.late or clock.due.at > play.now, "nobody is late after the event"
    rungs = Counter((f.clock, f.rung, f.times) for f in play.facts if isinstance(f, RungReached))
    assert all(times == 1 for times in rungs.values())
    assert sum(isinstance(f, FellDue) for f in play.facts) <= 1
    assert fold(play.events) == play.state
    assert play.state.status is Status.WORKING


def _moved_rightly(play: Play, fact: DueSet, choice: DueChoice, calendar: Calendar) -> None:
    state = play.state
    assert (fact.to, fact.first, fact.calendar) == (choice.last, choice.first, calendar.version)
    assert state.choice is not None
    assert state.deadline is not None
    if state.clocks[0].late:
        return
    assert calendar.is_working(state.deadline)
    assert instant_of(state.deadline, PROCESS.due_time) > play.now
    tomorrow = calendar.add(play.now.date(), 1)
    assert choice.first <= state.deadline <= choice.last or state.deadline == tomorrow
    assert state.choice.chosen in (None, state.deadline)
