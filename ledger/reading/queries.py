"""What screens, commands and the API read: the register page by page, one item with its timeline. Reads only."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, false, func, select, true

from ledger.chain import erasable
from ledger.chain.entries import CO_UNIT, ENTRY, ITEM, NOTICE, event_of
from ledger.chain.lookup import NUMBER, number, state_of
from ledger.reading.filters import FILTERS, Filters
from ledger.reading.sorting import OWN, Sorting
from ledger.store.sight import scope_in
from ledger.store.tables import Unit, table_of
from rules.errors import Code, RuleViolation
from rules.family import place_of_child
from rules.machine.commands import ENDED, NOBODYS_TURN, Status
from rules.machine.events import Event
from rules.machine.facts import Issued
from rules.machine.state import State

UNIT = table_of(Unit)
PAGE = 50
PAGE_LIMIT = 500


LISTED = tuple(c for c in ITEM.c if c.name not in ("state", "head", "import_key"))
"""What of an item a row of the register holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterPage:
    """Some rows of the register in order, and the key after which the next page begins (None: this is the last).
    A row's `helps`: the unit that was asked for only helps with the item."""

    rows: tuple[RowMapping, ...]
    next: str | None


def register(
    connection: Connection,
    filters: Filters,
    *,
    sorting: Sorting = OWN,
    after: str | None = None,
    size: int = PAGE,
) -> RegisterPage:
    """The page of the register that follows the key `after` (from the start when None)."""
    size = max(1, min(size, PAGE_LIMIT))
    rows = tuple(_in_order(connection, filters, sorting, after, size + 1))
    return RegisterPage(rows=rows[:size], next=sorting.key(rows[size - 1]) if len(rows) > size else None)


def register_chunks(
    connection: Connection, filters: Filters, size: int, sorting: Sorting = OWN
) -> Iterator[Sequence[RowMapping]]:
    """The whole register in order, `size` rows at a time: no more of it is held in memory."""
    after = ""
    while rows := _in_order(connection, filters, sorting, after, size):
        yield rows
        after = sorting.key(rows[-1])


def children_of(connection: Connection, numbers: Sequence[str]) -> dict[str, list[RowMapping]]:
    """The follow-ups of each of these items, in the order in which they were made; of all of them in one question."""
    query = select(*LISTED, false().label("helps")).where(ITEM.c.parent.in_(numbers))
    found: dict[str, list[RowMapping]] = {}
    for row in connection.execute(query).mappings() if numbers else ():
        found.setdefault(row["parent"], []).append(row)
    return {no: sorted(rows, key=lambda row: place_of_child(row["no"])) for no, rows in found.items()}


def lamp_counts(connection: Connection, filters: Filters) -> dict[str, int]:
    """How many items show each lamp."""
    counts: Counter[str] = Counter()
    counted = select(ITEM.c.lamp, func.count()).group_by(ITEM.c.lamp)
    for way in _ways_of_unit(filters):
        counts.update({lamp: count for lamp, count in connection.execute(_asked(connection, counted, way))})
    return dict(counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sought:
    """One of the questions that together find what is asked for: what its filters let through, of all items or of those
    that the unit `helper` helps with and does not lead by now. `of_area`: and that unit is of that area."""

    filters: Filters
    helper: str = ""
    of_area: str = ""
    helps: bool = False

    @property
    def sort(self) -> ColumnElement[str]:
        """By what it is walked in the register's own order."""
        return CO_UNIT.c.sort if self.helper else ITEM.c.sort


_WAYS = 8
"""So many questions at most for one page: whoever sees more than that many units and areas is asked for at once."""


def _ways_of_unit(filters: Filters) -> list[_Sought]:
    """What a unit leads and what it helps with are asked for apart and put in order here: with an "or" between the two,
    either database reads and sorts all that the unit has for every page. The area is then the unit's own, as with
    what it leads: whoever leads may belong to another."""
    if not filters.unit:
        return [_Sought(filters=filters)]
    rest = replace(filters, unit=None, area=None)
    return [
        _Sought(filters=filters),
        _Sought(filters=rest, helper=filters.unit, of_area=filters.area or "", helps=True),
    ]


def _ways(connection: Connection, filters: Filters) -> list[_Sought]:
    """The same for whoever sees some units or areas only, each of which is walked by an index of its own. What is out
    of the scope is left out of these questions as of all (ledger/store/sight)."""
    scope = scope_in(connection)
    led = (*scope.units, *scope.below)
    if scope.body or filters.unit or len(led) + len(scope.units) + len(scope.areas) > _WAYS:
        return _ways_of_unit(filters)
    ways = [_Sought(filters=replace(filters, unit=unit)) for unit in led]
    ways += [_Sought(filters=replace(filters, area=area)) for area in scope.areas if filters.area in (None, "", area)]
    return ways + [_Sought(filters=filters, helper=unit) for unit in scope.units]


def _in_order(
    connection: Connection, filters: Filters, sorting: Sorting, after: str | None, size: int
) -> list[RowMapping]:
    """The next `size` rows."""
    ways = _ways(connection, filters)
    if not sorting.by:
        return _in_own_order(connection, ways, after, size)
    found: list[RowMapping] = []
    for part in sorting.parts(after or ""):
        left = size - len(found)
        if not left:
            break
        asked = (_listed(connection, way, _BY_SORTED).where(*part.where).order_by(*part.order) for way in ways)
        rows = [row for query in asked for row in connection.execute(query.limit(left)).mappings()]
        found += sorted(_once(rows, ways), key=sorting.place, reverse=sorting.down)[:left] if len(ways) > 1 else rows
    return found


def _in_own_order(connection: Connection, ways: Sequence[_Sought], after: str | None, size: int) -> list[RowMapping]:
    """The next `size` rows. Beyond the last row of a full page nothing more is looked for on another way."""
    rows: list[RowMapping] = []
    for way in ways:
        query = _listed(connection, way, _BY)
        query = query.where(way.sort > after) if after else query
        query = query.where(way.sort < rows[size - 1]["sort"]) if len(rows) >= size else query
        more = connection.execute(query.order_by(way.sort).limit(size)).mappings().all()
        rows = sorted(_once([*rows, *more], ways), key=itemgetter("sort")) if rows and more else [*rows, *more]
    return rows[:size]


def _once(rows: Sequence[RowMapping], ways: Sequence[_Sought]) -> Sequence[RowMapping]:
    """Each item once, though several units may have to do with it."""
    return list({row["no"]: row for row in rows}.values()) if len(ways) > 2 else rows


def _listed(connection: Connection, way: _Sought, by: Mapping[str, ColumnElement[Any]]) -> Select[Any]:
    return _asked(connection, select(*LISTED, (true() if way.helps else false()).label("helps")), way, by)


_BY: dict[str, ColumnElement[Any]] = {one.name: ITEM.c[one.name] for one in FILTERS if one.name in ITEM.c}
_BY["process"], _DUE = ITEM.c.process.concat(""), ITEM.c.due.concat("")
"""No indexes either: those are for sorting. A process that has most of the items is no way to find a page of them."""
_TURNS = tuple(status for status in Status if status not in NOBODYS_TURN | {Status.WAITING})
"""Where somebody has the move."""
_BY_SORTED = _BY | {name: _BY[name].concat("") for name in ("area", "status", "lamp")}
"""Nor are these indexes where the register is sorted: each lets so many items through that sorting them would take
longer than walking the order itself. A unit has few."""
_BY_HELPER = {name: column if name == "late" else column.concat("") for name, column in _BY.items()}
_BY_HELPER["status"] = CO_UNIT.c.status
"""The same columns, but no indexes: what a unit helps with is walked by the index of helpers, and not by that of a lamp
which a tenth of the register shows."""


def _asked(
    connection: Connection, query: Select[Any], way: _Sought, by: Mapping[str, ColumnElement[Any]] | None = None
) -> Select[Any]:
    if not way.helper:
        return _narrow(connection, query, way.filters, by or _BY)
    query = query.join(CO_UNIT, CO_UNIT.c.no == ITEM.c.no)
    query = query.where(CO_UNIT.c.unit == way.helper, ITEM.c.unit != way.helper)
    if way.of_area:
        query = query.where(select(UNIT.c.area).where(UNIT.c.id == way.helper).scalar_subquery() == way.of_area)
    return _narrow(connection, query, way.filters, _BY_HELPER)


def _narrow(
    connection: Connection, query: Select[Any], filters: Filters, by: Mapping[str, ColumnElement[Any]]
) -> Select[Any]:
    for name, column in by.items():
        value = getattr(filters, name)
        if value is not None and value != "":
            query = query.where(column == value)
    if filters.party:
        query = query.where(by["status"].in_(_TURNS))
    if filters.due_from:
        query = query.where(_DUE >= filters.due_from)
    if filters.due_to:
        query = query.where(_DUE <= filters.due_to)
    if filters.ended is not None:
        is_open = by["status"].not_in(ENDED)
        query = query.where(by["status"] == Status.CLOSED if filters.ended else is_open)
    if filters.text and NUMBER.fullmatch(number(filters.text)):
        query = query.where(ITEM.c.no == number(filters.text))
    elif filters.text:
        # Not LIKE: its case differs between the databases, and SQLite refuses a long pattern.
        found = func.instr if connection.dialect.name == "sqlite" else func.strpos
        query = query.where(found(func.lower(ITEM.c.title), func.lower(filters.text)) > 0)
    return query


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """One item: its row, its state, what it is about, and its entries in order. The names that stand apart from the
    first entry are in `issued` and `events` as people see them, in `entries` as they are stored."""

    row: RowMapping
    state: State
    issued: Issued
    events: tuple[Event, ...]
    entries: tuple[RowMapping, ...]


def item(connection: Connection, no: str) -> ItemView:
    """The item of that number, typed in whatever case, with its whole life. Raises unknown_item."""
    no = number(no)
    row = connection.execute(select(ITEM).where(ITEM.c.no == no)).mappings().first()
    if row is None:
        raise RuleViolation(Code.UNKNOWN_ITEM, no=no[:50])
    entries = tuple(connection.execute(select(ENTRY).where(ENTRY.c.stream == no).order_by(ENTRY.c.seq)).mappings())
    events = tuple(erasable.opened_event(connection, event_of(e)) for e in entries)
    issued = events[0].fact
    assert isinstance(issued, Issued)
    return ItemView(row=row, state=state_of(row), issued=issued, events=events, entries=entries)


def heard(connection: Connection, person: str, begin: str, end: str) -> list[RowMapping]:
    """What the person was to hear of in [begin, end) (instants as text), in order, with each notice's entry."""
    query = (
        select(NOTICE.c.at, NOTICE.c.stream, NOTICE.c.immediate, ENTRY.c.kind, ENTRY.c.body, ITEM.c.title)
        .join(ENTRY, (ENTRY.c.stream == NOTICE.c.stream) & (ENTRY.c.seq == NOTICE.c.seq))
        .join(ITEM, ITEM.c.no == NOTICE.c.stream)
        .where(NOTICE.c.person == person, NOTICE.c.at >= begin, NOTICE.c.at < end)
        .order_by(NOTICE.c.at, NOTICE.c.id)
    )
    return list(connection.execute(query).mappings())


def notices_of(connection: Connection, *, person: str | None = None, no: str | None = None) -> list[RowMapping]:
    """Notices of a person or of an item, newest first, at most 500."""
    query = select(NOTICE, ITEM.c.title, ITEM.c.unit_name, ITEM.c.process_ref, ENTRY.c.position)
    query = query.join(ITEM, ITEM.c.no == NOTICE.c.stream)
    query = query.join(ENTRY, (ENTRY.c.stream == NOTICE.c.stream) & (ENTRY.c.seq == NOTICE.c.seq))
    if person:
        query = query.where(NOTICE.c.person == person)
    if no:
        query = query.where(NOTICE.c.stream == no)
    return list(connection.execute(query.order_by(NOTICE.c.at.desc(), NOTICE.c.id).limit(500)).mappings())
