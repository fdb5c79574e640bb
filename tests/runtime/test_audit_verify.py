"""`duban audit verify` on a ledger that somebody had in his hands: it says what was done, and writes nothing itself."""

import json
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest
from typer.testing import CliRunner, Result

from ledger import migrations
from ledger.database import Database
from runtime.cli.audit import audit
from runtime.problems import REFUSED, Problem
from tests.ledger import world

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
