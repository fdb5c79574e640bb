"""An item with all that an item may have: 64 nodes that have all rung, 60 follow-ups, 300 reports that count. What the
ledger holds of it and what its workflow begins with stay within bounds, in bytes."""

from dataclasses import replace

from activities.messages import ItemInput
from ledger.store.canonical import canonical
from rules.codec import decode, encode
from rules.links import CHILD_LIMIT
from rules.machine.commands import CommandKind as K
from rules.machine.state import State
from rules.nodes.node import OPEN_LIMIT, TALLIED_LIMIT, Amount, Tallied
from rules.process import Process
from tests.support.factories import Play
from tests.support.processes.full import full, rows
from workflows.converter import CONVERTER

KB = 1024
STATE, START = 192 * KB, 208 * KB
"""Measured: 155 KB and 162 KB, when all are about as long a text as may be. Temporal's server refuses 2 MB."""


def fullest() -> tuple[Play, State]:
    """The item in the step in which all is owed, months after everything was due."""
    process: Process = full("research")
    play = Play("2026-03-02", process=process)
    play.do(K.SIGN)
    play.do(K.SUBMIT, answers=rows(process, "2026-03-20"), text="报上")
    play.do(K.APPROVE)
    play.tick("2027-02-01")
    state = play.state
    amounts = (Amount(tally=state.nodes[0].tally, amount="1"),)
    one = Tallied(entry=1000, about=state.nodes[0].about, on=state.at.date(), amounts=amounts)
    return play, replace(state, tallied=(one,) * TALLIED_LIMIT)


def test_an_item_with_all_that_it_may_have_is_kept_and_carried_within_bounds() -> None:
    play, state = fullest()
    assert (len(state.nodes), len(state.children)) == (OPEN_LIMIT, CHILD_LIMIT)
    assert all(node.clock and node.clock.late and len(node.clock.fired) == 3 for node in state.nodes), (
        "all that rings has rung"
    )
    assert decode(State, encode(state)) == state
    carried = ItemInput(state=encode(state), process=encode(play.process), calendar=encode(play.calendar))
    (payload,) = CONVERTER.payload_converter.to_payloads([carried])
    assert STATE / 2 < len(canonical(encode(state))) < STATE
    assert len(payload.data) < START
