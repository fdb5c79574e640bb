"""Workers killed in the middle of a digest: every notice arrives; what arrives twice bears the same Message-ID."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio.client import Client

from ledger.store.database import Database
from runtime.engine.embedded import Engine
from tests.activities.delivery.conftest import end
from tests.activities.delivery.dying_courier import DIED
from tests.support import office
from tests.support.product import known_county
from tests.support.servers.smtp_server import MailServer
from tests.support.waiting import until

KILLS = 3


@contextmanager
def worker(engine: Engine, database: Database, queue: str, channels: Path, dies_with: int = 0) -> Iterator[int]:
    """A worker in a process of its own, until the block ends or it dies by itself. Gives its process id."""
    module = "tests.activities.delivery.dying_courier"
    command = [sys.executable, "-m", module, engine.address, engine.settings.temporal_namespace]
    process = subprocess.Popen([*command, str(database.url), queue, str(channels), str(dies_with)])
    try:
        yield process.pid
        if dies_with:
            assert process.wait(60) == DIED
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def county(tmp_path: Path) -> Iterator[Database]:
    database = known_county(tmp_path)
    office.addressed(database)
    yield database
    database.close()


def _as_many(server: MailServer, count: int) -> bool:
    return server.count() >= count


def _all_sent(database: Database, count: int) -> bool:
    return office.states(database, "mail") == Counter(sent=count)


@pytest.mark.soak
@pytest.mark.timeout(240)
async def test_a_digest_whose_worker_is_killed_again_and_again_reaches_everybody(
    own_engine: Engine, own_client: Client, county: Database, server: MailServer, tmp_path: Path
) -> None:
    queue, file = f"killing-{uuid4()}", office.channels(tmp_path, office.mail(server.port))
    count = office.issue(county, 2)
    server.behave("slow 0.02")
    await office.start_digest(own_client, queue, "mail")
    for _ in range(KILLS):
        enough = server.count() + 6
        with worker(own_engine, county, queue, file) as pid:
            await until("some letters have left", partial(_as_many, server, enough))
            os.kill(pid, signal.SIGKILL)
    server.behave()
    with worker(own_engine, county, queue, file):
        await until("everything is sent", partial(_all_sent, county, count), within=90)
    letters = server.taken()
    people = {letter["To"].addresses[0].addr_spec: letter["Message-ID"] for letter in letters}
    assert len(people) == 96
    assert {(p, i) for p, i in people.items()} == {
        (one["To"].addresses[0].addr_spec, one["Message-ID"]) for one in letters
    }, "somebody got two messages with different ids"
    assert len(letters) <= 96 + KILLS
    await end(own_client, "mail")


@pytest.mark.soak
@pytest.mark.timeout(240)
async def test_a_worker_that_dies_between_sending_and_writing_it_down_sends_the_same_message_again(
    own_engine: Engine, own_client: Client, county: Database, server: MailServer, tmp_path: Path
) -> None:
    queue, file = f"killing-{uuid4()}", office.channels(tmp_path, office.mail(server.port))
    count = office.issue(county, 2, units=12)
    await office.start_digest(own_client, queue, "mail")
    with worker(own_engine, county, queue, file, dies_with=5):
        pass
    assert server.count() == 5
    assert office.states(county, "mail")["sent"] == 8
    with worker(own_engine, county, queue, file):
        await until("everything is sent", partial(_all_sent, county, count))
    ids = Counter(letter["Message-ID"] for letter in server.taken())
    assert sorted(ids.values()) == [1] * 11 + [2]
    twice = [letter for letter in server.taken() if ids[letter["Message-ID"]] == 2]
    assert twice[0].get_body().get_content() == twice[1].get_body().get_content()  # type: ignore[union-attr]
    await end(own_client, "mail")
