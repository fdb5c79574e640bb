"""The database away or locked: LedgerUnavailable, nothing stored; and everything goes on when it is back."""

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from ledger.chain import entries
from ledger.proof.verify import verify
from ledger.store import migrations
from ledger.store.database import Database, LedgerUnavailable
from rules.errors import Code
from rules.machine.commands import CommandKind as K
from tests.support import world
from tests.support.servers.postgres import PostgresServer
from tests.support.world import LOADED, NOW

NO = "XX2026-0001"


def _sign(database: Database, id_: str = "c1") -> bool:
    return world.give(database, NO, K.REMARK, NOW, id_).stored


def _entries(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(text("SELECT count(*) FROM entry")).scalar_one())


@pytest.fixture
def path(tmp_path: Path, sqlite_template: Path) -> Path:
    target = tmp_path / "duban.db"
    target.write_bytes(sqlite_template.read_bytes())
    return target


def test_a_lock_held_too_long_by_another_program_is_told_and_nothing_is_stored(path: Path) -> None:
    database = Database(f"sqlite:///{path}", busy_timeout=0.2)
    world.store_issued(database, world.issued())
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerUnavailable) as refused:
        _sign(database)
    assert refused.value.code is Code.LEDGER_LOCKED
    assert "同一操作编号重试" in str(refused.value)
    assert _entries(database) == 1 + LOADED, "reading goes on"
    other.execute("ROLLBACK")
    other.close()
    assert _sign(database)
    assert _entries(database) == 2 + LOADED
    assert verify(database).wrong == ()
    database.close()


def test_a_lock_released_in_time_is_only_waited_for(path: Path) -> None:
    database = Database(f"sqlite:///{path}", busy_timeout=30)
    world.store_issued(database, world.issued())
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.3, lambda: other.execute("ROLLBACK"))
    timer.start()
    assert _sign(database)
    timer.join()
    other.close()
    database.close()


def test_a_writer_in_the_same_program_that_takes_too_long_is_told_to_the_next(path: Path) -> None:
    database = Database(f"sqlite:///{path}", busy_timeout=0.1)
    world.store_issued(database, world.issued())
    with database.write(), pytest.raises(LedgerUnavailable):
        _sign(database)
    assert _sign(database)
    database.close()


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'none' / 'duban.db'}")
    with pytest.raises(LedgerUnavailable), database.read():
        pass
    database.close()


def test_a_full_disk_is_told_and_nothing_is_stored(path: Path) -> None:
    database = Database(f"sqlite:///{path}")
    world.store_issued(database, world.issued())
    with database.read() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
    with database.read() as connection:
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises(LedgerUnavailable):
        world.give(database, NO, K.REMARK, NOW, "c1", text="满" * 4000)
    assert _entries(database) == 1 + LOADED
    database.close()


def test_a_missing_table_is_a_fault_and_not_a_reason_to_try_again(path: Path) -> None:
    database = Database(f"sqlite:///{path}")
    with pytest.raises(Exception, match="no such table") as fault, database.read() as connection:
        connection.execute(text("SELECT * FROM none"))
    assert not isinstance(fault.value, LedgerUnavailable)
    database.close()


def test_postgresql_stopped_is_told_and_works_again_when_it_is_back(own_postgres: PostgresServer) -> None:
    database = Database(own_postgres.create(), busy_timeout=1)
    migrations.upgrade(database)
    world.load(database)
    world.store_issued(database, world.issued())
    assert _sign(database, "c1")
    own_postgres.stop()
    for _ in range(2):
        with pytest.raises(LedgerUnavailable):
            _sign(database, "c2")
    own_postgres.start()
    assert _entries(database) == 2 + LOADED, "what was acknowledged is there, what was refused is not"
    assert _sign(database, "c2")
    assert verify(database).wrong == ()
    database.close()


def test_postgresql_stopped_within_a_transaction_stores_nothing_of_it(own_postgres: PostgresServer) -> None:
    database = Database(own_postgres.create(), busy_timeout=1)
    migrations.upgrade(database)
    world.load(database)
    with pytest.raises(LedgerUnavailable), database.write() as connection:
        _store_and_stop(own_postgres, connection)
    own_postgres.start()
    assert _entries(database) == LOADED
    world.store_issued(database, world.issued())
    database.close()


def _store_and_stop(server: PostgresServer, connection: Connection) -> None:
    entries.store_issued(connection, [(world.issued(), None)])
    server.stop()


def test_a_lock_held_too_long_on_postgresql_is_told(postgres: PostgresServer, postgres_template: str) -> None:
    url = postgres.create(postgres_template)
    holder, database = Database(url), Database(url, busy_timeout=0.2)
    world.store_issued(database, world.issued())
    with holder.write():
        with pytest.raises(LedgerUnavailable):
            _sign(database)
        assert _entries(database) == 1 + LOADED, "reading goes on"
    assert _sign(database)
    holder.close()
    database.close()
    postgres.drop(url)
