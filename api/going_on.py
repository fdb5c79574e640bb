"""Work that goes on when the browser has left: confirmed, answered soon, and joined by whoever confirms it again."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from api.site import Site
from desk.caller import Caller
from ledger.chain.bulk_commands import GIVEN_IDS

log = logging.getLogger(__name__)
PATIENCE_SECONDS = 5.0
"""A confirmation is answered after that, whether everything is done by then or not."""


def going_name(bulk: str, caller: Caller) -> str:
    """The name of giving many items what that caller confirms; whoever else confirms it is refused by themselves."""
    return f"{GIVEN_IDS}{bulk}/{caller.person}"


async def within_patience(site: Site, name: str, begin: Callable[[], Coroutine[Any, Any, object]]) -> bool:
    """Whether the work of that name is done; False when it goes on. Raises what ended it."""
    running = site.running.get(name)
    if running is None:
        running = asyncio.create_task(begin())
        site.running[name] = running
        running.add_done_callback(lambda task: _ended(site, name, task))
    done, _ = await asyncio.wait({running}, timeout=PATIENCE_SECONDS)
    if done:
        running.result()
    return bool(done)


def _ended(site: Site, name: str, task: "asyncio.Task[Any]") -> None:
    site.running.pop(name, None)
    if not task.cancelled() and task.exception():
        log.warning("%s stopped: %s", name, task.exception())
