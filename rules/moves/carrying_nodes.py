"""What is owed by nodes when an item goes on by another version of its process."""

from collections.abc import Iterator
from dataclasses import replace

from rules.dates.calendar import local_date
from rules.dates.clocks import Clock
from rules.dates.windows import Due, Limit, again
from rules.forms.answers import Pairs
from rules.machine.commands import Status
from rules.machine.timed import Moved
from rules.machine.turns import limits_on_nodes
from rules.moves.carrying import Migration
from rules.nodes.node import OwedNode, Rang
from rules.nodes.owing import Owing, begun
from rules.process import Step


def nodes_in(move: Migration, target: Step | None, cap: Due | None, known: Pairs, no: int) -> tuple[OwedNode, ...]:
    """The nodes of a turn that goes on: what the new version owes by what has counted. A node that both versions owe by
    the same day goes on as it is, and one that fell due stays so; new ones are numbered from `no` on.

    Raises nodes_too_many.
    """
    state = move.state
    if target is None or state.status is not Status.WORKING:
        return ()
    limits = limits_on_nodes(cap)
    said = (one for node in state.nodes if (one := Rang.of(node)))
    owing = Owing(
        process=move.new,
        calendar=move.calendar,
        since=state.owed_since or move.now,
        answers=known,
        members=state.unit.members,
        said_year=state.year,
        tallied=state.tallied,
        rang=(*state.rang, *said),
        stops=state.stops,
        limits=limits,
    )
    before = {node.key: node for node in state.nodes}
    return tuple(_carried(move, node, before.get(node.key), limits) for node in begun(owing, target.id, no=no))


def _carried(move: Migration, node: OwedNode, was: OwedNode | None, limits: tuple[Limit, ...]) -> OwedNode:
    if node.clock is None:
        return replace(node, no=was.no) if was else node
    if was is None or was.clock is None:
        return replace(node, clock=replace(node.clock, due=_ahead(move, node.clock, limits)))
    if was.clock.late or was.clock.due.date == node.clock.due.date:
        return replace(node, no=was.no, clock=was.clock)
    clock = replace(was.clock, due=_ahead(move, node.clock, limits))
    return replace(node, no=was.no, clock=clock)


def _ahead(move: Migration, clock: Clock, limits: tuple[Limit, ...]) -> Due:
    """The date; a working day from now where it would lie in the past: nobody is late after the event."""
    due = clock.due
    if due.at > move.now or clock.late:
        return due
    return again(due.trace, move.calendar, move.new.due_time, limits, floor=local_date(move.now))


def moved_nodes(before: tuple[OwedNode, ...], after: tuple[OwedNode, ...]) -> Iterator[Moved]:
    """The nodes that are owed by another day now."""
    stood = {node.key: node.clock for node in before}
    for node in after:
        clock = stood.get(node.key)
        if clock and node.clock and clock.due.date != node.clock.due.date:
            yield Moved(
                what=node.clock.kind.value,
                before=clock.due.date,
                after=node.clock.due.date,
                clock=node.no,
                provisional=node.clock.due.provisional,
            )
