"""A worker that dies inside the narrow window: after the ledger's commit, before the workflow task completes.

    python -m tests.durability.dying_worker ADDRESS NAMESPACE DATABASE_URL TASK_QUEUE FLAG

It begins when a line comes on standard input. While the file FLAG exists, the next moment that it names (an append that
stores something, the start of a workflow that was issued with one) removes it and ends the process there and then.
"""

from __future__ import annotations

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import RowMapping
from temporalio import activity
from temporalio.client import Client

import runtime.worker
from activities import telling
from activities.append import LedgerActivities
from activities.messages import APPEND, AppendInput, AppendReply, ItemInput
from activities.starting import start_asleep
from ledger.store.database import Database
from runtime.reach import reach
from runtime.settings import load
from runtime.worker import make_worker

DIED = 9


STORED, STARTED = "stored", "started"
"""What the flag's file says: that the worker dies right after storing, or after starting the workflow of one of those
that were issued with it."""


def die_with(flag: Path, moment: str) -> None:
    """The worker is gone, and so is the flag, where that says so."""
    if flag.exists() and flag.read_text() == moment:
        flag.unlink(missing_ok=True)
        os._exit(DIED)


class DyingActivities(LedgerActivities):
    """Dies with the flag's file, right after storing."""

    flag: Path

    @activity.defn(name=APPEND, no_thread_cancel_exception=True)
    def append(self, wanted: AppendInput) -> AppendReply:
        reply = super().append(wanted)
        if reply.stored:
            die_with(self.flag, STORED)
        return reply


async def start_and_die(client: Client, task_queue: str, row: RowMapping, start: ItemInput) -> bool:
    """Dies with the flag's file, right after a start; the others that were to be started are left."""
    started = await start_asleep(client, task_queue, row, start)
    die_with(DyingActivities.flag, STARTED)
    return started


async def work(address: str, namespace: str, url: str, task_queue: str) -> None:
    settings = load(temporal_address=address, temporal_namespace=namespace)
    client = await reach(settings, patience=4 * settings.start_timeout)  # the server may be on its way back
    with ThreadPoolExecutor(16) as threads:
        async with make_worker(client, Database(url), task_queue, threads):
            await asyncio.Event().wait()


if __name__ == "__main__":
    DyingActivities.flag = Path(sys.argv[5])
    setattr(runtime.worker, LedgerActivities.__name__, DyingActivities)
    setattr(telling, start_asleep.__name__, start_and_die)
    if sys.stdin.readline():
        asyncio.run(work(*sys.argv[1:5]))
