"""The composition root: settings in, the product's parts out. Nothing else builds them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from temporalio.client import Client

from api.desk import Desk
from api.intake import Intake
from ledger.database import Database
from ledger.evidence import EvidenceStore
from runtime.connect import connect
from runtime.engine.record import find
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
async def open_product(settings: Settings) -> AsyncIterator[Product]:
    """The product over the running engine. Raises Problem when engine or database are not there."""
    address = find(settings)
    database = open_database(settings)
    try:
        yield compose(settings, database, await connect(address, settings.temporal_namespace))
    finally:
        database.close()


def compose(settings: Settings, database: Database, client: Client) -> Product:
    """The parts put together."""
    files = evidence_store(settings)
    gateway = Gateway(client, database, task_queue=settings.task_queue)
    return Product(
        settings=settings,
        database=database,
        files=files,
        client=client,
        gateway=gateway,
        desk=Desk(gateway, database, files),
        intake=Intake(gateway, database),
    )
