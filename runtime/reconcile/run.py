"""Reconciling a running system, a chunk of items at a time; what differs is looked at again before it counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection
from temporalio.client import Client
from temporalio.service import RPCError

from activities.options import TASK_TIMEOUT
from ledger.proof import reconcile
from ledger.proof.reconcile import UNKNOWN_ITEM, Disagreement, Lost, WorkflowRun, compare
from ledger.store.database import Database
from runtime.ending import Problem
from runtime.reconcile import histories
from runtime.worker import STICKY

T = TypeVar("T")
_CHUNK = 50
"""Items looked at together: their entries and the facts of their histories are what is held in memory."""
_AT_ONCE = 16
"""Requests to Temporal at a time."""
_PATIENCE = 2 * (STICKY + TASK_TIMEOUT)
"""An entry stands before the history knows of its command; if the worker dies in between, the next one tells it after
so long at most."""
_FIRST_PAUSE = timedelta(milliseconds=200)
_KEPT = 1000
"""Differences kept by name; of more only how many there are."""


@dataclass(slots=True)
class Reconciled:
    """What was held against each other, and where the two differ. `without`: items of which Temporal keeps no run (any
    more): nothing can be said of them. `count` of differences, `found` the first of them."""

    items: int = 0
    without: int = 0
    runs: int = 0
    commands: int = 0
    entries: int = 0
    count: int = 0
    found: list[Disagreement] = field(default_factory=list)

    def add(self, differences: Sequence[Disagreement]) -> None:
        """These are differences too."""
        self.count += len(differences)
        self.found += differences[: _KEPT - len(self.found)]


async def reconcile_all(
    client: Client,
    database: Database,
    task_queue: str,
    looked: Callable[[int], None] = lambda items: None,
    *,
    patience: timedelta = _PATIENCE,
) -> Reconciled:
    """Every item's entries beside its histories. `looked` hears how many items are done. Reads only.

    Raises Problem when Temporal does not answer, LedgerUnavailable.
    """
    done = Reconciled()
    try:
        await _Reconciliation(client, database, task_queue, done, looked).run(patience)
    except RPCError as failure:
        raise Problem(f"流程引擎没有应答：{failure.message}。", "确认 Temporal 服务器在运行。") from failure
    return done


class _Reconciliation:
    def __init__(
        self, client: Client, database: Database, task_queue: str, done: Reconciled, looked: Callable[[int], None]
    ) -> None:
        self._client, self._database, self._task_queue = client, database, task_queue
        self._done, self._looked = done, looked
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._lost: tuple[Lost, ...] = ()

    async def run(self, patience: timedelta) -> None:
        self._lost = await self._read(partial(reconcile.lost, under_way=_PATIENCE))
        suspects: list[str] = []
        after = ""
        while chunk := await self._read(partial(reconcile.streams, after=after, size=_CHUNK)):
            suspects += {d.stream for d in await self._look(chunk, self._done)}
            self._done.items += len(chunk)
            self._looked(self._done.items)
            after = chunk[-1]
        await self._look_again(sorted(suspects), patience)
        await self._unknown()

    async def _look_again(self, suspects: list[str], patience: timedelta) -> None:
        """What is different at the first look may be under way: only what stays different is."""
        pause, left = _FIRST_PAUSE, patience
        while suspects:
            await asyncio.sleep(min(pause, left).total_seconds())
            left, pause = left - min(pause, left), pause * 2
            still: list[str] = []
            for start in range(0, len(suspects), _CHUNK):
                differences = await self._look(suspects[start : start + _CHUNK], Reconciled())
                if left:
                    still += {d.stream for d in differences}
                else:
                    self._done.add(differences)
            suspects = sorted(still)

    async def _look(self, chunk: Sequence[str], count: Reconciled) -> list[Disagreement]:
        """The differences of these items as of now. What was looked at is counted in `count`."""
        before = await self._read(partial(reconcile.stood, streams=chunk))
        listed = await histories.listed(self._client, chunk)
        ended = await self._read(partial(reconcile.ended, streams=chunk))
        runs: list[list[WorkflowRun]] = await asyncio.gather(
            *(
                histories.read_runs(
                    self._client,
                    stream,
                    listed[stream].run_ids,
                    self._turns,
                    latest_too=not listed[stream].runs and stream not in ended,
                )
                for stream in chunk
            )
        )
        after = await self._read(partial(reconcile.stood, streams=chunk))
        found: list[Disagreement] = []
        for stream, of_stream in zip(chunk, runs, strict=True):
            count.runs += len(of_stream)
            count.without += not of_stream
            count.commands += sum(len(run.told) for run in of_stream)
            count.entries += len(after[stream]) if of_stream else 0
            found += compare(stream, of_stream, before[stream], after[stream], self._lost)
        return found

    async def _unknown(self) -> None:
        """Workflows of items of which the ledger holds nothing. Items are issued ledger first, so none may be."""
        told: set[str] = set()
        async for chunk in histories.all_items(self._client, self._task_queue, _CHUNK):
            for no in await self._read(partial(reconcile.without_entries, streams=chunk)):
                if no in told or not await histories.exists(self._client, no):
                    continue
                told.add(no)
                what = "流程引擎里有这个事项的流程，留痕库里没有它的一条记录"
                self._done.add([Disagreement(stream=no, command="", seq=0, what=what, means=UNKNOWN_ITEM)])

    async def _read(self, query: Callable[[Connection], T]) -> T:
        """What the query finds, read in a thread, in a transaction of its own."""

        def read() -> T:
            with self._database.read() as connection:
                return query(connection)

        return await asyncio.to_thread(read)
