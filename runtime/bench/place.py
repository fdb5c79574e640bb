"""Where the bench takes place: a throw-away data folder, one real server, and two real worker processes on it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import psutil
from sqlalchemy import Connection, RowMapping, select
from temporalio.client import Client

from definitions.catalogue import EXAMPLE
from ledger.chain import batches, bulk
from ledger.chain.batches import NewItem
from ledger.chain.bulk import Selection
from ledger.chain.entries import ITEM
from ledger.directory import people
from ledger.store.database import Database
from rules.forms.answers import Pairs
from rules.machine.commands import SYSTEM, Actor, Command, CommandKind, UnitRef, Via
from rules.machine.issuing import Order
from rules.machine.state import State
from rules.process import Role
from runtime.bench.bare import BareTable
from runtime.connect import connect
from runtime.engine.access import access_of
from runtime.engine.embedded import Engine
from runtime.engine.process import KeptProcess
from runtime.settings import THIS_MACHINE_ONLY, UNGUARDED, Settings, load
from runtime.store import load_shipped, open_database
from workflows.gateway import Gateway

BARE_QUEUE = "bare"
TEXT = "已召开支委会研究整改，明确责任人和完成时限，补齐会议记录，并对照制度逐条自查，今后每月检查一次。"
SUPERVISOR = Actor(id="p0001", role=Role.SUPERVISOR, via=Via.SITE)
_GRACE = timedelta(seconds=5)
_GLANCE = 0.3
IDLE = 0.15
"""Below this share of a core, over _GLANCE seconds, the server is said to have nothing left to do."""
_CHUNK = 50
"""Items that are led on in one transaction."""
_PATIENCE = 30
"""Glances: a server that never comes to rest is measured as it is."""
FINDING = "“三会一课”记录不规范，部分支部会议记录缺少发言要点，学习计划与实际安排不一致（第 {n} 项）"


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchPlace:
    """Ours and the bare one side by side on one server."""

    settings: Settings
    client: Client
    database: Database
    gateway: Gateway
    bare_rows: BareTable
    server: psutil.Process

    async def rested(self) -> None:
        """The server has done what came before: it goes on writing its lists for seconds, and whoever is measured next
        would pay for it."""
        self.server.cpu_percent()
        for _ in range(_PATIENCE):
            await asyncio.sleep(_GLANCE)
            if self.server.cpu_percent() < IDLE * 100:
                return


@contextmanager
def folder() -> Iterator[Settings]:
    """Settings whose data folder is gone afterwards, with all that was stored there."""
    with TemporaryDirectory(prefix="duban-bench-", ignore_cleanup_errors=True) as path:
        mine = {"data": Path(path) / "data", "database_url": "", "temporal_address": "", "port": 0}
        yield load(**mine, **THIS_MACHINE_ONLY, **UNGUARDED)


@asynccontextmanager
async def opened() -> AsyncIterator[BenchPlace]:
    """The server answers; both workers are processes of their own and take work."""
    with folder() as settings:
        database = open_database(settings, migrate=True)
        load_shipped(database, settings, county=True)
        with Engine.start(settings) as engine:
            client = await connect(engine.address, settings.temporal_namespace, access=access_of(settings))
            rows = BareTable(str(settings.data / "bare.db"))
            bare = [engine.address, settings.temporal_namespace, BARE_QUEUE, str(settings.data / "bare.db")]
            with kept(settings, "runtime.cli.main", "worker"), kept(settings, "runtime.bench.bare", *bare):
                gateway = Gateway(client, database, task_queue=settings.task_queue)
                yield BenchPlace(
                    settings=settings,
                    client=client,
                    database=database,
                    gateway=gateway,
                    bare_rows=rows,
                    server=psutil.Process(engine.pid),
                )
        database.close()


@contextmanager
def kept(settings: Settings, module: str, *arguments: str) -> Iterator[None]:
    """That module runs as a process of its own, on the data folder of the settings, until the block ends."""
    command = [sys.executable, "-m", module, *arguments]
    log = settings.data / f"{module}.log"
    environment = {"DUBAN_DATA": str(settings.data), "DUBAN_PORT": "0"}
    process = KeptProcess(command, settings.data, log, lambda pid: None, environment)
    process.start()
    process.keep.set()
    try:
        yield
    finally:
        process.stop(_GRACE)


def planned(*measures: str) -> Pairs:
    """The form of a plan, filled in with these measures."""
    return tuple((f"measures.{n}.what", measure) for n, measure in enumerate(measures, 1))


def liaisons(database: Database) -> dict[str, Actor]:
    """A liaison of each unit, by the unit's id: whoever has no such post is refused."""
    with database.read() as connection:
        everybody = people.everybody(connection)
    held = [post for one in everybody for post in one.posts if post.role is Role.LIAISON]
    return {post.unit: replace(post, via=Via.SITE) for post in held if post.unit}


def draft(database: Database, count: int) -> str:
    """A confirmed batch of `count` items, dealt out to all the county's units in turn. Returns its id."""
    batch = f"bench-{uuid4()}"
    now = datetime.now(UTC)
    with database.write() as connection:
        units = people.all_units(connection)
        items = [_new_item(units[n % len(units)], batch, n) for n in range(count)]
        batches.save(connection, batch, items, filename="", title="", reading={}, actor=SUPERVISOR, now=now)
        batches.confirm(connection, batch, SUPERVISOR, now)
    return batch


def lead_on(database: Database, batch: str, said: Mapping[CommandKind, Mapping[str, Any]], now: datetime) -> None:
    """Every freshly issued item of the batch is given these commands in turn as of `now`, ledger first: by its unit's
    liaison, approved by the supervisor."""
    known = liaisons(database)

    def command(kind: CommandKind) -> Callable[[Connection, State], Command]:
        reviews = kind is CommandKind.APPROVE
        return lambda _, state: Command(
            kind=kind, id=f"{batch}/{kind}", actor=SUPERVISOR if reviews else known[state.unit.id], **said[kind]
        )

    for seq, kind in enumerate(said, 1):
        where = (ITEM.c.batch == batch, ITEM.c.seq == seq)
        selection = Selection(where=where, order=(ITEM.c.no,), actor=SYSTEM, command=command(kind))
        while bulk.give(database, selection, now, _CHUNK).stored:
            pass


def numbers_of(database: Database, batch: str) -> list[str]:
    """The numbers of the batch's items, in order."""
    with database.read() as connection:
        return list(connection.execute(select(ITEM.c.no).where(ITEM.c.batch == batch).order_by(ITEM.c.no)).scalars())


def _new_item(unit: RowMapping, batch: str, n: int) -> NewItem:
    ref = UnitRef(id=unit["id"], name=unit["name"], kind=unit["kind"], area=unit["area"])
    order = Order(no="", unit=ref, title=FINDING.format(n=n), matter=(("category", "组织建设"),))
    return NewItem(process=EXAMPLE, variant="staged", import_key=f"{batch}/{n}", order=order)
