"""`duban site`: the site alone, for a cluster; `duban up` runs the same as its child."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import timedelta
from functools import partial

import typer
import uvicorn
import uvloop
from fastapi import FastAPI
from sqlalchemy import text
from temporalio.service import RPCError

from api.app import create_app
from ledger.database import LedgerUnavailable
from runtime import logs
from runtime.bounded import BoundedHttp
from runtime.clocks.record import read as last_comparison
from runtime.folder import prepare
from runtime.loading import settle
from runtime.ports import listen
from runtime.product import Product, open_product
from runtime.settings import Settings, load

GRACE_SECONDS = 5
BACKLOG = 128
"""Connections that come in one go: each is looked at only afterwards, so they must not be more than open files."""
HEALTH_TIMEOUT = timedelta(seconds=3)


def site() -> None:
    """只运行网站，直到 Ctrl-C。"""
    uvloop.run(_serve(load()))


async def _serve(settings: Settings) -> None:
    logs.begin()
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
        settle()
        await server(app).serve(sockets=[listening.socket])


def server(app: FastAPI, http: type[BoundedHttp] = BoundedHttp) -> uvicorn.Server:
    """The server of the application, with its bounds; its words go to the log like everybody's."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=http,
            backlog=BACKLOG,
            log_config=None,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            server_header=False,
        )
    )


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
