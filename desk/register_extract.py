"""The register as an extract: every row under its filters, in the order of the register, with names in place of ids."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection

from desk.showing.register import COLUMNS_OF_UNIT, REGISTER_COLUMNS, RegisterColumn, RegisterRow, RowNames, headed
from ledger.reading import queries
from ledger.reading.extracts import ROWS_AT_ONCE, Extract, ExtractRow, colour
from ledger.reading.filters import Filters, in_words


def register_extract(connection: Connection, filters: Filters) -> Extract:
    """The register under these filters."""
    columns = headed(connection, (*REGISTER_COLUMNS, *(COLUMNS_OF_UNIT if filters.unit else ())))
    return Extract(
        what="register",
        title="督办台账",
        scope=in_words(connection, filters),
        columns=columns,
        total=sum(queries.lamp_counts(connection, filters).values()),
        rows=_rows(connection, filters, columns),
        marked="lamp",
    )


def _rows(connection: Connection, filters: Filters, columns: Sequence[RegisterColumn]) -> Iterator[ExtractRow]:
    names, words = RowNames(connection, datetime.now(UTC)), [column.words for column in columns]
    for chunk in queries.register_chunks(connection, filters, ROWS_AT_ONCE):
        names.meet(row["supervisor"] for row in chunk)
        for row in chunk:
            of = RegisterRow(names, row)
            yield ExtractRow(tuple(said(of) for said in words), colour(of.lamp.colour))
