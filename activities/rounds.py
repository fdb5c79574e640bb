"""The activities of a round's workflow: the round as far as it comes by itself, in one transaction; and its units
scored after the lock, some hundred in a transaction."""

from temporalio import activity

from activities.failures import told_apart
from activities.messages import ROUND_STEP, SCORE_CHUNK, RoundAsked, RoundStep
from ledger.rounds import coming
from ledger.scores.recording import anything_to_score, score_round
from ledger.store.database import Database


class RoundActivities:
    """Rounds of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name=ROUND_STEP, no_thread_cancel_exception=True)  # as for `append`
    def round_step(self, asked: RoundAsked) -> RoundStep:
        """It is open if it has to be, moved to the calendar in force, without units that are no more, and everything
        has happened that had to. Safe to run again at any point."""
        with told_apart(), self._database.write() as connection:
            found = coming.step(connection, asked.round, asked.now)
            scores = anything_to_score(connection, asked.round)
        return RoundStep(
            alarm=found.alarm,
            to_issue=found.to_issue,
            to_settle=found.to_settle,
            to_score=scores,
            words=found.words,
        )

    @activity.defn(name=SCORE_CHUNK, no_thread_cancel_exception=True)
    def score_chunk(self, asked: RoundAsked) -> int:
        """The next units of the locked round are scored; how many. Safe to run again at any point."""
        with told_apart(), self._database.write() as connection:
            return score_round(connection, asked.round, asked.now)
