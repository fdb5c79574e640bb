"""`duban worker` and `duban site`: one part alone, for a cluster; `duban up` runs the same two as its children."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import typer
import uvloop
from sqlalchemy import text
from temporalio.service import RPCError

from definitions.channels import FILE_NAME
from ledger.database import LedgerUnavailable
from runtime.engine.prepare import prepare as prepare_server
from runtime.exit import told_to_stop
from runtime.folder import prepare
from runtime.ports import listen
from runtime.product import Product, open_product
from runtime.reach import reach
from runtime.sealing import seal_places
from runtime.settings import Settings, load
from runtime.store import open_database
from runtime.worker import THREADS, make_worker

GRACE_SECONDS = 5
GLANCE_SECONDS = 0.5
HEALTH_TIMEOUT = timedelta(seconds=3)


def worker() -> None:
    """只运行工作进程：执行流程和写入留痕库，直到 Ctrl-C。"""
    uvloop.run(_work(load()))


async def _work(settings: Settings) -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    client = await reach(settings, patience=settings.start_timeout)
    told = told_to_stop()  # not sooner: Ctrl-C while waiting for the server ends at once
    database = open_database(settings)
    if settings.temporal_address:  # the embedded server has been made ready by who started it
        await prepare_server(client, settings.temporal_retention)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="activity") as threads:
        made = make_worker(
            client,
            database,
            settings.task_queue,
            threads,
            channels=settings.data / FILE_NAME,
            seals=seal_places(settings),
        )
        async with made:
            _settle_memory()
            typer.echo(f"工作进程已就绪（队列 {settings.task_queue}）。")
            while not await asyncio.to_thread(told.wait, GLANCE_SECONDS):  # short, so that a fatal error gets through
                pass
    database.close()


def site() -> None:
    """只运行网站，直到 Ctrl-C。"""
    uvloop.run(_serve(load()))


async def _serve(settings: Settings) -> None:
    import uvicorn  # here and not above: every other command would wait for them too

    from api.app import create_app
    from runtime.clocks.record import read as last_comparison

    async with open_product(settings, patience=settings.start_timeout) as product:
        app = create_app(
            desk=product.desk,
            intake=product.intake,
            database=product.database,
            files=product.files,
            ready=partial(_ready, product),
            compared=partial(last_comparison, settings),
        )
        listening = listen(settings.host, settings.port)
        if listening.note:
            typer.echo(listening.note, err=True)
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        address = f"http://{host}:{listening.port}"
        _note(settings, address)
        typer.echo(f"网站：{address}")
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, timeout_graceful_shutdown=GRACE_SECONDS, server_header=False
        )
        _settle_memory()
        await uvicorn.Server(config).serve(sockets=[listening.socket])


def _settle_memory() -> None:
    """What stands in memory now stays for good, so the garbage collector need not walk it again: whole walks had cost
    50 to 130 ms, once in a while in the middle of issuing a batch."""
    gc.collect()
    gc.freeze()


async def _ready(product: Product) -> dict[str, object]:
    """Whether a command given now would be carried out: the ledger can be read and the engine answers."""

    def readable() -> bool:
        with product.database.read() as connection:
            connection.execute(text("SELECT 1"))
        return True

    seen: dict[str, object] = {}
    try:
        seen["ledger"] = await asyncio.to_thread(readable)
    except LedgerUnavailable:
        seen["ledger"] = False
    try:
        seen["engine"] = await product.client.service_client.check_health(timeout=HEALTH_TIMEOUT)
    except RPCError:
        seen["engine"] = False
    return {"ready": all(seen.values()), **seen}


def _note(settings: Settings, address: str) -> None:
    """Where the site is, for `duban up` and for people who look."""
    path = prepare(settings.data) / "run" / "site.json"
    path.write_text(json.dumps({"address": address, "pid": os.getpid()}))
