"""A copy of a ledger under writers is the ledger of one instant, and a ledger made from it is the same and guarded."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ledger.chain import entries
from ledger.proof.verify import verify
from ledger.store import copying, evidence, migrations
from ledger.store.copying import CopyProblem, copy_in, copy_out, copy_sqlite, is_empty
from ledger.store.database import Database
from rules.machine.commands import CommandKind as K
from tests.support import world
from tests.support.factories import LEADER
from tests.support.servers.postgres import PostgresServer
from tests.support.world import NOW

NUMBERS = ("XX2026-0001", "XX2026-0002", "XX2026-0003")


def quiet(done: int, of: int) -> None:
    assert done <= of


@pytest.fixture
def lived(database: Database) -> Database:
    """Three items of three entries each."""
    for no in NUMBERS:
        world.store_issued(database, world.issued(no))
        world.give(database, no, K.SIGN, NOW + timedelta(hours=1), f"{no}-sign")
        world.give(database, no, K.REMARK, NOW + timedelta(hours=2), f"{no}-0", by=LEADER, text="一\t二\n三\\四")
    return database


@pytest.fixture
def other_url(url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Nothing stands there yet; of the same kind."""
    if url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'other' / 'duban.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    created = server.create()
    yield created
    server.drop(created)


def rows(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Everything in the database, table by table."""
    database = Database(url)
    with database.read() as connection:
        names = sorted(entries.ENTRY.metadata.tables)
        found = {name: sorted(map(tuple, connection.execute(text(f'SELECT * FROM "{name}"')))) for name in names}
    database.close()
    return found


def test_a_ledger_made_from_a_copy_has_the_same_rows_and_guards(
    lived: Database, other_url: str, tmp_path: Path
) -> None:
    (tmp_path / "copy").mkdir()
    assert is_empty(other_url)
    copied, evidence = copy_out(lived.url, tmp_path / "copy", quiet)
    assert (copied.entries, copied.last_position, copied.revision) == (13, 13, migrations.HEAD)
    assert evidence == []
    copy_in(other_url, tmp_path / "copy", copied, quiet)
    assert not is_empty(other_url)
    assert rows(other_url) == rows(lived.url)
    made = Database(other_url)
    migrations.check(made)
    assert verify(made).wrong == ()
    world.give(made, NUMBERS[0], K.REMARK, NOW + timedelta(hours=3), "goes-on", by=LEADER)
    with pytest.raises(DBAPIError), made.write() as connection:
        connection.execute(text("DELETE FROM entry"))
    assert verify(made).wrong == ()
    made.close()


def test_a_copy_under_writers_is_the_ledger_of_one_instant(lived: Database, other_url: str, tmp_path: Path) -> None:
    stop, begun, written = threading.Event(), threading.Event(), []

    def work(no: str) -> None:
        n = 0
        while not stop.is_set():
            world.give(lived, no, K.REMARK, NOW + timedelta(days=1, minutes=n), f"w{n}-{no}", by=LEADER)
            written.append(f"w{n}-{no}")
            n += 1
            if len(written) > 5:
                begun.set()

    writers = [threading.Thread(target=work, args=(no,)) for no in NUMBERS]
    for writer in writers:
        writer.start()
    try:
        assert begun.wait(30)
        acknowledged = set(written)
        (tmp_path / "copy").mkdir()
        copied, _ = copy_out(lived.url, tmp_path / "copy", quiet)
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    copy_in(other_url, tmp_path / "copy", copied, quiet)
    made = Database(other_url)
    assert verify(made).wrong == ()
    with made.read() as connection:
        commands = set(connection.execute(text("SELECT command FROM entry")).scalars())
        assert connection.execute(text("SELECT count(*) FROM entry")).scalar() == copied.entries
    assert acknowledged <= commands
    made.close()


def test_a_large_file_is_copied_in_one_piece_while_it_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others write between the pages: without a transaction held from first to last it would begin anew each time."""
    monkeypatch.setattr(copying, "PAGES", 5)
    database = Database(f"sqlite:///{tmp_path / 'busy.db'}")
    with database.write() as connection:
        connection.execute(text("CREATE TABLE t (n INTEGER PRIMARY KEY, x TEXT)"))
        connection.execute(text("INSERT INTO t (x) VALUES (:x)"), [{"x": "x" * 2000} for _ in range(200)])
    looks = []

    def write(done: int, of: int) -> None:
        looks.append((done, of))
        with database.write() as connection:
            connection.execute(text("INSERT INTO t (x) VALUES ('new')"))

    copy_sqlite(tmp_path / "busy.db", tmp_path / "copy.db", write)
    database.close()
    assert len(looks) > 10
    assert [done for done, _ in looks] == sorted(done for done, _ in looks)
    made = Database(f"sqlite:///{tmp_path / 'copy.db'}")
    with made.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM t")).scalar() == 200
        assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    made.close()


def test_evidence_that_the_ledger_names_is_told(lived: Database, tmp_path: Path) -> None:
    with lived.write() as connection:
        evidence.know(connection, "a" * 64, name="一", size=1, media_type="text/plain", person="du", now=NOW)
    (tmp_path / "copy").mkdir()
    assert copy_out(lived.url, tmp_path / "copy", quiet)[1] == ["a" * 64]


def test_a_copy_of_the_other_kind_or_of_a_later_program_is_refused(
    lived: Database, other_url: str, tmp_path: Path
) -> None:
    (tmp_path / "copy").mkdir()
    copied, _ = copy_out(lived.url, tmp_path / "copy", quiet)
    other = copying.POSTGRESQL if copied.kind == copying.SQLITE else copying.SQLITE
    for wrong, words in ((replace(copied, kind=other), "两种数据库"), (replace(copied, revision="9999"), "较新的程序")):
        with pytest.raises(CopyProblem, match=words):
            copy_in(other_url, tmp_path / "copy", wrong, quiet)
    assert is_empty(other_url)


def test_a_copy_that_does_not_hold_what_it_says_leaves_the_database_empty(
    lived: Database, other_url: str, tmp_path: Path
) -> None:
    if lived.is_sqlite:
        return  # there the file is the ledger; its hash stands in the manifest
    (tmp_path / "copy").mkdir()
    copied, _ = copy_out(lived.url, tmp_path / "copy", quiet)
    short = replace(copied, tables=tuple(replace(t, rows=t.rows + (t.name == "unit")) for t in copied.tables))
    for wrong in (short, replace(copied, tables=copied.tables[1:])):
        with pytest.raises(CopyProblem):
            copy_in(other_url, tmp_path / "copy", wrong, quiet)
        assert is_empty(other_url)


def test_an_empty_database_has_nothing_to_copy(empty: Database, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    with pytest.raises(CopyProblem):
        copy_out(empty.url, tmp_path / "copy", quiet)
