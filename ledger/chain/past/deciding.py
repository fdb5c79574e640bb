"""One command decided at the ledger itself, past its item's workflow: the same rules, the same append, the same id.

Two that come at once are told apart by the append: entries stand in one line, and a command's once. What a workflow
that is alive and slow does meanwhile, it does on what it knew; its append brings it what stands here, and it goes on
from there. So that it looks, it is left a nudge, in the transaction of the entries.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from sqlalchemy import Connection, RowMapping, bindparam, select, text

from ledger.chain import entries, pinned
from ledger.chain.entries import ITEM, NUDGE, Check
from ledger.chain.family.chunk import ISSUE_PREFIX
from ledger.chain.lookup import check_same, state_of
from ledger.chain.past import nudges
from ledger.store.aside_tables import WAITING
from ledger.store.database import Database
from ledger.store.driver import PreparedQuery
from rules.codec import instant_text
from rules.dates.calendar import Calendar
from rules.errors import NOT_NOW, Code, RuleViolation
from rules.machine.commands import Command
from rules.machine.events import Event
from rules.machine.folding import evolve
from rules.machine.item import alarm, decide
from rules.machine.state import State
from rules.machine.ticks import TICKS
from rules.moves.sowing import FOLLOWS
from rules.process import Process

_LEFT = select(NUDGE.c.at).where(text(WAITING), NUDGE.c.stream == ITEM.c.no, NUDGE.c.at < bindparam("before"))
_ASKED = PreparedQuery(entries.OF_ITEM_AND_COMMAND.add_columns(_LEFT.exists().label("behind")))
TOLD_WITHIN = timedelta(seconds=3)
"""A workflow that is still to be told of what was decided so long ago is behind: until it has been told, the ledger
decides, so that it catches up however many go on asking. A younger one is asked: else it would never be caught up
with, since whoever is answered by the ledger leaves the next nudge."""
_TRIES = 20
"""Others were first so often, each with an entry of theirs."""
_NOT_ITS_OWN = NOT_NOW | {Code.LEDGER_BROKEN, Code.UNKNOWN_ITEM, Code.REFUSED_BEFORE}
"""What says nothing of the command itself."""
_BY_ITSELF = (ISSUE_PREFIX, FOLLOWS, TICKS)
"""How the ids of the commands begin that no person gives to an item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemStanding:
    """An item as it stands in the ledger, with what it goes by."""

    state: State
    process: Process
    calendar: Calendar


def standing(connection: Connection, row: RowMapping) -> ItemStanding:
    """What the row of the item says."""
    process, calendar = pinned.process(connection, row["process_ref"]), pinned.calendar(connection, row["calendar_ref"])
    return ItemStanding(state=state_of(row), process=process, calendar=calendar)


class DecidedBy(Enum):
    """Where an item's command is decided: by its workflow; at the ledger always, since it was issued without one; or at
    the ledger for now, since its workflow is behind."""

    WORKFLOW = auto()
    LEDGER = auto()
    BEHIND = auto()


def decided_by(connection: Connection, no: str, command: str, now: datetime) -> tuple[DecidedBy, RowMapping]:
    """Where the command of that id to the item is decided as of `now`, and what it is decided on. Raises
    unknown_item."""
    row = _ASKED.first(connection, stream=no, command=command, before=instant_text(now - TOLD_WITHIN))
    if row is None:
        raise RuleViolation(Code.UNKNOWN_ITEM, no=no)
    if pinned.process(connection, row["process_ref"]).lazily:
        return DecidedBy.LEDGER, row
    return DecidedBy.BEHIND if row["behind"] else DecidedBy.WORKFLOW, row


def needs_none(connection: Connection, row: RowMapping) -> bool:
    """Whether the item of that row was issued without a workflow and still needs none: nobody has given it a command,
    so that its alarms are rung by the sweeps."""
    lazily = pinned.process(connection, row["process_ref"]).lazily
    return lazily and not _touched(state_of(row))


def decide_here(
    database: Database,
    no: str,
    command: Command,
    now: datetime,
    *,
    away: bool,
    check: Check | None = None,
    then: Check | None = None,
    found: tuple[RowMapping, ItemStanding] | None = None,
    same: bool = False,
) -> ItemStanding:
    """The command stands in the ledger, once; how the item stands then. As of `now`, or of its last entry if later.

    `away`: its workflow was asked and did not answer, or would not have. A refusal is then written down before it is
    told, since the workflow may get to the command later, when nothing stands against it any more. `found`: what was
    read of the item just now. `same`: what stands under its id already has to be this command.

    Raises what the rules refuse with, refused_before, command_reused, LedgerUnavailable, item_busy.
    """
    for _ in range(_TRIES):
        if found is None:
            with database.read() as connection:
                row = entries.item_and_command(connection, no, command.id)
                found = row, standing(connection, row)
        (row, stands), found = found, None
        if row["known"]:
            if same:
                with database.read() as connection:
                    check_same(connection, no, command)
            if away:
                _found_here(database, no, command, now)
            return stands
        entries.refuse_again(row)
        try:
            mine = decided(stands, command, now, away=away)
            if not mine.events or mine.store(database, check, then):
                return mine.after
        except RuleViolation as refusal:
            if not away or refusal.code in _NOT_ITS_OWN or _refused(database, stands, command, now, refusal):
                raise
    raise RuleViolation(Code.ITEM_BUSY, no=no, count=_TRIES)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedCommand:
    """What a command leads to, decided and not yet stored: no or more events, and how the item stands with them.
    `told`: its workflow is to be told; `away`: which did not answer."""

    before: State
    command: str
    events: tuple[Event, ...]
    after: ItemStanding
    told: bool
    away: bool

    def store(self, database: Database, check: Check | None, then: Check | None) -> bool:
        """Whether it stands; not, when others were first. Raises what `check` raises, refused_before,
        LedgerUnavailable."""
        with database.write() as connection:
            return self.store_in(connection, check, then)

    def store_in(self, connection: Connection, check: Check | None, then: Check | None) -> bool:
        """The same in a transaction that writes."""
        no, seq = self.before.no, self.before.seq
        done = entries.append_in(
            connection, no, seq, self.command, self.events, check=check, then=then, also=self._leave_word
        )
        return done.stored

    def _leave_word(self, connection: Connection, begun: tuple[str, ...]) -> None:
        last = {self.before.no: self.after.state.seq} if self.told else {}
        nudges.leave(connection, last | dict.fromkeys(begun, 1), self.command, self.events[-1].at, away=self.away)


def decided(found: ItemStanding, command: Command, now: datetime, *, away: bool = False) -> DecidedCommand:
    """What the rules make of the command as of `now`, or of the item's last entry if later. Raises what they refuse
    with."""
    before = found.state
    events = decide(found.process, found.calendar, before, command, now).events
    state = before
    for event in events:
        state = evolve(state, event)
    named = (command.assignment.process if command.assignment else None, command.process)
    process = next((one for one in named if one and one.ref == state.process), found.process)
    calendar = command.calendar if command.calendar and command.calendar.version == state.calendar else found.calendar
    after = ItemStanding(state=state, process=process, calendar=calendar)
    told = bool(events) and (away or _waits(before, after))
    return DecidedCommand(before=before, command=command.id, events=events, after=after, told=told, away=away)


def _waits(before: State, after: ItemStanding) -> bool:
    """Whether an item that was issued without a workflow needs one now, or may have one that would not hear of this:
    what has been issued and ended at once never has."""
    if after.state.is_open and alarm(after.process, after.calendar, after.state):
        return True
    return _touched(before)


def _touched(state: State) -> bool:
    """Whether somebody has given the item a command."""
    return any(not id_.startswith(_BY_ITSELF) for id_ in state.seen)


def _found_here(database: Database, no: str, command: Command, now: datetime) -> None:
    """It is written down that the command was asked for: a worker and a server that died together before the workflow
    had said so would leave an entry that nobody seems to have asked for."""
    with database.write() as connection:
        if not nudges.has(connection, no, command.id):
            seq = entries.item_and_command(connection, no, command.id)["seq"]
            nudges.leave(connection, {no: seq}, command.id, now, away=True)


def _refused(database: Database, found: ItemStanding, command: Command, now: datetime, refusal: RuleViolation) -> bool:
    """The refusal is final: it is written down. False when something has happened since it was judged."""
    with database.write() as connection:
        row = entries.item_and_command(connection, found.state.no, command.id)
        if row["known"] or row["seq"] != found.state.seq or row["refusal"]:
            return False
        nudges.leave(connection, {found.state.no: row["seq"]}, command.id, now, away=True, refusal=refusal)
    return True
