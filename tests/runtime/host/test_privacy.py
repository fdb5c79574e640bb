"""Another account on the machine reads nothing of the data folder, whatever the umask was and whatever stood there."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.cli.main import run
from runtime.ending import Problem
from runtime.engine.embedded import Engine
from runtime.host.privacy import close_to_others
from runtime.settings import Settings

DUBAN = Path(sys.executable).with_name("duban")
NOBODY = 65534


def _modes(folder: Path) -> dict[str, int]:
    """What others may do, of the folder and everything in it that lets them do anything."""
    everything = (folder, *folder.rglob("*"))
    modes = {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) for path in everything}
    return {name: mode for name, mode in modes.items() if mode & 0o077}


@pytest.fixture
def careless() -> Iterator[None]:
    """The umask of most systems, under which everybody may read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def _duban(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DUBAN_DATA": str(settings.data)}
    return subprocess.run(
        [str(DUBAN), *arguments], env=environment, capture_output=True, text=True, timeout=100, check=False
    )


@pytest.mark.usefixtures("careless")
def test_what_commands_and_the_server_write_is_for_their_own_account_alone(settings: Settings) -> None:
    for arguments in (("migrate",), ("load", "--shipped", "--example")):
        assert _duban(settings, *arguments).returncode == 0
    with Engine.start(settings):
        made = {path.name for path in settings.data.iterdir()}
        assert {"duban.db", "temporal.db", "temporal.db-wal", "temporal.log", "run"} <= made
        modes = _modes(settings.data)
    assert not {name for name in modes if name.startswith(("duban.db", "temporal"))}
    assert stat.S_IMODE(settings.data.stat().st_mode) == 0o700


@pytest.mark.usefixtures("careless")
def test_a_folder_that_stands_open_is_named_by_doctor_and_closed_at_the_next_start(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _duban(settings, "migrate").returncode == 0
    (settings.data / "keys").mkdir()
    for name in ("keys/seal.key", "site.log"):
        (settings.data / name).write_bytes(b"")
    for path in (settings.data, *settings.data.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    monkeypatch.setenv("DUBAN_DATA", str(settings.data))
    assert run(["doctor"]) == 1
    assert f"别的账号能读 {settings.data}" in capsys.readouterr().out
    assert _duban(settings, "items").returncode == 0
    assert not _modes(settings.data)
    run(["doctor"])
    assert "别的账号读不了" in capsys.readouterr().out


def test_an_open_folder_with_other_things_in_it_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "photographs").mkdir()
    tmp_path.chmod(0o755)
    with pytest.raises(Problem, match="里有别的东西"):
        close_to_others(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("left", ["temporal.db-wal", "duban.db-shm", "temporal-visibility.db", "temporal.log"])
def test_what_a_database_that_was_moved_away_left_is_known_as_ours(tmp_path: Path, left: str) -> None:
    (tmp_path / left).write_bytes(b"rubbish")
    tmp_path.chmod(0o755)
    close_to_others(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_an_open_folder_of_another_account_is_refused() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        os.seteuid(NOBODY)
        try:
            with pytest.raises(Problem, match="属于别的账号"):
                close_to_others(folder)
        finally:
            os.seteuid(0)
