"""Site and console begin while the engine is away, and go on with it once it is there."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from temporalio.client import Client

from desk.requests import Desk
from ledger.chain.past import nudges
from ledger.store.database import Database
from runtime.cli.main import run
from runtime.connect import connect_later
from runtime.engine.embedded import Engine
from runtime.host.ports import free_ports
from tests.support import witness
from tests.support.office import issue
from tests.support.product import LEADER, SUPERVISOR, known_county, started
from tests.support.signed import token_of
from tests.support.waiting import until
from workflows.gateway import Gateway


def the_only(database: Database) -> str:
    issue(database, units=1)
    with database.read() as connection:
        return str(connection.exec_driver_sql("SELECT no FROM item").scalar_one())


def waiting(database: Database) -> int:
    with database.read() as connection:
        return nudges.waits(connection).items


async def test_where_none_answers_they_decide_at_the_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing listens at the engine's address. The console and the site, a process of its own, do their work and say
    what waits; the site says that it is not ready."""
    folder = tmp_path / "data"
    database = known_county(folder)
    (port,) = free_ports(1)
    monkeypatch.setenv("DUBAN_DATA", str(folder))
    monkeypatch.setenv("DUBAN_TEMPORAL_ADDRESS", f"127.0.0.1:{port}")
    monkeypatch.setenv("DUBAN_PORT", "0")
    no = the_only(database)
    status = await asyncio.to_thread(run, ["do", no, "urge", "--as", SUPERVISOR, "--text", "抓紧"])
    said = capsys.readouterr()
    assert (status, "流程引擎没有应答" in said.err) == (0, True), said
    assert witness.kinds(database, no)[-1] == "urged"
    assert waiting(database) == 1
    with site_process(tmp_path / "site.log") as site:
        note = folder / "run" / "site.json"
        await until("the site is open", lambda: note.is_file() and site.poll() is None)
        async with httpx2.AsyncClient(base_url=json.loads(note.read_text())["address"], trust_env=False) as web:
            await until("it answers", lambda: answers(web))
            headers, said_so = token_of(database, LEADER), {"text": "知道了"}
            told = await web.post(f"/api/v1/items/{no}/commands/remark", json=said_so, headers=headers, timeout=60)
            assert told.status_code == 200, told.text
            assert (await web.get("/api/v1/ready", timeout=60)).json()["engine"] is False
    assert witness.kinds(database, no)[-1] == "remarked"
    database.close()


@contextmanager
def site_process(log: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "runtime.cli.main", "site"]
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            yield process
        finally:
            process.terminate()


async def answers(web: httpx2.AsyncClient) -> bool:
    try:
        return (await web.get("/api/v1/health")).status_code == 200
    except httpx2.TransportError:
        return False


async def test_a_client_that_connects_later_does_all_that_one_does_that_is_connected(
    client: Client, engine: Engine, tmp_path: Path
) -> None:
    """Its first call finds the engine: commands are decided by the item's workflow, nothing waits to be told."""
    later = await connect_later(engine.address, engine.settings.temporal_namespace)
    async with started(client, tmp_path) as product:
        gateway = Gateway(later, product.database, task_queue=product.task_queue, patience=timedelta(seconds=20))
        (no,) = await product.issue("引擎后来才在")
        there = replace(product, gateway=gateway, desk=Desk(gateway, product.database, product.files))
        await there.give(no, "sign", there.liaison(no))
        assert (await witness.known(product, no)).seq == witness.state(product.database, no).seq
        assert waiting(product.database) == 0
