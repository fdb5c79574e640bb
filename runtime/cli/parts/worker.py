"""`duban worker`: workflows and activities alone, for a cluster; `duban up` runs the same as its child."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import typer
import uvloop

from activities.telling import keep_handing_on
from definitions.channels import CHANNELS_FILE
from runtime.engine.prepare import prepare
from runtime.host import logs
from runtime.host.exit import told_to_stop
from runtime.host.loading import settle
from runtime.reach import reach
from runtime.sealing import seal_places
from runtime.settings import Settings, load
from runtime.store import open_database
from runtime.worker import THREADS, make_worker

_GLANCE_SECONDS = 0.5


def worker() -> None:
    """只运行工作进程：执行流程和写入留痕库，直到 Ctrl-C。"""
    uvloop.run(_work(load()))


async def _work(settings: Settings) -> None:
    logs.begin()
    client = await reach(settings, patience=settings.start_timeout)
    told = told_to_stop()  # not sooner: Ctrl-C while waiting for the server ends at once
    database = open_database(settings)
    if settings.temporal_address:  # the embedded server has been made ready by who started it
        await prepare(client, settings.temporal_retention)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="activity") as threads:
        made = make_worker(
            client,
            database,
            settings.task_queue,
            threads,
            channels=settings.data / CHANNELS_FILE,
            seals=seal_places(settings),
        )
        async with made, asyncio.TaskGroup() as beside:
            handing = beside.create_task(keep_handing_on(client, database, settings.task_queue))
            settle()
            typer.echo(f"工作进程已就绪（队列 {settings.task_queue}）。")
            while not await asyncio.to_thread(told.wait, _GLANCE_SECONDS):  # short, so that a fatal error gets through
                pass
            handing.cancel()
    database.close()
