"""The product for the scheduler's tests: fresh for each, on the server that the test process shares."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import Client

from tests.support.product import Started, started


@pytest.fixture
async def product(client: Client, tmp_path: Path) -> AsyncIterator[Started]:
    async with started(client, tmp_path) as running:
        yield running
