"""`duban simulate --assessment`: a changed file over the scores that there are, at the console."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from desk.scores.sheet_shown import score_sheet
from ledger.chain.entries import ENTRY
from ledger.store.database import Database
from rules.assessment.sheets import points_text
from runtime.cli.main import run
from tests.support.scores.half_year import AFTER as LOOKED
from tests.support.scores.half_year import half_year
from tests.support.scores.scored import ASSESSMENT

SHIPPED = Path(__file__).parents[3] / "definitions" / "catalogue" / "assessments" / "organ_2026.yaml"


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    opened, _ = half_year(tmp_path / "data")
    monkeypatch.setenv("DUBAN_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    yield opened
    opened.close()


def test_whose_score_would_be_another_and_by_which_indicator(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = tmp_path / "changed.yaml"
    text = SHIPPED.read_text(encoding="utf-8")
    changed.write_text(
        text.replace("least: 1, standard: 每月一次", "least: 1, standard: 一月一次", 1), encoding="utf-8"
    )
    before = entries(database)
    assert run(["simulate", "--assessment", str(changed)]) == 0
    same = capsys.readouterr().out
    assert "得分会变的 0 个，状况会变的 0 个" in same
    assert "    short: 0.5\n" in text
    changed.write_text(text.replace("    short: 0.5\n", "    short: 1\n", 1), encoding="utf-8")
    assert run(["simulate", "--assessment", str(changed), "--json"]) == 0
    played = json.loads(capsys.readouterr().out)["units"]
    assert len(played) == 96
    other = [one for one in played if one["differs"]]
    assert other
    for one in other:
        assert [of["name"] for of in one["indicators"]] == ["集中学习"], "and why"
    with database.read() as connection:
        for one in played[:4]:
            for period in one["periods"]:
                found = score_sheet(connection, one["unit"], LOOKED, period=period["period"], assessment=ASSESSMENT)
                assert found.score == points_text(period["before"]), (one["unit"], period)
    assert run(["simulate", "--assessment", str(changed)]) == 0
    told = capsys.readouterr().out
    assert f"得分会变的 {len(other)} 个" in told
    assert other[0]["name"] in told or len(other) > 20
    assert entries(database) == before, "nothing is written"


def entries(database: Database) -> int:
    with database.read() as connection:
        return len(connection.execute(ENTRY.select()).all())
