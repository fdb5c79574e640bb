"""The ladder and the lamps: what rings when, once; what an outage does to it; and that nothing is left behind."""

from dataclasses import replace
from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.dates.calendar import LOCAL
from rules.dates.clocks import lamp_of
from rules.machine.events import Event
from rules.machine.timed import FellDue, RungReached
from rules.process import ClockKind, Role, Rung
from tests.support.factories import PROCESS, SUPERVISOR, K, Play, at, minutes, play_to


def told(events: list[Event]) -> list[tuple[str, str, int]]:
    """(local instant, rung or "due", times)."""
    rows = []
    for event in events:
        when = f"{event.at.astimezone(LOCAL):%m-%d %H:%M}"
        match event.fact:
            case RungReached():
                rows.append((when, event.fact.rung, event.fact.times))
            case FellDue():
                rows.append((when, "due", 1))
    return rows


LATE = [
    ("03-05 09:00", "remind", 1),
    ("03-09 17:30", "due", 1),
    ("03-10 09:00", "overdue", 1),
    ("03-16 09:00", "circular", 1),
    ("03-23 09:00", "weekly", 1),
    ("03-30 09:00", "weekly", 2),
    ("04-07 09:00", "weekly", 3),  # 6 April is a holiday
]


def test_a_plan_that_does_not_come_climbs_the_ladder_rung_by_rung() -> None:
    play = play_to("working")  # on 2 March, due on the 9th
    assert told(play.tick_until("2026-04-07")) == LATE
    assert play.state.points == 1


def test_every_rung_rings_at_its_own_instant_and_not_a_minute_earlier() -> None:
    play = play_to("working")
    for when, rung, times in LATE:
        moment = datetime.strptime(f"2026-{when}", "%Y-%m-%d %H:%M").replace(tzinfo=LOCAL)
        assert play.alarm == moment
        assert play.tick(moment - minutes(1)) == []
        assert told(play.tick(moment)) == [(when, rung, times)]
        assert play.tick(moment) == []


def test_after_an_outage_everything_is_said_once_with_its_own_instant_and_the_last_of_what_repeats() -> None:
    play = play_to("working")
    events = play.tick(at("2026-04-07", "11:23"))
    assert told(events) == [*LATE[:4], LATE[6]]
    facts = [e.fact for e in events]
    assert all(isinstance(f, FellDue | RungReached) and f.rang_at == at("2026-04-07", "11:23") for f in facts)
    assert [f.quiet for f in facts if isinstance(f, RungReached)] == [True, False, False, False]
    assert play.alarm == at("2026-04-14", "09:00")
    assert play.tick() == []


def test_a_reminder_that_rings_in_time_is_not_quiet() -> None:
    (event,) = play_to("working").tick("2026-03-05")
    assert isinstance(event.fact, RungReached)
    assert not event.fact.quiet


def test_late_is_stamped_with_the_instant_of_the_deadline_not_of_the_alarm() -> None:
    play = play_to("working")
    (event,) = [e for e in play.tick(at("2026-03-09", "23:10")) if isinstance(e.fact, FellDue)]
    assert isinstance(event.fact, FellDue)
    assert event.at == event.fact.due_at == at("2026-03-09", "17:30")
    assert event.fact.rang_at == at("2026-03-09", "23:10")
    (stamp,) = play.state.stamps
    assert (stamp.due, stamp.at, stamp.step) == (date(2026, 3, 9), at("2026-03-09", "17:30"), "plan")
    assert play.state.clocks[0].late == at("2026-03-09", "17:30")


@pytest.mark.parametrize(("when", "late"), [("17:29", 0), ("17:30", 1)])
def test_a_plan_is_in_time_until_half_past_five(when: str, late: int) -> None:
    play = play_to("working")
    play.do(K.SUBMIT, at("2026-03-09", when))
    assert play.state.late_count == late


def test_a_command_after_the_deadline_cannot_overtake_it() -> None:
    play = play_to("working")
    events = play.do(K.SUBMIT, "2026-03-10")
    assert [e.kind for e in events] == ["rung_reached", "fell_due", "rung_reached", "submitted"]
    assert [e.seq for e in events] == [3, 4, 5, 6]
    assert {e.command for e in events} == {events[-1].command}
    assert [e.actor.role for e in events] == [Role.SYSTEM] * 3 + [Role.LIAISON]


def test_a_late_stamp_survives_everything_that_comes_after() -> None:
    play = play_to("working")
    play.do(K.SUBMIT, "2026-03-10")
    play.do(K.APPROVE)
    play.do(K.SUBMIT)
    play.do(K.CLOSE)
    play.do(K.REOPEN)
    assert play.state.late_count == 1


def test_a_reviewer_who_is_late_is_told_and_then_the_leader() -> None:
    play = play_to("reviewing")  # due on Friday 6 March
    events = play.tick_until("2026-03-20")
    assert told(events) == [
        ("03-06 17:30", "due", 1),
        ("03-09 09:00", "reviewer", 1),
        ("03-11 09:00", "leader", 1),
    ]
    assert [e.fact.audience for e in events if isinstance(e.fact, RungReached)] == [
        (Role.SUPERVISOR,),
        (Role.LEADER,),
    ]
    assert (play.state.points, play.state.late_count, play.state.late_reviews) == (0, 0, 1)


def test_a_declined_item_that_nobody_moves_on_is_the_reviewers_delay() -> None:
    play = play_to("declined")
    assert told(play.tick_until("2026-03-05")) == [("03-04 17:30", "due", 1), ("03-05 09:00", "reviewer", 1)]
    assert play.state.stamps[0].kind is ClockKind.DECLINED
    assert (play.state.late_count, play.state.late_reviews) == (0, 1)


def test_an_extension_that_nobody_answers_is_the_reviewers_delay() -> None:
    play = play_to("executing")
    play.do(K.ASK_EXTENSION, to=date(2026, 5, 8))
    assert told(play.tick_until("2026-03-06")) == [("03-05 17:30", "due", 1), ("03-06 09:00", "reviewer", 1)]
    assert play.state.stamps[0].kind is ClockKind.EXTENSION
    play.do(K.DECIDE_EXTENSION, by=SUPERVISOR)
    assert (play.state.late_count, play.state.late_reviews) == (0, 1)


def test_a_report_that_does_not_come_rings_once() -> None:
    play = play_to("executing")
    assert told(play.tick_until("2026-04-10")) == [("04-02 17:30", "due", 1), ("04-03 09:00", "report", 1)]


def test_a_turn_that_ends_takes_its_rungs_with_it() -> None:
    play = play_to("working")
    play.tick("2026-03-05")
    play.do(K.SUBMIT, "2026-03-06")
    assert play.alarm == at("2026-03-12", "17:30")


def test_a_new_turn_rings_all_its_rungs_again() -> None:
    play = play_to("working")
    play.do(K.SUBMIT, "2026-03-06")
    play.do(K.RETURN, "2026-03-09")
    assert told(play.tick_until("2026-03-17")) == [
        ("03-12 09:00", "remind", 1),
        ("03-16 17:30", "due", 1),
        ("03-17 09:00", "overdue", 1),
    ]


def test_an_extended_turn_is_reminded_of_its_new_date() -> None:
    play = play_to("working")
    play.tick("2026-03-05")
    play.do(K.ASK_EXTENSION, "2026-03-06", to=date(2026, 3, 11))
    play.do(K.DECIDE_EXTENSION, "2026-03-06", SUPERVISOR)
    assert told(play.tick_until("2026-03-12")) == [
        ("03-09 09:00", "remind", 1),
        ("03-11 17:30", "due", 1),
        ("03-12 09:00", "overdue", 1),
    ]


def test_a_reminder_whose_time_was_before_the_turn_began_is_not_rung() -> None:
    play = Play("2026-03-02", deadline=date(2026, 3, 4))  # due in two days: the reminder was at nine that morning
    assert told(play.tick_until("2026-03-05")) == [("03-04 17:30", "due", 1), ("03-05 09:00", "overdue", 1)]


def test_a_reminder_that_repeats_before_due_begins_with_the_first_that_still_lies_ahead() -> None:
    nagging = Rung(
        id="nag", name="每两日提醒", offset=-6, applies=(ClockKind.WORKING,), audience=(), lamp="green", repeat=2
    )
    play = play_to("working", process=replace(PROCESS, rungs=(nagging,)))
    assert told(play.tick_until("2026-03-12")) == [
        ("03-03 09:00", "nag", 2),
        ("03-05 09:00", "nag", 3),
        ("03-09 09:00", "nag", 4),
        ("03-09 17:30", "due", 1),
        ("03-11 09:00", "nag", 5),
    ]


def test_a_rung_that_repeats_for_ever_stops_where_the_calendar_does() -> None:
    play = play_to("working")
    assert told(play.tick("2034-12-31"))[-1][1] == "weekly"
    assert play.alarm is None
    assert play.tick("2040-01-01") == []


@pytest.mark.parametrize(
    ("when", "clock", "lamp"),
    [
        ("2026-03-02", "17:00", "green"),
        ("2026-03-05", "08:59", "green"),
        ("2026-03-05", "09:00", "yellow"),
        ("2026-03-09", "17:30", "yellow"),
        ("2026-03-10", "08:59", "yellow"),
        ("2026-03-10", "09:00", "red"),
        ("2026-05-10", "09:00", "red"),
    ],
)
def test_the_lamp_is_the_highest_that_has_been_reached(when: str, clock: str, lamp: str) -> None:
    play = play_to("working")
    assert lamp_of(play.process, play.calendar, play.state.clocks, at(when, clock)).id == lamp


def test_a_reminder_whose_time_was_before_the_turn_began_lights_no_lamp() -> None:
    play = Play("2026-03-02", deadline=date(2026, 3, 4))
    assert lamp_of(play.process, play.calendar, play.state.clocks, at("2026-03-03")).id == "green"


def test_of_several_clocks_the_heaviest_lamp_shows() -> None:
    play = play_to("executing")
    play.do(K.ASK_EXTENSION, to=date(2026, 5, 8))
    assert lamp_of(play.process, play.calendar, play.state.clocks, at("2026-03-06")).id == "red"
    play.do(K.DECIDE_EXTENSION, "2026-03-06", SUPERVISOR)
    assert lamp_of(play.process, play.calendar, play.state.clocks, at("2026-03-06")).id == "green"


def test_an_item_at_rest_has_the_normal_lamp_by_its_clocks() -> None:
    assert lamp_of(PROCESS, Play().calendar, (), at("2026-03-06")).id == "green"


instants = st.integers(1, 300 * 24 * 60).map(lambda n: at("2026-03-02", "12:00") + minutes(n))


@given(st.lists(instants, max_size=6), st.sampled_from(["unsigned", "declined", "working", "reviewing", "executing"]))
def test_however_often_the_alarm_is_heard_the_same_is_said(moments: list[datetime], place: str) -> None:
    """Repetitions aside: of those missed only the last is said."""
    often, once = play_to(place), play_to(place)
    end = at("2026-12-31", "23:00")
    for moment in sorted(moments):
        often.tick(moment)
    often.tick(end)
    once.tick(end)
    for play in (often, once):
        assert len(
            {(e.fact.clock, e.fact.rung, e.fact.times) for e in play.events if isinstance(e.fact, RungReached)}
        ) == sum(isinstance(e.fact, RungReached) for e in play.events)

    def said(play: Play) -> set[tuple[str, str, int]]:
        return {row for row in told(play.events) if row[1] != "weekly"}

    assert said(often) == said(once)
    assert often.state.late_count == once.state.late_count
    assert [s.at for s in often.state.stamps] == [s.at for s in once.state.stamps]
    assert often.alarm == once.alarm


def test_the_hours_are_the_processs_own() -> None:
    play = Play("2026-03-02", process=replace(PROCESS, due_time=time(12, 0), ring_time=time(8, 15)))
    assert told(play.tick_until("2026-03-06"))[1:] == [("03-05 12:00", "due", 1), ("03-06 08:15", "overdue", 1)]
