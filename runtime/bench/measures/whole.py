"""The whole product as `duban up` runs it: memory with many open items, and how soon it is back after a kill -9."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen
from uuid import uuid4

import psutil
from sqlalchemy import RowMapping
from temporalio.client import Client

from activities.messages import ITEM_WORKFLOW
from ledger.chain import lookup
from ledger.store.database import Database
from rules.machine.commands import Actor, Command, CommandKind
from runtime.bench import place
from runtime.bench.figures import Runs
from runtime.bench.measures.commands import CALLERS
from runtime.bench.signed import cookie_of
from runtime.ending import Problem
from runtime.reach import reach
from runtime.settings import Settings
from runtime.store import load_shipped, open_database
from workflows.gateway import Gateway

_PATIENCE = 90.0
_GLANCE = 0.05
LOOKS = 20
_PARTS = ("server", "worker", "site", "scheduler")
MB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Up:
    """A running `duban up` and where its site answers."""

    process: psutil.Process
    site: str

    def parts(self) -> dict[str, psutil.Process]:
        """The processes that `duban up` keeps, by name."""
        found = {}
        for child in self.process.children():
            line = child.cmdline()
            found[line[-1] if line[-1] in _PARTS else "server"] = child
        return found

    def kill(self) -> None:
        """Everything is gone at once: the kernel ends the parts with their parent."""
        parts = [*self.parts().values(), self.process]
        self.process.kill()
        psutil.wait_procs(parts, timeout=_PATIENCE)


async def measure(runs: Runs, items: int) -> None:
    """One run on a data folder of its own."""
    with place.folder() as settings:
        database = open_database(settings, migrate=True)
        load_shipped(database, settings, county=True)
        with started(settings) as up:
            client = await reach(settings)
            gateway = Gateway(client, database, task_queue=settings.task_queue)
            await _lead_a_life(gateway, database, items)
            looks = Request(f"{up.site}/api/v1/items", headers={"Cookie": cookie_of(database, place.SUPERVISOR.id)})
            for _ in range(LOOKS):
                await asyncio.to_thread(_look_at, looks)
            _weigh(up, runs)
            up.kill()
        begun = time.monotonic()
        with started(settings) as up:
            answers = time.monotonic() - begun
            client = await reach(settings)
            await _alive(client, database, items)
            runs.add("restart_s", time.monotonic() - begun)
            runs.measured(restart_site_s=answers)
            gateway = Gateway(client, database, task_queue=settings.task_queue)
            await gateway.give(_open(database)[0]["no"], _command(CommandKind.URGE, place.SUPERVISOR))
            runs.measured(restart_command_s=time.monotonic() - begun)
        database.close()


@contextmanager
def started(settings: Settings) -> Iterator[Up]:
    """`duban up` runs and its site answers; killed at the end."""
    log = settings.data.with_name("up.log")
    command = [sys.executable, "-m", "runtime.cli.main", "up"]
    environment = {**os.environ, "DUBAN_DATA": str(settings.data), "DUBAN_PORT": "0"}
    note = settings.data / "run" / "site.json"
    note.unlink(missing_ok=True)
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    up = psutil.Process(process.pid)
    try:
        deadline = time.monotonic() + _PATIENCE
        while not (site := _site(note)):
            if process.poll() is not None or time.monotonic() > deadline:
                raise Problem(f"duban up 没有起来：{log.read_text('utf-8', 'replace')[-500:]}")
            time.sleep(_GLANCE)
        yield Up(process=up, site=site)
    finally:
        if process.poll() is None:
            Up(process=up, site="").kill()
        process.wait()


def _site(note: Path) -> str:
    """The site's address, once it answers there."""
    try:
        address: str = json.loads(note.read_text())["address"]
        with urlopen(f"{address}/api/v1/health", timeout=2) as answer:
            return address if answer.status == 200 else ""
    except (OSError, ValueError, KeyError):
        return ""


async def _lead_a_life(gateway: Gateway, database: Database, items: int) -> None:
    """So many items are issued and signed, sixteen callers at once: each has been awake."""
    batch = await asyncio.to_thread(place.draft, database, items)
    await gateway.issue(batch)
    waiting = _open(database)
    assert len(waiting) == items

    known = place.liaisons(database)

    async def caller() -> None:
        while waiting:
            row = waiting.pop()
            await gateway.give(row["no"], _command(CommandKind.SIGN, known[row["unit"]]))

    await asyncio.gather(*(caller() for _ in range(CALLERS)))


def _open(database: Database) -> list[RowMapping]:
    found: list[RowMapping] = []
    with database.read() as connection:
        while rows := lookup.open_items(connection, after=found[-1]["no"] if found else ""):
            found += rows
    return found


def _command(kind: CommandKind, actor: Actor) -> Command:
    return Command(kind=kind, id=str(uuid4()), actor=actor)


def _look_at(register: Request) -> None:
    """The register as the site gives it."""
    with urlopen(register, timeout=10) as answer:
        answer.read()


def _weigh(up: Up, runs: Runs) -> None:
    """Resident memory of server, worker, site and scheduler, shared pages in each; and counted once."""
    parts = up.parts()
    assert set(parts) == set(_PARTS), parts
    weights = {name: process.memory_full_info() for name, process in parts.items()}
    runs.add("rss_mb_2000_items", sum(weight.rss for weight in weights.values()) / MB)
    runs.measured(**{f"rss_{name}_mb": weight.rss / MB for name, weight in weights.items()})
    runs.measured(pss_mb=sum(weight.pss for weight in weights.values()) / MB)
    runs.measured(rss_up_mb=up.process.memory_info().rss / MB)


async def _alive(client: Client, database: Database, items: int) -> None:
    """Every open item with an alarm to come has a running workflow, which holds that alarm's timer or start delay."""
    expected = {row["no"] for row in _open(database) if row["alarm_at"]}
    assert len(expected) == items
    query = f'WorkflowType = "{ITEM_WORKFLOW}" AND ExecutionStatus = "Running"'
    deadline = time.monotonic() + _PATIENCE
    while missing := expected - {found.id async for found in client.list_workflows(query, page_size=1000)}:
        if time.monotonic() > deadline:
            raise Problem(f"重启后 {len(missing)} 项没有流程。")
        await asyncio.sleep(_GLANCE)
