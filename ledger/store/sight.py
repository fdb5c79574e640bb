"""What of the ledger a transaction does not see: items out of the caller's scope and veiled ones, with all that is said
of them. The one place where it is left out, whatever is asked: every SELECT of such a transaction is narrowed. A query
may ask besides what the scope is (`scope_in`), to be quicker; that it is kept to, does not rest on it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    bindparam,
    event,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.sql import visitors
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import Alias, CompoundSelect, FromClause, Join

from ledger.store.aside_tables import (
    FigureValueRow,
    Nudge,
    RoundRow,
    RoundUnitRow,
    ScoreHalfRow,
    ScoreRow,
    ScoreSumRow,
    ScoreWaitRow,
    TierRow,
    Unfinished,
)
from ledger.store.bulk_tables import BulkItem
from ledger.store.driver import NARROWED, SCOPED
from ledger.store.tables import Batch, Draft, Entry, Item, ItemCoUnit, Notice, Unit, table_of
from rules.access import SEES_EVERYTHING, SeenScope

_ENTRY, _ITEM, _CO_UNIT, _UNIT = table_of(Entry), table_of(Item), table_of(ItemCoUnit), table_of(Unit)
_ROUND, _ROUND_UNIT = table_of(RoundRow), table_of(RoundUnitRow)
_FIGURE, _DRAFT = table_of(FigureValueRow), table_of(Draft)
_SCORE, _HALF, _TIER, _SUM = (table_of(one) for one in (ScoreRow, ScoreHalfRow, TierRow, ScoreSumRow))
_NUMBERS = {
    _ITEM: "no",
    _CO_UNIT: "no",
    table_of(BulkItem): "no",
    table_of(Unfinished): "no",
    table_of(Notice): "stream",
    table_of(Nudge): "stream",
    _ROUND_UNIT: "no",
    _ENTRY: "stream",
}
"""Every table that says something of single items, with the column of their numbers."""
_JOURNAL = "~"
"""How the name of a stream begins that is no item's; such a one is left out of the entries only."""
_SEEN_JOURNALS = ("~office/", "~directory/", "~figures/", "~burden/")
"""What is in force for all, and what became of units: the rest speaks of everybody's items, and of who came in."""
_ROUND_STREAM = "~round/"
_REPORT = "round_reported"
"""What a round says of all its units together."""
_BATCHES = {_DRAFT: "batch", table_of(Batch): "id"}
"""Where it is said of what they were issued with."""
_SCORES_STREAM = "~score/"
"""What is said of one unit in an assessment: ~score/<assessment>/<unit>."""
_OF_UNITS = {
    _ROUND_UNIT: ("unit", "area"),
    _DRAFT: ("unit", None),
    _FIGURE: ("unit", None),
    _SCORE: ("unit", "area"),
    _HALF: ("unit", None),
    table_of(ScoreWaitRow): ("unit", None),
    _TIER: ("unit", "area"),
}
"""What is said of units rather than of items, with the columns of the unit and of its area."""
NARROWED_TABLES = frozenset({*_NUMBERS, *_BATCHES, *_OF_UNITS, _ROUND, _SUM})
"""The tables of which not everybody sees everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a transaction sees. `hidden`: numbers of items and names of journals that it does not, whatever the scope.
    `scopes`: those of everybody in whose name it reads; it sees what is in all of them."""

    hidden: frozenset[str] = frozenset()
    scopes: tuple[SeenScope, ...] = ()


LookAt = Callable[[Connection], Sight]
"""What somebody sees, asked of the ledger as it is at the beginning of a transaction."""


def look(connection: Connection, sights: Collection[Sight]) -> None:
    """Nothing is read in this transaction from now on but what all of these see."""
    hide(connection, frozenset[str]().union(*(sight.hidden for sight in sights)))
    scopes = tuple(dict.fromkeys(scope for sight in sights for scope in sight.scopes if not scope.body))
    if not scopes:
        return
    values = {name: value for n, scope in enumerate(scopes) for name, value in _given(scope, n).items()}
    connection.execution_options(scopes=scopes, **{SCOPED: values})

    def narrow(of: Connection, asked: Any, many: Any, one: Any, options: Any) -> Any:
        if isinstance(asked, Select | CompoundSelect):
            return asked, [{**each, **values} for each in many], one if many else {**one, **values}
        raise NotImplementedError("whoever does not see everything asks by a Select")

    event.listen(connection, "before_execute", narrow, retval=True)


def scope_in(connection: Connection) -> SeenScope:
    """The scope of a transaction, for queries that are quicker when they are narrowed by it from the start. Everything
    where several hold, which are left to what narrows every query."""
    scopes = scopes_in(connection)
    return scopes[0] if len(scopes) == 1 else SEES_EVERYTHING


def scopes_in(connection: Connection) -> tuple[SeenScope, ...]:
    """The scopes that leave something out of a transaction; none, where it sees everything."""
    scopes: tuple[SeenScope, ...] = connection.get_execution_options().get("scopes", ())
    return scopes


def sees_everything(connection: Connection) -> bool:
    """Whether a transaction sees what concerns the whole body."""
    return not scopes_in(connection)


def hide(connection: Connection, numbers: Collection[str]) -> None:
    """Nothing of these items is read in this transaction from now on."""
    if not numbers:
        return
    hidden = sorted(numbers)
    batches = select(_ITEM.c.batch).where(_ITEM.c.no.in_(hidden), _ITEM.c.batch != "").distinct()
    with_them = sorted(connection.execute(batches).scalars())

    def narrow(of: Connection, asked: Any, many: Any, one: Any, options: Any) -> Any:
        return (narrowed(asked, hidden, with_them) if isinstance(asked, Select | CompoundSelect) else asked), many, one

    event.listen(connection, "before_execute", narrow, retval=True)
    connection.execution_options(**{NARROWED: True})  # for what does not go by way of SQLAlchemy


def narrowed(asked: Any, hidden: list[str], batches: list[str]) -> Any:
    """The same question, in each part of which these items and batches are left out."""

    def without(one: Select[Any]) -> None:
        for table, source in _tables(one):
            if table in _NUMBERS:
                one._where_criteria += (_shown(table, source, hidden),)
            elif table in _BATCHES and batches:
                one._where_criteria += (source.c[_BATCHES[table]].not_in(batches),)

    return visitors.cloned_traverse(asked, {}, {"select": without})


def _tables(one: Select[Any]) -> list[tuple[Table, FromClause]]:
    """The tables that a question asks, each with what it is called there."""
    named = ((one.element if isinstance(one, Alias) else one, one) for one in _sources(one))
    return [(table, source) for table, source in named if isinstance(table, Table)]


def _sources(one: Select[Any]) -> dict[FromClause, bool]:
    """What a question asks, and whether it is joined from outside there, so that it may be missing from a row. Not what
    SQLAlchemy says of it, which makes the whole statement for that."""
    found: dict[FromClause, bool] = {}
    for element in one._iterate_from_elements():
        waiting = [(element, False)]
        while waiting:
            source, outside = waiting.pop()
            if isinstance(source, Join):
                waiting.append((source.left, outside or source.full))
                waiting.append((source.right, outside or source.full or source.isouter))
            else:
                found[source] = found.get(source, False) or outside
    for target, _, _, flags in one._setup_joins:
        outside = bool(flags["isouter"] or flags["full"])
        for source in target._from_objects:
            found[source] = found.get(source, False) or outside
    return found


def _shown(table: Table, source: FromClause, hidden: list[str]) -> ColumnElement[bool]:
    items = [one for one in hidden if not one.startswith(_JOURNAL)]
    if table is not _ENTRY:
        return func.coalesce(source.c[_NUMBERS[table]], "").not_in(items)  # what is joined from outside may have none
    shown = func.coalesce(source.c.stream, "").not_in(hidden)
    if not items:
        return shown
    # An entry of a journal may say that somebody read something of such an item.
    spoken = (source.c.body.contains(no, autoescape=True) for no in items)
    return and_(shown, or_(~source.c.stream.startswith(_JOURNAL), ~or_(*spoken)))


_SCOPE = "scope"
"""How the parameters are called that a scope gives to every question: the n-th scope of a transaction gives scope_n,
and lists of those of scope_n_led, scope_n_units and scope_n_areas that it has."""


def _given(scope: SeenScope, n: int) -> dict[str, Any]:
    lists = {"led": (*scope.units, *scope.below), "units": scope.units, "areas": scope.areas}
    return {f"{_SCOPE}_{n}": True} | {f"{_SCOPE}_{n}_{name}": list(ids) for name, ids in lists.items() if ids}


def narrowing(compiler: type[SQLCompiler], *, sqlite: bool) -> type[SQLCompiler]:
    """That compiler of statements, which narrows every SELECT, on whatever level of the statement, by the scopes whose
    parameters are given with it. A statement that is asked again is made once for each kind of scope."""

    class Narrowing(compiler):  # type: ignore[misc,valid-type]
        def visit_select(self, select_stmt: Select[Any], *args: Any, **kwargs: Any) -> str:
            for scope in _scopes_in(tuple(self.column_keys or ()), sqlite):
                select_stmt = scope.narrowed(select_stmt)
            text: str = super().visit_select(select_stmt, *args, **kwargs)
            return text

    return Narrowing


@lru_cache(maxsize=256)
def _scopes_in(names: tuple[str, ...], sqlite: bool) -> tuple["_Conditions", ...]:
    scopes = (name for name in names if name.rpartition("_")[0] == _SCOPE)
    return tuple(_Conditions(name, frozenset(names), sqlite) for name in scopes)


class _Conditions:
    """What is added to a question, by what a scope is made of: its units and areas are given at the time."""

    def __init__(self, scope: str, names: frozenset[str], sqlite: bool) -> None:
        def listed(name: str) -> BindParameter[Any] | None:
            return bindparam(f"{scope}_{name}", expanding=True) if f"{scope}_{name}" in names else None

        self._sqlite, self._led, self._units, self._areas = sqlite, listed("led"), listed("units"), listed("areas")

    def narrowed(self, one: Select[Any]) -> Select[Any]:
        """The same question, of what is in the scope."""
        outside = _sources(one)
        if any(isinstance(source, Alias) and source.name.startswith(f"{_SCOPE}_") for source in outside):
            return one  # what is asked here below for the scope itself
        for table, source in _tables(one):
            where = self._where(table, source)
            if where is not None and outside[source] and table in _NUMBERS:
                where = or_(source.c[_NUMBERS[table]].is_(None), where)
            one = one if where is None else one.where(where)
        return one

    def _where(self, table: Table, source: FromClause) -> ColumnElement[bool] | None:
        if table is _ITEM:
            return self._item(source)
        if table in _OF_UNITS:
            unit, area = _OF_UNITS[table]
            return self._of_unit(source.c[unit], source.c[area] if area else None)
        if table is _SUM:  # what all units of an area come to together
            return source.c.area.in_(self._areas) if self._areas is not None else source.c.area.is_(None)
        if table is _ROUND:  # those that ask somebody of the scope
            one = _ROUND_UNIT.alias("scope_round_unit")
            asked = select(1).where(one.c.round == source.c.id, self._of_unit(one.c.unit, one.c.area))
            return exists(asked.select_from(one).correlate(source))
        if table is _CO_UNIT:
            own = [] if self._units is None else [source.c.unit.in_(self._units)]
            return or_(*own, self._is_shown(source.c.no, source))
        if table is _ENTRY:
            journals = (source.c.stream.startswith(name) for name in _SEEN_JOURNALS)
            of_units = (self._of_round(source), self._of_scores(source))
            return or_(*journals, *of_units, self._is_shown(source.c.stream, source))
        if table in _NUMBERS:
            return self._is_shown(source.c[_NUMBERS[table]], source)
        return None

    def _item(self, item: FromClause) -> ColumnElement[bool]:
        ways: list[ColumnElement[bool]] = []
        if self._led is not None:
            ways.append(item.c.unit.in_(self._led))
        if self._areas is not None:
            ways.append(item.c.area.in_(self._areas))
        if self._units is not None:
            helper = _CO_UNIT.alias("scope_helper")
            helped = select(helper.c.no).where(helper.c.unit.in_(self._units)).correlate(None)
            # PostgreSQL finds by an index what is in an array, and in no set that a question gives.
            ways.append(
                item.c.no.in_(helped) if self._sqlite else item.c.no == func.any(func.array(helped.scalar_subquery()))
            )
        return or_(*ways) if ways else item.c.no.is_(None)

    def _of_round(self, entry: FromClause) -> ColumnElement[bool]:
        """A round's own journal: what it asks a unit of the scope, its form says by it. Not how everybody stood."""
        one = _ROUND_UNIT.alias("scope_asked")
        asked = select(literal(_ROUND_STREAM).concat(one.c.round)).where(self._of_unit(one.c.unit, one.c.area))
        of_all = entry.c.kind == _REPORT
        return and_(entry.c.stream.startswith(_ROUND_STREAM), ~of_all, entry.c.stream.in_(asked.correlate(None)))

    def _of_scores(self, entry: FromClause) -> ColumnElement[bool]:
        """What is said of a unit of the scope in an assessment."""
        one = _UNIT.alias("scope_scored")
        own = select(1).where(
            entry.c.stream.endswith(literal("/").concat(one.c.id)), self._of_unit(one.c.id, one.c.area)
        )
        return and_(entry.c.stream.startswith(_SCORES_STREAM), exists(own.select_from(one).correlate(entry)))

    def _is_shown(self, number: ColumnElement[Any], source: FromClause) -> ColumnElement[bool]:
        item = _ITEM.alias("scope_item")
        return exists(select(1).where(item.c.no == number, self._item(item)).select_from(item).correlate(source))

    def _of_unit(self, unit: ColumnElement[Any], area: ColumnElement[Any] | None) -> ColumnElement[bool]:
        ways: list[ColumnElement[bool]] = []
        if self._led is not None:
            ways.append(unit.in_(self._led))
        if self._areas is not None:
            ways.append(unit.in_(self._areas))
            in_area = _UNIT.alias("scope_unit")
            of_area = select(in_area.c.id).where(in_area.c.area.in_(self._areas)).correlate(None)
            ways.append(area.in_(self._areas) if area is not None else unit.in_(of_area))
        return or_(*ways) if ways else unit.is_(None)
