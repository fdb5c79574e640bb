"""The activity of the due wave: one chunk, rung in one transaction."""

from temporalio import activity

from activities.failures import told_apart
from activities.messages import SWEEP_CHUNK, ChunkSwept, SweepChunk
from ledger import sweeping
from ledger.database import Database


class SweepingActivities:
    """Ringing alarms in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name=SWEEP_CHUNK)
    def sweep_chunk(self, chunk: SweepChunk) -> ChunkSwept:
        """The next items whose alarm has come are stamped, their rungs spoken, their notices written. Idempotent."""
        with told_apart():
            done = sweeping.sweep(self._database, chunk.now, chunk.size, after=(chunk.alarm_at, chunk.no))
        for no, words in done.refused:
            activity.logger.error("到点未记：%s：%s", no, words)
        return ChunkSwept(alarm_at=done.alarm_at, no=done.no, seen=done.seen, rung=done.rung)
