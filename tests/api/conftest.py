"""The real application over the real product, shared by the tests of this folder: each issues items of its own."""

from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio
from temporalio.client import Client

from api.app import create_app
from tests.product import Product, started


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def product(client: Client, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Product]:
    """A county with everything running."""
    async with started(client, tmp_path_factory.mktemp("site")) as product:
        yield product


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def web(product: Product) -> AsyncIterator[httpx2.AsyncClient]:
    """A program that speaks to the site: no cookies, no browser's headers."""
    app = create_app(desk=product.desk, intake=product.intake, database=product.database, files=product.files)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client
