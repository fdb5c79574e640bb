"""What of the ledger a transaction does not see: some items, with all that is said of them. The one place where it is
left out, whatever is asked: every SELECT of such a transaction is narrowed before it is made."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, event, func, or_, select
from sqlalchemy.sql import visitors
from sqlalchemy.sql.selectable import CompoundSelect, FromClause

from ledger.store.aside_tables import Nudge, RoundUnitRow
from ledger.store.bulk_tables import BulkItem
from ledger.store.driver import NARROWED
from ledger.store.tables import Batch, Draft, Entry, Item, ItemCoUnit, Notice, table_of

_ENTRY, _ITEM = table_of(Entry), table_of(Item)
_NUMBERS = {
    _ITEM: "no",
    table_of(ItemCoUnit): "no",
    table_of(BulkItem): "no",
    table_of(Notice): "stream",
    table_of(Nudge): "stream",
    table_of(RoundUnitRow): "no",
    _ENTRY: "stream",
}
"""Every table that says something of single items, with the column of their numbers."""
_JOURNAL = "~"
"""How the name of a stream begins that is no item's; such a one is left out of the entries only."""
_BATCHES = {table_of(Draft): "batch", table_of(Batch): "id"}
"""Where it is said of what they were issued with."""


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
        for table in _tables(one):
            if table in _NUMBERS:
                one._where_criteria += (_shown(table, hidden),)
            elif table in _BATCHES and batches:
                one._where_criteria += (table.c[_BATCHES[table]].not_in(batches),)

    return visitors.cloned_traverse(asked, {}, {"select": without})


def _tables(one: Select[Any]) -> list[Table]:
    found: dict[FromClause, None] = {}
    for source in one.get_final_froms():
        found |= dict.fromkeys(source._from_objects)
    return [table for table in found if isinstance(table, Table)]


def _shown(table: Table, hidden: list[str]) -> ColumnElement[bool]:
    items = [one for one in hidden if not one.startswith(_JOURNAL)]
    if table is not _ENTRY:
        return func.coalesce(table.c[_NUMBERS[table]], "").not_in(items)  # what is joined from outside may have none
    shown = func.coalesce(_ENTRY.c.stream, "").not_in(hidden)
    if not items:
        return shown
    # An entry of a journal may say that somebody read something of such an item.
    spoken = (_ENTRY.c.body.contains(no, autoescape=True) for no in items)
    return and_(shown, or_(~_ENTRY.c.stream.startswith(_JOURNAL), ~or_(*spoken)))
