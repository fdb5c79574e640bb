"""A unit as its page shows it: all spans and conditions, what the journal says of it by which document, what became
part of it, what it has open."""

from sqlalchemy import Connection, case, select

from desk.showing.values import Shown
from desk.units.changing import unit_history
from ledger.chain.entries import ENTRY, ITEM
from ledger.chain.journal import DIRECTORY, streams_of
from ledger.directory import people
from ledger.directory import units as over_time
from ledger.directory.following import not_handed_on
from ledger.directory.people import UNIT
from ledger.reading.entry_words import EntryWords
from rules.errors import Code, RuleViolation
from rules.machine.commands import ENDED

UNITS_LISTED, OPEN_LISTED = 300, 100
"""So many units the list shows, and so many open items the page of one."""


class ShownUnitEntry(Shown):
    """What an entry of the directory's journal says that concerns the unit."""

    at: str
    words: str


class ShownUnitItem(Shown):
    """An item that the unit has open."""

    no: str
    title: str
    due: str = ""


class ShownUnitPage(Shown):
    """A unit. `ended`: since when it is no more; `became`: the units in its place; `parts`: those merged into it."""

    unit: str
    name: str
    ended: str = ""
    became: tuple[tuple[str, str], ...] = ()
    parts: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()
    entries: tuple[ShownUnitEntry, ...] = ()
    items: tuple[ShownUnitItem, ...] = ()
    open: int = 0


class ShownUnitRow(Shown):
    """A unit in the list. `left`: so many items that it still has open, though it is no more."""

    unit: str
    name: str
    ended: str = ""
    left: int = 0


def known_unit(connection: Connection, written: str) -> str:
    """The id of the unit of that id, name or alias, also of one that is no more. Raises unknown_unit."""
    try:
        return people.unit_ref(connection, written).id
    except RuleViolation:
        at = written.strip()
        ended = select(UNIT.c.id, UNIT.c.name, UNIT.c.aliases).where(UNIT.c.ended.is_not(None))
        rows = connection.execute(ended.order_by(UNIT.c.ended.desc(), UNIT.c.id))
        found: str | None = next((one.id for one in rows if at in (one.id, one.name, *one.aliases.split("\n"))), None)
        if not at or found is None:
            raise
        return found


def show_units(connection: Connection) -> tuple[ShownUnitRow, ...]:
    """Those that are no more and have something open still, then all others, those that are no more last."""
    left = not_handed_on(connection)
    first = case((UNIT.c.id.in_(left), 0), (UNIT.c.ended.is_(None), 1), else_=2)
    query = select(UNIT.c.id, UNIT.c.name, UNIT.c.ended).order_by(first, UNIT.c.id)
    return tuple(
        ShownUnitRow(unit=row.id, name=row.name, ended=row.ended or "", left=left.get(row.id, 0))
        for row in connection.execute(query.limit(UNITS_LISTED + 1))
    )


def show_unit(connection: Connection, unit: str) -> ShownUnitPage:
    """The unit of that id. Raises unknown_unit."""
    row = connection.execute(select(UNIT).where(UNIT.c.id == unit)).mappings().first()
    if row is None:
        coming = over_time.lives(connection, {unit})
        if not coming:
            raise RuleViolation(Code.UNKNOWN_UNIT, actual=unit[:50], hint="；请核对单位编号")
        return ShownUnitPage(unit=unit, name=coming[unit].spans[0].known.name, lines=unit_history(connection, unit))
    open_ = (ITEM.c.unit == unit, ITEM.c.status.not_in(ENDED))
    query = select(ITEM.c.no, ITEM.c.title, ITEM.c.due).where(*open_).order_by(ITEM.c.no)
    items = connection.execute(query).all()
    return ShownUnitPage(
        unit=unit,
        name=row["name"],
        ended=row["ended"] or "",
        became=_named(connection, row["became"].split("\n") if row["became"] else []),
        parts=_named(connection, _parts(connection, unit)),
        lines=unit_history(connection, unit),
        entries=_entries(connection, unit),
        items=tuple(ShownUnitItem(no=no, title=title, due=(due or "")[:10]) for no, title, due in items[:OPEN_LISTED]),
        open=len(items),
    )


def _named(connection: Connection, units: list[str]) -> tuple[tuple[str, str], ...]:
    names = people.names_of_units(connection, units)
    return tuple((unit, names.get(unit, unit)) for unit in units)


def _parts(connection: Connection, unit: str) -> list[str]:
    """The units that became this one, alone or with others."""
    became = select(UNIT.c.id, UNIT.c.became).where(UNIT.c.became.contains(unit, autoescape=True))
    return sorted(id_ for id_, names in connection.execute(became) if unit in names.split("\n") and id_ != unit)


def _entries(connection: Connection, unit: str) -> tuple[ShownUnitEntry, ...]:
    """What the journal says of the unit, in order: its id stands in those entries, in quotation marks."""
    query = select(ENTRY).where(
        ENTRY.c.stream.in_(streams_of(DIRECTORY)), ENTRY.c.body.contains(f'"{unit}"', autoescape=True)
    )
    rows = connection.execute(query.order_by(ENTRY.c.position)).mappings().all()
    words = EntryWords(connection, rows)
    return tuple(ShownUnitEntry(at=row["recorded_at"], words=words.line(row)) for row in rows)
