"""What an append brings about in other streams, in its own transaction: follow-ups are issued, their ends are told to
the item that issued them, and whatever is annulled with it is annulled.

The ledger is the bus: no workflow tells another one. A workflow that was not asked finds the entry when it appends.
"""

from collections import deque
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from ledger.chain import entries, pinned
from ledger.chain.entries import ENTRY, ITEM, Change, unfolded
from ledger.chain.family.sowing import decided, sow, sowing, sowing_at
from ledger.store.canonical import parse
from rules.codec import decode
from rules.errors import Code, RuleViolation
from rules.family import ChildEnded, child_no, place_of_child
from rules.machine.commands import ENDED, NOBODYS_TURN, Command, CommandKind
from rules.machine.events import Event
from rules.machine.facts import Annulled, Closed, Completed, Reopened
from rules.machine.folding import evolve
from rules.machine.item import decide, told
from rules.machine.state import State
from rules.moves.following import told_parent
from rules.moves.sowing import FOLLOWS, at_once, told_id

FOLLOW_WRITES = frozenset({"issued", "annulled", "child_ended", "child_reopened", "closed"})
"""The kinds of entry that come about so."""


def follow(connection: Connection, changes: Iterable[Change]) -> tuple[str, ...]:
    """What follows from these changes, which stand already, stands as well. Returns the numbers of the items whose
    workflows have to know: those issued, and those that ended with it.

    Raises follow_up_refused, parent_ended, children_open: then nothing of it may stand, the changes no more.
    """
    begun: list[str] = []
    waiting = deque(changes)
    while waiting:
        for further in _consequences(connection, waiting.popleft(), begun):
            entries.store(connection, entries.rows_of(connection, (further,)))
            waiting.append(further)
            begun += [further.state.no for event in further.events if isinstance(event.fact, Closed)]
    return tuple(begun)


def check(connection: Connection, state: State, events: Sequence[Event]) -> None:
    """What would follow from these events is possible, as far as the ledger now says; for bulk work, which decides
    before it stores. Raises what `follow` raises."""
    for event in events:
        before, state = state, evolve(state, event)
        if isinstance(event.fact, Reopened):
            _check_parent(connection, before)
        if now := at_once(event):
            decided(connection, state, sowing(connection, state, event, events), now, event)


def begun_by(connection: Connection, no: str, events: Iterable[Event]) -> tuple[str, ...]:
    """The numbers of what was issued with these events of that item, or ended by itself with them."""
    found: list[str] = []
    for event in events:
        found += [child_no(no, one.n) for one in at_once(event)]
        if isinstance(event.fact, Closed | Completed | Annulled):
            above = no.rpartition("-")[0]
            where = (ENTRY.c.stream == above, ENTRY.c.command == told_id(no, event))
            for kind, body in connection.execute(select(ENTRY.c.kind, ENTRY.c.body).where(*where)):
                found += decode(ChildEnded, parse(body)).begun if kind == "child_ended" else ()
                found += [above] if kind == "closed" else []
    return tuple(found)


def _consequences(connection: Connection, change: Change, begun: list[str]) -> Iterable[Change]:
    """What follows from a change in other streams: each is stored before the next is asked for."""
    state = change.state
    for event in change.events:
        before, state = state, evolve(state, event)
        if now := at_once(event):
            begun += sow(connection, state, sowing(connection, state, event), now, event)
        fact = event.fact
        if isinstance(fact, Annulled):
            for n in fact.annulled:
                yield from _annul(connection, child_no(state.no, n), event, fact.reason)
        if state.parent:
            if isinstance(fact, Reopened):
                _check_parent(connection, before)
            yield from _tell(connection, state, event)
        if isinstance(fact, ChildEnded) and fact.begun:
            wanted = {child.n: child for child in state.children if child_no(state.no, child.n) in fact.begun}
            for at in sorted({child.at for child in wanted.values()}):
                sown = sowing_at(connection, state, at)
                held = tuple(one for one in sown.issued if one.n in wanted)
                begun += sow(connection, state, sown, held, event)


def _tell(connection: Connection, child: State, event: Event) -> Iterable[Change]:
    """The item that issued the child knows of it, where it is something that it has to know."""
    if not isinstance(event.fact, Closed | Completed | Annulled | Reopened):
        return
    row = connection.execute(select(ITEM).where(ITEM.c.no == child.parent)).mappings().first()
    if row is None:
        return
    parent = unfolded(row["state"])
    fact = told_parent(parent, pinned.process(connection, child.process), child.no, event)
    if fact is None:
        return
    process, calendar = pinned.process(connection, parent.process), pinned.calendar(connection, parent.calendar)
    events = told(process, calendar, parent, fact, told_id(child.no, event), event.at).events
    yield Change(state=parent, head=row["head"], events=events)


def _annul(connection: Connection, no: str, cause: Event, reason: str) -> Iterable[Change]:
    row = connection.execute(select(ITEM).where(ITEM.c.no == no)).mappings().first()
    if row is None or row["status"] in ENDED:  # it was held back, and never issued
        return
    state = unfolded(row["state"])
    process, calendar = pinned.process(connection, state.process), pinned.calendar(connection, state.calendar)
    parent, n = no.rpartition("-")[0], cause.seq
    command = Command(
        kind=CommandKind.ANNUL, id=f"{FOLLOWS}{parent}/{n}", actor=cause.actor, reason=reason, children=True
    )
    yield Change(state=state, head=row["head"], events=decide(process, calendar, state, command, cause.at).events)


def _check_parent(connection: Connection, child: State) -> None:
    """An item that waited for the child has not ended: it would have ended with an open one. Raises parent_ended."""
    if not child.parent:
        return
    text = connection.execute(select(ITEM.c.state).where(ITEM.c.no == child.parent)).scalar()
    parent = unfolded(text) if text else None
    if parent is None or parent.status not in NOBODYS_TURN:
        return
    n = place_of_child(child.no)
    if any(one.n == n and one.waits for one in parent.children):
        raise RuleViolation(Code.PARENT_ENDED, parent=parent.no)
