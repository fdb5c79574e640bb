"""Other orders of the register than its own: by one of its columns, up or down. Which columns sort it, the register's
column table says (desk/showing/register); each needs an index that begins with it (ledger/store/tables)."""

import operator
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, RowMapping, literal, tuple_

from ledger.chain.entries import ITEM

_BETWEEN = "|"


@dataclass(frozen=True, slots=True)
class SortedPart:
    """Some of the rows, as conditions, and what they are ordered by."""

    where: tuple[ColumnElement[bool], ...]
    order: tuple[ColumnElement[str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorting:
    """By which column the register is sorted (its own order where it is empty), `down`: from the greatest value on.
    Rows alike are ordered by number, the same way; rows that hold nothing there stand last either way."""

    by: str = ""
    down: bool = False

    @property
    def written(self) -> str:
        """As it stands in an address: the column's name, with - before it where it goes down."""
        return f"-{self.by}" if self.down else self.by

    def key(self, row: RowMapping) -> str:
        """What a page that ends with the row is followed by. Numbers hold no bar."""
        return f"{row[self.by] or ''}{_BETWEEN}{row['no']}" if self.by else row["sort"]

    def place(self, row: RowMapping) -> tuple[str, str]:
        """Where the row stands among those of its part."""
        return row[self.by] or "", row["no"]

    def parts(self, after: str) -> Iterator[SortedPart]:
        """The rows that follow the key (all of them, where it is empty): those that hold something there, then those
        that do not. Two queries, since either database would read and sort all rows for one that puts those last."""
        column, no = ITEM.c[self.by], ITEM.c.no
        value, _, last = after.rpartition(_BETWEEN)
        beyond = operator.lt if self.down else operator.gt
        if value or not after or not column.nullable:
            where: list[ColumnElement[bool]] = [column.is_not(None)] if column.nullable else []
            if after:
                where.append(beyond(tuple_(column, no), tuple_(literal(value), literal(last))))
            yield SortedPart(tuple(where), self._way(column, no) if self.by != no.name else self._way(no))
        if column.nullable:
            more = (beyond(no, last),) if after and not value else ()
            yield SortedPart((column.is_(None), *more), self._way(no))

    def _way(self, *columns: ColumnElement[str]) -> tuple[ColumnElement[str], ...]:
        return tuple(column.desc() for column in columns) if self.down else columns


OWN = Sorting()
"""The register's own order: open before ended, the gravest lamp, the earliest date."""
