"""How nodes and what counts towards them fold into an item's state. Decides nothing."""

from collections.abc import Callable
from dataclasses import replace

from rules.dates.clocks import Clock
from rules.machine.events import Event
from rules.machine.facts import Corrected, Reported
from rules.machine.owned import change
from rules.machine.state import State
from rules.machine.timed import Turn
from rules.nodes.node import OwedNode, Rang, Tallied
from rules.process import ClockKind


def begin_nodes(state: State, turn: Turn) -> State:
    """The nodes of a turn stand in place of those before it; what these said is kept."""
    since = turn.clock.started if turn.clock.kind is ClockKind.WORKING else None
    if not (turn.nodes or state.nodes or state.stops or state.owed_since or since):
        return state
    kept = _remembered(state, state.nodes, turn.nodes)
    return change(state, nodes=turn.nodes, rang=kept, owed_since=since, stops=())


def anew(state: State) -> State:
    """Nothing has counted yet: another cycle, or another unit."""
    if not (state.tallied or state.nodes or state.rang):
        return state
    return change(state, tallied=(), nodes=(), rang=())


def stop_nodes(state: State) -> State:
    """No node is owed any more."""
    if not state.nodes:
        return state
    return change(state, nodes=(), rang=_remembered(state, state.nodes, ()))


def count_report(state: State, event: Event, fact: Reported) -> State:
    """The report counts, and nodes that are met give way to those that follow."""
    if not fact.amounts:
        return state
    assert fact.on is not None, "what counts happened on some day"
    one = Tallied(entry=event.seq, about=fact.about, on=fact.on, amounts=fact.amounts)
    return _give_way(change(state, tallied=(*state.tallied, one)), fact.met, fact.owed)


def uncount(state: State, fact: Corrected) -> State:
    """The report that the entry was counts no more."""
    left = tuple(one for one in state.tallied if one.entry != fact.entry)
    if len(left) == len(state.tallied):
        return state
    return _give_way(change(state, tallied=left), fact.gone, fact.owed)


def keep_rang(state: State, nodes: tuple[OwedNode, ...]) -> State:
    """These nodes stand in place of those before; what these said is kept."""
    if not state.nodes and not state.rang:
        return state
    return change(state, rang=_remembered(state, state.nodes, nodes))


def put_clock(state: State, no: int, put: Callable[[Clock], Clock]) -> State:
    """The state with something else in place of the clock of that number, a node's or another."""
    if any(clock.no == no and clock.kind is ClockKind.NODE for clock in state.running):
        owed = (replace(n, clock=put(n.clock)) if n.clock and n.no == no else n for n in state.nodes)
        return change(state, nodes=tuple(owed))
    return change(state, clocks=tuple(put(c) if c.no == no else c for c in state.clocks))


def _give_way(state: State, gone: tuple[int, ...], owed: tuple[OwedNode, ...]) -> State:
    if not gone and not owed:
        return state
    ended = tuple(node for node in state.nodes if node.no in gone)
    rest = tuple(node for node in state.nodes if node.no not in gone)
    highest = max((state.clock_no, *(node.no for node in owed)))
    return change(state, nodes=(*rest, *owed), rang=_remembered(state, ended, owed), clock_no=highest)


def _remembered(state: State, ended: tuple[OwedNode, ...], owed: tuple[OwedNode, ...]) -> tuple[Rang, ...]:
    """What nodes have said that are not open: those before, and those that end, but for those that are open again."""
    again = {node.key for node in owed}
    found = {one.key: one for one in state.rang} | {one.key: one for node in ended if (one := Rang.of(node))}
    return tuple(one for key, one in found.items() if key not in again)
