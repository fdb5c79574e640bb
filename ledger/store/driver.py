"""Statements handed to the driver as they are, on the paths that every command and every issued item takes: there
SQLAlchemy's own work on each statement takes longer than the database's."""

import json
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Table,
    Text,
    Update,
    literal,
)
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from rules.codec import Plain

NARROWED = "narrowed"
"""The option of a connection on which each question is narrowed before it is made (ledger/store/sight.py)."""
SCOPED = "scoped"
"""The option of a connection on which each question is narrowed as it is compiled: the parameters, by name, that are
given with it for that."""


def run(connection: Connection, sql: str, values: Any = (), *, many: bool = False) -> Any:
    """The driver's cursor after the statement, in the transaction of the connection. Raises DBAPIError as
    SQLAlchemy does."""
    cursor = connection.connection.cursor()
    try:
        if many:
            cursor.executemany(sql, values)
        else:
            cursor.execute(sql, values)
    except Exception as error:
        dialect = connection.dialect
        if not isinstance(error, dialect.loaded_dbapi.Error):
            raise
        gone = dialect.is_disconnect(error, connection.connection.dbapi_connection, cursor)
        wrapped = DBAPIError.instance(
            sql, values, error, dialect.loaded_dbapi.Error, connection_invalidated=gone, dialect=dialect
        )
        if gone:
            connection.invalidate(error)
        raise wrapped from error
    return cursor


class PreparedUpdate:
    """An UPDATE that is made over and over: compiled once for each kind of database."""

    def __init__(self, change: Update) -> None:
        """All that changes from one time to the next are parameters by name; none may stand for a list."""
        self._change = change
        self._made: dict[str, _Statement] = {}

    def make(self, connection: Connection, rows: Sequence[Plain]) -> None:
        """It is made with the values of each row. Raises DBAPIError."""
        made = self._made.get(connection.dialect.name)
        if made is None:
            made = self._made[connection.dialect.name] = _Statement(self._change, connection.dialect)
        run(connection, made.sql, [made.placed(row) for row in rows], many=True).close()


class PreparedQuery:
    """A SELECT that is asked over and over: compiled once for each kind of database, and once for each kind of scope in
    which it is asked. Where single items are hidden, SQLAlchemy is asked: there a question is another each time."""

    def __init__(self, query: Select[Any]) -> None:
        """All that is asked of it are parameters by name; none may stand for a list."""
        self._query = query
        self._made: dict[tuple[object, ...], _ForDriver] = {}

    def all(self, connection: Connection, **values: Any) -> Sequence[RowMapping]:
        """The rows. Raises DBAPIError."""
        if NARROWED in connection.get_execution_options():
            return connection.execute(self._query, values).mappings().all()
        return self._for(connection, values).rows(connection, values | self._scoped(connection))

    def _scoped(self, connection: Connection) -> dict[str, Any]:
        found: dict[str, Any] = connection.get_execution_options().get(SCOPED, {})
        return found

    def _for(self, connection: Connection, values: dict[str, Any]) -> "_ForDriver":
        scoped = self._scoped(connection)
        lengths = tuple((name, len(one) if isinstance(one, list) else -1) for name, one in scoped.items())
        kind = (connection.dialect.name, *lengths)
        made = self._made.get(kind)
        if made is None:
            if len(self._made) >= _KINDS:  # a post in ever other numbers of units: those that come now matter
                self._made.clear()
            made = self._made[kind] = _ForDriver(self._query, connection.dialect, values | scoped)
        return made

    def tuples(self, connection: Connection, **values: Any) -> Sequence[Any]:
        """The rows by place, of a question for texts and whole numbers only. Raises DBAPIError."""
        if NARROWED in connection.get_execution_options():
            return connection.execute(self._query, values).all()
        return self._for(connection, values).tuples(connection, values | self._scoped(connection))

    def first(self, connection: Connection, **values: Any) -> RowMapping | None:
        """The first row, of a question that finds few. Raises DBAPIError."""
        found = self.all(connection, **values)
        return found[0] if found else None


_KINDS = 64
"""So many forms of a question are kept."""


class _Statement:
    """The statement as one kind of database takes it, with the values that are always the same. `like`: values of the
    kind that it is made with; a list among them is as long each time."""

    def __init__(self, statement: Select[Any] | Update, dialect: Dialect, like: Plain | None = None) -> None:
        compiled: Any = statement.compile(dialect=dialect, column_keys=list(like) if like else None)
        self._fixed = {name: one.value for name, one in compiled.binds.items() if not one.required}
        self.sql, self._lists = str(compiled), {}
        self._places: Sequence[str] | None = compiled.positiontup
        if compiled.post_compile_params:
            spread = compiled.construct_expanded_state(self._fixed | (like or {}))
            self.sql, self._places = spread.statement, spread.positiontup
            self._lists = spread.parameter_expansion

    def placed(self, values: Plain) -> Any:
        """The values as the driver takes them: by place or by name."""
        asked = self._fixed | values
        for name, parts in self._lists.items():
            asked |= zip(parts, asked.pop(name), strict=True)
        return asked if self._places is None else [asked[name] for name in self._places]


class _ForDriver(_Statement):
    """A question, and what makes its rows into Python's values."""

    def __init__(self, query: Select[Any], dialect: Dialect, like: Plain) -> None:
        super().__init__(query, dialect, like)
        columns = tuple(query.selected_columns)
        self._shape = SimpleResultMetaData([column.name for column in columns])
        made = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        self._processors = made if any(made) else None

    def tuples(self, connection: Connection, values: dict[str, Any]) -> list[Any]:
        cursor = run(connection, self.sql, self.placed(values))
        found: list[Any] = cursor.fetchall()
        cursor.close()
        return found

    def rows(self, connection: Connection, values: dict[str, Any]) -> list[RowMapping]:
        found = self.tuples(connection, values)
        shape, places, processors = self._shape, self._shape._key_to_index, self._processors
        return [RowMapping(shape, processors, places, row) for row in found]


def insert_many(connection: Connection, table: Table, rows: Sequence[Plain]) -> None:
    """The rows stand in the table; all have the same columns."""
    names = ", ".join(f'"{name}"' for name in rows[0])
    sql = f"INSERT INTO {table.name} ({names}) VALUES {in_list(connection, tuple(rows[0]))}"
    run(connection, sql, _values(rows, tuple(rows[0])), many=True).close()


def update_many(connection: Connection, table: Table, key: str, rows: Sequence[Plain]) -> None:
    """Each row's columns stand in the row of the table that has the same `key`; all have the same columns."""
    mark = _mark(connection)
    columns = tuple(name for name in rows[0] if name != key)
    changes = ", ".join(f'"{name}" = {mark}' for name in columns)
    sql = f'UPDATE {table.name} SET {changes} WHERE "{key}" = {mark}'
    run(connection, sql, _values(rows, (*columns, key)), many=True).close()


def in_list(connection: Connection, values: Sequence[Any]) -> str:
    """`(?, ?)`: the places for so many values, of which there has to be one at least."""
    return f"({', '.join([_mark(connection)] * len(values))})"


def _values(rows: Sequence[Plain], names: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """By place: by name SQLite's driver looks each one up anew in each row."""
    of = itemgetter(*names)
    return [of(row) for row in rows]


def _mark(connection: Connection) -> str:
    return "?" if connection.dialect.name == "sqlite" else "%s"


class _Each(FunctionElement[str]):
    """The texts of a JSON list, as a column in brackets."""

    name = "each"
    inherit_cache = True
    type = Text()


@compiles(_Each, "sqlite")
def _in_sqlite(element: _Each, compiler: SQLCompiler, **rest: Any) -> str:
    return f"(SELECT value FROM json_each({compiler.process(element.clauses, **rest)}))"


@compiles(_Each, "postgresql")
def _in_postgresql(element: _Each, compiler: SQLCompiler, **rest: Any) -> str:
    return f"(SELECT json_array_elements_text(CAST({compiler.process(element.clauses, **rest)} AS json)))"


def texts(values: Iterable[str]) -> str:
    """These as the parameter of an `among` is given."""
    return json.dumps(sorted(values), ensure_ascii=False)


def among(column: ColumnElement[Any], values: Iterable[str] | BindParameter[str]) -> ColumnElement[bool]:
    """Whether the column is one of these texts; or of those (`texts`) that the parameter stands for.

    In one parameter: a list of parameters is spelled out anew each time it is asked, which takes SQLAlchemy longer than
    the database takes to answer."""
    said = values if isinstance(values, BindParameter) else literal(texts(values), Text())
    found: ColumnElement[bool] = column.op("IN", is_comparison=True, return_type=Boolean())(_Each(said))
    return found
