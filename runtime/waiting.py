"""Bulk work that somebody waits for at the console: how much is left is shown until it is done, or stands still."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from time import monotonic
from typing import Any

from sqlalchemy import Connection

from ledger.store.database import Database
from runtime.ending import Problem
from runtime.product import Product
from workflows.contracts import BulkProgress

_PATIENCE = timedelta(minutes=1)


async def waited_for(
    product: Product,
    work: Coroutine[Any, Any, BulkProgress],
    left: Callable[[Connection], int],
    show: Callable[[int], None],
    *,
    stuck: str,
    glance: float = 0.2,
) -> BulkProgress:
    """The work is done. `show` is told now and then how many items are `left`.

    Raises Problem, which says in the words `stuck` how many are left, when nothing has happened for a minute; what is
    done stays, and the rest is done when a worker runs.
    """
    working = asyncio.ensure_future(work)
    last, since = -1, monotonic()
    while not (await asyncio.wait({working}, timeout=glance))[0]:
        show(behind := await asyncio.to_thread(_counted, product.database, left))
        if behind != last:
            last, since = behind, monotonic()
        elif monotonic() - since > _PATIENCE.total_seconds():
            working.cancel()
            raise Problem(stuck.format(behind), "确认工作进程在运行；它会接着做完，也可以把同样的命令再运行一次。")
    return working.result()


def _counted(database: Database, left: Callable[[Connection], int]) -> int:
    with database.read() as connection:
        return left(connection)
