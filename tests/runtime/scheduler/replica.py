"""A scheduler as a process of its own whose clock is the machine's plus the seconds that a file holds.

    python -m tests.runtime.scheduler.replica NAME OFFSET

Everything else is the product's. APScheduler reads the same clock. With a NAME that begins with `dying` it is gone, as
by kill -9, after the first claim and before what was claimed is started; with one that begins with `wary` it takes the
product's time to believe a jump, others none: their tests turn the clock for speed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from apscheduler.schedulers import base

from ledger.store.firings import Claimed
from runtime.host.exit import leave, told_to_stop
from runtime.reach import reach
from runtime.scheduler import service
from runtime.scheduler.starting import Starter
from runtime.scheduler.trust import HOLD, TrustedClock
from runtime.scheduler.walker import Walker
from runtime.settings import load
from runtime.store import open_database

LOOK_AGAIN = 0.5
OFFSET = Path(sys.argv[2])


class Shifted(datetime):
    """`datetime` as APScheduler uses it, by the shifted clock."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return clock().astimezone(tz)


def clock() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=float(OFFSET.read_text()))


class Telling(Walker):
    """Says when it has walked."""

    async def walk(self, plan_ids: Iterable[str] | None = None) -> None:
        await super().walk(plan_ids)
        sys.stdout.write("walked\n")
        sys.stdout.flush()


class Dying(Starter):
    """Has claimed, and starts nothing any more."""

    async def start(self, firing: Claimed) -> str:
        os.kill(os.getpid(), signal.SIGKILL)
        return ""


async def main(name: str) -> None:
    vars(base)["datetime"] = Shifted
    settings = load()
    client = await reach(settings)
    database = open_database(settings)
    kind = Dying if name.startswith("dying") else Starter
    trusted = TrustedClock(None, hold=HOLD if name.startswith("wary") else timedelta(0))
    starter = kind(client, database, settings.task_queue, clock)
    walker = Telling(database, starter, name, clock=clock, trusted=trusted)
    told = told_to_stop()
    await service.run(walker, told.wait, look_again=LOOK_AGAIN)
    database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
    leave(0)
