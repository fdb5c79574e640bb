"""A small ledger for reports: two items with lives, and items whose words are out to do harm."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.store import migrations
from ledger.store.database import Database
from rules.machine.events import Event
from rules.machine.facts import Issued
from tests.support import world

HOSTILE = (
    '=cmd|" /C calc"!A0',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "'=1",
    "坏\x07字\r\n第二行\x1b[31m\ufffe",
    "<script>alert(1)</script> #panic() *重* $x$ {{ 7*7 }}",
    "很长的问题" * 700 + "q" * 400,
    "<r></is></c><c><f>1+1</f></c><is></r>",
    "</t></is></c><c><f>1+1</f></c>",
    "罕见的字：𠮷𡃁🚩",
)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("reports") / "duban.db"
    database = Database(f"sqlite:///{path}")
    migrations.upgrade(database)
    world.load(database)
    database.close()
    return path


@pytest.fixture
def empty(template: Path, tmp_path: Path) -> Iterator[Database]:
    """People and units, and no items."""
    shutil.copy(template, tmp_path / "duban.db")
    database = Database(f"sqlite:///{tmp_path / 'duban.db'}")
    yield database
    database.close()


@pytest.fixture
def database(empty: Database) -> Database:
    """Two items of eight entries, and one for each hostile finding."""
    world.live(empty)
    world.live(empty, "XX2026-0002")
    world.store_issued(empty, *(hostile(f"XX2026-{n:04d}", finding) for n, finding in enumerate(HOSTILE, 100)))
    return empty


def hostile(no: str, finding: str) -> Event:
    """An item issued as if by a program that does not keep to the rules of what may be written."""
    event = world.issued(no)
    assert isinstance(event.fact, Issued)
    return replace(event, fact=replace(event.fact, title=finding, matter=(("category", finding[:50]),)))
