"""Telling items' workflows of entries that were appended past them; and handing on the nudges that wait for that."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import RowMapping
from temporalio.client import Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.messages import ADOPT, ENDED_UNDER_IT, ItemInput
from activities.options import UPDATE_TIMEOUT
from activities.starting import input_of, start_asleep
from ledger.chain import lookup
from ledger.chain.past import deciding, nudges
from ledger.store.database import Database
from rules.errors import RuleViolation
from rules.machine.commands import ENDED

_LOG = logging.getLogger("duban.nudges")
_AT_ONCE = 4
HAND_TIMEOUT = timedelta(seconds=10)
"""A workflow that does not answer for so long is told later, and the others are not kept waiting."""


async def tell(
    client: Client, database: Database, task_queue: str, no: str, *, patience: timedelta = UPDATE_TIMEOUT
) -> int:
    """The item's workflow knows every entry of it; a missing one is started, where the item needs one. Returns how many
    entries that were.

    Raises RPCError and TimeoutError when it does not answer, ApplicationError of a workflow that knows better than the
    ledger: `recover` begins it anew.
    """
    known = await _adopted(client, no, patience)
    if known:
        return known
    row, start = await asyncio.to_thread(_input, database, no)
    if start:
        await start_asleep(client, task_queue, row, start)
    seq: int = row["seq"]
    return seq


async def _adopted(client: Client, no: str, patience: timedelta) -> int:
    """How many entries the item's workflow knows, having looked; 0 when none runs, or it ended under the question."""
    try:
        async with asyncio.timeout(patience.total_seconds()):
            known: int = await client.get_workflow_handle(no).execute_update(
                ADOPT, result_type=int, rpc_timeout=patience
            )
    except RPCError as failure:
        if failure.status is not RPCStatusCode.NOT_FOUND:
            raise
        return 0
    except WorkflowUpdateRPCTimeoutOrCancelledError as failure:
        raise TimeoutError(str(failure)) from failure
    except WorkflowUpdateFailedError as failure:
        if getattr(failure.cause, "type", "") == ENDED_UNDER_IT:
            return 0
        raise ApplicationError(str(failure.cause), type="not_told", non_retryable=True) from failure
    return known


def _input(database: Database, no: str) -> tuple[RowMapping, ItemInput | None]:
    """The item's row, and what a workflow of it starts from, where it needs one."""
    with database.read() as connection:
        row = lookup.item_row(connection, no)
        if row["status"] in ENDED or deciding.needs_none(connection, row):
            return row, None
        return row, input_of(connection, row)


async def hand_on(client: Client, database: Database, task_queue: str, size: int = 500) -> int:
    """The nudges that wait are handed to their workflows, `size` of these at most, the longest waiting first, each
    with all that it missed. Returns how many have been told.

    Safe beside others who do the same, and after being killed at any point: a workflow told twice adopts once. One
    that cannot be told keeps its nudges; raises RPCError when none could be.
    """
    found = await asyncio.to_thread(_waiting, database, size)
    turns, failures, told = asyncio.Semaphore(_AT_ONCE), list[Exception](), 0

    async def one(no: str) -> None:
        nonlocal told
        async with turns:
            if len(failures) > _AT_ONCE and not told:  # nobody answers: the rest need not wait for it
                return
            try:
                known = await tell(client, database, task_queue, no, patience=HAND_TIMEOUT)
            except (RPCError, TimeoutError, ApplicationError) as failure:
                failures.append(failure)
                return
            told += 1
            await asyncio.to_thread(_handed, database, no, known)

    await asyncio.gather(*map(one, found))
    if failures and not told:
        raise failures[0]
    for failure in failures[:3]:
        _LOG.warning("还没有告知流程：%s", failure)
    return told


def _waiting(database: Database, size: int) -> list[str]:
    with database.read() as connection:
        return nudges.waiting(connection, size)


def _handed(database: Database, no: str, seq: int) -> None:
    with database.write() as connection:
        nudges.handed(connection, no, seq, datetime.now(UTC))


_PAUSE = 2.0
"""Seconds between looks at what waits: one look is one row of an index."""
_AFTER_FAILURE = 5.0


async def keep_handing_on(
    client: Client, database: Database, task_queue: str, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Whatever is left is handed on soon after the engine answers, until cancelled."""
    silent = False
    while True:
        try:
            told, pause = await hand_on(client, database, task_queue), _PAUSE
            if told:
                _LOG.info("补告 %d 个事项的流程", told)
            silent = False
        except (RPCError, TimeoutError, ApplicationError, RuleViolation) as failure:
            if not silent:
                _LOG.warning("还不能补告流程：%s", failure)
            silent, pause = True, _AFTER_FAILURE
        await sleep(pause)
