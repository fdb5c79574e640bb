"""`duban audit verify` on a ledger that somebody had in his hands: it says what was done, and writes nothing itself."""

import json
import multiprocessing
import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path
from sqlite3 import connect

import pytest
from typer.testing import CliRunner, Result

from ledger.store import migrations
from ledger.store.database import Database
from runtime.cli.audit.command import audit
from runtime.ending import REFUSED, Problem
from tests.support import world

NO = "XX2026-0001"


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DUBAN_DATA", str(tmp_path))
    monkeypatch.setenv("DUBAN_SEAL_FILE", str(tmp_path / "outside.jsonl"))
    path = tmp_path / "duban.db"
    opened = Database(f"sqlite:///{path}")
    migrations.upgrade(opened)
    world.load(opened)
    world.store_issued(opened, world.issued(NO))
    opened.close()
    assert run("seal").exit_code == 0
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(audit, arguments)


def test_an_entry_changed_behind_the_guards_is_named_though_they_are_gone(ledger: Path) -> None:
    with closing(connect(ledger)) as db, db:
        for (name,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'entry'"
        ).fetchall():
            db.execute(f"DROP TRIGGER {name}")
        db.execute("UPDATE entry SET actor = 'somebody' WHERE stream = ?", (NO,))
    found = run("verify", "--json")
    assert found.exit_code == REFUSED
    gone, *changed = json.loads(found.stdout)["wrong"]
    assert (gone["stream"], gone["seq"]) == ("", 0)
    assert "防改触发器不在或被换过（entry_no_update、entry_no_delete、entry_chained、entry_last）" in gone["what"]
    assert (NO, 1) in {(one["stream"], one["seq"]) for one in changed}
    said = run("verify")
    assert said.exit_code == REFUSED
    assert "防改触发器不在或被换过" in said.stdout
    refused = run("seal").exception
    assert isinstance(refused, Problem), "nothing else works on with such a ledger"
    assert "duban audit verify" in str(refused)


def test_verifying_waits_for_no_writer_and_writes_nothing(ledger: Path) -> None:
    with closing(connect(ledger, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        (before,) = writer.execute("PRAGMA data_version").fetchone()
        assert run("verify").exit_code == 0
        writer.execute("ROLLBACK")
        assert writer.execute("PRAGMA data_version").fetchone() == (before,)


@pytest.fixture
def locked(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The same folder where everybody can get to it and nobody may write; what is read of it stays as it is."""
    assert run("verify").exit_code == 0, "all that it needs is loaded"
    folder = Path(tempfile.mkdtemp(prefix="duban-"))
    data = folder / "data"
    shutil.copytree(ledger.parent, data)
    (data / "verified.json").unlink()
    monkeypatch.setenv("DUBAN_DATA", str(data))
    monkeypatch.setenv("DUBAN_SEAL_FILE", str(data / "outside.jsonl"))
    yield data
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)
    shutil.rmtree(folder)


def lock(data: Path) -> dict[str, bytes]:
    """Nobody may write there; returns what is there."""
    for path in (data.parent, *data.parent.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    return content(data)


def content(data: Path) -> dict[str, bytes]:
    """Every file there; not SQLite's shared memory, in which readers and writers meet."""
    files = (path for path in data.rglob("*") if path.is_file() and not path.name.endswith("-shm"))
    return {path.name: path.read_bytes() for path in files}


def _as_nobody(answers: Connection, arguments: tuple[str, ...]) -> None:
    if os.geteuid() == 0:  # whom no permission stops
        nobody = pwd.getpwnam("nobody")
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
    try:
        done = run(*arguments)
        answers.send((done.exit_code, done.stdout, done.stderr, repr(done.exception)))
    finally:
        answers.close()


def run_as_nobody(*arguments: str) -> tuple[int, str, str, str]:
    """What the command says to somebody who may write nothing."""
    context = multiprocessing.get_context("fork")
    mine, theirs = context.Pipe()
    child = context.Process(target=_as_nobody, args=(theirs, arguments))
    child.start()
    theirs.close()
    said: tuple[int, str, str, str] = mine.recv()
    child.join(60)
    return said


def test_a_ledger_is_verified_in_a_folder_where_nothing_may_be_written(locked: Path) -> None:
    before = lock(locked)
    code, said, aside, raised = run_as_nobody("verify", "--json")
    assert (code, json.loads(said)["wrong"]) == (0, []), raised
    assert "没有写下这次核验的标记（Permission denied）" in aside
    assert content(locked) == before


def test_it_is_verified_there_while_somebody_else_writes(locked: Path) -> None:
    with closing(connect(locked / "duban.db", isolation_level=None)) as writer:
        writer.execute("UPDATE item SET lamp = 'red'")  # in the log, and not in the file yet
        before = lock(locked)
        code, said, _, raised = run_as_nobody("verify", "--json")
        assert code == REFUSED, raised
        (wrong,) = json.loads(said)["wrong"]
        assert "lamp" in wrong["what"]
        assert content(locked) == before


def test_a_copy_whose_log_cannot_be_read_there_is_not_taken_for_whole(locked: Path) -> None:
    with closing(connect(locked / "duban.db", isolation_level=None)) as writer:
        writer.execute("UPDATE item SET lamp = 'red'")
        log = (locked / "duban.db-wal").read_bytes()
        shutil.copy(locked / "duban.db", locked / "copy.db")
    (locked / "copy.db").replace(locked / "duban.db")
    (locked / "duban.db-wal").write_bytes(log)
    lock(locked)
    _, _, _, raised = run_as_nobody("verify")
    assert "把整个目录复制到可写的地方再读" in raised


def test_where_there_is_no_ledger_none_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUBAN_DATA", str(tmp_path / "nothing"))
    assert isinstance(run("verify").exception, Problem)
    assert not (tmp_path / "nothing").exists()
