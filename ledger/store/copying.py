"""One consistent copy of a ledger that others are writing to, and a ledger made from such a copy. The ledger's own rows
only: what else belongs to a backup is put together elsewhere.

SQLite is copied page by page, PostgreSQL table by table; each inside one transaction that sees one instant.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import Connection, func, inspect, select

from ledger.store import migrations
from ledger.store.canonical import parse
from ledger.store.database import Database
from ledger.store.proof_tables import CheckpointRow, LedgerIdentity
from ledger.store.tables import Entry, Evidence, table_of

ENTRY, EVIDENCE = table_of(Entry), table_of(Evidence)
IDENTITY, _CHECKPOINT = table_of(LedgerIdentity), table_of(CheckpointRow)
SQLITE, POSTGRESQL = "sqlite", "postgresql"
_FILE = "duban.db"
"""The copy of a ledger on SQLite."""
SUFFIX = ".copy"
"""A table of a ledger on PostgreSQL: its rows as COPY writes them in text form, in the order of its key."""
PAGES = 4000
"""Pages copied between two looks at the progress: 16 MB."""
_CHUNK = 1 << 18
REVISIONS = "alembic_version"


class CopyProblem(Exception):
    """The copy cannot be made, or not be used. The message says why, in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCopy:
    """One table of a copy: its columns in the order of the file, and how many rows."""

    name: str
    columns: tuple[str, ...]
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What stands in a copy. `last_recorded_at`: when its last entry was stored, empty when it has none; `sealed` and
    `checkpoint`: how many entries its last checkpoint covers, and that one's number (0: none).

    Entries are numbered without gaps since revision 0005, so the last position is their number.
    """

    kind: str
    revision: str
    ledger: str = ""
    entries: int = 0
    last_position: int = 0
    last_recorded_at: str = ""
    checkpoint: int = 0
    sealed: int = 0
    sealed_at: str = ""
    tables: tuple[TableCopy, ...] = ()


def kind_of(url: str) -> str:
    """Which of the two databases that is."""
    return SQLITE if url.startswith(SQLITE) else POSTGRESQL


def path_of(url: str) -> Path:
    """The file of a ledger on SQLite."""
    return Path(url.removeprefix("sqlite:///"))


def copy_out(url: str, folder: Path, step: Callable[[int, int], object]) -> tuple[Copied, list[str]]:
    """The folder holds the ledger as it stood at one instant. Returns what it holds, and the ids of its evidence.

    `step` hears how much is done, of how much. Reads only. Raises CopyProblem, LedgerUnavailable.
    """
    if kind_of(url) == SQLITE:
        if not path_of(url).exists():
            raise CopyProblem(f"没有留痕库 {path_of(url)}")
        copy_sqlite(path_of(url), folder / _FILE, step)
        return _read(Database(f"sqlite:///{folder / _FILE}"), lambda connection: ())
    return _read(Database(url), lambda connection: _tables_out(connection, folder, step))


def copy_sqlite(source: Path, target: Path, step: Callable[[int, int], object] = lambda done, of: None) -> None:
    """`target` is the SQLite database `source` as it stood at one instant, whoever writes to it meanwhile.

    The transaction that reads is held from the first page to the last: without it every writer in between would make
    the copy begin anew. In WAL mode, which all our databases have, it holds up nobody.
    """
    target.touch(mode=0o600)
    with (
        closing(sqlite3.connect(source.absolute().as_uri() + "?mode=rw", uri=True, timeout=30)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        old.isolation_level = None
        new.execute("PRAGMA journal_mode=OFF")  # a copy that was interrupted is thrown away
        new.execute("PRAGMA synchronous=OFF")  # whoever asked for it syncs the file once
        old.execute("BEGIN")
        old.execute("SELECT count(*) FROM sqlite_master").fetchone()
        old.backup(new, pages=PAGES, progress=lambda status, left, of: step(of - left, of))


def _read(database: Database, tables: Callable[[Connection], tuple[TableCopy, ...]]) -> tuple[Copied, list[str]]:
    """What the ledger holds, and `tables` of it, in one transaction."""
    try:
        with database.read() as connection:
            return _described(connection, tables(connection))
    finally:
        database.close()


def _described(connection: Connection, tables: tuple[TableCopy, ...]) -> tuple[Copied, list[str]]:
    revision = migrations.revision_in(connection)
    if revision is None:
        raise CopyProblem("留痕库是空的，没有可备份的")
    entries = connection.execute(select(func.count()).select_from(ENTRY)).scalar_one()
    last = connection.execute(
        select(ENTRY.c.position, ENTRY.c.recorded_at).order_by(ENTRY.c.position.desc()).limit(1)
    ).first()
    ledger, sealed = "", None
    if inspect(connection).has_table(IDENTITY.name):  # since revision 0005
        ledger = connection.execute(select(IDENTITY.c.id)).scalar_one()
        newest = select(_CHECKPOINT.c.number, _CHECKPOINT.c.size, _CHECKPOINT.c.body)
        sealed = connection.execute(newest.order_by(_CHECKPOINT.c.number.desc()).limit(1)).first()
    copied = Copied(
        kind=SQLITE if connection.dialect.name == SQLITE else POSTGRESQL,
        revision=revision,
        ledger=ledger,
        entries=entries,
        last_position=last.position if last else 0,
        last_recorded_at=last.recorded_at if last else "",
        checkpoint=sealed.number if sealed else 0,
        sealed=sealed.size if sealed else 0,
        sealed_at=parse(sealed.body)["at"] if sealed else "",
        tables=tables,
    )
    return copied, list(connection.execute(select(EVIDENCE.c.id).order_by(EVIDENCE.c.id)).scalars())


def _raw(connection: Connection) -> "psycopg.Connection[tuple[object, ...]]":
    """The driver's own connection, in the same transaction: SQLAlchemy knows no COPY."""
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    return raw


def _tables_out(connection: Connection, folder: Path, step: Callable[[int, int], object]) -> tuple[TableCopy, ...]:
    connection.exec_driver_sql("SET LOCAL client_encoding TO 'UTF8'")
    about = inspect(connection)
    names = sorted(set(about.get_table_names()) - {REVISIONS})
    found = []
    for n, name in enumerate(names):
        columns = tuple(column["name"] for column in about.get_columns(name))
        key = about.get_pk_constraint(name)["constrained_columns"]
        query = sql.SQL("COPY (SELECT {columns} FROM {table} ORDER BY {key}) TO STDOUT").format(
            columns=_names(columns), table=sql.Identifier(name), key=_names(key)
        )
        (target := folder / f"{name}{SUFFIX}").touch(mode=0o600)
        with _raw(connection).cursor() as cursor, target.open("wb") as file:
            with cursor.copy(query) as rows:
                for chunk in rows:
                    file.write(chunk)
            found.append(TableCopy(name=name, columns=columns, rows=cursor.rowcount))
        step(n + 1, len(names))
    return tuple(found)


def _names(names: tuple[str, ...] | list[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def is_empty(url: str) -> bool:
    """Whether no ledger and nothing else stands there yet. Raises LedgerUnavailable."""
    if kind_of(url) == SQLITE:
        return not path_of(url).exists()
    database = Database(url)
    try:
        with database.read() as connection:
            return not inspect(connection).get_table_names()
    finally:
        database.close()


def check(url: str, copied: Copied) -> None:
    """A ledger can be made there from the copy, as far as its description tells. Raises CopyProblem."""
    if copied.kind != kind_of(url):
        raise CopyProblem(f"备份是 {copied.kind} 的，要恢复到的留痕库是 {kind_of(url)} 的；两种数据库之间不能恢复")
    if not migrations.is_known(copied.revision):
        raise CopyProblem(f"备份是 {copied.revision} 版的，这个程序只到 {migrations.HEAD} 版；请用较新的程序恢复")


def copy_in(url: str, folder: Path, copied: Copied, step: Callable[[int, int], object]) -> None:
    """The empty database holds what the folder does, at the schema of then, or is as empty as before.

    Raises CopyProblem for a copy of the other kind, or one that does not hold what it says; LedgerUnavailable.
    """
    check(url, copied)
    if copied.kind == SQLITE:
        target = path_of(url)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / _FILE, target)
        with target.open("rb") as made:
            os.fsync(made.fileno())
        return
    database = Database(url)
    try:
        with database.write() as connection:
            if inspect(connection).get_table_names():
                raise CopyProblem("要恢复到的数据库不是空的")
            migrations.migrate(connection, copied.revision)
            _tables_in(connection, folder, copied.tables, step)
    finally:
        database.close()


def _tables_in(
    connection: Connection, folder: Path, tables: tuple[TableCopy, ...], step: Callable[[int, int], object]
) -> None:
    """Entries first, since what refers to them may be checked against them by triggers."""
    connection.exec_driver_sql("SET LOCAL client_encoding TO 'UTF8'")
    known = set(inspect(connection).get_table_names()) - {REVISIONS}
    if known != {table.name for table in tables}:
        raise CopyProblem("备份里的表与它所说的版本不符")
    for n, table in enumerate(sorted(tables, key=lambda table: table.name != ENTRY.name)):
        name = sql.Identifier(table.name)
        query = sql.SQL("COPY {table} ({columns}) FROM STDIN").format(table=name, columns=_names(table.columns))
        with _raw(connection).cursor() as cursor, (folder / f"{table.name}{SUFFIX}").open("rb") as file:
            if table.name != ENTRY.name:
                cursor.execute(sql.SQL("DELETE FROM {}").format(name))  # a new ledger gives itself a name
            with cursor.copy(query) as rows:
                while chunk := file.read(_CHUNK):
                    rows.write(chunk)
            if cursor.rowcount != table.rows:
                raise CopyProblem(f"表 {table.name} 应有 {table.rows} 行，备份里是 {cursor.rowcount} 行")
        step(n + 1, len(tables))
