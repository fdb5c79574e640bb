"""`duban audit export`: a file that is whole or not there, nothing overwritten unasked, an entry for every file."""

import json
from pathlib import Path

import pytest
from sqlalchemy import func, select

from ledger.chain.entries import ENTRY
from ledger.store.database import Database
from runtime.cli.main import run
from tests.support.office import issue
from tests.support.product import AUDITOR, known_county


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where exports go; the commands find a county with three items."""
    monkeypatch.setenv("DUBAN_DATA", str(tmp_path / "data"))
    database = known_county(tmp_path / "data")
    issue(database, units=3)
    database.close()
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def noted(out: Path) -> int:
    database = Database(f"sqlite:///{out.parent / 'data' / 'duban.db'}")
    with database.read() as connection:
        query = select(func.count()).select_from(ENTRY).where(ENTRY.c.kind == "exported")
        count = int(connection.execute(query).scalar_one())
    database.close()
    return count


def export(*arguments: str | Path, person: str = AUDITOR) -> int:
    return run(["audit", "export", *map(str, arguments), "--as", person])


def test_a_file_is_written_and_its_hashes_are_told(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = out / "台账.csv"
    assert export("register", "--format", "csv", "--out", path, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], told["algorithm"]) == (3, "sha256")
    assert len(path.read_text("utf-8-sig").splitlines()) == 4
    assert (noted(out), list(out.iterdir())) == (1, [path])


def test_a_file_that_is_there_is_overwritten_only_by_force(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = out / "台账.csv"
    path.write_text("别人的文件")
    assert export("register", "--format", "csv", "--out", path) == 1
    assert "没有覆盖" in capsys.readouterr().err
    assert (path.read_text(), noted(out)) == ("别人的文件", 0)
    assert export("register", "--format", "csv", "--out", path, "--force") == 0
    assert "已导出 3 行" in capsys.readouterr().out
    assert path.read_text("utf-8-sig").startswith("编号,")


@pytest.mark.parametrize("form", ["xlsx", "csv", "jsonl", "pdf"])
def test_an_item_s_entries_are_written_in_every_format(out: Path, form: str) -> None:
    database = Database(f"sqlite:///{out.parent / 'data' / 'duban.db'}")
    with database.read() as connection:
        no = connection.execute(select(ENTRY.c.stream).where(ENTRY.c.kind == "issued").limit(1)).scalar_one()
    database.close()
    assert export("entries", no, "--format", form, "--out", out / f"t.{form}") == 0
    assert (out / f"t.{form}").stat().st_size > 100
    assert export("entries", "--from", "2026-01-01", "--to", "2999-01-01", "--format", form, "--out", out / "all") == 0


@pytest.mark.parametrize(
    ("arguments", "person", "status", "said"),
    [
        (("register", "--format", "csv", "--unit", "县外星局"), AUDITOR, 1, "unknown_unit"),
        (("register", "--format", "csv"), "nobody", 1, "unknown_person"),
        (("entries", "ZG1999-0001", "--format", "pdf"), AUDITOR, 1, "unknown_item"),
        (("register", "--format", "docx"), AUDITOR, 2, "docx"),
    ],
)
def test_a_refused_export_leaves_nothing(
    out: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], person: str, status: int, said: str
) -> None:
    assert export(*arguments, "--out", out / "x", person=person) == status
    assert said in capsys.readouterr().err
    assert (noted(out), list(out.iterdir())) == (0, [])


def test_a_folder_that_is_not_there_is_named(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export("register", "--format", "csv", "--out", out / "没有" / "x.csv") == 2
    assert "没有这个文件夹" in capsys.readouterr().err.replace(str(out / "没有"), "").replace(" ", "")
