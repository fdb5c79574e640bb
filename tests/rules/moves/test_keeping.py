"""What the ledger tells of itself as figures: nodes by their dates, what is owed by tallies."""

from datetime import date

from rules.figures.keeping import kept_on_time, met_tallies
from rules.machine.commands import CommandKind
from rules.machine.folding import evolve
from rules.machine.state import State
from tests.rules.moves.tallied import Tallied
from tests.support.factories import CALENDAR, SUPERVISOR, at


def lived(play: Tallied) -> list[State]:
    states: list[State] = []
    for event in play.events:
        states.append(evolve(states[-1] if states else None, event))
    return states


def test_a_node_is_kept_when_it_was_met_by_its_date_and_not_while_its_date_is_ahead() -> None:
    play = Tallied("甲户", "乙户")
    play.visit("2026-03-02")  # of the first household
    play.tick_until("2026-04-20")
    found = list(kept_on_time(lived(play), at("2026-04-20")))
    in_march = sorted(kept for day, kept in found if day == date(2026, 3, 31))
    assert in_march == [False, True]
    assert all(day <= date(2026, 4, 20) for day, kept in found if not kept)
    late = play.state
    assert late.late_count >= 1


def test_what_an_annulled_item_owed_was_not_owed() -> None:
    play = Tallied("甲户")
    play.tick_until("2026-04-20")
    play.do(CommandKind.ANNUL, "2026-04-21", by=SUPERVISOR, reason="登记有误")
    assert list(kept_on_time(lived(play), at("2026-12-31"))) == []


def test_tallies_are_met_subject_by_subject() -> None:
    play = Tallied("甲户", "乙户")
    before = list(met_tallies(play.process, CALENDAR, play.state))
    play.visit("2026-03-02")
    play.visit("2026-05-06")
    play.visit("2026-08-03")
    play.visit("2026-11-03")
    after = list(met_tallies(play.process, CALENDAR, play.state))
    assert len(before) == len(after)
    assert sum(after) > sum(before)
