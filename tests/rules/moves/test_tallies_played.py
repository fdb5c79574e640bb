"""An item that owes so often, played ahead of time: its unit reports for its nodes as its habit is."""

from datetime import date

import pytest

from rules.machine.commands import Status, UnitRef
from rules.machine.issuing import Order
from rules.nodes.owing import counted
from rules.telling.simulation import Behaviour, Habit, imagined
from rules.telling.simulation import play as play_ahead
from tests.rules.moves.tallied import pairing
from tests.support.factories import CALENDAR, at


@pytest.mark.parametrize(("days", "late"), [(-3, 0), (2, 7)])
def test_an_item_is_played_ahead_with_its_nodes_in_time_and_late(days: int, late: int) -> None:
    order = Order(no="JD-1", unit=UnitRef(id="u1", name="农科院", kind="research", area="a1"), title="结对共建")
    process = pairing()
    begun = imagined(process, CALENDAR, order, date(2026, 1, 5))
    behaviour = Behaviour(unit=Habit(days=days), reviewer=Habit(days=days), steps=(("sign", Habit(days=-1)),))
    until, state = at("2027-03-01"), begun.state
    for one in play_ahead(process, CALENDAR, state, behaviour, begin=at("2026-01-05"), until=until):
        state = one.state
    assert state.status is Status.CLOSED
    assert counted(state.tallied, "household", "-") == 4
    assert counted(state.tallied, "gift", "-") >= 500
    assert len([s for s in state.stamps if s.node]) == late, state.stamps
