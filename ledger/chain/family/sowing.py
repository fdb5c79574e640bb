"""The rows of an answered form as items in the ledger: read where the form was answered, for units as the directory has
them, by the processes and the calendar that are in force. What they become is decided in rules.moves.sowing."""

from collections.abc import Sequence
from functools import partial

from sqlalchemy import Connection, or_, select

from ledger.chain import entries, pinned
from ledger.store.tables import Unit, table_of
from rules.family import FollowUp
from rules.machine.commands import UnitRef
from rules.machine.events import Event
from rules.machine.facts import Issued
from rules.machine.folding import fold
from rules.machine.state import State
from rules.moves.sowing import Sowing, answered_in, first_events, sowing_of, units_named

UNIT = table_of(Unit)


def sowing(connection: Connection, state: State, event: Event, more: Sequence[Event] = ()) -> Sowing:
    """Of an event just decided; `more`: those of its command, where they do not stand yet."""
    before = entries.read_events(connection, state.no, until=event.seq)
    told = answered_in((*before, *(one for one in more if one.seq <= event.seq)))
    return sowing_of(pinned.process(connection, state.process), event, told)


def sowing_at(connection: Connection, state: State, at: int) -> Sowing:
    """Of an entry of long ago: by the process by which the item went then."""
    events = entries.read_events(connection, state.no, until=at)
    then = fold(events)
    assert then is not None
    return sowing_of(pinned.process(connection, then.process), events[-1], answered_in(events))


def sow(connection: Connection, parent: State, sown: Sowing, these: Sequence[FollowUp], event: Event) -> list[str]:
    found = decided(connection, parent, sown, these, event)
    entries.store_issued(connection, [(one, None) for one in found])
    return [one.fact.no for one in found if isinstance(one.fact, Issued)]


def decided(
    connection: Connection, parent: State, sown: Sowing, these: Sequence[FollowUp], event: Event
) -> list[Event]:
    """The first events of these follow-ups, as of `event`. Raises follow_up_refused, which names the row."""
    return first_events(
        parent,
        sown,
        these,
        event,
        units=units_in(connection, units_named(sown, these)),
        in_force=partial(pinned.current_process, connection),
        calendar=pinned.current_calendar(connection),
    )


def units_in(connection: Connection, named: frozenset[str]) -> dict[str, UnitRef]:
    """Those of these units, by id or name, that there are now, by id."""
    if not named:
        return {}
    query = select(UNIT).where(or_(UNIT.c.id.in_(named), UNIT.c.name.in_(named)), UNIT.c.ended.is_(None))
    return {
        row["id"]: UnitRef(id=row["id"], name=row["name"], kind=row["kind"], area=row["area"])
        for row in connection.execute(query).mappings()
    }
