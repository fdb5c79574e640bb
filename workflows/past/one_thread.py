"""One thread for what decides at the ledger, so that a crowd does not fight over the interpreter; what waits for it is
taken together. Knows nothing of commands.

Writers stand in one line anyway. Six threads in it took 67 switches for each command, one takes seven, and gives four
tenths more commands a second (measured with sixteen callers, docs/adr/0021).
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from typing import Generic, TypeVar

J = TypeVar("J")
R = TypeVar("R")
PATIENCE = 0.25
"""Seconds for which somebody waits for the thread: when what is on it takes longer, as where the database does not
answer, whoever is behind goes by another."""
MOST_TOGETHER = 16
"""So much at most is taken together: whoever is first in it waits for all of it."""


@dataclass(slots=True, eq=False)
class _Job(Generic[J, R]):
    what: J
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[R]


class OneThread(Generic[J, R]):
    """Has done what it is given, some together and one lot after another, as long as that goes quickly."""

    def __init__(self, do: Callable[[Sequence[J]], Sequence[R | Exception]], patience: float = PATIENCE) -> None:
        """`do`: what comes of each of these, in their order."""
        self._do, self._patience = do, patience
        self._waiting: deque[_Job[J, R]] = deque()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")

    async def run(self, what: J) -> R:
        """What comes of it, or is raised. Once begun it goes on to its end even if the caller does not wait for it."""
        loop = asyncio.get_running_loop()
        job: _Job[J, R] = _Job(what, loop, loop.create_future())
        self._waiting.append(job)
        self._thread.submit(self._take)
        late = loop.call_later(self._patience, self._by_another, job)
        try:
            return await job.done
        except asyncio.CancelledError:
            self._taken_back(job)
            raise
        finally:
            late.cancel()

    def _taken_back(self, job: _Job[J, R]) -> bool:
        """Whether it had not begun; now it will not."""
        try:
            self._waiting.remove(job)
        except ValueError:
            return False
        return True

    def _by_another(self, job: _Job[J, R]) -> None:
        if self._taken_back(job):
            job.loop.run_in_executor(None, self._go, [job])

    def _take(self) -> None:
        jobs: list[_Job[J, R]] = []
        while len(jobs) < MOST_TOGETHER:
            try:
                jobs.append(self._waiting.popleft())
            except IndexError:
                break
        if jobs:
            self._go(jobs)

    def _go(self, jobs: list[_Job[J, R]]) -> None:
        try:
            ends = self._do([job.what for job in jobs])
        except Exception as failure:
            ends = [failure] * len(jobs)
        for loop, some in groupby(zip(jobs, ends, strict=True), lambda pair: pair[0].loop):
            with suppress(RuntimeError):  # it has ended, and with it those who waited in it
                loop.call_soon_threadsafe(_tell, list(some))


def _tell(ends: Sequence[tuple[_Job[J, R], R | Exception]]) -> None:
    """In the loop of those who wait."""
    for job, end in ends:
        if job.done.done():  # nobody waits for it any more
            continue
        if isinstance(end, Exception):
            job.done.set_exception(end)
        else:
            job.done.set_result(end)
