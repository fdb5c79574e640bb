"""The local activity behind every command: the ledger's append, in the form that travels."""

from collections.abc import Sequence

from sqlalchemy import Connection
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.failures import told_apart
from activities.messages import APPEND, AppendInput, AppendReply
from ledger.chain import pinned
from ledger.chain.entries import append
from ledger.chain.family import following
from ledger.scores.appeals import check_scored
from ledger.scores.following import rescore_after
from ledger.store.database import Database
from rules.codec import encode
from rules.errors import Code, RuleViolation
from rules.joint.acts import JOINT_ACT_NAMES, MAY_CONFIRM, JointAct
from rules.machine.events import Event, decode_event, encode_event
from rules.machine.facts import Issued, Reassigned, Reopened, Watched
from rules.machine.state import State
from rules.machine.timed import Migrated, Recalculated
from rules.permitting import roles_named

_GIVEN: dict[type, JointAct] = {Migrated: JointAct.MIGRATE, Recalculated: JointAct.ADOPT_CALENDAR}


class LedgerActivities:
    """Appending to one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name=APPEND, no_thread_cancel_exception=True)
    def append(self, wanted: AppendInput) -> AppendReply:
        """The events stand in the ledger, or what stood there already comes back. Safe to run again at any point.

        A cancelled one runs to its end: an exception thrown into its thread in the middle of a transaction would leave
        the connection holding the ledger's write lock.

        Only the item's workflow in this worker gets here, whose events the rules decided: a workflow that somebody else
        starts on the same server can ask for an activity, not for a local one.
        """
        if not activity.info().is_local:
            raise ApplicationError("only the worker's own workflows append", type="not_ours", non_retryable=True)
        with told_apart():
            events = [decode_event(plain) for plain in wanted.events]
            done = append(
                self._database,
                wanted.stream,
                wanted.after,
                wanted.command,
                events,
                check=check_own,
                then=rescore_after,
            )
            if not done.newer:
                return AppendReply(stored=done.stored, known=done.known, begun=list(done.begun))
            return self._with_pinned(wanted.stream, done.newer, more=done.more)

    def _with_pinned(self, no: str, newer: tuple[Event, ...], *, more: bool) -> AppendReply:
        refs = {e.fact.process for e in newer if isinstance(e.fact, Issued | Reassigned | Migrated)}
        versions = {e.fact.calendar for e in newer if isinstance(e.fact, Recalculated | Reopened | Watched)} - {""}
        with self._database.read() as connection:
            processes = [encode(pinned.process(connection, ref)) for ref in sorted(refs)]
            calendars = [encode(pinned.calendar(connection, version)) for version in sorted(versions)]
            begun = following.begun_by(connection, no, newer)
        events = [encode_event(e) for e in newer]
        return AppendReply(newer=events, more=more, processes=processes, calendars=calendars, begun=list(begun))


def check_own(connection: Connection, state: State, events: Sequence[Event]) -> None:
    """What an item's own workflow appends: as `check_scored` says, and nothing that two people give to all items at
    once, which only bulk work does. Raises second_needed."""
    for event in events:
        if act := _GIVEN.get(type(event.fact)):
            raise RuleViolation(Code.SECOND_NEEDED, act=JOINT_ACT_NAMES[act], others=roles_named(MAY_CONFIRM[act]))
    check_scored(connection, state, events)
