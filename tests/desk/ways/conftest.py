"""A product that knows processes of other kinds, and its site."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from temporalio.client import Client

from ledger.chain import pinned
from tests.support.processes import EVERY, at_once
from tests.support.product import Started, started
from tests.support.signed import app_of, browsing


@pytest.fixture
async def own(client: Client, tmp_path: Path) -> AsyncIterator[Started]:
    """A product that knows these processes too; the shared one's register stays as it is."""
    async with started(client, tmp_path) as product:
        with product.database.write() as connection:
            pinned.load_processes(connection, tuple(map(at_once, EVERY)), datetime.now(UTC))
        yield product


@pytest.fixture
async def site(own: Started) -> AsyncIterator[httpx2.AsyncClient]:
    app = app_of(own)
    async with browsing(app) as client:
        yield client
