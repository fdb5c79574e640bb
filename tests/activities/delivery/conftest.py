"""A mail server, and the county's database with a worker on a Temporal server of its own: channels are called the same
in every database, and so are their sending workflows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.service import RPCError

from runtime.connect import connect
from runtime.engine.embedded import Engine
from runtime.settings import load
from tests.support import office
from tests.support.product import Started, started
from tests.support.servers.smtp_server import MailServer, mail_server


@pytest.fixture(scope="module")
def own_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A server for one file of tests; time may be skipped on it."""
    with Engine.start(load(data=tmp_path_factory.mktemp("engine")), time_skipping=True) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def own_client(own_engine: Engine) -> Client:
    """A client of that server."""
    return await connect(own_engine.address, own_engine.settings.temporal_namespace)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    """A mail server that takes everything until it is told otherwise."""
    with mail_server(tmp_path / "mail") as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def product(own_client: Client, tmp_path: Path) -> AsyncIterator[Started]:
    """A county of this test's own, everybody with an address, whose worker runs."""
    async with started(own_client, tmp_path) as running:
        office.addressed(running.database)
        yield running
        for name in ("mail", "file", "wecom", "dingt", "feish"):  # what waits for a channel must not outlive the test
            await end(own_client, name)


async def end(client: Client, channel: str) -> None:
    """The channel's sending workflow does not run."""
    try:
        await client.get_workflow_handle(f"deliver/{channel}").terminate()
    except RPCError:
        return
