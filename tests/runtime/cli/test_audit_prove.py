"""`duban audit prove` from outside, and its bundle in the hands of `duban audit check`."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ledger.proof import bundles
from runtime.bench.figures import Runs
from runtime.bench.measures import proof
from runtime.cli.main import run
from runtime.settings import Settings
from runtime.store import load_shipped, open_database

NO = proof.ITEM_NO
AUDITOR = ("--as", "p0005")
Told = pytest.CaptureFixture[str]


@pytest.fixture
def lived(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to write into; the ledger has an item with evidence, sealed, and other entries around it."""
    database = open_database(settings, migrate=True)
    load_shipped(database, settings, county=True)
    proof.prepare(database, settings, Runs(), 40)
    database.close()
    monkeypatch.setenv("DUBAN_DATA", str(settings.data))
    folder = tmp_path / "desk"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def _entries(settings: Settings) -> int:
    """How many the item has: what fell due in between depends on the day on which the test runs."""
    database = open_database(settings)
    with database.read() as connection:
        found: int = connection.exec_driver_sql(f"SELECT count(*) FROM entry WHERE stream = '{NO}'").scalar_one()
    database.close()
    return found


def answer(capsys: Told, *command: str) -> Any:
    assert run([*command, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_an_item_is_proved_and_the_bundle_checked_without_the_ledger(
    lived: Path, settings: Settings, capsys: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = answer(capsys, "audit", "key")[0]["public"]
    assert run(["audit", "prove", NO, "--as", "p0005"]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"{NO} 的证明：{lived}/{NO}-证明.zip（")
    with zipfile.ZipFile(f"{NO}-证明.zip") as opened:
        names = opened.namelist()
        page = opened.read(bundles.HTML).decode()
        assert opened.read(bundles.PDF).startswith(b"%PDF")
    assert [name for name in names if name.startswith("evidence/") and name.endswith(".bin")] != []
    assert NO in page
    assert "<script" not in page
    entries = _entries(settings)
    settings.data.rename(settings.data.with_name("gone"))
    monkeypatch.setenv("DUBAN_DATA", "/nowhere")
    assert run(["audit", "check", f"{NO}-证明.zip", "--key", key]) == 0
    assert capsys.readouterr().out.startswith(f"核对通过：{NO}，{entries} 条记录")


def test_a_proof_is_itself_in_the_ledger_and_the_ledger_still_verifies(
    lived: Path, settings: Settings, capsys: Told
) -> None:
    entries = _entries(settings)
    made = answer(capsys, "audit", "prove", NO, "-o", "one.zip", "--no-pdf", "--no-evidence", "--as", "p0005")
    assert (made["file"], made["holds"], made["entries"]) == (str(lived / "one.zip"), True, entries)
    assert {one["absent"] for one in made["evidence"]} == {"left_out"}
    sealed = answer(capsys, "audit", "seal")
    assert sealed["number"] == made["checkpoint"]["number"] + 1
    with zipfile.ZipFile("one.zip") as opened:
        assert opened.namelist() == [bundles.MANIFEST, bundles.SIGNATURE, bundles.ENTRIES, bundles.PROOFS, bundles.HTML]
    capsys.readouterr()


def test_what_happened_since_the_last_checkpoint_is_sealed_first(lived: Path, settings: Settings, capsys: Told) -> None:
    entries, database = _entries(settings), open_database(settings)
    with database.write() as connection:
        connection.exec_driver_sql("DELETE FROM checkpoint WHERE number = 2")
        connection.exec_driver_sql("DELETE FROM tree_node")
    database.close()
    made = answer(capsys, "audit", "prove", NO, "-o", "one.zip", "--no-pdf", *AUDITOR)
    assert (made["checkpoint"]["number"], made["entries"]) == (2, entries)


def test_no_file_is_harmed_and_nothing_is_proved_of_what_is_not_there(lived: Path, capsys: Told) -> None:
    (lived / "mine").write_text("mine")
    assert run(["audit", "prove", NO, "-o", "mine", *AUDITOR]) == 1
    assert "没有覆盖" in capsys.readouterr().err
    assert (lived / "mine").read_text() == "mine"
    assert run(["audit", "prove", NO, "-o", "no/folder.zip", *AUDITOR]) == 2
    assert run(["audit", "prove", "ZG2026-9999", "-o", "one.zip", *AUDITOR]) == 1
    assert "[unknown_item]" in capsys.readouterr().err
    assert run(["audit", "prove", NO, "-o", "one.zip", "--as", "p0000"]) == 1
    assert "[unknown_person]" in capsys.readouterr().err
    assert [path.name for path in lived.iterdir()] == ["mine"]
    assert run(["audit", "prove", NO, "-o", "mine", "--force", "--no-pdf", *AUDITOR]) == 0
    assert zipfile.is_zipfile(lived / "mine")


def test_nothing_is_handed_out_to_nobody(lived: Path, settings: Settings, capsys: Told) -> None:
    entries = _entries(settings)
    assert run(["audit", "prove", NO, "-o", "one.zip"]) == 2
    assert "--as" in capsys.readouterr().err
    assert run(["audit", "prove", NO, "-o", "one.zip", "--as", ""]) == 1
    assert "[unknown_person]" in capsys.readouterr().err
    assert list(lived.iterdir()) == []
    assert _entries(settings) == entries
    assert not answer(capsys, "audit", "reads")["entries"]
