"""A worker that dies inside the narrow window: after the ledger's commit, before the workflow task completes.

    python -m tests.durability.dying_worker ADDRESS NAMESPACE DATABASE_URL TASK_QUEUE FLAG

It begins when a line comes on standard input. While the file FLAG exists, the next append that stores something removes
it and ends the process there and then.
"""

from __future__ import annotations

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from temporalio import activity

import runtime.worker
from activities.append import LedgerActivities
from activities.messages import APPEND, AppendInput, AppendReply
from ledger.store.database import Database
from runtime.reach import reach
from runtime.settings import load
from runtime.worker import make_worker

DIED = 9


class DyingActivities(LedgerActivities):
    """Dies with the flag's file, right after storing."""

    flag: Path

    @activity.defn(name=APPEND, no_thread_cancel_exception=True)
    def append(self, wanted: AppendInput) -> AppendReply:
        reply = super().append(wanted)
        if reply.stored and self.flag.exists():
            self.flag.unlink(missing_ok=True)
            os._exit(DIED)
        return reply


async def work(address: str, namespace: str, url: str, task_queue: str) -> None:
    settings = load(temporal_address=address, temporal_namespace=namespace)
    client = await reach(settings, patience=settings.start_timeout)  # the server may be on its way back
    with ThreadPoolExecutor(16) as threads:
        async with make_worker(client, Database(url), task_queue, threads):
            await asyncio.Event().wait()


if __name__ == "__main__":
    DyingActivities.flag = Path(sys.argv[5])
    setattr(runtime.worker, LedgerActivities.__name__, DyingActivities)
    if sys.stdin.readline():
        asyncio.run(work(*sys.argv[1:5]))
