"""`duban site`: the site alone, for a cluster; `duban up` runs the same as its child."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from functools import partial

import typer
import uvicorn
import uvloop
from fastapi import FastAPI

from api.app import create_app
from runtime.clocks.record import read as last_comparison
from runtime.host import logs
from runtime.host.bounded import BoundedHttp
from runtime.host.folder import prepare
from runtime.host.loading import settle
from runtime.host.ports import listen
from runtime.product import open_product
from runtime.readiness import readiness
from runtime.settings import Settings, load

GRACE_SECONDS = 5
WITHOUT = timedelta(seconds=5)
"""So long the site waits for an engine before it opens without one."""
BACKLOG = 128
"""Connections that come in one go: each is looked at only afterwards, so they must not be more than open files."""


def site() -> None:
    """只运行网站，直到 Ctrl-C。"""
    uvloop.run(_serve(load()))


async def _serve(settings: Settings) -> None:
    logs.begin()
    async with open_product(settings, patience=min(settings.start_timeout, WITHOUT), needed=False) as product:
        app = create_app(
            desk=product.desk,
            intake=product.intake,
            database=product.database,
            files=product.files,
            ready=partial(readiness, product.database, product.files, product.client, settings.task_queue),
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


def _note(settings: Settings, address: str) -> None:
    """Where the site is, for `duban up` and for people who look."""
    path = prepare(settings.data) / "run" / "site.json"
    path.write_text(json.dumps({"address": address, "pid": os.getpid()}))
