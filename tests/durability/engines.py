"""A product on an engine of its own, whose Temporal database may be thrown away or set back while the ledger stays."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio.testing import TimeSkipper, TimeSkippingConfig

from desk.intake import Intake
from desk.requests import Desk
from ledger.store.database import Database
from ledger.store.evidence import EvidenceStore
from runtime.connect import connect
from runtime.engine.embedded import Engine
from runtime.settings import Settings
from runtime.worker import make_worker
from tests.support.product import Started
from workflows.gateway import Gateway

QUEUE = "duban"
FILES = ("temporal.db", "temporal.db-wal", "temporal.db-shm")


@asynccontextmanager
async def running(settings: Settings, database: Database) -> AsyncIterator[tuple[Started, TimeSkipper]]:
    """Server and worker run on that ledger until the block ends."""
    with Engine.start(settings, time_skipping=True) as engine, ThreadPoolExecutor(16) as threads:
        client = await connect(engine.address, settings.temporal_namespace)
        skipper = TimeSkipper(client, config=TimeSkippingConfig(enabled=False))
        gateway = Gateway(client, database, task_queue=QUEUE)
        files = EvidenceStore(settings.data / "evidence")
        product = Started(
            client=client,
            task_queue=QUEUE,
            folder=settings.data,
            database=database,
            files=files,
            gateway=gateway,
            desk=Desk(gateway, database, files),
            intake=Intake(gateway, database),
        )
        async with make_worker(client, database, QUEUE, threads):
            yield product, skipper


def throw_away(settings: Settings) -> None:
    """The stopped server's database is gone."""
    for name in FILES:
        (settings.data / name).unlink(missing_ok=True)


def copy(settings: Settings, to: Path) -> None:
    """The stopped server's database, kept elsewhere."""
    to.mkdir(parents=True)
    for name in FILES:
        if (settings.data / name).exists():
            shutil.copy(settings.data / name, to / name)


def set_back(settings: Settings, to: Path) -> None:
    """The stopped server's database is the copy again."""
    throw_away(settings)
    for kept in to.iterdir():
        shutil.copy(kept, settings.data / kept.name)
