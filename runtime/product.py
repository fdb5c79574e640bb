"""The composition root: settings in, the product's parts out. Nothing else builds them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from temporalio.client import Client

from desk.intake import Intake
from desk.requests import Desk
from ledger.store.database import Database
from ledger.store.evidence import EvidenceStore
from runtime.reach import NO_WAIT, reach
from runtime.settings import Settings
from runtime.store import evidence_store, open_database
from workflows.gateway import Gateway


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """The parts that act on the running engine."""

    settings: Settings
    database: Database
    files: EvidenceStore
    client: Client
    gateway: Gateway
    desk: Desk
    intake: Intake


@asynccontextmanager
async def open_product(
    settings: Settings, *, patience: timedelta = NO_WAIT, needed: bool = True
) -> AsyncIterator[Product]:
    """The product over the running engine. Raises Problem when engine or database are not there.

    Waits up to `patience` for an engine that does not answer yet; where it is not `needed`, work begins without it.
    """
    client = await reach(settings, patience=patience, needed=needed)
    database = open_database(settings)
    try:
        yield compose(settings, database, client)
    finally:
        database.close()


def compose(settings: Settings, database: Database, client: Client) -> Product:
    """The parts put together."""
    files = evidence_store(settings, database)
    gateway = Gateway(client, database, task_queue=settings.task_queue, patience=settings.patience)
    return Product(
        settings=settings,
        database=database,
        files=files,
        client=client,
        gateway=gateway,
        desk=Desk(gateway, database, files),
        intake=Intake(gateway, database),
    )
