"""The register as an extract: every row under its filters, with names in place of ids, and beside what the register
shows all that the items are about: what goes out here can be imported elsewhere (documents/sheets)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection

from desk.showing.register import (
    COLUMNS_OF_UNIT,
    REGISTER_COLUMNS,
    RegisterColumn,
    RegisterRow,
    RowNames,
    headed,
    sorted_words,
)
from ledger.chain.projection import MATTER_COLUMNS
from ledger.reading import queries
from ledger.reading.extracts import ROWS_AT_ONCE, ColumnKind, Extract, ExtractRow, clean, colour
from ledger.reading.filters import Filters, in_words
from ledger.reading.issued import NOTHING_TOLD, processes_in, told_of
from ledger.reading.sorting import OWN, Sorting
from rules.forms.cells import cell_of
from rules.forms.form import MATTER, TITLE, AnswerKind, FormField
from rules.process import Process

TOLD_COLUMNS = (
    RegisterColumn(name="co_units", heading="协办单位", width=24, words=lambda of: clean("、".join(of.told.co_units))),
    RegisterColumn(name="deadline", heading="完成时限", kind=ColumnKind.DAY, words=lambda of: of.told.deadline),
    RegisterColumn(name="progress", heading="进展", width=40, words=lambda of: clean(of.told.progress)),
)
"""What stands behind the register's own columns, before what the items are about."""


def register_extract(connection: Connection, filters: Filters, order: Sorting = OWN) -> Extract:
    """The register under these filters, in that order."""
    about = matter_columns(processes_in(connection, filters))
    of_unit = COLUMNS_OF_UNIT if filters.unit else ()
    columns = headed(connection, (*REGISTER_COLUMNS, *TOLD_COLUMNS, *about, *of_unit))
    return Extract(
        what="register",
        title="督办台账",
        scope=(*in_words(connection, filters), *sorted_words(order)),
        columns=columns,
        total=sum(queries.lamp_counts(connection, filters).values()),
        rows=_rows(connection, filters, columns, order),
        marked="lamp",
    )


def _rows(
    connection: Connection, filters: Filters, columns: Sequence[RegisterColumn], order: Sorting
) -> Iterator[ExtractRow]:
    names, words = RowNames(connection, datetime.now(UTC)), [column.words for column in columns]
    for chunk in queries.register_chunks(connection, filters, ROWS_AT_ONCE, order):
        names.meet(row["supervisor"] for row in chunk)
        told = told_of(connection, [row["no"] for row in chunk])
        for row in chunk:
            of = RegisterRow(names, row, told.get(row["no"], NOTHING_TOLD))
            yield ExtractRow(tuple(said(of) for said in words), colour(of.lamp.colour))


def matter_columns(processes: Iterable[Process]) -> tuple[RegisterColumn, ...]:
    """A column for each field of what items of these processes are about, beyond those that the register has anyhow;
    under the name that the first of them gives it."""
    fields: dict[str, FormField] = {}
    for process in processes:
        for field in process.matter.fields:
            fields.setdefault(field.id, field)
    known = (TITLE, *MATTER_COLUMNS)
    return tuple(_matter_column(field) for id_, field in fields.items() if id_ not in known)


def _matter_column(field: FormField) -> RegisterColumn:
    def words(of: RegisterRow) -> str:
        asked = of.process.matter.field(field.id) if of.told.matter else None
        return clean(cell_of(asked, of.told.matter, of.told.units)) if asked else ""

    wide = field.kind in (AnswerKind.TEXT, AnswerKind.ROWS)
    return RegisterColumn(name=f"{MATTER}.{field.id}", heading=field.name, width=40 if wide else 12, words=words)
