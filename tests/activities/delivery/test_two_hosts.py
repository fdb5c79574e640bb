"""A second host whose data folder has no channels file: what it cannot send is left to the host that can."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio.client import Client

from ledger.chain import deliveries
from ledger.store.database import Database
from runtime.engine.embedded import Engine
from tests.activities.delivery.conftest import end
from tests.activities.delivery.test_killing import worker
from tests.support import office
from tests.support.product import known_county
from tests.support.servers.postgres import PostgresServer
from tests.support.servers.smtp_server import MailServer
from tests.support.waiting import until
from workflows.contracts import DIGEST, DigestInput


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.remove()


@pytest.mark.parametrize("kind", [pytest.param("sqlite", marks=pytest.mark.soak), "postgresql"])
async def test_a_worker_without_the_file_loses_no_notice(
    kind: str,
    own_engine: Engine,
    own_client: Client,
    server: MailServer,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    url = ""
    if kind == "postgresql":
        postgres: PostgresServer = request.getfixturevalue("postgres")
        url = postgres.create()
    database: Database = known_county(tmp_path, url=url)
    office.addressed(database)
    count = office.issue(database, units=12)
    queue, file, none = f"hosts-{uuid4()}", office.channels(tmp_path, office.mail(server.port)), tmp_path / "none.yaml"
    with worker(own_engine, database, queue, file):  # once seen, the house has a mail server

        def noted() -> bool:
            with database.read() as connection:
                return deliveries.of_the_house(connection) == {"mail"}

        await until("the house knows its channels", noted)
    with worker(own_engine, database, queue, none):
        digest = await own_client.start_workflow(
            DIGEST, DigestInput(day="2026-11-24"), id=f"digest/{uuid4()}", task_queue=queue
        )

        async def refused() -> bool:
            pending = (await digest.describe()).raw_description.pending_activities
            return any("没有 channels.yaml" in one.last_failure.message for one in pending)

        await until("the host without the file says that it cannot", refused)
        assert office.states(database, "mail") == Counter()
        with worker(own_engine, database, queue, file):
            await until("everything is sent", lambda: office.states(database, "mail") == Counter(sent=count), within=90)
    await end(own_client, "mail")
    database.close()
