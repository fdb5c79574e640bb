"""The ledger's database is away for a while: commands wait or time out with their code, and alarms ring once."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.testing import TimeSkipper

from desk.caller import on_site
from desk.requests import Desk, Request
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor, Command, CommandKind, Via
from rules.process import Role
from tests.support import witness
from tests.support.product import LEADER, Started, started
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import until
from workflows.gateway import Gateway

PAST_DUE = timedelta(days=12)
"""Longer than the two working days for signing, whatever holidays lie in between."""
LOCKER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
db.execute("begin exclusive")
print("locked", flush=True)
sys.stdin.readline()
"""


@dataclass(frozen=True)
class Place:
    """A database that can be taken away; back when the block ends."""

    url: str
    away: Callable[[], Iterator[None]]


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "sqlite":
        path = tmp_path / "duban.db"

        def locked() -> Iterator[None]:
            command = [sys.executable, "-c", LOCKER, str(path)]
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
                assert other.stdout
                assert other.stdout.readline() == "locked\n"
                yield
                other.communicate("\n")

        yield Place(url=f"sqlite:///{path}", away=locked)
        return
    server = PostgresServer()

    def stopped() -> Iterator[None]:
        server.stop()
        yield
        server.start()

    yield Place(url=server.create(), away=stopped)
    server.remove()


@asynccontextmanager
async def impatient(client: Client, tmp_path: Path, place: Place) -> AsyncIterator[Started]:
    """The product on that database, giving up waiting for it soon."""
    async with started(client, tmp_path, url=place.url) as product:
        if product.database.is_sqlite:
            product.database._busy_timeout = 0.3
        yield product


async def test_commands_wait_for_the_ledger_and_none_is_lost(
    client: Client, skipper: TimeSkipper, tmp_path: Path, place: Place
) -> None:
    async with impatient(client, tmp_path, place) as product:
        first, second, sleeper = await product.issue("一", "二", "三")
        await product.gateway.give(second, remark("before"))
        locked_only = product.database.is_sqlite  # its readers go on reading
        hasty = Gateway(client, product.database, task_queue=product.task_queue, timeout=timedelta(seconds=1))
        said = Request(no=sleeper, kind="remark", caller=on_site(LEADER), id="said", text="抓紧")
        with contextmanager(place.away)():
            waiting = [asyncio.create_task(product.gateway.give(no, remark("waits"))) for no in (first, second)]
            for no in (first, second):
                with pytest.raises(RuleViolation) as unknown:
                    await hasty.give(no, remark("hasty"))
                assert unknown.value.code is (Code.LEDGER_LOCKED if locked_only else Code.LEDGER_UNAVAILABLE)
                assert "还没有记录" in str(unknown.value)
            with pytest.raises(RuleViolation) as unread:
                await Desk(hasty, product.database, product.files).give(said)
            assert unread.value.code is (Code.LEDGER_LOCKED if locked_only else Code.LEDGER_UNAVAILABLE)
            rings = asyncio.create_task(skipper.fast_forward(client.get_workflow_handle(sleeper), PAST_DUE))
            assert not any(task.done() for task in waiting)
        receipts = await asyncio.gather(*waiting)
        await rings
        again = [await hasty.give(no, remark("hasty")) for no in (first, second)]
        for no, receipt, repeated in zip((first, second), receipts, again, strict=True):
            commands = [e.command for e in witness.events(product.database, no)]
            assert sorted(commands[-2:]) == ["hasty", "waits"]
            assert (commands.count("waits"), commands.count("hasty")) == (1, 1)
            assert max(receipt.seq, repeated.seq) == len(commands)
        await until("the alarm has rung", lambda: "fell_due" in witness.kinds(product.database, sleeper))
        await product.desk.give(said)
        assert [e.command for e in witness.events(product.database, sleeper)].count("said") == 1
        assert witness.said_once(product.database, sleeper)
        assert witness.wrong(product.database) == []


def remark(id_: str) -> Command:
    return Command(kind=CommandKind.REMARK, id=id_, actor=Actor(id=LEADER, role=Role.LEADER, via=Via.SITE), text="抓紧")
