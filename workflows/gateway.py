"""The only way for callers to the workflows: give a command, issue a batch, bring back what is missing.

Acknowledged means stored: every answer comes after the ledger's commit. Whatever else happens is a RuleViolation with a
code: refused (nothing happened), or one of NOT_NOW (give the same id again).
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import Connection, RowMapping
from temporalio.client import (
    Client,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.messages import ADOPT, ITEM_WORKFLOW, ItemInput
from activities.options import UPDATE_TIMEOUT
from activities.starting import input_of, start_asleep, start_with_update
from ledger.chain import batches, bulk_commands, lookup
from ledger.store.database import Database
from ledger.store.trouble import NOT_YET_STORED
from rules.codec import encode
from rules.errors import LEDGER_AWAY, Code, RuleViolation
from rules.machine.commands import Command
from rules.machine.item import check_command
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

__all__ = ["DispatchProgress", "Gateway", "Receipt", "Recovered"]

T = TypeVar("T")
_TRIES = 4
_OUR_FAULT = (
    RPCStatusCode.INVALID_ARGUMENT,
    RPCStatusCode.UNIMPLEMENTED,
    RPCStatusCode.PERMISSION_DENIED,
    RPCStatusCode.UNAUTHENTICATED,
)
"""What no repetition mends. Everything else may come from a server that is just being stopped, killed or started."""

_NO_WORKER = (RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED)
"""What a query hears for which no worker has come."""
_GLANCE = timedelta(seconds=3)
STATE = "state"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """One item looked at by `recover`: whether its workflow was missing and has been started, or was told to look."""

    no: str
    started: bool


class Gateway:
    """Commands and batches, over one client and one database."""

    def __init__(
        self, client: Client, database: Database, *, task_queue: str, timeout: timedelta = UPDATE_TIMEOUT
    ) -> None:
        self._client, self._database = client, database
        self._task_queue, self._timeout = task_queue, timeout
        self._lines = Lines()

    async def give(self, no: str, command: Command) -> Receipt:
        """The command stands in the ledger. Raises RuleViolation; see the module's first lines for what that means."""
        check_command(command)  # here too: it starts no workflow, and is refused also while no worker runs
        async with self._lines.turn(no, self._timeout.total_seconds()):
            return await self._give(no, command)

    async def _give(self, no: str, command: Command) -> Receipt:
        for _ in range(_TRIES):
            try:
                return await self._update(no, command)
            except _Gone:
                try:
                    return await self._start_and_update(no, command)
                except _Gone:  # ended between the two: what comes next starts it again
                    continue
        raise RuleViolation(Code.ENGINE_UNAVAILABLE)

    async def issue(self, batch: str, *, chunk: int = 500, rate: int = 0) -> DispatchProgress:
        """Every item of the confirmed batch has its entry and its workflow. Giving it again joins or resumes."""
        start = DispatchInput(batch=batch, chunk=chunk, rate=rate)
        with _spoken_plainly():
            handle = await self._joined(DISPATCH, start, dispatch_id(batch), DispatchProgress)
            return await self._while_it_moves(handle, lambda connection: _issuing(connection, batch))

    async def give_all(self, bulk: str) -> BulkProgress:
        """Each item of what was confirmed under that id has its command, or is refused it. Giving it again joins or
        resumes."""
        with _spoken_plainly():
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
        with _spoken_plainly():
            handle = await self._joined(BULK, start, id_, BulkProgress)
            return await handle.result()

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
        with _spoken_plainly():
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
        while rows := await asyncio.to_thread(self._open_items, after):
            for start in range(0, len(rows), at_once):
                for done in await asyncio.gather(*(treat(*pair) for pair in rows[start : start + at_once])):
                    yield done
            after = rows[-1][0]["no"]

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

    def _open_items(self, after: str) -> list[tuple[RowMapping, ItemInput]]:
        with self._database.read() as connection:
            rows = lookup.open_items(connection, after=after)
            return [(row, input_of(connection, row)) for row in rows]

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
        except _Gone:
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
            with _spoken_plainly():
                # The whole answer has this long: the client's `rpc_timeout` is for each of its polls, which never end.
                async with asyncio.timeout(self._timeout.total_seconds()):
                    yield
        except RuleViolation as refusal:
            if refusal.code is not Code.ENGINE_UNAVAILABLE:
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


class _Gone(Exception):
    """No workflow of that id runs, or it ended under the update."""


@contextmanager
def _spoken_plainly() -> Iterator[None]:
    """What Temporal raises, as what it means for the caller."""
    try:
        yield
    except (WorkflowUpdateFailedError, WorkflowFailureError) as failure:
        cause: BaseException | None = failure.cause
        if isinstance(cause, ActivityError):
            cause = cause.cause
        if isinstance(cause, ApplicationError):
            if cause.type == _ENDED:
                raise _Gone from failure
            if cause.type == _PASSED_OVER:
                raise RuleViolation(Code.SERVER_BUSY) from failure
            code = _CODES.get(cause.type or "")
            if code:
                raise RuleViolation(code, **(cause.details[0] if cause.details else {})) from failure
        raise
    except (WorkflowUpdateRPCTimeoutOrCancelledError, TimeoutError) as failure:
        task = asyncio.current_task()
        if task and task.cancelling():  # the caller's own cancellation, which the client takes for a time-out
            raise asyncio.CancelledError from failure
        raise RuleViolation(Code.ENGINE_UNAVAILABLE, detail=str(failure)) from failure
    except RPCError as failure:
        if failure.status is RPCStatusCode.NOT_FOUND:
            raise _Gone from failure
        if failure.status in _OUR_FAULT:
            raise
        if failure.status is RPCStatusCode.RESOURCE_EXHAUSTED:  # more sites at one item than the server takes updates
            raise RuleViolation(Code.SERVER_BUSY) from failure
        raise RuleViolation(Code.ENGINE_UNAVAILABLE, detail=failure.message) from failure


_CODES = {str(code): code for code in Code}
_ENDED = "AcceptedUpdateCompletedWorkflow"
"""The failure that Temporal gives an accepted update whose workflow ended before answering it."""
_PASSED_OVER = "UnprocessedUpdate"
"""The failure that it gives an update a worker killed or replaced meanwhile did not get to: nothing happened."""
