"""`duban score`: what the page of a unit's sheet says, at the console."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from desk.scores.sheet_shown import ShownSheet, score_sheet
from ledger.scores.in_force import assessments_in_force, put_assessments_in_force
from ledger.store.database import Database
from runtime.cli.main import run
from tests.support.scores.half_year import half_year
from tests.support.scores.scored import ASSESSMENT

Told = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, datetime]:
    """The folder of a county with its half-year scored. Whoever writes takes a copy."""
    folder = tmp_path_factory.mktemp("lived") / "data"
    database, now = half_year(folder)
    database.close()
    return folder, now


@pytest.fixture
def database(lived: tuple[Path, datetime], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    shutil.copytree(lived[0], tmp_path / "data")
    monkeypatch.setenv("DUBAN_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    opened = Database(f"sqlite:///{tmp_path / 'data' / 'duban.db'}")
    yield opened
    opened.close()


def told(capsys: Told, *asked: str, status: int = 0) -> str:
    assert run(["score", *asked]) == status
    captured = capsys.readouterr()
    return captured.out + captured.err


def sheet(database: Database, now: datetime, period: str, unit: str = "u001") -> ShownSheet:
    with database.read() as connection:
        return score_sheet(connection, unit, now, period=period, assessment=ASSESSMENT)


def test_why_says_of_each_line_what_the_page_says(
    database: Database, lived: tuple[Path, datetime], capsys: Told
) -> None:
    shown, said = sheet(database, lived[1], "2026-H1"), told(capsys, "u001", "--period", "2026-H1", "--why")
    assert f"{shown.score} 分，满分 {shown.total}" in said
    lines = [line for one in shown.indicators for line in one.lines]
    assert any(line.difference for line in lines)
    for line in lines:
        before = f"（比上一期 {line.before}）" if line.before not in ("", "不变") else ""
        changed = f"　更正 {line.difference}" if line.difference else ""
        assert f"  {line.period_name}：{line.why}{before}{changed}" in said
        assert all(f"{entry.no} 第 {entry.seq} 条" in said for entry in line.basis)
    assert "这是“" not in said, "there is one"


def test_the_period_before_is_told_beyond_the_sheets_edge(
    database: Database, lived: tuple[Path, datetime], capsys: Told
) -> None:
    """A sheet of the second quarter tells how it differs from the first, as the half-year's does."""
    said = told(capsys, "u004", "--period", "2026-Q2", "--why")
    quarter, half = sheet(database, lived[1], "2026-Q2", "u004"), sheet(database, lived[1], "2026-H1", "u004")
    known = {(one.id, line.period): line.before for one in half.indicators for line in one.lines}
    shown = {(one.id, line.period): line.before for one in quarter.indicators for line in one.lines}
    assert shown.items() <= known.items()
    assert shown["meetings", "2026-Q2"] == "+1"
    assert "（比上一期 +1）" in said
    assert shown["open", "2026-Q2"] == "", "it was left out of the first"
    assert {before for (_, period), before in shown.items() if period == "2026-04"} == {"不变"}


def test_another_assessment_is_named_and_one_is_told_which_there_are(
    database: Database, lived: tuple[Path, datetime], capsys: Told
) -> None:
    with database.write() as connection:
        known = assessments_in_force(connection)[ASSESSMENT]
        put_assessments_in_force(connection, [replace(known, id="organ_2099", year=2099)], lived[1])
    for more in ((), ("--why",)):
        said = told(capsys, "u001", "--period", "2026-H1", *more)
        assert f"这是“{known.name}”（{ASSESSMENT}）的；另有 organ_2099（{known.name}，2099 年）" in said
    assert json.loads(told(capsys, "u001", "--assessment", "organ_2099", "--json"))["assessment"] == "organ_2099"
    refused = told(capsys, "u001", "--assessment", "organ_2050", status=1)
    assert ASSESSMENT in refused
    assert "organ_2099" in refused
