"""Waiting for what will become true: no sleeps of a guessed length, always a deadline that fails with words."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

GLANCE = 0.02


async def until(what: str, true: Callable[[], bool | Awaitable[bool]], *, within: float = 60.0) -> None:
    """`true` has become true; fails, naming what was waited for, when it has not within that many seconds."""
    deadline = time.monotonic() + within
    while True:
        found = true()
        if found if isinstance(found, bool) else await found:
            return
        assert time.monotonic() < deadline, f"waited {within:.0f} s in vain for: {what}"
        await asyncio.sleep(GLANCE)
