"""What an item owes first: its step, or a node whose date comes before the step's; and of which year its dates are."""

from dataclasses import replace
from datetime import date

import pytest

from rules.codec import decode, encode
from rules.errors import RuleViolation
from rules.machine.state import State
from tests.rules.moves.tallied import Tallied


def test_what_is_owed_first_is_said_the_step_or_a_node_before_it() -> None:
    play = Tallied("甲户", "乙户", first="2026-02-10")
    owed = play.state.next_due
    assert owed.due is not None
    assert (owed.due.date, owed.what, owed.late) == (date(2026, 2, 10), "首访·甲户 第 1 次 等 2 份", False)
    play.tick_until("2026-02-11")
    assert play.state.next_due.late, "a node that passed is owed since, and the item is late"
    assert not play.state.clock.late  # type: ignore[union-attr]
    alone = replace(
        play.state, nodes=tuple(n for n in play.state.nodes if n.tally == "household" and n.about == "甲户")
    )
    assert alone.next_due.what == "走访困难户·甲户 第 1 次"
    assert alone.clock is not None
    same = replace(alone, clocks=(replace(alone.clock, due=alone.next_due.due or alone.clock.due),))
    assert same.next_due.what == "", "on the same day it is the step that ends"
    assert play.state.next_due.due != replace(play.state, nodes=()).next_due.due == play.state.due


def test_dates_are_of_the_year_that_was_said_at_issue() -> None:
    """A list that is issued in December is next year's, if it says so; without a word it is this year's."""
    play = Tallied("甲户", now="2026-12-07", year="2027", proposed="2027-06-01")
    assert play.due("household", "甲户").date == date(2027, 3, 31)
    assert play.due("lecture").date == date(2027, 6, 1)
    play.visit("2026-12-08")
    assert play.due("household", "甲户").date == date(2027, 6, 30)
    assert decode(State, encode(play.state)) == play.state
    with pytest.raises(RuleViolation, match="2027-05-10 至 2027-07-31"):
        Tallied("甲户", now="2026-12-07", year="2027", proposed="2026-12-20")
    node = Tallied("甲户", now="2026-12-11").node("lecture")
    assert node is not None
    assert node.clock is None
