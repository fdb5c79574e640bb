"""A draw at the console, from sealing to the file that others recompute; and items issued to whom it drew."""

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desk.acting import issuer
from desk.caller import at_console
from desk.issuing import ToIssue, plan
from ledger.chain import pinned
from ledger.store.database import Database
from runtime.cli.main import run
from tests.support.processes import UNANNOUNCED
from tests.support.product import AUDITOR, LEADER, SUPERVISOR, known_county

Said = Callable[..., str]
PROGRAM = Path(__file__).parents[3] / "docs" / "verify" / "draw.go"


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Said:
    known_county(tmp_path / "data").close()
    monkeypatch.setenv("DUBAN_DATA", str(tmp_path / "data"))

    def command(*words: str, status: int = 0) -> str:
        assert run(list(words)) == status, capsys.readouterr()
        out, err = capsys.readouterr()
        return out + err

    return command


def draw(said: Said) -> None:
    inspectors = [word for n in range(21, 27) for word in ("--inspector", f"p00{n}")]
    witnesses = ("--witness", LEADER, "--witness", AUDITOR)
    shares = ("--share", "10", "--by", "kind", "--of", "research=40", "--most", "10", "--each", "2")
    said("draw", "seal", "2026-jc1", "--title", "抽查", *shares, *witnesses, *inspectors, "--as", SUPERVISOR)
    salts = {}
    for person, number in ((LEADER, "31415"), (AUDITOR, "27182")):
        told = said("draw", "commit", "2026-jc1", "--number", number, "--as", person)
        salts[person] = told.split("盐 ")[1].split()[0]
        assert number not in said("draw", "show", "2026-jc1")
    for person, number in ((LEADER, "31415"), (AUDITOR, "27182")):
        said("draw", "open", "2026-jc1", "--number", number, "--salt", salts[person], "--as", person)


def test_a_draw_is_exported_recomputed_and_issued_to(said: Said, tmp_path: Path) -> None:
    draw(said)
    shown = json.loads(said("draw", "show", "2026-jc1", "--json"))
    assert len(shown["units"]) == 10
    said("draw", "replace", "2026-jc1", "--unit", shown["units"][0]["unit"], "--reason", "正在迁址", "--as", LEADER)
    shown = json.loads(said("draw", "show", "2026-jc1", "--json", "--as", SUPERVISOR))
    file = tmp_path / "draw.json"
    said("draw", "export", "2026-jc1", "--out", str(file), "--as", SUPERVISOR)
    units = [one["unit"] for one in shown["units"]]
    assert "核对通过" in said("audit", "check", str(file))
    if shutil.which("go"):
        told = subprocess.run(
            ["go", "run", str(PROGRAM), str(file)], capture_output=True, text=True, check=True, timeout=110
        )
        lines = [" ".join((one["unit"], *one["inspectors"])) for one in shown["units"]]
        assert told.stdout.splitlines() == lines, "recomputed in another language"
    broken = file.read_text("utf-8").replace("31415", "31416")
    file.write_text(broken, "utf-8")
    assert "打开的数与封条不符" in said("audit", "check", str(file), status=1)

    database = Database(f"sqlite:///{tmp_path / 'data' / 'duban.db'}")
    with database.write() as connection:
        pinned.load_processes(connection, UNANNOUNCED.all_resolved(), datetime.now(UTC))
    with database.read() as connection:
        actor = issuer(connection, at_console(SUPERVISOR))
        asked = ToIssue(process="unannounced", answers=(("title", "抽查"),), draw="2026-jc1")
        found = plan(connection, asked, actor, datetime.now(UTC))
        shipped = plan(connection, replace(asked, process="inspection"), actor, datetime.now(UTC))
    assert sorted(one.unit for one in found.foreseen) == units
    asked_for = {(one.order.unit.id, *pair) for one in shipped.items for pair in one.order.matter}
    who = {(one["unit"], "inspectors", "、".join(one["inspector_names"])) for one in shown["units"]}
    assert asked_for == who, "the shipped one asks too"
    database.close()
