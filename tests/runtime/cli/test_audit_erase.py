"""`duban audit erase` on a data folder of its own: what is erased, who may, and that verification still passes."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from desk.caller import at_console, on_site
from desk.joint import confirming
from ledger.chain import entries
from ledger.directory.joint import rows
from ledger.store import evidence, migrations
from ledger.store.database import Database
from ledger.store.evidence import EvidenceStore
from runtime.cli.audit.command import audit
from runtime.cli.register.commands import item as item_command
from runtime.ending import Problem
from tests.support import world
from tests.support.matters import about

NO = "XX2026-0001"
BY = ("--as", "guan", "--reason", "本人申请")


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("DUBAN_DATA", str(tmp_path))
    opened = Database(f"sqlite:///{tmp_path / 'duban.db'}")
    migrations.upgrade(opened)
    world.load(opened)
    named = about(leader="王建国", person="李芳")
    with opened.write() as connection:
        entries.store_issued(connection, [(world.issued(NO, about=named), None)])
    yield opened
    opened.close()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(audit, arguments)


def by_two(database: Database, *arguments: str) -> Result:
    """Asked for, confirmed by a leader at the site, and done."""
    first = run(*arguments)
    assert first.exit_code == 1
    assert "还没有办，什么也没有改" in str(first.exception)
    with database.read() as connection:
        (waits,) = rows.waiting(connection, datetime.now(UTC))
    confirming.confirm(database, on_site("fen"), waits["number"], waits["digest"], datetime.now(UTC))
    return run(*arguments)


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    capsys.readouterr()
    item_command(NO, caller=at_console(""), as_json=True)
    matter = json.loads(capsys.readouterr().out)["matter"]
    return {one["field"]: "\n".join(one["lines"]) for one in matter}


def test_a_name_goes_and_the_item_says_when_and_why(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys)["person"] == "李芳"
    done = by_two(database, "erase", "--item", NO, "--field", "person", *BY)
    assert (done.exit_code, "已删除事项里的姓名" in done.stdout) == (0, True)
    subject = told(capsys)
    assert subject["leader"] == "王建国"
    assert subject["person"].startswith("（已依规删除：")
    assert subject["person"].endswith("，本人申请）")
    assert run("verify").exit_code == 0
    assert "此前已删除" in run("erase", "--item", NO, "--field", "person", *BY).stdout
    (listed,) = json.loads(run("erasures", "--json").stdout)
    assert (listed["by"], listed["approver"], listed["item"], listed["field"]) == ("guan", "fen", NO, "person")
    assert "本人申请" in run("erasures").stdout


def test_a_file_goes_and_its_hash_stays(database: Database, tmp_path: Path) -> None:
    files = EvidenceStore(tmp_path / "evidence")
    id_ = evidence.put(files, b"minutes", "会议纪要.pdf")
    with database.write() as connection:
        now = datetime.now(UTC)
        evidence.know(connection, id_, name="会议纪要.pdf", size=7, media_type="", person="lian", now=now)
    assert by_two(database, "erase", "--evidence", id_, *BY).exit_code == 0
    assert not files.path(id_).exists()
    assert run("verify").exit_code == 0


def test_a_person_goes_and_the_id_stays(database: Database) -> None:
    (done,) = json.loads(by_two(database, "erase", "--person", "李安", *BY, "--json").stdout)
    assert (done["what"], done["ref"], done["before"]) == ("person", "lian", False)
    with database.read() as connection:
        name = connection.execute(text("SELECT name FROM person WHERE id = 'lian'")).scalar()
    assert name == "已删除的人员（lian）"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--item", NO, "--field", "person", "--as", "du"), "wrong_role"),
        (("--item", "XX2026-0009", "--field", "person", "--as", "guan"), "unknown_item"),
        (("--evidence", "f" * 64, "--as", "guan"), "unknown_evidence"),
        (("--person", "谁", "--as", "guan"), "unknown_person"),
    ],
)
def test_what_may_not_be_is_refused_with_its_code(database: Database, arguments: tuple[str, ...], code: str) -> None:
    done = run("erase", *arguments, "--reason", "本人申请")
    assert done.exit_code == 1
    assert f"[{code}]" in str(done.exception)
    assert run("erasures", "--json").stdout.strip() == "[]"


@pytest.mark.parametrize(
    "arguments",
    [(), ("--item", NO), ("--field", "person"), ("--item", NO, "--field", "finding"), ("--item", NO, "--person", "x")],
)
def test_one_thing_is_erased_at_a_time_and_only_what_is_held_apart(
    database: Database, arguments: tuple[str, ...]
) -> None:
    done = run("erase", *arguments, *BY)
    assert isinstance(done.exception, Problem)
