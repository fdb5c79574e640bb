"""The connection to SQLite or PostgreSQL: how transactions begin, what "cannot be reached" means. No SQL of the ledger.

Writers queue: on SQLite by a lock in the process and BEGIN IMMEDIATE between processes, on PostgreSQL by an advisory
lock that lasts as long as the transaction. So positions are given in the order of commits, which checkpoints rely on.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ledger.store.driver import run
from ledger.store.hashing import SHA256, Hashing, hashing
from ledger.store.sight import LookAt, look, narrowing
from ledger.store.trouble import NOT_STORED, of_database, room
from rules.errors import Code, RuleViolation
from rules.machine.commands import SYSTEM, Actor

WRITE_LOCK = 0x6475_6261_6E
"""The PostgreSQL advisory lock of all writers ("duban" in ASCII)."""


_WAITING = text(
    "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND classid::bigint = :high"
    " AND objid::bigint = :low AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
)
CHECKPOINT_PAGES = 4000
"""When SQLite's log holds so many pages of 4 KiB, a commit moves them into the database file. By itself SQLite
takes 1000, for which every second chunk of a batch paid 30 ms; a larger move writes a page once for many changes."""


class LedgerUnavailable(RuleViolation):
    """The database cannot be reached, stays locked, or takes nothing: the code says which. Nothing was stored; or,
    when PostgreSQL went away in the very moment of a commit, perhaps everything: the same command can be given again,
    and finds its own entries then."""

    def __init__(self, detail: str, code: Code = Code.LEDGER_UNAVAILABLE) -> None:
        super().__init__(code, detail=detail, where="留痕库", stored=NOT_STORED)


@dataclass(slots=True)
class _WritersLine:
    """SQLite's writers in this process, whether or not they see everything: whose turn it is, and when somebody last
    had to wait for it."""

    turn: threading.Lock = field(default_factory=threading.Lock)
    waited_at: float = 0.0


class Database:
    """One engine. `write` and `read` are the only ways to a connection; each is one transaction."""

    def __init__(self, url: str, *, busy_timeout: float = 5.0, reads_only: bool = False) -> None:
        """`reads_only`: nothing is written, not even a file beside the database, so that a folder will do in which
        nothing may be written. Raises LedgerUnavailable, then, when there is nothing to read as it stands."""
        self.url = url
        self._reads_only = reads_only
        self._line = _WritersLine()
        self._busy_timeout = busy_timeout
        self.is_sqlite = url.startswith("sqlite")
        self._hashing: Hashing | None = None
        self._sights: tuple[LookAt, ...] = ()
        self._hand = SYSTEM
        self.engine = self._sqlite(url) if self.is_sqlite else self._postgresql(url)
        dialect = self.engine.dialect
        dialect.statement_compiler = narrowing(dialect.statement_compiler, sqlite=self.is_sqlite)

    def _sqlite(self, url: str) -> Engine:
        if self._reads_only:
            url = _as_it_stands(url)
        engine = create_engine(url, pool_size=8, max_overflow=24, connect_args={"timeout": self._busy_timeout})

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, record: Any) -> None:
            connection.isolation_level = None
            cursor = connection.cursor()
            if self._reads_only:
                cursor.execute("PRAGMA query_only=ON")
                cursor.close()
                return
            self._use_wal(cursor)
            cursor.execute("PRAGMA synchronous=FULL")
            cursor.execute("PRAGMA foreign_keys=ON")
            cursor.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
            cursor.close()

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            writes = connection.get_execution_options().get("writes", False)
            run(connection, "BEGIN IMMEDIATE" if writes else "BEGIN").close()

        return engine

    def _use_wal(self, cursor: sqlite3.Cursor) -> None:
        """SQLite waits for no lock when it turns to WAL, so programs that open a new file together have to."""
        until = time.monotonic() + self._busy_timeout
        while True:
            try:
                cursor.execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
                time.sleep(0.01)

    def _postgresql(self, url: str) -> Engine:
        timeout = int(self._busy_timeout * 1000)
        reading = " -c default_transaction_read_only=on" if self._reads_only else ""
        return create_engine(
            url,
            pool_size=8,
            max_overflow=24,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": max(1, int(self._busy_timeout)),
                "options": f"-c timezone=UTC -c lock_timeout={timeout}{reading}",
            },
        )

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is alone in writing; committed at the end, rolled back on any exception.

        Raises LedgerUnavailable.
        """
        if self.is_sqlite:
            self._wait_for_turn()
        try:
            with self._transaction(writes=True) as connection:
                if not self.is_sqlite:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": WRITE_LOCK})
                yield connection
        finally:
            if self.is_sqlite:
                self._line.turn.release()

    def _wait_for_turn(self) -> None:
        if self._line.turn.acquire(blocking=False):
            return
        self._line.waited_at = time.monotonic()
        if not self._line.turn.acquire(timeout=self._busy_timeout):
            raise LedgerUnavailable("too many writers are waiting", Code.LEDGER_LOCKED)

    def keeps_waiting(self, connection: Connection, since: float) -> bool:
        """Whether somebody waits for this transaction to end, which has written since that moment (of the monotonic
        clock). On SQLite those of this process only: others ask the file again and again, and leave no trace."""
        if self.is_sqlite:
            return self._line.waited_at >= since
        return bool(connection.execute(_WAITING, {"high": WRITE_LOCK >> 32, "low": WRITE_LOCK & 0xFFFF_FFFF}).scalar())

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads, and sees one instant of the database. Raises LedgerUnavailable."""
        with self._transaction(writes=False) as connection:
            if self._sights:
                look(connection, [sight(connection) for sight in self._sights])
            yield connection

    def seen(self, sight: LookAt) -> "Database":
        """The same database, where nothing is read but what is in that sight, and in those before: for whoever may not
        see the rest. What writes reads all of it: a chain goes on from its last entry, whoever sees that."""
        other = copy(self)
        other._sights = (*self._sights, sight)
        return other

    def by(self, hand: Actor) -> "Database":
        """The same database, where what is noted in nobody's name stands as done by `hand`: what comes about by itself
        says system, what somebody does at the console without a name does not come about by itself."""
        other = copy(self)
        other._hand = hand
        return other

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Connection]:
        try:
            with self.engine.connect() as connection:
                # Options that every checkout sets: a pooled connection keeps none of its own.
                connection.execution_options(writes=writes, of=self)
                if not writes and not self.is_sqlite:
                    connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                with connection.begin():
                    yield connection
        except PoolTimeout as error:
            raise LedgerUnavailable(str(error), Code.LEDGER_LOCKED) from error
        except (DataError, UnicodeEncodeError, OverflowError) as error:  # NUL, half a surrogate pair, a 30-digit number
            raise RuleViolation(Code.BAD_REQUEST, detail="含有无法存储的字符或过大的数") from error
        except OperationalError as error:
            # sqlite3 files a missing table and a wrong statement under the same class: SQLITE_ERROR.
            if self.is_sqlite and getattr(error.orig, "sqlite_errorcode", 0) == sqlite3.SQLITE_ERROR:
                raise
            raise LedgerUnavailable(str(error.__cause__ or error), of_database(error.orig)) from error
        except DBAPIError as error:
            code = of_database(error.orig)
            if error.connection_invalidated or (writes and code is Code.READ_ONLY):  # a database that only follows
                raise LedgerUnavailable(str(error), code) from error
            raise

    def try_writing(self) -> None:
        """A command could be stored now: the writers' lock was had and given back with nothing written, and the disk
        of a database that is a file has room. Raises LedgerUnavailable, disk_full, read_only."""
        with self.write() as connection:
            if not self.is_sqlite:
                connection.execute(text("LOCK TABLE entry IN ROW EXCLUSIVE MODE"))
                if connection.execute(text("SHOW transaction_read_only")).scalar_one() == "on":  # a standby, too
                    raise LedgerUnavailable("transaction_read_only", Code.READ_ONLY)
        path = make_url(self.url).database
        if self.is_sqlite and path:
            room(Path(path).parent, "留痕库")

    def sweep(self) -> bool:
        """What was overwritten stands no longer in the database's own logs and dead rows, as far as it sees to that.
        False: readers were in the way; it will happen by and by."""
        if self.is_sqlite:
            raw = self.engine.raw_connection()
            try:
                cursor = raw.cursor()
                busy: int = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
                cursor.close()
            finally:
                raw.close()
            return not busy
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM erasable, evidence, person, draft, batch"))
        return True

    def hashing(self, connection: Connection) -> Hashing:
        """The algorithm that this ledger was made with; asked once. SHA-256 for a database without an identity yet."""
        if self._hashing is None:
            if not inspect(connection).has_table("ledger_identity"):
                return SHA256
            name = connection.execute(text("SELECT algorithm FROM ledger_identity")).scalar_one()
            self._hashing = hashing(name)
        return self._hashing

    def close(self) -> None:
        """Every pooled connection is closed."""
        self.engine.dispose()


def _as_it_stands(url: str) -> str:
    """Where SQLite finds the file without writing beside it. Raises LedgerUnavailable.

    A log that its writers have open can be read beside them, in a folder where nothing may be written too. Where there
    is none, SQLite would make one, unless it is told that nobody writes.
    """
    path = Path(make_url(url).database or "")
    try:
        with path.open("rb"):
            pass
    except OSError as failure:
        raise LedgerUnavailable(f"{path} 读不了（{failure.strerror}）") from failure
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
        return url
    except sqlite3.OperationalError as error:
        log = path.with_name(f"{path.name}-wal")
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
            raise LedgerUnavailable(str(error)) from error
        if log.exists() and log.stat().st_size:
            raise LedgerUnavailable(
                f"{path} 旁边有没有并入的日志 {log.name}，而这个目录不能写：把整个目录复制到可写的地方再读"
            ) from error
        return f"sqlite:///file:{quote(str(path.absolute()))}?immutable=1&uri=true"


def hashing_of(connection: Connection) -> Hashing:
    """The algorithm of the ledger that this transaction is on."""
    database: Database = connection.get_execution_options()["of"]
    return database.hashing(connection)


def hand_of(connection: Connection) -> Actor:
    """By whom, in this transaction, is done what nobody puts their name to."""
    database: Database = connection.get_execution_options()["of"]
    return database._hand
