"""From settings to a client of the running Temporal server, at once or as soon as it answers."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import typer
from temporalio.client import Client

from runtime.connect import NotRunning, connect, connect_later
from runtime.engine.access import access_of
from runtime.engine.record import find, last_known
from runtime.settings import Settings

_PAUSE = 0.2
NO_WAIT = timedelta(0)


async def reach(settings: Settings, *, patience: timedelta = NO_WAIT, needed: bool = True) -> Client:
    """A connected client. Waits up to `patience` for a server that is (again) being started, and says so.

    Raises NotRunning when none answers in time; where it is not `needed`, only when nobody knows where one would be:
    the client connects once it is there.
    """
    access = access_of(settings)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience.total_seconds()
    waiting = False
    while True:
        try:
            return await connect(find(settings), settings.temporal_namespace, access=access)
        except NotRunning as failure:
            if loop.time() >= deadline:
                if needed or (address := last_known(settings)) is None:
                    raise
                typer.echo("流程引擎没有应答：操作由留痕库直接办，恢复以后自动补告流程。", err=True)
                return await connect_later(address, settings.temporal_namespace, access=access)
            if not waiting:
                waiting = True
                typer.echo(f"{failure} 最多再等 {patience.total_seconds():.0f} 秒。", err=True)
            await asyncio.sleep(_PAUSE)


async def tell_round(settings: Settings, round_: str, *, patience: timedelta) -> None:
    """The round's workflow looks at the ledger. Raises Problem when the engine does not answer."""
    from workflows.rounds_begun import look_at_round  # here: most who reach the engine tell no round

    client = await reach(settings, patience=patience)
    await look_at_round(client, settings.task_queue, round_)
