"""`duban backup` and `duban restore`: their status, their words, their JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runtime.backup.marker import MARKER_FILE
from runtime.cli.main import run
from runtime.ending import DONE, REFUSED, WRONG_USAGE
from runtime.settings import Settings
from runtime.store import evidence_store, open_database
from tests.runtime.backup.conftest import ENTRIES

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


def duban(settings: Settings, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setenv("DUBAN_DATA", str(settings.data))
    if settings.seal_file:
        monkeypatch.setenv("DUBAN_SEAL_FILE", str(settings.seal_file))
    return run(list(arguments))


def test_both_say_what_was_done_and_what_to_do_next(
    settings: Settings, other: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    backup = str(tmp_path / "backup")
    assert duban(settings, monkeypatch, "backup", backup) == DONE
    assert f"已备份到 {backup}：{ENTRIES} 条记录" in capsys.readouterr().out
    assert duban(other, monkeypatch, "restore", backup) == DONE
    said = capsys.readouterr().out
    assert f"核验通过：1 个事项，{ENTRIES} 条记录" in said
    assert "无从判断缺了多少" in said
    assert "duban recover" in said
    assert (other.data / MARKER_FILE).exists()


def test_wrong_usage_and_damage_have_their_own_status_and_change_nothing(
    settings: Settings, other: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    backup = str(tmp_path / "backup")
    assert duban(settings, monkeypatch, "restore", str(tmp_path / "nothing")) == REFUSED
    assert "不是一份完整的备份" in capsys.readouterr().err
    assert duban(settings, monkeypatch, "backup", backup) == DONE
    assert duban(settings, monkeypatch, "backup", backup) == WRONG_USAGE
    assert duban(settings, monkeypatch, "restore", backup) == WRONG_USAGE
    next((tmp_path / "backup" / "data" / "evidence").rglob("*/*")).write_bytes(b"other")
    assert duban(other, monkeypatch, "restore", backup, "--json") == REFUSED
    said = capsys.readouterr().err
    assert "已损坏" in said
    assert "什么也没有恢复" in said
    assert not other.data.exists()


def test_a_missing_file_is_named_and_ends_with_1(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    database = open_database(settings)
    with database.read() as connection:
        gone = str(connection.exec_driver_sql("SELECT id FROM evidence LIMIT 1").scalar_one())
    evidence_store(settings, database).path(gone).unlink()
    database.close()
    assert duban(settings, monkeypatch, "backup", str(tmp_path / "backup"), "--json") == REFUSED
    told = json.loads(capsys.readouterr().out)
    assert [one["evidence"] for one in told["missing"]] == [gone]
    assert told["ledger"]["entries"] == ENTRIES
