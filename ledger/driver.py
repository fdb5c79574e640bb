"""Statements handed to the driver as they are, on the paths that every command and every issued item takes: there
SQLAlchemy's own work on each statement takes longer than the database's."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table

from rules.codec import Plain


def insert_many(connection: Connection, table: Table, rows: Sequence[Plain]) -> None:
    """The rows stand in the table; all have the same columns."""
    names = ", ".join(f'"{name}"' for name in rows[0])
    values = ", ".join(_named(connection).format(name) for name in rows[0])
    connection.exec_driver_sql(f"INSERT INTO {table.name} ({names}) VALUES ({values})", list(rows))


def update_many(connection: Connection, table: Table, key: str, rows: Sequence[Plain]) -> None:
    """Each row's columns stand in the row of the table that has the same `key`; all have the same columns."""
    named = _named(connection)
    columns = ", ".join(f'"{name}" = {named.format(name)}' for name in rows[0] if name != key)
    sql = f'UPDATE {table.name} SET {columns} WHERE "{key}" = {named.format(key)}'
    connection.exec_driver_sql(sql, list(rows))


def in_list(connection: Connection, values: Sequence[Any]) -> str:
    """`(?, ?)`: the places for so many values. Raises nothing, but an empty list is no SQL."""
    return f"({', '.join(['?' if _is_sqlite(connection) else '%s'] * len(values))})"


def _named(connection: Connection) -> str:
    return ":{}" if _is_sqlite(connection) else "%({})s"


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"
