"""From settings to a client of the running Temporal server, at once or as soon as it answers."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import typer
from temporalio.client import Client

from runtime.connect import NotRunning, connect
from runtime.engine.record import find
from runtime.settings import Settings

_PAUSE = 0.2
NO_WAIT = timedelta(0)


async def reach(settings: Settings, *, patience: timedelta = NO_WAIT) -> Client:
    """A connected client. Waits up to `patience` for a server that is (again) being started, and says so.

    Raises NotRunning when none answers in time.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience.total_seconds()
    waiting = False
    while True:
        try:
            return await connect(find(settings), settings.temporal_namespace)
        except NotRunning as failure:
            if loop.time() >= deadline:
                raise
            if not waiting:
                waiting = True
                typer.echo(f"{failure} 最多再等 {patience.total_seconds():.0f} 秒。", err=True)
            await asyncio.sleep(_PAUSE)
