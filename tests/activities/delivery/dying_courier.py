"""A worker that dies right after the mail server took a letter, before that is written down.

    python -m tests.activities.delivery.dying_courier ADDRESS NAMESPACE DATABASE_URL TASK_QUEUE CHANNELS LETTERS

It dies with the letter of that number; with 0 it lives.
"""

from __future__ import annotations

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from activities.delivery import courier
from activities.delivery.letter import Letter
from activities.delivery.mail import MailSender
from ledger.store.database import Database
from runtime.connect import connect
from runtime.worker import make_worker

DIED = 9


class DyingSender(MailSender):
    """Counts the letters that it gets rid of."""

    left = 0

    def send(self, letter: Letter) -> None:
        super().send(letter)
        DyingSender.left -= 1
        if DyingSender.left == 0:
            os._exit(DIED)


async def work(address: str, namespace: str, url: str, task_queue: str, channels: str) -> None:
    client = await connect(address, namespace)
    with ThreadPoolExecutor(16) as threads:
        async with make_worker(client, Database(url), task_queue, threads, channels=Path(channels)):
            await asyncio.Event().wait()


if __name__ == "__main__":
    DyingSender.left = int(sys.argv[6])
    setattr(courier, MailSender.__name__, DyingSender)
    asyncio.run(work(*sys.argv[1:6]))
