"""What each plan starts. A firing's key is the workflow's id, so that it starts once however often it is tried."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import datetime

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.options import LAST
from definitions.plans import DIGEST, IMMEDIATE, SEAL, SELF_CHECK, WAVE_DUE, WAVE_RING
from ledger.proof import checkpoints
from ledger.store.database import Database
from ledger.store.firings import Claimed
from rules.dates.calendar import local_date
from runtime.scheduler.check import SelfCheck, look
from workflows import contracts

logger = logging.getLogger("duban.scheduler")


def _digest(nominal: datetime) -> object:
    return contracts.DigestInput(day=local_date(nominal).isoformat())


def _immediate(nominal: datetime) -> object:
    return contracts.ImmediateInput()


STARTS: dict[str, tuple[str, Callable[[datetime], object]]] = {
    DIGEST: (contracts.DIGEST, _digest),
    IMMEDIATE: (contracts.IMMEDIATE, _immediate),
    WAVE_DUE: (contracts.BULK, contracts.sweep),
    WAVE_RING: (contracts.BULK, contracts.sweep),
}
"""Plan to workflow type and input. Plans that are not named here fire and are recorded, no more."""


class Starter:
    """Starts what firings name, over one client and one database."""

    def __init__(self, client: Client, database: Database, task_queue: str, clock: Callable[[], datetime]) -> None:
        self._client, self._database, self._task_queue, self._clock = client, database, task_queue, clock

    async def start(self, firing: Claimed) -> str:
        """What the firing names runs, or has run. Returns what a self-check saw, as JSON. Raises RPCError."""
        if firing.plan == SELF_CHECK:
            return await self._check(firing.key)
        if firing.plan == SEAL:
            await self._seal()
        if firing.plan in STARTS:
            workflow, make = STARTS[firing.plan]
            await self._run(workflow, make(firing.nominal), firing.key, fresh=firing.fresh)
        return ""

    async def _check(self, key: str) -> str:
        seen = await asyncio.to_thread(self._look)
        for words in seen.words():
            logger.warning("自查：%s", words)
        if seen.unrung:
            await self._run(contracts.BULK, contracts.sweep(), key)
        return json.dumps(seen.plain(), ensure_ascii=False)

    def _look(self) -> SelfCheck:
        with self._database.read() as connection:
            return look(connection, self._clock())

    async def _seal(self) -> None:
        """The next checkpoint is being made, by a workflow named after its number: whoever else wants it joins."""
        number = await asyncio.to_thread(self._next_checkpoint)
        await self._client.start_workflow(
            contracts.SEAL,
            contracts.SealInput(number=number),
            id=contracts.seal_id(number),
            task_queue=self._task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            priority=LAST,
        )

    def _next_checkpoint(self) -> int:
        with self._database.read() as connection:
            last = checkpoints.latest(connection)
        return last.number + 1 if last else 1

    async def _run(self, workflow: str, start: object, key: str, *, fresh: bool = False) -> None:
        """A workflow of that id runs or has run; after a claim that is `fresh` it is another one than before."""
        try:
            await self._client.start_workflow(
                workflow,
                start,
                id=key,
                task_queue=self._task_queue,
                id_reuse_policy=(
                    WorkflowIDReusePolicy.ALLOW_DUPLICATE if fresh else WorkflowIDReusePolicy.REJECT_DUPLICATE
                ),
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                priority=LAST,
            )
        except WorkflowAlreadyStartedError:
            logger.info("%s 已由另一个调度进程启动", key)
