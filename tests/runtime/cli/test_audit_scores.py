"""A unit's scores taken along by command, and reckoned again where there is no ledger."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ledger.directory import people
from ledger.scores.streams import note_scores, state_of
from ledger.store.database import Database
from rules.assessment.facts import Scored
from rules.machine.commands import SYSTEM
from rules.process import Role
from runtime.cli.main import run
from tests.support.product import AUDITOR
from tests.support.scores.scored import ASSESSMENT, after_lock, assessed, month

Told = pytest.CaptureFixture[str]
SCRIPT = """
import sys
from runtime.cli.main import run
status = run(["audit", "check", sys.argv[1], "--key", sys.argv[2]])
heavy = {name.split(".")[0] for name in sys.modules} & {"sqlalchemy", "sqlmodel", "temporalio", "fastapi", "alembic"}
sys.stderr.write(f"{status} {sorted(heavy)} {'runtime.settings' in sys.modules}")
"""


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A county with a month scored. Whoever writes takes a copy."""
    folder = tmp_path_factory.mktemp("scored") / "data"
    database = assessed(folder)
    month(database, "2026-01", {"u001": {"moved": "no", "study": "3"}})
    database.close()
    return folder


@pytest.fixture
def database(scored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    shutil.copytree(scored, tmp_path / "data")
    monkeypatch.setenv("DUBAN_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    opened = Database(f"sqlite:///{tmp_path / 'data' / 'duban.db'}")
    yield opened
    opened.close()


def key(capsys: Told) -> str:
    assert run(["audit", "key", "--json"]) == 0
    found: str = json.loads(capsys.readouterr().out)[0]["public"]
    return found


def test_an_auditor_takes_a_units_scores_and_reckons_them_without_the_ledger(
    database: Database, tmp_path: Path, capsys: Told
) -> None:
    assert run(["audit", "prove", "--score", "u001", "--as", AUDITOR]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"~score/{ASSESSMENT}/u001 的证明：{tmp_path}/{ASSESSMENT}-u001-证明.zip（")
    public = key(capsys)
    shutil.rmtree(tmp_path / "data")
    command = [sys.executable, "-c", SCRIPT, f"{ASSESSMENT}-u001-证明.zip", public]
    done = subprocess.run(command, capture_output=True, timeout=60)
    assert done.stderr.decode() == "0 [] False"
    said = done.stdout.decode()
    assert said.startswith(f"核对通过：~score/{ASSESSMENT}/u001，1 条记录，自第一条起逐条相接")
    assert "1 次计分、4 行，按所附的考核、数据项和记录重算，每一分都相符" in said


def test_a_score_that_does_not_follow_is_told_by_both(database: Database, capsys: Told) -> None:
    with database.write() as connection:
        state = state_of(connection, ASSESSMENT, "u001")
        forged = Scored(
            score_of=ASSESSMENT,
            unit="u001",
            month="2026-01",
            version=state.scored["2026-01"].version,
            figures=state.scored["2026-01"].figures,
            kind=state.scored["2026-01"].kind,
            revision=2,
            score=9_999,
        )
        note_scores(connection, [forged], SYSTEM, after_lock("2026-01") + timedelta(days=1))
    assert run(["audit", "prove", "--score", "u001", "-o", "one.zip", "--as", AUDITOR]) == 0
    assert "重算不符：第 2 条：2026-01 的得分不是各行之和" in capsys.readouterr().out
    public = key(capsys)
    assert run(["audit", "check", "one.zip", "--key", public]) == 1
    assert "有 1 处不符：\n  第 2 条：2026-01 的得分不是各行之和\n" in capsys.readouterr().out
    assert run(["audit", "check", "one.zip", "--key", public, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["holds"], found["scores"]["scored"], len(found["scores"]["wrong"])) == (False, 2, 1)


def test_whoever_is_of_a_unit_takes_none_and_what_is_not_there_is_not_proved(database: Database, capsys: Told) -> None:
    with database.read() as connection:
        liaison = people.holders(connection, Role.LIAISON, unit="u001")[0]
    for words, status, says in (
        (["--score", "u001", "--as", liaison], 1, "[wrong_role]"),
        (["--score", "u999", "--as", AUDITOR], 1, "[unknown_unit]"),
        (["--score", "u001", "--assessment", "none", "--as", AUDITOR], 1, "[unknown_assessment]"),
        (["--as", AUDITOR], 2, "--score"),
        (["ZG2026-0001", "--score", "u001", "--as", AUDITOR], 2, "--score"),
        ([f"~score/{ASSESSMENT}/u001", "--as", AUDITOR], 1, ""),
    ):
        assert run(["audit", "prove", *words]) == status, words
        assert says in capsys.readouterr().err
    assert not list(Path().glob("*.zip"))
    with database.write() as connection:
        connection.exec_driver_sql("DELETE FROM score WHERE unit = 'u003'")
    assert run(["audit", "prove", "--score", "u003", "--as", AUDITOR]) == 1
    assert "还没有得分" in capsys.readouterr().err
