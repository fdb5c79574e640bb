"""Reports owed again and again: their dates stand from the beginning, whoever is early, late or silent."""

from datetime import date

from rules.dates.clocks import Clock
from rules.machine.facts import Reported
from rules.machine.item import shown_lamp
from rules.machine.timed import FellDue, RungReached
from rules.process import ClockKind
from tests.support.factories import HELPER, K, Play, play_to


def reporting(play: Play) -> Clock:
    (clock,) = [c for c in play.state.clocks if c.kind is ClockKind.REPORTING]
    return clock


def test_reports_are_owed_a_month_apart_however_early_or_late_each_comes() -> None:
    play = play_to("executing")
    assert reporting(play).due.date == date(2026, 4, 2)
    for when, following in (
        ("2026-03-20", date(2026, 5, 6)),  # the 2nd is a holiday
        ("2026-05-15", date(2026, 6, 2)),
        ("2026-06-02", date(2026, 7, 2)),
    ):
        before = reporting(play)
        play.do(K.REPORT, when)
        assert reporting(play).due.date == following
        assert reporting(play).no > before.no
    assert [s.due for s in play.state.stamps if s.kind is ClockKind.REPORTING] == [date(2026, 5, 6)]


def test_a_report_given_twice_is_not_the_next_one() -> None:
    play = play_to("executing")
    play.do(K.REPORT, "2026-03-20")
    (told,) = play.do(K.REPORT, "2026-03-23")
    assert isinstance(told.fact, Reported)
    assert told.fact.reporting is None
    assert reporting(play).due.date == date(2026, 5, 6)
    play.do(K.REPORT, "2026-04-03")
    assert reporting(play).due.date == date(2026, 6, 2)


def test_who_never_reports_is_late_with_every_report_and_reminded_of_each() -> None:
    play = play_to("executing")
    play.tick_until("2026-06-05")
    late = [(s.due, s.clock) for s in play.state.stamps if s.kind is ClockKind.REPORTING]
    assert [due for due, _ in late] == [date(2026, 4, 2), date(2026, 5, 6), date(2026, 6, 2)]
    assert len({no for _, no in late}) == 3
    said = [f.due for f in play.facts if isinstance(f, RungReached) and f.clock_kind is ClockKind.REPORTING]
    assert set(said) == {due for due, _ in late}
    play.do(K.REPORT, "2026-06-08")
    assert reporting(play).due.date == date(2026, 7, 2)
    assert reporting(play).late is None


def test_one_late_tick_brings_the_same_as_each_in_its_time() -> None:
    punctual, slow = play_to("executing"), play_to("executing")
    punctual.tick_until("2026-06-05")
    slow.do(K.TICK, "2026-06-05")

    def dated(play: Play) -> list[tuple[str, date]]:
        rang = [(e.kind, e.fact) for e in play.events if isinstance(e.fact, FellDue | RungReached)]
        return [(kind, fact.due) for kind, fact in rang if fact.clock_kind is ClockKind.REPORTING]

    assert dated(slow) == dated(punctual)
    assert slow.state.stamps == punctual.state.stamps


def test_the_lamp_of_a_report_still_owed_does_not_go_out_when_the_next_one_falls_due() -> None:
    play = play_to("executing")
    play.tick_until("2026-05-06")
    before = shown_lamp(play.process, play.calendar, play.state)
    play.tick_until("2026-05-07")
    assert shown_lamp(play.process, play.calendar, play.state).rank >= before.rank > play.process.lamps[0].rank


def test_a_pause_moves_every_report_that_follows() -> None:
    play = play_to("executing")
    play.do(K.PAUSE, "2026-03-20", to=date(2026, 3, 27))
    play.tick_until("2026-03-28")
    moved = reporting(play).due.date
    assert moved > date(2026, 4, 2)
    play.do(K.REPORT, "2026-03-30")
    assert reporting(play).due.date > date(2026, 5, 6)


def test_a_co_units_report_does_not_give_the_one_that_the_lead_unit_owes() -> None:
    play = play_to("executing")
    before = play.state.clocks
    play.do(K.REPORT, "2026-03-20", by=HELPER)
    assert play.state.clocks == before
