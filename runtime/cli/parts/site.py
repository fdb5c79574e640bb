"""`duban site`: the site alone, for a cluster; `duban up` runs the same as its child."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import typer
import uvicorn
import uvloop

from api.app import create_app
from desk.accounts.ways.coming import OtherWays
from ledger.accounts.accounts import anybody_has_a_password, there_are_any
from ledger.store.database import Database
from runtime.clocks.record import read as last_comparison
from runtime.ending import Problem
from runtime.entering import ways_in
from runtime.host import logs
from runtime.host.bounded import BoundedHttp
from runtime.host.folder import prepare
from runtime.host.front import front_of
from runtime.host.loading import settle
from runtime.host.ports import listen
from runtime.product import open_product
from runtime.readiness import readiness
from runtime.settings import Settings, load
from runtime.store import is_demo, open_entrance

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
    front = front_of(settings)
    async with open_product(settings, patience=min(settings.start_timeout, WITHOUT), needed=False) as product:
        if settings.on_the_network:
            refuse_without_accounts(product.database, others=bool(ways_in(settings).ways))
        entrance = open_entrance(settings, product.database)
        app = create_app(
            desk=product.desk,
            intake=product.intake,
            database=product.database,
            files=product.files,
            entrance=entrance,
            ways=OtherWays(entrance, ways_in(settings)),
            demo=is_demo(settings),
            ready=partial(readiness, product.database, product.files, product.client, settings.task_queue),
            compared=partial(last_comparison, settings),
            reached=front.reached,
        )
        listening = listen(settings.host, settings.port, elsewhere=not settings.on_the_network)
        for note in filter(None, (listening.note, front.ends_soon(datetime.now(UTC)))):
            typer.echo(note, err=True)
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        address = front.reached.origin or f"http://{host}:{listening.port}"
        settle()
        made = server(front.over(app), front.protocol(), begun=partial(_tell, settings, address))
        await made.serve(sockets=[listening.socket])


def refuse_without_accounts(database: Database, *, others: bool = False) -> None:
    """Somebody can sign in: by a password, or where there are `others`, by one of those ways. Raises Problem: before
    that, a site on the network helps nobody who belongs there."""
    with database.read() as connection:
        if anybody_has_a_password(connection) or (others and there_are_any(connection)):
            return
    raise Problem(
        "还没有一个设了密码的账号，网站不能对网络开放。",
        "先去掉 DUBAN_HOST、DUBAN_PUBLIC_URL 等，只在本机起网站，运行 duban account first，"
        "用它给的链接设好密码，再对网络开放（docs/deploy.md）。",
    )


class SiteServer(uvicorn.Server):
    """The server, which says when it has begun to answer."""

    def __init__(self, config: uvicorn.Config, begun: Callable[[], None]) -> None:
        super().__init__(config)
        self._begun = begun

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """It answers."""
        await super().startup(sockets)
        self._begun()


def server(
    app: Any, http: Callable[..., Any] = BoundedHttp, *, begun: Callable[[], None] = lambda: None
) -> uvicorn.Server:
    """The server of the application, with its bounds; its words go to the log like everybody's. What a request says
    about who sent it is left to `runtime.host.proxied`."""
    config = uvicorn.Config(
        app,
        http=http,  # type: ignore[arg-type]  # whatever makes a protocol will do
        backlog=BACKLOG,
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        server_header=False,
    )
    return SiteServer(config, begun)


def _tell(settings: Settings, address: str) -> None:
    _note(settings, address)
    typer.echo(f"网站：{address}")


def _note(settings: Settings, address: str) -> None:
    """Where the site is, for `duban up` and for people who look."""
    path = prepare(settings.data) / "run" / "site.json"
    path.write_text(json.dumps({"address": address, "pid": os.getpid()}))
