"""What Temporal raises of an update, said as what it means for whoever asked."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from temporalio.client import (
    WorkflowFailureError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.messages import ENDED_UNDER_IT
from rules.errors import Code, RuleViolation
from workflows.converter import PayloadLocked

_OUR_FAULT = (
    RPCStatusCode.INVALID_ARGUMENT,
    RPCStatusCode.UNIMPLEMENTED,
    RPCStatusCode.PERMISSION_DENIED,
    RPCStatusCode.UNAUTHENTICATED,
)
"""What no repetition mends. Everything else may come from a server that is just being stopped, killed or started."""


_NEVER_CONNECTED = "Failed client connect"
"""How the sentence begins of a client that could not connect."""


class Gone(Exception):
    """No workflow of that id runs, or it ended under the update."""


@contextmanager
def reached() -> Iterator[None]:
    """A client that connects with its first call raises RuntimeError where it cannot: as of a server that is away."""
    try:
        yield
    except RuntimeError as failure:
        if _NEVER_CONNECTED not in str(failure):
            raise
        raise RPCError(str(failure), RPCStatusCode.UNAVAILABLE, b"") from failure


@contextmanager
def spoken_plainly() -> Iterator[None]:
    """What Temporal raises, as what it means for the caller."""
    try:
        yield
    except (WorkflowUpdateFailedError, WorkflowFailureError) as failure:
        cause: BaseException | None = failure.cause
        if isinstance(cause, ActivityError):
            cause = cause.cause
        if isinstance(cause, ApplicationError):
            if cause.type == ENDED_UNDER_IT:
                raise Gone from failure
            if _is_locked(cause):  # it could not read what we sent, and did nothing
                raise RuleViolation(Code.ENGINE_UNAVAILABLE, detail=str(cause)) from failure
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
    except PayloadLocked as failure:
        raise RuleViolation(Code.ENGINE_UNAVAILABLE, detail=str(failure)) from failure
    except RPCError as failure:
        if failure.status is RPCStatusCode.NOT_FOUND:
            raise Gone from failure
        if failure.status in _OUR_FAULT:
            raise
        if failure.status is RPCStatusCode.RESOURCE_EXHAUSTED:  # more sites at one item than the server takes updates
            raise RuleViolation(Code.SERVER_BUSY) from failure
        raise RuleViolation(Code.ENGINE_UNAVAILABLE, detail=failure.message) from failure


def _is_locked(failure: BaseException | None) -> bool:
    while isinstance(failure, ApplicationError):
        if failure.type == PayloadLocked.__name__:
            return True
        failure = failure.cause
    return False


_CODES = {str(code): code for code in Code}
_PASSED_OVER = "UnprocessedUpdate"
"""The failure that it gives an update a worker killed or replaced meanwhile did not get to: nothing happened."""
