"""Clocks that stand still: for a stated reason, to a stated day, and every date later by just the days they stood."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from rules.dates.calendar import LOCAL
from rules.dates.explain import explain
from rules.errors import Code, RuleViolation
from rules.machine.item import decide, shown_lamp
from rules.machine.limits import pause_room
from rules.machine.timed import FellDue, Resumed, RungReached
from rules.process import ClockKind
from rules.telling.story import tell
from tests.support.factories import CALENDAR, PROCESS, SUPERVISOR, K, Play, at, play_to


def due(play: Play) -> date:
    assert play.state.clock is not None
    return play.state.clock.due.date


def resumed(play: Play) -> Resumed:
    return next(f for f in reversed(play.facts) if isinstance(f, Resumed))


@pytest.mark.parametrize(
    ("paused", "again", "days"),
    [
        ("2026-03-03T10:00", "2026-03-05T10:00", 2),  # the 3rd and the 4th stood still, the 5th counts
        ("2026-03-03T17:30", "2026-03-05T17:29", 1),  # the 3rd was over
        ("2026-03-03T10:00", "2026-03-05T17:30", 3),  # the 5th is over
        ("2026-03-03T10:00", "2026-03-03T16:00", 0),
        ("2026-03-03T16:00", "2026-03-03T18:00", 1),
        ("2026-03-06T18:00", "2026-03-08T18:00", 0),  # a weekend
    ],
)
def test_a_date_moves_by_the_working_days_that_stood_still(paused: str, again: str, days: int) -> None:
    play = play_to("working")
    before = play.state
    assert before.cap is not None
    play.do(K.PAUSE, datetime.fromisoformat(paused).replace(tzinfo=LOCAL), to=date(2026, 3, 12))
    play.do(K.RESUME, datetime.fromisoformat(again).replace(tzinfo=LOCAL))
    after = play.state
    assert resumed(play).days == days
    assert before.clock is not None
    assert due(play) == CALENDAR.add(before.clock.due.date, days)
    assert after.cap is not None
    assert after.cap.date == CALENDAR.add(before.cap.date, days)
    assert after.pause is None


def test_the_room_for_a_pause_is_what_the_rules_then_take() -> None:
    play = play_to("working")
    could = pause_room(play.process, play.calendar, play.state, play.now)
    for to in (could.first, could.latest):
        decide(play.process, play.calendar, play.state, play.command(K.PAUSE, to=to), play.now)
    for to in (could.first - timedelta(days=1), play.calendar.add(could.latest, 1)):
        with pytest.raises(RuleViolation):
            decide(play.process, play.calendar, play.state, play.command(K.PAUSE, to=to), play.now)


def test_nothing_rings_while_the_clocks_stand_still_and_the_pause_ends_by_itself() -> None:
    play = play_to("working")
    due_before = due(play)
    play.do(K.PAUSE, "2026-03-03", to=date(2026, 3, 20))
    assert play.alarm == at("2026-03-20", "17:30")
    assert play.tick(at("2026-03-20", "17:29")) == []
    (event,) = play.tick(at("2026-03-23", "08:00"))
    assert event.at == at("2026-03-20", "17:30")
    fact = resumed(play)
    assert (fact.days, fact.rang_at) == (14, at("2026-03-23", "08:00"))
    assert due(play) == CALENDAR.add(due_before, 14)


def test_a_worker_that_slept_through_the_end_of_a_pause_finds_what_fell_due_since() -> None:
    play = play_to("working")
    play.do(K.PAUSE, "2026-03-03", to=date(2026, 3, 4))
    events = play.tick("2026-04-01")
    assert events[0].kind == "resumed"
    late = next(e for e in events if isinstance(e.fact, FellDue))
    assert late.fact.due == due(play) == CALENDAR.add(date(2026, 3, 9), 2)  # type: ignore[union-attr]
    assert [e.at for e in events] == sorted(e.at for e in events)


def test_an_item_that_was_late_is_as_late_after_the_pause_and_no_rung_speaks_twice() -> None:
    play = play_to("working")
    play.tick_until("2026-03-12")
    late = play.state.clocks[0].late
    said = [f.rung for f in play.facts if isinstance(f, RungReached)]
    lamp = shown_lamp(PROCESS, CALENDAR, play.state)
    play.do(K.PAUSE, "2026-03-12", to=date(2026, 3, 31))
    play.do(K.RESUME, "2026-03-25")
    assert play.state.clocks[0].late == late
    assert shown_lamp(PROCESS, CALENDAR, play.state) == lamp
    assert [f.rung for f in play.facts if isinstance(f, RungReached)] == said
    play.tick_until("2026-04-30")
    rungs = [(f.clock, f.rung, f.times) for f in play.facts if isinstance(f, RungReached)]
    assert len(rungs) == len(set(rungs))
    circular = next(e for e in play.events if isinstance(e.fact, RungReached) and e.fact.rung == "circular")
    assert circular.at == at("2026-03-27", "09:00"), "two of its five days had passed, three come after the pause"


def test_an_extension_that_waits_asks_for_as_many_days_as_before() -> None:
    play = play_to("executing")
    play.do(K.ASK_EXTENSION, to=CALENDAR.add(due(play), 5))
    play.do(K.PAUSE, "2026-03-04", to=date(2026, 3, 10))
    play.do(K.RESUME, "2026-03-06")
    play.do(K.DECIDE_EXTENSION, "2026-03-06", SUPERVISOR)
    clock = play.state.clock
    assert clock is not None
    assert clock.due.date == CALENDAR.add(CALENDAR.add(play.events[-2].fact.dates.clocks[0].due.date, 0), 5)  # type: ignore[union-attr]


def test_every_clock_stands_still_also_the_report_s_and_the_deadline_moves_along() -> None:
    play = play_to("executing", deadline=date(2026, 6, 30))
    kinds = {c.kind: c.due.date for c in play.state.clocks}
    assert set(kinds) == {ClockKind.WORKING, ClockKind.REPORTING}
    play.do(K.PAUSE, "2026-03-05", to=date(2026, 3, 18))
    play.do(K.RESUME, "2026-03-10")
    assert {c.kind: c.due.date for c in play.state.clocks} == {k: CALENDAR.add(d, 3) for k, d in kinds.items()}
    assert play.state.deadline == CALENDAR.add(date(2026, 6, 30), 3)


def test_a_date_cut_by_a_deadline_that_has_passed_moves_along_too() -> None:
    """Late before the pause by as much as after it, though the deadline that cut the date had passed as well."""
    play = play_to("unsigned", deadline=date(2026, 3, 3))
    play.tick_until("2026-03-04")
    (clock,) = play.state.clocks
    assert (clock.due.date, clock.late is not None) == (date(2026, 3, 3), True)
    play.do(K.PAUSE, "2026-03-04", to=date(2026, 3, 18))
    play.do(K.RESUME, "2026-03-09")
    assert resumed(play).days > 0
    assert due(play) == CALENDAR.add(clock.due.date, resumed(play).days)
    assert play.state.deadline == due(play)


def test_why_this_date_names_the_pause_and_its_reason() -> None:
    play = play_to("working")
    play.do(K.PAUSE, "2026-03-03", to=date(2026, 3, 12), reason="等候上级批复")
    assert tell(play.facts[-1], {}) == "暂停计时至2026年3月12日：等候上级批复"
    play.do(K.RESUME, "2026-03-05")
    assert play.state.clock is not None
    said = "".join(explain(play.state.clock.due))
    assert "2026年3月3日至2026年3月4日暂停计时（等候上级批复），顺延 2 个工作日。" in said
    assert "办理到期日由2026年3月9日改为2026年3月11日" in tell(play.facts[-1], {})


def test_a_pause_has_its_bounds() -> None:
    play = play_to("working")

    def refusal(kind: K, **fields: object) -> RuleViolation:
        with pytest.raises(RuleViolation) as raised:
            play.do(kind, **fields)  # type: ignore[arg-type]
        return raised.value

    assert refusal(K.RESUME).code is Code.PAUSE_NONE
    assert refusal(K.PAUSE, to=date(2026, 3, 2)).code is Code.FIELD_INVALID
    long = refusal(K.PAUSE, to=date(2026, 3, 31))
    assert (long.code, long.fields["latest"]) == (Code.PAUSE_TOO_LONG, "2026-03-30")
    for day in ("2026-03-03", "2026-03-05"):
        play.do(K.PAUSE, day, to=date(2026, 3, 10))
        assert refusal(K.SUBMIT).code is Code.PAUSED
        play.do(K.RESUME)
    assert refusal(K.PAUSE, to=date(2026, 3, 10)).code is Code.PAUSE_SPENT
    strict = play_to("working", process=replace(PROCESS, pause=None))
    with pytest.raises(RuleViolation, match="不允许暂停计时"):
        strict.do(K.PAUSE, to=date(2026, 3, 10))
