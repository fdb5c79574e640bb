"""A county's data to back up, on both databases, and something empty to restore it into."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.store import evidence as files
from runtime.settings import Settings, load
from runtime.store import evidence_store, open_database
from tests.support import world
from tests.support.servers.postgres import PostgresServer
from tests.support.world import NOW

KINDS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.soak))
NO = "XX2026-0001"
ENTRIES = 11
FILES = {
    "channels.yaml": b"channels: []\n",
    "duban.yaml": b"port: 9000\n",
    "calendars/2027.yaml": b"id: 2027\n",
    "keys/seal.key": b"secret\n",
}


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.remove()


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def settings(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    """A county's data: one item with a life, two evidence files, a calendar, a key, what the administrator wrote."""
    settings = made(kind, tmp_path / "data", request)
    database = open_database(settings, migrate=True)
    world.load(database)
    world.live(database)
    store = evidence_store(settings, database)
    with database.write() as connection:
        for name in ("一", "二"):
            content = f"材料{name}".encode()
            id_ = files.put(store, content, name)
            files.know(connection, id_, name=name, size=len(content), media_type="text/plain", person="du", now=NOW)
    files.put(store, b"on its way", "三")
    database.close()
    for path, content in FILES.items():
        (settings.data / path).parent.mkdir(exist_ok=True)
        (settings.data / path).write_bytes(content)
        (settings.data / path).chmod(0o600 if path != "calendars/2027.yaml" else 0o644)
    return settings


def made(kind: str, data: Path, request: pytest.FixtureRequest, **more: object) -> Settings:
    """Settings for an empty folder and an empty database of that kind."""
    if kind == "sqlite":
        return load(data=data, **more)
    server: PostgresServer = request.getfixturevalue("postgres")
    return load(data=data, database_url=server.create(), **more)


@pytest.fixture
def other(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    return made(kind, tmp_path / "other", request)
