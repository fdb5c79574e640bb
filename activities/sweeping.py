"""The activity of the due wave: one chunk, rung in one transaction."""

import threading
from datetime import timedelta

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.failures import told_apart
from activities.messages import SWEEP_CHUNK, ChunkSwept, SweepChunk
from ledger.chain import sweeping
from ledger.store.database import Database

LATER = timedelta(milliseconds=300)


class SweepingActivities:
    """Ringing alarms in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn = threading.Lock()

    @activity.defn(name=SWEEP_CHUNK, no_thread_cancel_exception=True)  # as for `append`
    def sweep_chunk(self, chunk: SweepChunk) -> ChunkSwept:
        """The next items whose alarm has come are stamped, their rungs spoken, their notices written. Idempotent.

        Two sweeps would decide on the same items and one in vain, so the second comes back a little later.
        """
        if not self._turn.acquire(blocking=False):
            raise ApplicationError("another sweep has the turn", type="busy", next_retry_delay=LATER)
        try:
            with told_apart():
                done = sweeping.sweep(self._database, chunk.now, chunk.size, after=(chunk.alarm_at, chunk.no))
        finally:
            self._turn.release()
        for no, words in done.refused:
            activity.logger.error("到点未记：%s：%s", no, words)
        return ChunkSwept(alarm_at=done.alarm_at, no=done.no, seen=done.seen, rung=done.rung)
