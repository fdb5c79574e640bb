"""Kill -9 in the middle: nothing is left that looks whole, and the next try does it."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.proof.verify import verify
from runtime.backup import manifest as manifests
from runtime.backup.restore import restore
from runtime.backup.take import take
from runtime.ending import Problem
from runtime.settings import Settings
from runtime.store import open_database
from tests.runtime.backup.conftest import ENTRIES
from tests.support.servers.postgres import PostgresServer


def killed(work: str, settings: Settings, folder: Path, what: str) -> None:
    command = [sys.executable, "-m", "tests.runtime.backup.dying", work, str(settings.data), settings.database_url]
    done = subprocess.run([*command, str(folder), what], stderr=subprocess.PIPE)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("what", ["留痕库", "佐证材料"])
def test_a_killed_backup_is_none(settings: Settings, tmp_path: Path, what: str) -> None:
    killed("take", settings, tmp_path / "backup", what)
    assert not (tmp_path / "backup").exists()
    (part,) = tmp_path.glob("backup.part-*")
    with pytest.raises(Problem, match="不是一份完整的备份"):
        manifests.read(part)
    assert take(settings, tmp_path / "backup").ledger.entries == ENTRIES


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_backup_killed_after_its_last_byte_is_whole_under_another_name(settings: Settings, tmp_path: Path) -> None:
    killed("take", settings, tmp_path / "backup", "last")
    (part,) = tmp_path.glob("backup.part-*")
    manifests.check(part, manifests.read(part), lambda done, of: None)


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("sqlite", "检查备份"),
        ("sqlite", "文件"),
        ("sqlite", "核验"),
        ("sqlite", "last"),
        ("postgresql", "留痕库"),
        ("postgresql", "核验"),
    ],
    indirect=["kind"],
)
def test_a_killed_restoration_leaves_a_folder_that_nothing_uses(
    settings: Settings, other: Settings, tmp_path: Path, what: str, request: pytest.FixtureRequest
) -> None:
    take(settings, tmp_path / "backup")
    killed("restore", other, tmp_path / "backup", what)
    if what == "检查备份":
        assert not other.data.exists()
    else:
        for use in (lambda: open_database(other, migrate=True), lambda: restore(other, tmp_path / "backup")):
            with pytest.raises(Problem, match="没有做完的恢复") as refused:
                use()
            assert "清空这个目录" in refused.value.way_out
    if what in ("核验", "last") and other.database_url:
        server: PostgresServer = request.getfixturevalue("postgres")
        other = other.model_copy(update={"database_url": server.create()})
    shutil.rmtree(other.data, ignore_errors=True)
    assert restore(other, tmp_path / "backup").verified.wrong == ()
    database = open_database(other)
    assert verify(database).wrong == ()
    database.close()
