"""One thread for what decides at the ledger, so that a crowd does not fight over the interpreter. Knows nothing of
commands.

Writers stand in one line anyway. Six threads in it took 67 switches for each command, one takes seven, and gives four
tenths more commands a second (measured with sixteen callers, docs/adr/0021).
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
PATIENCE = 0.25
"""Seconds for which somebody waits for the thread: when what is on it takes longer, as where the database does not
answer, whoever is behind goes by another."""


class OneThread:
    """Runs what it is given one after another, as long as that goes quickly."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")

    async def run(self, what: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """What it returns or raises. Runs to its end even if the caller does not wait for it."""
        turn = self._thread.submit(what, *args, **named)
        loop = asyncio.get_running_loop()
        late = loop.call_later(self._patience, turn.cancel)  # nothing happens where it has begun
        try:
            return await asyncio.shield(asyncio.wrap_future(turn))
        except asyncio.CancelledError:
            asked = asyncio.current_task()
            if not turn.cancelled() or (asked and asked.cancelling()):
                raise  # it is the caller who does not wait
        finally:
            late.cancel()
        return await asyncio.to_thread(what, *args, **named)
