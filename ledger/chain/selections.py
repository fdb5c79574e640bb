"""The kinds of bulk work, one row each: which items, in which order, what each is given, and how the work is done and
told. Workflow, activity, messages and reconciliation have all of it from here."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Connection, String, cast, literal

from ledger.chain import bulk_commands, pinned
from ledger.chain.bulk import Selection
from ledger.chain.entries import ENTRY, ITEM, read_events
from ledger.store.canonical import canonical
from rules.codec import instant_text
from rules.dates.calendar import Calendar
from rules.errors import Code, RuleViolation
from rules.forms.answering import kept_of
from rules.forms.answers import Pairs
from rules.machine.commands import ENDED, SYSTEM, Actor, Command, CommandKind
from rules.machine.state import State
from rules.machine.ticks import TICKS, tick
from rules.moves.carrying import given_in
from rules.names import version_words
from rules.process import Process, Role

RECALCULATIONS = "recalculate/"
"""How the ids of the commands begin that give items a calendar, and of the workflow that does so."""
MIGRATIONS = "migrate/"
"""The same of those that give items another version of their process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """Which items are given which command: the kind, and what that kind has to know. `calendar`: the version that open
    items are to reckon with; `cause`: the notice that brought it; `person`: who decided so, an administrator. `bulk`:
    the id under which what somebody gives to many items is kept. `process`: whose items go on by its `version`, those
    of version `before` alone where one is named, and in which of its `steps` those of others go on."""

    kind: str
    calendar: str = ""
    cause: str = ""
    person: str = ""
    bulk: str = ""
    process: str = ""
    version: str = ""
    before: str = ""
    steps: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkKind:
    """One kind of bulk work. `select`: what is meant as of an instant. `chunk` items go into one transaction, which is
    given up after `timeout`. `ids`: how the ids of its commands begin; `writes`: the kinds of entry that a person's
    command of it leads to, beside those of the system. `shown`: how far it is, for Temporal's own screens; `refused`:
    what the log says of an item that the rules refuse, where nobody else is told."""

    name: str
    select: Callable[[Connection, Selected, datetime], Selection]
    chunk: int
    timeout: timedelta
    ids: str
    writes: frozenset[str] = frozenset()
    shown: str
    refused: str = ""


def due(now: datetime) -> Selection:
    """Every item whose alarm came before `now` and has not been rung, the earliest first, and its tick.

    Nobody has to be told: the alarm moves later, so the item's workflow wakes at the old one, adopts, and sleeps on.
    """
    return Selection(
        where=(ITEM.c.alarm_at <= instant_text(now),),
        order=(ITEM.c.alarm_at, ITEM.c.no),
        actor=SYSTEM,
        command=lambda _, state: tick(state.seq),
    )


def other_calendar(calendar: Calendar, cause: str, actor: Actor) -> Selection:
    """Every open item that reckons with another calendar, by number, and the command that gives it this one.

    `cause`: the notice that brought it; `actor`: the administrator who adopts it.
    """
    command = Command(
        kind=CommandKind.RECALCULATE,
        id=f"{RECALCULATIONS}{calendar.version}",
        actor=actor,
        reason=cause,
        calendar=calendar,
    )
    return Selection(
        where=(ITEM.c.status.not_in(ENDED), ITEM.c.calendar_ref != calendar.version),
        order=(ITEM.c.no,),
        actor=actor,
        command=lambda _, state: command,
        once=literal(command.id),
    )


def _selected_calendar(connection: Connection, wanted: Selected, now: datetime) -> Selection:
    calendar = pinned.calendar(connection, wanted.calendar)
    return other_calendar(calendar, wanted.cause, Actor(id=wanted.person, role=Role.ADMINISTRATOR))


def other_version(connection: Connection, wanted: Selected, actor: Actor) -> Selection:
    """Every open item of the process that goes by another version, by number, and the command that gives it this one:
    what it is for the item's variant and kind of unit."""
    known = pinned.versions_of(connection, wanted.process)
    new = {(p.variant, p.unit_kind): p for p in known if p.version == wanted.version}
    old = {p.ref for p in known if p.version == wanted.before or (not wanted.before and p.version != wanted.version)}
    id_ = migration_id(wanted)

    def command(connection: Connection, state: State) -> Command:
        before = pinned.process(connection, state.process)
        process = new.get((before.variant, before.unit_kind))
        if process is None:
            why = f"新版本没有{before.unit_kind_name}的“{before.variant_name}”；请在新版本里写上，或改派"
            raise RuleViolation(Code.MIGRATION_REFUSED, no=state.no, version=version_words(wanted.version), why=why)
        return Command(
            kind=CommandKind.MIGRATE,
            id=f"{id_}/{state.seq}",
            actor=actor,
            reason=wanted.cause,
            process=process,
            steps=tuple(wanted.steps.items()),
            given=_given_to(connection, state, process),
        )

    return Selection(
        where=(ITEM.c.process == wanted.process, ITEM.c.status.not_in(ENDED), ITEM.c.process_ref.in_(sorted(old))),
        order=(ITEM.c.no,),
        actor=actor,
        command=command,
        once=literal(f"{id_}/").concat(cast(ENTRY.c.seq - 1, String)),  # of whatever it leads to, the first entry
    )


def _given_to(connection: Connection, state: State, process: Process) -> Pairs:
    """What the item's forms were answered with, where the version reckons with any of it."""
    if not any(kept_of(process, form.id) for form in process.forms):
        return ()
    return given_in(event.fact for event in read_events(connection, state.no))


def migration_id(wanted: Selected) -> str:
    """The id of the work that gives a version to the items of its process, the same for the same wish."""
    more = canonical([wanted.before, sorted(wanted.steps.items())])
    return f"{MIGRATIONS}{wanted.process}@{wanted.version.partition('#')[2]}/{sha256(more).hexdigest()[:8]}"


def _selected_version(connection: Connection, wanted: Selected, now: datetime) -> Selection:
    return other_version(connection, wanted, Actor(id=wanted.person, role=Role.ADMINISTRATOR))


DUE = BulkKind(
    name="due",
    select=lambda connection, wanted, now: due(now),
    chunk=50,
    timeout=timedelta(seconds=10),
    ids=TICKS,
    shown="已到点 {0.stored} 项",
    refused="到点未记",
)
"""Every alarm that has come is rung. A chunk takes a fifth of a second; the items' own timers begin after twenty
seconds, so a sweep that waits longer for a worker that died comes too late to spare them anything."""

OTHER_CALENDAR = BulkKind(
    name="other_calendar",
    select=_selected_calendar,
    chunk=100,
    timeout=timedelta(seconds=60),
    ids=RECALCULATIONS,
    writes=frozenset({"recalculated"}),
    shown="已重算 {0.stored} 项，{0.moved} 项日期有变",
    refused="没有重算",
)
"""Every open item is given a calendar. A chunk takes a second or two, and nobody waits for it."""

OTHER_VERSION = BulkKind(
    name="other_version",
    select=_selected_version,
    chunk=50,
    timeout=timedelta(seconds=60),
    ids=MIGRATIONS,
    writes=frozenset({"migrated"}),
    shown="已换用新版本 {0.stored} 项，{0.moved} 项日期有变",
    refused="没有换用新版本",
)
"""The open items of a process go on by another of its versions. Nobody waits for a chunk, but each other writer waits
for its storing."""

GIVEN = BulkKind(
    name="given",
    select=lambda connection, wanted, now: bulk_commands.selection(connection, wanted.bulk),
    chunk=50,
    timeout=timedelta(seconds=10),
    ids=bulk_commands.GIVEN_IDS,
    writes=bulk_commands.WRITES,
    shown="已办 {0.stored} 项",
)
"""What somebody has confirmed is given to each item of theirs. People wait: for it, when a worker died, and for each of
its chunks."""

BULK_KINDS = {kind.name: kind for kind in (DUE, OTHER_CALENDAR, OTHER_VERSION, GIVEN)}
