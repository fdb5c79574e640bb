"""The only way for callers to the workflows: give a command, issue a batch, bring back what is missing.

Acknowledged means stored: every answer comes after the ledger's commit. Whatever else happens is a RuleViolation with a
code: refused (nothing happened), or one of NOT_NOW (give the same id again).

Where an item has no workflow, or the engine does not answer within a short patience, the command is decided at the
ledger itself (ledger/chain/past/deciding.py), and the workflow is told later (activities/telling.py).
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from sqlalchemy import Connection, RowMapping
from temporalio.client import (
    Client,
    WorkflowHandle,
    WorkflowQueryFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from activities.messages import ADOPT, ITEM_WORKFLOW, ItemInput
from activities.options import UPDATE_TIMEOUT
from activities.starting import input_of, start_asleep, start_with_update
from ledger.chain import batches, bulk_commands, lookup
from ledger.chain.past.deciding import DecidedBy, needs_none
from ledger.store.database import Database
from ledger.store.trouble import NOT_YET_STORED
from rules.codec import encode
from rules.errors import LEDGER_AWAY, Code, RuleViolation
from rules.machine.commands import Command
from workflows.contracts import (
    BULK,
    COMMAND,
    DISPATCH,
    BulkInput,
    BulkProgress,
    DispatchInput,
    DispatchProgress,
    Receipt,
    dispatch_id,
    given,
    given_id,
)
from workflows.lines import Lines
from workflows.past.at_ledger import AtLedger, Meant
from workflows.past.one_thread import OneThread
from workflows.past.silence import Silence
from workflows.plainly import Gone, reached, spoken_plainly
from workflows.rounds_begun import look_at_round

__all__ = ["DispatchProgress", "Gateway", "Receipt", "Recovered"]

T = TypeVar("T")
_TRIES = 4
_NO_WORKER = (RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED)
"""What a query hears for which no worker has come."""
_GLANCE = timedelta(seconds=3)
STATE = "state"
_UNANSWERED = (Code.ENGINE_UNAVAILABLE, Code.WORKER_SILENT, Code.SERVER_BUSY)
"""What says of a command that the engine did not answer it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """One item looked at by `recover`: whether its workflow was missing and has been started, or was told to look."""

    no: str
    started: bool


class Gateway:
    """Commands and batches, over one client and one database."""

    def __init__(
        self,
        client: Client,
        database: Database,
        *,
        task_queue: str,
        timeout: timedelta = UPDATE_TIMEOUT,
        patience: timedelta | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`patience`: after so long without an answer a command is decided at the ledger, as of `now`; None: never."""
        self._client, self._database = client, database
        self._task_queue, self._timeout = task_queue, timeout
        self._patience, self._now = patience, now
        self._lines, self._silence = Lines(), Silence(self._engine_answers)
        self._ledger = AtLedger(database, now)
        self._thread = OneThread(self._ledger.begin)

    async def give(self, no: str, meant: Command | Callable[[], Command], *, same: bool = False) -> Receipt:
        """The command stands in the ledger. Raises RuleViolation; see the module's first lines for what that means.

        `meant`: the command, or what makes it of what it reads in the ledger; that is asked when it is its turn.
        `same`: what stands under its id is this command and no other, or command_reused is raised. Asked afterwards, so
        that two different commands that come under one id at the same moment are told apart too.
        """
        async with self._lines.turn(no, self._timeout.total_seconds()):
            command, way, receipt = await self._thread.run(Meant(no=no, meant=meant, same=same))
            if receipt:
                return receipt
            if self._patience is None:
                receipt = await self._give(no, command)
            else:
                receipt = await self._give_within(self._patience, no, command, way)
        if same:
            await asyncio.to_thread(self._check_same, no, command)
        return receipt

    def _check_same(self, no: str, command: Command) -> None:
        with self._database.read() as connection:
            lookup.check_same(connection, no, command)

    async def _give_within(self, patience: timedelta, no: str, command: Command, way: DecidedBy) -> Receipt:
        """By the item's workflow, if it answers in time; by the ledger alone if not, or while it is known to be silent
        or behind.

        What was sent to the workflow may still be carried out there: it bears the same id, so once.
        """
        if way is not DecidedBy.BEHIND and not self._silence.holds(no):
            try:
                async with asyncio.timeout(patience.total_seconds()):
                    return await self._give(no, command)
            except TimeoutError:
                pass
            except RuleViolation as refusal:
                if refusal.code not in _UNANSWERED:
                    raise
            self._silence.begins(no)
        try:
            return await asyncio.to_thread(self._ledger.decide, no, command)
        except RuleViolation as away:
            if away.code not in LEDGER_AWAY:
                raise
            raise RuleViolation(away.code, **{**away.fields, "stored": NOT_YET_STORED}) from away

    async def _give(self, no: str, command: Command) -> Receipt:
        for _ in range(_TRIES):
            try:
                return await self._update(no, command)
            except Gone:
                try:
                    return await self._start_and_update(no, command)
                except Gone:  # ended between the two: what comes next starts it again
                    continue
        raise RuleViolation(Code.ENGINE_UNAVAILABLE)

    async def issue(self, batch: str, *, chunk: int = 500, rate: int = 0) -> DispatchProgress:
        """Every item of the confirmed batch has its entry and its workflow. Giving it again joins or resumes."""
        start = DispatchInput(batch=batch, chunk=chunk, rate=rate)
        with spoken_plainly():
            handle = await self._joined(DISPATCH, start, dispatch_id(batch), DispatchProgress)
            return await self._while_it_moves(handle, lambda connection: _issuing(connection, batch))

    async def begin_batch(self, batch: str) -> bool:
        """What is issued already has its workflows soon. False where the engine does not answer: then each begins with
        the first thing done about its item, and its alarms are rung by the sweep of the hourly self-check."""
        start = DispatchInput(batch=batch, chunk=500)
        return await self._soon(self._joined(DISPATCH, start, dispatch_id(batch), DispatchProgress))

    async def give_all(self, bulk: str) -> BulkProgress:
        """Each item of what was confirmed under that id has its command, or is refused it. Giving it again joins or
        resumes."""
        with spoken_plainly():
            handle = await self._joined(BULK, given(bulk), given_id(bulk), BulkProgress)
            return await self._while_it_moves(handle, lambda connection: _giving(connection, bulk))

    async def _while_it_moves(
        self, handle: WorkflowHandle[object, T], standing: Callable[[Connection], RuleViolation]
    ) -> T:
        """The workflow's result, waited for as long as something happens; a large batch takes its time.

        Raises how it is `standing` when that has not changed for the gateway's patience: no worker, or no ledger.
        """
        result = asyncio.ensure_future(handle.result())
        seen: dict[str, str] | None = None
        while not (await asyncio.wait({result}, timeout=self._timeout.total_seconds()))[0]:
            now = await asyncio.to_thread(self._standing, standing)
            if now.fields == seen:
                result.cancel()
                raise now
            seen = now.fields
        return result.result()

    def _standing(self, standing: Callable[[Connection], RuleViolation]) -> RuleViolation:
        with self._database.read() as connection:
            return standing(connection)

    async def bulk(self, start: BulkInput, id_: str) -> BulkProgress:
        """Every item of the selection has its command, as far as the rules let it. Giving it again joins or resumes."""
        with spoken_plainly():
            handle = await self._joined(BULK, start, id_, BulkProgress)
            return await handle.result()

    async def tell_round(self, round_: str) -> bool:
        """The round's workflow looks at what somebody did to the round. False where the engine does not answer soon:
        then it is told of within the hour, by the self-check."""
        return await self._soon(look_at_round(self._client, self._task_queue, round_))

    async def _soon(self, asked: Awaitable[object]) -> bool:
        """Whether the engine answered within a short patience."""
        try:
            async with asyncio.timeout((self._patience or _GLANCE).total_seconds()):
                await asked
        except (RPCError, TimeoutError):
            return False
        return True

    async def _joined(self, workflow: str, start: object, id_: str, result: type[T]) -> WorkflowHandle[object, T]:
        """The workflow of that id: one that runs already, or else a new one."""
        return await self._client.start_workflow(
            workflow,
            start,
            id=id_,
            task_queue=self._task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            result_type=result,
        )

    def recover(self, *, at_once: int = 24) -> AsyncIterator[Recovered]:
        """Every open item has a workflow that knows all its entries: missing ones are started, others told to look."""
        return self._each_open_item(self._recover, at_once)

    async def begin_anew(self, *, at_once: int = 24) -> AsyncIterator[Recovered]:
        """Every open item has a fresh workflow, begun from what the ledger holds, and no other item has one.

        For a ledger that was set back behind Temporal's data: what such a workflow knows never happened, and once the
        ledger has come to the same number of entries again, nobody could tell. Needs no worker; let none run.
        """
        queue = json.dumps(self._task_queue, ensure_ascii=False)
        query = f"WorkflowType = '{ITEM_WORKFLOW}' AND TaskQueue = {queue} AND ExecutionStatus = 'Running'"
        with spoken_plainly():
            running: list[str] = []
            async for run in self._client.list_workflows(query):
                running.append(run.id)
                if len(running) == at_once:
                    await asyncio.gather(*map(self._end, running))
                    running.clear()
            await asyncio.gather(*map(self._end, running))
        async for done in self._each_open_item(self._anew, at_once):
            yield done

    async def _each_open_item(
        self, treat: Callable[[RowMapping, ItemInput], Awaitable[Recovered]], at_once: int
    ) -> AsyncIterator[Recovered]:
        after = ""
        while found := await asyncio.to_thread(self._open_items, after):
            rows, after = found
            for start in range(0, len(rows), at_once):
                for done in await asyncio.gather(*(treat(*pair) for pair in rows[start : start + at_once])):
                    yield done

    async def _anew(self, row: RowMapping, start: ItemInput) -> Recovered:
        while not await start_asleep(self._client, self._task_queue, row, start):
            await self._end(row["no"])  # it was not in the list yet
        return Recovered(no=row["no"], started=True)

    async def _end(self, no: str) -> None:
        """No workflow of that id runs."""
        try:
            await self._client.get_workflow_handle(no).terminate(reason="the ledger was restored")
        except RPCError as failure:
            if failure.status is not RPCStatusCode.NOT_FOUND:
                raise

    def _open_items(self, after: str) -> tuple[list[tuple[RowMapping, ItemInput]], str] | None:
        """The next that need a workflow, and the place reached; None when none is left behind it."""
        with self._database.read() as connection:
            rows = lookup.open_items(connection, after=after)
            pairs = [(row, input_of(connection, row)) for row in rows if not needs_none(connection, row)]
            return (pairs, rows[-1]["no"]) if rows else None

    async def _recover(self, row: RowMapping, start: ItemInput) -> Recovered:
        started = await start_asleep(self._client, self._task_queue, row, start)
        if not started and row["seq"] > 1 and not await self._knows(row["no"]):
            started = await start_asleep(self._client, self._task_queue, row, start)
        return Recovered(no=row["no"], started=started)

    async def _knows(self, no: str) -> bool:
        """The item's workflow holds every entry; False when it has ended or ends, since only a fresh one can."""
        try:
            async with self._answered(no):
                await self._client.get_workflow_handle(no).execute_update(ADOPT, result_type=int)
        except Gone:
            return False
        except RuleViolation as refusal:
            if refusal.code is not Code.LEDGER_BROKEN:
                raise
            return False
        return True

    async def _update(self, no: str, command: Command) -> Receipt:
        handle = self._client.get_workflow_handle(no)
        async with self._answered(no):
            receipt: Receipt = await handle.execute_update(COMMAND, encode(command), id=command.id, result_type=Receipt)
        return receipt

    async def _start_and_update(self, no: str, command: Command) -> Receipt:
        row, start = await asyncio.to_thread(self._one_item, no)
        async with self._answered(no):
            receipt: Receipt = await self._client.execute_update_with_start_workflow(
                COMMAND,
                encode(command),
                start_workflow_operation=start_with_update(self._task_queue, row, start),
                id=command.id,
                result_type=Receipt,
            )
        return receipt

    @asynccontextmanager
    async def _answered(self, no: str) -> AsyncIterator[None]:
        """What Temporal raises is what it means; and where nobody answered in time, what was in the way is named."""
        try:
            with spoken_plainly():
                # The whole answer has this long: the client's `rpc_timeout` is for each of its polls, which never end.
                async with asyncio.timeout(self._timeout.total_seconds()):
                    yield
        except RuleViolation as refusal:
            if refusal.code is not Code.ENGINE_UNAVAILABLE or self._patience is not None:  # decided at the ledger then
                raise
            raise await self._in_the_way(no) from refusal

    async def _in_the_way(self, no: str) -> RuleViolation:
        """The ledger that takes nothing, the worker that does not answer, or else the engine."""
        try:
            await asyncio.to_thread(self._database.try_writing)
        except RuleViolation as away:
            if away.code not in LEDGER_AWAY:
                raise
            return RuleViolation(away.code, **{**away.fields, "stored": NOT_YET_STORED})
        try:
            await self._client.get_workflow_handle(no).query(STATE, rpc_timeout=_GLANCE)
        except RPCError as unanswered:
            if unanswered.status in _NO_WORKER and await self._engine_answers():
                return RuleViolation(Code.WORKER_SILENT)
        except WorkflowQueryFailedError:  # answered all the same
            pass
        return RuleViolation(Code.ENGINE_UNAVAILABLE)

    async def _engine_answers(self) -> bool:
        try:
            with reached():
                return await self._client.service_client.check_health(timeout=_GLANCE)
        except RPCError:
            return False

    def _one_item(self, no: str) -> tuple[RowMapping, ItemInput]:
        with self._database.read() as connection:
            row = lookup.item_row(connection, no)
            return row, input_of(connection, row)


def _issuing(connection: Connection, batch: str) -> RuleViolation:
    now = batches.progress(connection, batch)
    return RuleViolation(Code.STILL_ISSUING, issued=now.issued, total=now.total, started=now.started, left=now.left)


def _giving(connection: Connection, bulk: str) -> RuleViolation:
    now = bulk_commands.counts(connection, bulk)
    return RuleViolation(Code.BULK_STILL_GOING, done=now.total - now.left, total=now.total)
