"""Time-outs and retries by intent, in one table. Each says why it retries as it does."""

from datetime import timedelta
from zlib import crc32

from temporalio.common import Priority, RetryPolicy

from rules.errors import Code
from rules.machine.ticks import HEAD_START, SPREAD

NEVER_HELPED_BY_RETRY = [
    Code.LEDGER_BROKEN,
    Code.UNKNOWN_ITEM,
    Code.UNKNOWN_PROCESS,
    Code.UNKNOWN_BATCH,
    Code.BAD_REQUEST,
    Code.POST_NOT_HELD,
    Code.NO_VIA,
    Code.OWN_MATTER,
    Code.REFUSED_BEFORE,
    Code.ROUND_LOCKED,
    Code.ROUND_REFUSED,
    Code.UNKNOWN_CAMPAIGN,
    Code.OVER_BUDGET,
    Code.SECOND_NEEDED,
    Code.SCORE_REFUSED,
]

REFUSED_BESIDE = [Code.FOLLOW_UP_REFUSED, Code.PARENT_ENDED, Code.CHILDREN_OPEN]
"""What follows from a command in other streams cannot stand. Of bulk work only the one item is refused: when the chunk
is tried again, it is seen before anything is stored."""

APPEND_RETRY = RetryPolicy(
    initial_interval=timedelta(milliseconds=200),
    maximum_interval=timedelta(seconds=10),
    non_retryable_error_types=[str(code) for code in (*NEVER_HELPED_BY_RETRY, *REFUSED_BESIDE)],
)
"""For ever: an accepted command must reach the ledger however long its database is away. Retrying is safe, since an
append that was committed is adopted by the next attempt."""

APPEND_WAITS_ON_SERVER = timedelta(milliseconds=1)
"""A pause longer than this, so every one, is a timer of the workflow. A pause in the worker's own memory (the default)
keeps a worker that stops from ending for as long as the ledger is away; and it leaves the clock of each failed attempt
running, which ends a later attempt too soon, or panics in the SDK's core (1.35) once the worker is gone. It costs six
events of history each, so pauses grow to 10 seconds: as many events an hour as the worker's heartbeats cost before."""

APPEND_TIMEOUT = timedelta(seconds=20)

BULK_RETRY = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    maximum_interval=timedelta(seconds=30),
    non_retryable_error_types=[str(code) for code in (*NEVER_HELPED_BY_RETRY, Code.NOT_CONFIRMABLE)],
)
"""For ever: chunks are idempotent, and a batch half issued is worse than a batch issued late."""

BULK_TIMEOUT = timedelta(minutes=5)
ISSUE_TIMEOUT = timedelta(seconds=20)
"""A chunk takes well under a second; one that was handed to a worker just leaving is given to another this soon."""
BULK_HEARTBEAT = timedelta(seconds=30)

TASK_TIMEOUT = timedelta(seconds=5)
"""After a worker dies inside a task, the next attempt begins when the task times out: sooner than the default 10 s."""

UPDATE_TIMEOUT = timedelta(seconds=30)

PERSON_FIRST = Priority(priority_key=2)
"""A person who waits goes before bulk work."""


LAST = Priority(priority_key=4)
"""Bulk work comes last."""
SENDING = Priority(priority_key=3)
"""Messages go out before bulk work, and after whoever waits."""


def bulk_priority(unit: str) -> Priority:
    """Bulk work is last, and no unit's items hold up another's."""
    return Priority(priority_key=LAST.priority_key, fairness_key=unit[:64])


def ring_offset(no: str) -> timedelta:
    """How much after its alarm an item's own timer rings: fixed by its number, since everything falls due at the same
    minute of a day and is swept then. Entries carry the alarm's instant, not this one."""
    return HEAD_START + (SPREAD - HEAD_START) * (crc32(no.encode()) % 1000) / 1000


SEND_TIMEOUT = timedelta(minutes=3)
SEND_HEARTBEAT = timedelta(seconds=10)
"""A heart beats beside the sending, so that a slow mail server is not taken for a dead worker."""
SEND_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))
"""For ever: a message stays ready until its channel has taken it. Every repetition bears the same message id."""

_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(minutes=15)


def channel_pause(failures: int) -> timedelta:
    """How long a channel that was found down so many times in a row is left alone: 5 s, doubling, up to 15 minutes."""
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * (1 << min(max(0, failures - 1), 20)))


MESSAGE_TRIES = 60
"""One message that alone is put off: after so many attempts, two and a half days, it is given up."""


def message_pause(attempts: int) -> timedelta:
    """How long a message that was put off waits after so many attempts: 1 minute, doubling, up to an hour."""
    return min(timedelta(hours=1), timedelta(minutes=1) * (1 << min(max(0, attempts - 1), 20)))


SEAL_TIMEOUT = timedelta(minutes=10)
"""A first seal over a million entries takes ten seconds; the mail server may be slow."""
SEAL_RETRY = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    maximum_interval=timedelta(minutes=5),
    non_retryable_error_types=[str(code) for code in NEVER_HELPED_BY_RETRY],
)
"""For ever, but for a ledger that does not lead to its last checkpoint: a share that is away comes back, and a key that
is missing is put back."""
