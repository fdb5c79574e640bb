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
from temporalio.service import RPCError

from activities.options import LAST
from definitions.plans import DIGEST, IMMEDIATE, ROUNDS, SEAL, SELF_CHECK, WAVE_DUE, WAVE_RING
from ledger.chain.past.ringing import ring_here
from ledger.directory import halves, leaving
from ledger.proof import checkpoints
from ledger.rounds.coming import any_missed, note_missed, running_rounds
from ledger.store.database import Database
from ledger.store.firings import Claimed
from rules.dates.calendar import local_date
from runtime.scheduler.check import SelfCheck, look
from workflows import contracts
from workflows.rounds_begun import look_at_round

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
        if firing.plan == ROUNDS:
            await self._rounds()
        if firing.plan in STARTS:
            workflow, make = STARTS[firing.plan]
            run = self._sweep if workflow == contracts.BULK else self._run
            await run(workflow, make(firing.nominal), firing.key, fresh=firing.fresh)
        return ""

    async def _check(self, key: str) -> str:
        seen = await asyncio.to_thread(self._look)
        for words in seen.words():
            logger.warning("自查：%s", words)
        if seen.unrung:
            await self._sweep(contracts.BULK, contracts.sweep(), key)
        await self._rounds()
        return json.dumps(seen.plain(), ensure_ascii=False)

    async def _sweep(self, workflow: str, start: object, key: str, *, fresh: bool = False) -> None:
        """A sweep runs or has run. Where none can be started, what is due is rung at the ledger; the sweep is owed all
        the same. Raises RPCError, LedgerUnavailable."""
        try:
            await self._run(workflow, start, key, fresh=fresh)
        except RPCError:
            rung = await asyncio.to_thread(ring_here, self._database, self._clock())
            if rung:
                logger.warning("流程引擎没有应答，%d 个到点由留痕库直接记下", rung)
            raise

    def _look(self) -> SelfCheck:
        leaving.settle_all(self._database, self._clock())  # a unit that was to end today has ended within the hour
        with self._database.write() as connection:
            halves.sweep(connection, self._clock())
        with self._database.read() as connection:
            return look(connection, self._clock())

    async def _rounds(self) -> None:
        """Every round that has come has a workflow, which opens it; and every open one, which looks at the ledger. It
        is named after the round, so two schedulers cannot open two. What fails in one keeps none of the others waiting.
        Raises RPCError."""
        unanswered: RPCError | None = None
        for name in await asyncio.to_thread(self._rounds_that_run):
            try:
                await look_at_round(self._client, self._task_queue, name)
            except RPCError as away:
                unanswered = away
            except Exception:
                logger.exception("轮次 %s 的流程启动不了，先看别的", name)
        if unanswered:
            raise unanswered

    def _rounds_that_run(self) -> list[str]:
        with self._database.read() as connection:
            missed = any_missed(connection, self._clock())
        if missed:
            with self._database.write() as connection:
                for name in note_missed(connection, self._clock()):
                    logger.warning("轮次 %s 到锁定日还没有开放，已记下；要开的由督查员 duban round open", name)
        with self._database.read() as connection:
            return running_rounds(connection, self._clock())

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
