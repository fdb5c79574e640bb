"""`duban up`: everything on this machine. Server, worker, site, scheduler are processes, kept alive until the end."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import typer

from runtime.backup import marker
from runtime.ending import Problem
from runtime.engine.embedded import Engine
from runtime.engine.process import KeptProcess
from runtime.host.exit import told_to_stop
from runtime.host.folder import FolderLock
from runtime.settings import Settings, load
from runtime.store import load_at_first, open_database

_GLANCE = 0.5
_GRACE = timedelta(seconds=10)
_PATIENCE = 60.0
SHORT = 0.05


def up(
    example: bool = typer.Option(False, "--example", help="空库时先载入示例县（虚构）并交办它的台账"),
) -> None:
    """在本机运行全部：Temporal 服务器、工作进程、网站、调度进程。Ctrl-C 停止。"""
    settings = load()
    told = told_to_stop()
    with running(settings, county=example) as everything:
        if example:
            asyncio.run(_issue_once(settings))
        typer.echo(f"督办已就绪：{everything.address}（数据目录 {settings.data}）。Ctrl-C 停止。")
        while not told.wait(_GLANCE):
            everything.check()
        typer.echo("正在停止……")
    typer.echo("已停止。")


async def _issue_once(settings: Settings) -> None:
    from ledger.reading import queries  # here and not above: a start that issues nothing need not wait for them
    from ledger.reading.filters import Filters
    from runtime.demo.example import issue_example
    from runtime.product import open_product

    async with open_product(settings) as product:
        with product.database.read() as connection:
            empty = not queries.register(connection, Filters(), size=1).rows
        if empty:
            done = await issue_example(product)
            typer.echo(f"已交办示例台账 {done.issued} 项。")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningProduct:
    """Everything, running: the site's address, and what is kept alive behind it."""

    address: str
    engine: Engine | None
    parts: tuple[KeptProcess, ...]

    def check(self) -> None:
        """Raises Problem when something kept dying and was given up."""
        if self.engine:
            self.engine.check()
        for part in self.parts:
            if part.ended.is_set():
                raise Problem(
                    "工作进程、网站或调度进程一再退出，不再重试。",
                    "看数据目录里的 worker.log、site.log、scheduler.log。",
                )


@contextmanager
def running(settings: Settings, *, county: bool = False, time_skipping: bool = False) -> Iterator[RunningProduct]:
    """Everything runs, until the end of the block; then it is stopped in order: server last."""
    with ExitStack() as stack:
        stack.enter_context(FolderLock(settings.data, "up"))
        database = open_database(settings, migrate=True)
        load_at_first(database, settings, county=county)
        database.close()
        engine = None
        if not settings.temporal_address:
            engine = stack.enter_context(Engine.launch(settings, time_skipping=time_skipping))
        restored = marker.read(settings.data)
        if restored and not restored.engine:  # before any worker: what Temporal knows may never have happened
            if engine:
                engine.wait_until_ready()
            _resume(settings)
        site_note = settings.data / "run" / "site.json"
        site_note.unlink(missing_ok=True)
        parts = [stack.enter_context(_part(settings, name)) for name in ("worker", "site")]
        if engine:  # not sooner: the parts have much to load meanwhile
            engine.wait_until_ready()
        address = _wait_for_site(settings, site_note)
        parts.append(stack.enter_context(_part(settings, "scheduler")))  # nobody waits for it
        if restored and restored.engine:  # the backup's, so a moment behind the ledger: each workflow is told to look
            _resume(settings)
        yield RunningProduct(address=address, engine=engine, parts=tuple(parts))


def _resume(settings: Settings) -> None:
    from runtime.backup.resume import resume  # here and not above: few starts follow a restoration
    from runtime.cli.output import refusals_in_words

    with refusals_in_words():  # the note stays then, and the next start tries again
        count = asyncio.run(resume(settings))
    typer.echo(f"从备份恢复之后第一次启动：{count} 个未办结事项的流程已与留痕库对齐。")


@contextmanager
def _part(settings: Settings, name: str) -> Iterator[KeptProcess]:
    log = settings.data / f"{name}.log"
    command = [sys.executable, "-m", "runtime.cli.main", name]
    # The child runs elsewhere, so the folder is named in full.
    process = KeptProcess(command, settings.data, log, lambda pid: None, {"DUBAN_DATA": str(settings.data)})
    process.start()
    process.keep.set()
    try:
        yield process
    finally:
        process.stop(_GRACE)


def _wait_for_site(settings: Settings, note: Path) -> str:
    """The site's address: it is written once the site answers."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            address: str = json.loads(note.read_text())["address"]
            return address
        except (OSError, ValueError, KeyError):
            time.sleep(SHORT)
    said = (settings.data / "site.log").read_text("utf-8", "replace")[-300:]
    raise Problem(f"网站 {_PATIENCE:.0f} 秒内没有应答：{said}", f"全文见 {settings.data / 'site.log'}。")
