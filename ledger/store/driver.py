"""Statements handed to the driver as they are, on the paths that every command and every issued item takes: there
SQLAlchemy's own work on each statement takes longer than the database's."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table

from rules.codec import Plain


def insert_many(connection: Connection, table: Table, rows: Sequence[Plain]) -> None:
    """The rows stand in the table; all have the same columns."""
    names = ", ".join(f'"{name}"' for name in rows[0])
    sql = f"INSERT INTO {table.name} ({names}) VALUES {in_list(connection, tuple(rows[0]))}"
    connection.exec_driver_sql(sql, _values(rows, tuple(rows[0])))


def update_many(connection: Connection, table: Table, key: str, rows: Sequence[Plain]) -> None:
    """Each row's columns stand in the row of the table that has the same `key`; all have the same columns."""
    mark = _mark(connection)
    columns = tuple(name for name in rows[0] if name != key)
    changes = ", ".join(f'"{name}" = {mark}' for name in columns)
    sql = f'UPDATE {table.name} SET {changes} WHERE "{key}" = {mark}'
    connection.exec_driver_sql(sql, _values(rows, (*columns, key)))


def in_list(connection: Connection, values: Sequence[Any]) -> str:
    """`(?, ?)`: the places for so many values, of which there has to be one at least."""
    return f"({', '.join([_mark(connection)] * len(values))})"


def _values(rows: Sequence[Plain], names: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """By place: by name SQLite's driver looks each one up anew in each row."""
    of = itemgetter(*names)
    return [of(row) for row in rows]


def _mark(connection: Connection) -> str:
    return "?" if connection.dialect.name == "sqlite" else "%s"
