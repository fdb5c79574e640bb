"""Encrypted workflows on the real server: no word of theirs stands in what it stores, they replay, their key is changed
while they run, and one that cannot read them loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from desk.requests import Desk
from ledger.store.database import Database
from rules.errors import RuleViolation
from runtime.connect import connect
from runtime.ending import Problem
from runtime.engine.access import ON_LOOPBACK, EngineAccess, access_of
from runtime.engine.embedded import Engine
from runtime.payloads.ring import KeyRing, add_key
from runtime.readiness import readable
from runtime.reconcile.histories import read_runs
from runtime.settings import load
from runtime.worker import THREADS, WORKFLOWS, make_worker
from tests.support import witness
from tests.support.product import Started, started
from tests.support.waiting import until
from workflows.converter import CONVERTER
from workflows.gateway import Gateway

TITLE, TEXT = "党支部换届材料缺页甲乙丙", "已约谈联系人丁戊己"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def own(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    """A server of these tests alone: what lies in its files is theirs."""
    with Engine.start(load(data=tmp_path_factory.mktemp("own"))) as running:
        yield running


def access(folder: Path, *, encrypts: bool = True) -> EngineAccess:
    keys = folder / "payload.keys"
    if not keys.exists():
        add_key(keys, datetime.now(UTC), timedelta())
    return access_of(load(data=folder / "data", payload_encryption=encrypts, payload_keys=keys))


async def reached(engine: Engine, how: EngineAccess = ON_LOOPBACK) -> Client:
    return await connect(engine.address, engine.settings.temporal_namespace, access=how)


async def stored(engine: Engine, no: str) -> str:
    """The item's history as the server has it, bytes as text where they are text."""
    history = await (await reached(engine)).get_workflow_handle(no).fetch_history()
    return "".join(event.SerializeToString().decode("utf-8", "replace") for event in history.events)


async def begun(product: Started) -> str:
    """An item that was signed, with a refusal behind it."""
    (no,) = await product.issue(TITLE)
    await product.give(no, "sign", product.liaison(no))
    await product.give(no, "report", product.liaison(no), text=TEXT)
    with pytest.raises(RuleViolation):
        await product.give(no, "sign", product.liaison(no))
    return no


async def test_no_word_stands_in_what_the_server_stores(own: Engine, tmp_path: Path) -> None:
    async with started(await reached(own, access(tmp_path)), tmp_path) as product:
        no = await begun(product)
        said = await stored(own, no)
        assert (await witness.known(product, no)).seq == witness.state(product.database, no).seq
        (run,) = await read_runs(product.client, no, [], asyncio.Semaphore(1), latest_too=True)
        assert [told.kind for told in run.told] == ["sign", "report", "sign"], "the ledger is held against it as ever"
    files = b"".join(path.read_bytes() for path in own.settings.data.glob("temporal*") if path.is_file())
    for word in (TITLE, TEXT, TITLE[:6], "县教育局"):
        assert word not in said
        assert word.encode() not in files
    assert "binary/encrypted" in said
    async with started(await reached(own), tmp_path / "plain") as product:
        assert TITLE in await stored(own, (await product.issue(TITLE))[0]), "the test would see it"


async def test_an_encrypted_history_replays(own: Engine, tmp_path: Path) -> None:
    how = access(tmp_path)
    async with started(await reached(own, how), tmp_path) as product:
        no = await begun(product)
        history = await product.client.get_workflow_handle(no).fetch_history()
    runner = UnsandboxedWorkflowRunner()
    await Replayer(workflows=WORKFLOWS, data_converter=how.converter, workflow_runner=runner).replay_workflow(history)
    with pytest.raises(RuntimeError, match="没有密钥"):
        await Replayer(workflows=WORKFLOWS, data_converter=CONVERTER, workflow_runner=runner).replay_workflow(history)


async def test_the_key_is_changed_while_workflows_run(own: Engine, tmp_path: Path) -> None:
    client = await reached(own, access(tmp_path))
    async with started(client, tmp_path) as product:
        no = await begun(product)
        keys = tmp_path / "payload.keys"
        old, new = KeyRing(keys).keys[0].id, add_key(keys, datetime.now(UTC), timedelta()).id
        await product.give(no, "report", product.liaison(no), text="换了密钥以后")
        said = await stored(own, no)
        assert old in said
        assert said.rindex(new) > said.rindex(old)
    async with again(client, product) as there:  # none of it is in this worker's memory
        await reports(there, no, "换了工作进程以后")


async def test_switched_off_and_on_again_everything_is_read(own: Engine, tmp_path: Path) -> None:
    clear, locked = access(tmp_path, encrypts=False), access(tmp_path)
    async with started(await reached(own, clear), tmp_path) as product:
        no = await begun(product)
        assert TITLE in await stored(own, no)
    for how in (locked, clear, locked):
        async with again(await reached(own, how), product) as there:
            await reports(there, no, "照样办")


async def test_a_wrong_key_says_so_and_loses_nothing(
    own: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    right, wrong = access(tmp_path), access(tmp_path / "wrong")
    client = await reached(own, right)
    async with started(client, tmp_path) as product:
        no = await begun(product)
    async with again(await reached(own, wrong), product, patience=timedelta(seconds=1)) as there:
        with pytest.raises(Problem, match="里没有这一把"):
            await readable(there.client, there.task_queue)
        await there.give(no, "report", there.liaison(no), text="密钥不对时办的")
        await until("the worker has said which key", lambda: "里没有这一把" in caplog.text)
        assert witness.kinds(there.database, no)[-1] == "reported", "decided at the ledger"
    async with again(client, product) as there:
        await reports(there, no, "密钥放回来以后")
        await readable(there.client, there.task_queue)


async def reports(product: Started, no: str, text: str) -> None:
    """The unit reports, the item's workflow hears of it, and knows all that the ledger knows."""
    await product.give(no, "report", product.liaison(no), text=text)
    assert (await witness.known(product, no)).seq == witness.state(product.database, no).seq


@asynccontextmanager
async def again(client: Client, product: Started, *, patience: timedelta | None = None) -> AsyncIterator[Started]:
    """The same product with another client and a worker that is just beginning."""
    database = Database(product.database.url)
    gateway = Gateway(client, database, task_queue=product.task_queue, patience=patience)
    desk = Desk(gateway, database, product.files)
    with ThreadPoolExecutor(THREADS) as threads:
        async with make_worker(client, database, product.task_queue, threads):
            yield replace(product, client=client, database=database, gateway=gateway, desk=desk)
    database.close()
