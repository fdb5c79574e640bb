"""A start looks at the guards and waits for no writer: what only reads works while somebody writes for long."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from ledger.store import migrations
from ledger.store.database import Database, LedgerUnavailable
from tests.support import world

DUBAN = Path(sys.executable).with_name("duban")
NO = "XX2026-0001"


@contextmanager
def written_for_long(url: str) -> Iterator[None]:
    """Somebody holds the writers' lock."""
    other = Database(url)
    with other.write():
        yield
    other.close()


@pytest.fixture
def held(database: Database, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A ledger of one item, its settings, and a writer that does not end."""
    world.live(database)
    monkeypatch.setenv("DUBAN_DATA", str(tmp_path))
    if not database.is_sqlite:
        monkeypatch.setenv("DUBAN_DATABASE_URL", url)
    with written_for_long(url):
        yield


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("items",), marks=pytest.mark.soak),
        ("item", NO),
        pytest.param(("audit", "entries"), marks=pytest.mark.soak),
        ("audit", "verify"),
    ],
    ids=" ".join,
)
def test_a_command_that_only_reads_works_while_somebody_writes(command: tuple[str, ...]) -> None:
    done = subprocess.run([DUBAN, *command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (0, "")
    assert NO in done.stdout or "核验通过" in done.stdout


def test_a_database_that_is_current_is_brought_there_without_the_writers_lock(database: Database, url: str) -> None:
    with written_for_long(url):
        waiting = Database(url, busy_timeout=0.2)
        assert migrations.upgrade(waiting) == (migrations.HEAD, migrations.HEAD)
        with pytest.raises(LedgerUnavailable), waiting.write() as connection:
            connection.execute(text("SELECT 1"))
        waiting.close()
