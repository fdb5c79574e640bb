"""What many items were issued about, who helps, and how far they are, as their entries say it: what no row of the
register holds, and a register that goes out does. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from ledger.chain import pinned
from ledger.chain.entries import ENTRY, ITEM, event_of
from ledger.chain.matters import with_names
from ledger.reading import lists
from ledger.reading.filters import Filters
from ledger.store.canonical import parse
from rules.dates.calendar import local_date
from rules.machine.facts import Reported, Submitted
from rules.process import Process

_AT_ONCE = 500
_PROGRESS = ("reported", "submitted")
_ID_LENGTH = 64
"""Longer answers are no units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTold:
    """Of one item: the answers to what it is about, its title left out, with the names of people that were not erased;
    what the `units` among them are called; `co_units` by name; the date that the committee
    set; what was said of its progress last, and on which day."""

    matter: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    co_units: tuple[str, ...] = ()
    deadline: str = ""
    progress: str = ""


NOTHING_TOLD = ItemTold()


def told_of(connection: Connection, numbers: Sequence[str]) -> dict[str, ItemTold]:
    """Of each of these items that is known."""
    found: dict[str, ItemTold] = {}
    for start in range(0, len(numbers), _AT_ONCE):
        found |= _told(connection, numbers[start : start + _AT_ONCE])
    return found


def _told(connection: Connection, numbers: Sequence[str]) -> dict[str, ItemTold]:
    first = select(ENTRY.c.stream, ENTRY.c.body).where(ENTRY.c.stream.in_(numbers), ENTRY.c.seq == 1)
    bodies = {stream: parse(body) for stream, body in connection.execute(first)}
    said = {no: tuple((at, text) for at, text in body.get("matter", ())) for no, body in bodies.items()}
    matters = with_names(connection, said)
    progress = _progress(connection, numbers)
    helping = {one for body in bodies.values() for one in body.get("co_units", ())}
    named = {text for matter in matters.values() for _, text in matter if len(text) <= _ID_LENGTH}
    units = {id_: row["name"] for id_, row in lists.units_named(connection, sorted(helping | named)).items()}
    return {
        no: ItemTold(
            matter={at: text for at, text in matters[no]},
            units=units,
            co_units=tuple(units.get(one, one) for one in body.get("co_units", ())),
            deadline=body.get("deadline") or "",
            progress=progress.get(no, ""),
        )
        for no, body in bodies.items()
    }


def _progress(connection: Connection, numbers: Sequence[str]) -> dict[str, str]:
    """What was reported or submitted last, with its day."""
    latest = select(ENTRY.c.stream, func.max(ENTRY.c.seq).label("seq")).group_by(ENTRY.c.stream)
    latest_of = latest.where(ENTRY.c.stream.in_(numbers), ENTRY.c.kind.in_(_PROGRESS)).subquery()
    query = select(ENTRY).join(latest_of, (ENTRY.c.stream == latest_of.c.stream) & (ENTRY.c.seq == latest_of.c.seq))
    found: dict[str, str] = {}
    for row in connection.execute(query).mappings():
        event = event_of(row)
        assert isinstance(event.fact, Reported | Submitted)
        found[row["stream"]] = f"{local_date(event.at)} {event.fact.text}".strip()
    return found


def processes_in(connection: Connection, filters: Filters) -> list[Process]:
    """The processes, in every version that is known, of which items stand in the register under these filters' process;
    those in force first."""
    refs = select(pinned.PROCESS.c.ref).where(
        select(ITEM.c.no).where(ITEM.c.process == pinned.PROCESS.c.process).exists(),
        *((pinned.PROCESS.c.process == filters.process,) if filters.process else ()),
    )
    ordered = refs.order_by(pinned.PROCESS.c.current.desc(), pinned.PROCESS.c.ref)
    return [pinned.process(connection, ref) for ref in connection.execute(ordered).scalars()]
