"""Another calendar: dates move, stamps and rungs stay, nobody is late after the event."""

from datetime import date

import pytest

from rules.dates.explain import explain, recompute
from rules.machine.commands import Command, CommandKind
from rules.machine.facts import Reopened, Watched
from rules.machine.item import decide, shown_lamp
from rules.machine.timed import FellDue, Recalculated, RungReached
from rules.telling.story import tell
from tests.support.factories import ADMINISTRATOR, CALENDAR, CORRECTED, PROCESS, PUBLISHED, K, Play, play_to


def fact(play: Play) -> Recalculated:
    return next(f for f in reversed(play.facts) if isinstance(f, Recalculated))


def due(play: Play) -> date:
    assert play.state.clock is not None
    return play.state.clock.due.date


def test_a_provisional_date_becomes_a_sure_one_and_says_from_when_to_when() -> None:
    play = play_to("executing", now="2026-12-21")
    clock = play.state.clock
    assert clock is not None
    assert clock.due.provisional
    before = clock.due.date
    play.do(K.RECALCULATE, "2026-12-22", calendar=PUBLISHED, reason="国办发明电〔2026〕7号")
    clock = play.state.clock
    assert clock is not None
    assert not clock.due.provisional
    assert clock.due.date > before, "the Spring Festival lies in between"
    assert play.state.calendar == clock.due.trace.calendar == PUBLISHED.version
    assert recompute(clock.due.trace, PUBLISHED, PROCESS.due_time) == clock.due
    moved = next(m for m in fact(play).dates.moved if m.what == "working")
    assert (moved.before, moved.after, moved.provisional) == (before, clock.due.date, False)
    words = tell(fact(play), {})
    assert "国办发明电〔2026〕7号" in words
    assert f"办理到期日由{before.year}年{before.month}月{before.day}日改为" in words
    assert "春节" in "".join(explain(clock.due))


def test_the_same_calendar_again_brings_nothing() -> None:
    play = play_to("working")
    assert play.do(K.RECALCULATE, calendar=CALENDAR) == []


def test_a_date_that_does_not_move_is_recalculated_all_the_same() -> None:
    play = play_to("working")
    (event,) = play.do(K.RECALCULATE, "2026-03-02", calendar=PUBLISHED)
    assert event.kind == "recalculated"
    assert fact(play).dates.moved == ()
    assert tell(fact(play), {}).endswith("日期不变")


def test_what_fell_due_stays_where_it_was() -> None:
    play = play_to("working", now="2026-03-02")
    play.tick_until("2026-03-10")
    assert play.state.late_count == 1
    stamp, date_before = play.state.stamps, due(play)
    play.do(K.RECALCULATE, "2026-03-10", calendar=CORRECTED)  # by which the 9th was not worked
    assert (play.state.stamps, due(play)) == (stamp, date_before)
    play.tick_until("2026-04-10")
    assert play.state.late_count == 1
    rungs = [(f.clock, f.rung, f.times) for f in play.facts if isinstance(f, RungReached)]
    assert len(rungs) == len(set(rungs))


def test_what_was_due_by_the_old_calendar_is_stamped_before_the_new_one_counts() -> None:
    play = play_to("working", now="2026-03-02")
    events = play.do(K.RECALCULATE, "2026-03-10", calendar=CORRECTED)
    kinds = [e.kind for e in events]
    assert kinds.index("fell_due") < kinds.index("recalculated")


def test_a_date_that_would_lie_in_the_past_leaves_a_working_day() -> None:
    play = play_to("working", now="2026-04-28", calendar=CALENDAR)
    assert due(play) == date(2026, 5, 8)  # 1, 4 and 5 May are off
    play.do(K.RECALCULATE, "2026-05-07", calendar=CORRECTED)  # 4 May was worked after all: 7 May
    assert due(play) == date(2026, 5, 7), "not in the past at ten in the morning"
    play = play_to("working", now="2026-04-28", calendar=CALENDAR)
    play.do(K.RECALCULATE, "2026-05-08", calendar=CORRECTED)
    clock = play.state.clock
    assert clock is not None
    assert clock.due.date == CORRECTED.add(date(2026, 5, 8), 1)
    assert clock.due.trace.floor == date(2026, 5, 8)
    assert "2026年5月8日重新计算时这一天已到，因此留一个工作日" in "".join(explain(clock.due))
    assert recompute(clock.due.trace, CORRECTED, PROCESS.due_time) == clock.due
    assert play.state.late_count == 0


def test_a_rung_that_spoke_keeps_its_lamp_and_does_not_speak_again() -> None:
    play = play_to("working", now="2026-03-02")
    play.tick_until("2026-03-06")
    assert shown_lamp(PROCESS, CALENDAR, play.state).id == "yellow"
    play.do(K.RECALCULATE, "2026-03-06", calendar=CORRECTED)  # 9 and 10 March are off
    assert due(play) == date(2026, 3, 11)
    assert shown_lamp(PROCESS, CORRECTED, play.state).id == "yellow"
    play.tick_until("2026-03-11")
    assert [f.rung for f in play.facts if isinstance(f, RungReached)] == ["remind"]
    assert not any(isinstance(f, FellDue) for f in play.facts)


def test_a_watched_item_and_a_paused_one_are_recalculated_too() -> None:
    watched = play_to("watching", now="2026-12-01")
    assert watched.state.watch is not None
    watched.do(K.RECALCULATE, calendar=PUBLISHED)
    assert watched.state.watch.date.year == 2027
    assert fact(watched).dates.watch == watched.state.watch
    paused = play_to("working", now="2026-12-28")
    paused.do(K.PAUSE, to=date(2027, 1, 6))
    paused.do(K.RECALCULATE, calendar=PUBLISHED)
    assert paused.state.pause is not None
    paused.tick_until("2027-01-07")
    assert paused.kinds[-1] == "resumed"
    assert due(paused) == PUBLISHED.add(date(2026, 12, 28), 5 + 7)


@pytest.mark.parametrize("kind", [K.REOPEN, K.WATCH])
def test_an_ended_item_that_runs_again_reckons_with_the_calendar_of_that_day(kind: CommandKind) -> None:
    """It had ended when the notice was adopted, so nobody gave it the calendar then."""
    play = play_to("closed", now="2026-12-21")
    play.do(kind, "2027-01-25", calendar=PUBLISHED)
    assert play.state.calendar == PUBLISHED.version
    due = play.state.due
    assert due is not None
    assert not due.provisional
    assert due.trace.calendar == PUBLISHED.version
    assert recompute(due.trace, PUBLISHED, PROCESS.due_time) == due


@pytest.mark.parametrize("kind", [K.REOPEN, K.WATCH])
def test_running_again_by_the_same_calendar_says_nothing_of_it(kind: CommandKind) -> None:
    play = play_to("closed")
    (event,) = play.do(kind, "2026-06-03", calendar=CALENDAR)
    assert isinstance(event.fact, Reopened | Watched)
    assert event.fact.calendar == ""
    assert play.state.calendar == CALENDAR.version


def test_looking_at_a_watched_item_again_leaves_its_calendar_to_the_recalculation() -> None:
    play = play_to("watching", now="2026-12-01")
    play.do(K.WATCH, calendar=PUBLISHED)
    assert play.state.calendar == CALENDAR.version


@pytest.mark.parametrize("kind", [K.SIGN, K.TICK])
def test_no_other_command_carries_a_calendar(kind: CommandKind) -> None:
    play = play_to("unsigned")
    command = Command(kind=kind, id="c", actor=ADMINISTRATOR, calendar=PUBLISHED)
    with pytest.raises(Exception, match="不需要“日历”"):
        decide(PROCESS, CALENDAR, play.state, command, play.now)
