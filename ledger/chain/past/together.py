"""Commands of a crowd, each to another item, decided at the ledger and stored by one transaction: the disk is waited
for once, and a page that several of them change is written once.

What does not go smoothly goes by itself (ledger/chain/past/deciding.py): whoever was refused while it was stored leaves
nothing behind, and nobody else fails by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, RowMapping

from ledger.chain.entries import Check
from ledger.chain.past import nudges
from ledger.chain.past.deciding import (
    DecidedBy,
    DecidedCommand,
    ItemStanding,
    decide_here,
    decided,
    decided_by,
    standing,
)
from ledger.store.database import Database
from rules.errors import LEDGER_AWAY, RuleViolation
from rules.machine.commands import Command


@dataclass(slots=True, kw_only=True)
class OneOfCrowd:
    """One command to an item, and what becomes of it: where it is decided, and if that is the ledger always, how the
    item `stands` then; or its `failure`. `same`: what stands under its id already has to be this command."""

    no: str
    command: Command
    same: bool = False
    by: DecidedBy = DecidedBy.WORKFLOW
    stands: ItemStanding | None = None
    failure: Exception | None = None
    _found: tuple[RowMapping, ItemStanding] | None = field(default=None, init=False)
    _decided: DecidedCommand | None = field(default=None, init=False)

    @property
    def waits(self) -> bool:
        """Whether nothing has become of it yet."""
        return self.by is DecidedBy.LEDGER and self.stands is None and self.failure is None

    def look(self, connection: Connection, now: datetime) -> None:
        """It is known where it is decided. What was decided past its workflow already is answered from here: a workflow
        that has not been told yet would refuse it. What the workflow decided goes to it again, so that its history says
        who asked, whatever died in between."""
        try:
            self.by, row = decided_by(connection, self.no, self.command.id, now)
            if row["known"] and self.by is not DecidedBy.LEDGER and nudges.has(connection, self.no, self.command.id):
                self.by = DecidedBy.LEDGER
            if self.by is DecidedBy.LEDGER:
                self._found = row, standing(connection, row)
        except RuleViolation as refusal:
            self.failure = refusal

    def decide(self, now: datetime) -> None:
        """What it leads to is known, if it is new."""
        if self._found is None or self._found[0]["known"] or self._found[0]["refusal"]:
            return
        try:
            self._decided = decided(self._found[1], self.command, now)
        except RuleViolation as refusal:
            self.failure = refusal

    def store(self, connection: Connection, check: Check | None, then: Check | None) -> None:
        """It stands if nothing is in its way, or else nothing of it does; it is said so once the transaction has
        ended."""
        mine, self._decided = self._decided, None
        if mine is None:
            return
        try:
            with connection.begin_nested() as trial:
                if not mine.events or mine.store_in(connection, check, then):
                    self._decided = mine
                else:
                    trial.rollback()
        except RuleViolation:
            pass  # it is refused again when it goes by itself

    def settled(self) -> None:
        """What was stored stands."""
        if self._decided:
            self.stands = self._decided.after

    def alone(self, database: Database, now: datetime, check: Check | None, then: Check | None) -> None:
        """It goes by itself."""
        try:
            self.stands = decide_here(
                database,
                self.no,
                self.command,
                now,
                away=False,
                check=check,
                then=then,
                found=self._found,
                same=self.same,
            )
        except Exception as failure:  # also what nobody expected: the others are not to hear of it
            self.failure = failure


def decide_all(
    database: Database,
    asked: Sequence[OneOfCrowd],
    now: datetime,
    *,
    check: Check | None = None,
    then: Check | None = None,
) -> None:
    """It is known of each where it is decided as of `now`; and where that is the ledger always, it stands there or is
    refused as `decide_here` refuses."""
    try:
        with database.read() as connection:
            for one in asked:
                one.look(connection, now)
    except RuleViolation as refusal:
        for one in asked:
            one.failure = one.failure or refusal
        return
    waiting = [one for one in asked if one.waits]
    if len(waiting) > 1:
        _store_all(database, waiting, now, check, then)
    for one in waiting:
        if one.waits:
            one.alone(database, now, check, then)


def _store_all(
    database: Database, waiting: Sequence[OneOfCrowd], now: datetime, check: Check | None, then: Check | None
) -> None:
    for one in waiting:
        one.decide(now)
    try:
        with database.write() as connection:
            for one in waiting:
                if one.waits:
                    one.store(connection, check, then)
    except Exception as failure:  # nothing stands; whose fault it is shows when each goes by itself
        if isinstance(failure, RuleViolation) and failure.code in LEDGER_AWAY:  # each would find the same, in turn
            for one in waiting:
                one.failure = one.failure or failure
        return
    for one in waiting:
        one.settled()
