"""How a process ends: told by a signal, things stopped in order, output flushed, gone with its own status.

An interpreter that unloads the Temporal client's native library at exit now and then dies with status 134 or 139
(sdk-python issue 300). A command must end with its own status, so nothing leaves through the interpreter's own exit.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue
from types import FrameType
from typing import NoReturn

TOLD_BY = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_last_acts: list[Callable[[], None]] = []


def at_exit(act: Callable[[], None]) -> None:
    """`act` runs when the process leaves through `leave`, the latest registered first."""
    _last_acts.append(act)


def leave(status: int) -> NoReturn:
    """The process is gone with `status`, whatever native threads are still doing; all output is written."""
    while _last_acts:
        act = _last_acts.pop()
        try:
            act()
        except Exception as failure:
            sys.stderr.write(f"收尾时出错：{failure!r}\n")
            status = status or 1
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            status = status or 1
    os._exit(status)


def told_to_stop() -> threading.Event:
    """Set as soon as Ctrl-C, a closed terminal or a service manager asks us to stop; asked twice, we go at once."""
    told, asked = threading.Event(), SimpleQueue[int]()

    def hear(number: int, _: FrameType | None) -> None:
        if told.is_set():
            os._exit(128 + number)
        asked.put(number)

    def tell() -> None:
        asked.get()
        told.set()

    # Not by the handler: it interrupts the main thread anywhere, also where that holds the event's own lock, and would
    # wait for it for ever. A SimpleQueue may be put into from a handler.
    threading.Thread(target=tell, name="told-to-stop", daemon=True).start()
    for number in TOLD_BY:
        signal.signal(number, hear)
    return told
