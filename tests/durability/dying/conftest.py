"""A server that the tests of this folder may kill, and a product on it whose worker they begin themselves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.connect import connect
from runtime.engine.embedded import Engine
from runtime.settings import load
from tests.support.product import Started, started


@pytest.fixture
def own_engine(tmp_path: Path) -> Iterator[Engine]:
    """A server that may be killed; its keeper starts it again at the same address."""
    with Engine.start(load(data=tmp_path / "engine")) as engine:
        yield engine


@pytest.fixture
async def idle(own_engine: Engine, tmp_path: Path) -> Started:
    """A product on that server, whose worker does not run."""
    client = await connect(own_engine.address, own_engine.settings.temporal_namespace)
    async with started(client, tmp_path) as product:
        pass
    return product
