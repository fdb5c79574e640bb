"""A disk that is really full, a database that only reads: told as what it is, nothing half done, and all well after."""

import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from ledger.proof.verify import verify
from ledger.store import migrations
from ledger.store.database import Database, LedgerUnavailable
from ledger.store.evidence import EvidenceStore
from rules.errors import Code, RuleViolation
from rules.machine.commands import CommandKind as K
from tests.support import world
from tests.support.servers.postgres import PostgresServer
from tests.support.world import NOW

NO = "XX2026-0001"
SIZE = 24 << 20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Nothing more fits on the disk until the file returned is removed."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)) == 4096:
                pass
        except OSError:
            pass
    return ballast


def _remarks(database: Database, count: int) -> None:
    for n in range(count):
        world.give(database, NO, K.REMARK, NOW, f"c{n}")


def test_evidence_on_a_full_disk_is_told_and_leaves_no_part_of_a_file(disk: Path) -> None:
    files = EvidenceStore(disk / "evidence")
    files.put(b"before")
    stood = sorted(p for p in files.folder.rglob("*") if p.is_file())
    ballast = fill(disk)
    with pytest.raises(RuleViolation) as refused:
        files.put(b"x" * 100_000)
    assert (refused.value.code, refused.value.fields["where"]) == (Code.DISK_FULL, "佐证材料")
    assert "腾出空间" in str(refused.value)
    assert sorted(p for p in files.folder.rglob("*") if p.is_file()) == stood
    with pytest.raises(RuleViolation) as unready:
        files.try_writing()
    assert unready.value.code is Code.DISK_FULL
    ballast.unlink()
    files.try_writing()
    assert files.get(files.put(b"x" * 100_000)) == b"x" * 100_000


def test_a_ledger_on_a_full_disk_is_told_and_stores_no_half_of_a_command(disk: Path, sqlite_template: Path) -> None:
    path = disk / "duban.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{path}")
    world.store_issued(database, world.issued())
    database.try_writing()
    ballast = fill(disk)
    with pytest.raises(LedgerUnavailable) as refused:
        _remarks(database, 200)  # what the log has room for already is still taken
    assert refused.value.code is Code.DISK_FULL
    assert "腾出空间" in str(refused.value)
    with pytest.raises(RuleViolation) as unready:
        database.try_writing()
    assert unready.value.code is Code.DISK_FULL
    ballast.unlink()
    database.try_writing()
    assert world.give(database, NO, K.REMARK, NOW, "after").stored
    assert verify(database).wrong == ()
    database.close()


def test_looking_whether_the_ledger_can_be_written_changes_nothing(tmp_path: Path, sqlite_template: Path) -> None:
    path = tmp_path / "duban.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{path}")
    world.store_issued(database, world.issued())
    with sqlite3.connect(path) as other:
        before = list(other.iterdump())
        database.try_writing()
        assert list(other.iterdump()) == before
    assert {p.name for p in tmp_path.iterdir()} == {"duban.db", "duban.db-wal", "duban.db-shm"}
    database.close()


def test_a_table_locked_by_another_program_and_a_database_that_only_reads_are_told_apart() -> None:
    server = PostgresServer()
    url = server.create()
    database = Database(url, busy_timeout=0.3)
    migrations.upgrade(database)
    database.try_writing()
    locker = create_engine(url)
    with locker.connect() as other, other.begin():
        other.execute(text("LOCK TABLE entry IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(LedgerUnavailable) as locked:
            database.try_writing()
    locker.dispose()
    assert locked.value.code is Code.LEDGER_LOCKED
    only_reads = Database(url, reads_only=True)
    with pytest.raises(LedgerUnavailable) as refused:
        only_reads.try_writing()
    assert refused.value.code is Code.READ_ONLY
    only_reads.close()
    database.close()
    server.remove()
