"""The kinds of bulk work, one row each: which items, in which order, what each is given, and how the work is done and
told. Workflow, activity, messages and reconciliation have all of it from here."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Connection, String, cast, literal, select

from ledger.chain import bulk_commands, pinned
from ledger.chain.bulk import Selection
from ledger.chain.entries import ENTRY, ITEM, read_events
from ledger.chain.family.in_rounds import ROUND_PREFIX
from ledger.chain.family.settling import unsettled
from ledger.chain.holders import UNIT
from ledger.store.canonical import canonical
from rules.codec import instant_text
from rules.dates.calendar import Calendar
from rules.errors import Code, RuleViolation
from rules.figures.asking import is_asked
from rules.forms.answering import kept_of
from rules.forms.answers import Pairs
from rules.machine.commands import ENDED, SYSTEM, Actor, Assignment, Command, CommandKind, UnitRef, Via
from rules.machine.state import State
from rules.machine.ticks import TICKS, tick
from rules.moves.carrying import given_in
from rules.names import version_words
from rules.process import AREA_KIND, Process, Role

RECALCULATIONS = "recalculate/"
"""How the ids of the commands begin that give items a calendar, and of the workflow that does so."""
MIGRATIONS = "migrate/"
"""The same of those that give items another version of their process."""
REHOUSINGS = "rehouse/"
"""The same of those that give what ended units had open to the units in their place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """Which items are given which command: the kind, and what that kind has to know. `calendar`: the version that open
    items are to reckon with; `cause`: the notice that brought it; `person`: who decided so, an administrator, `via` and
    `through` as in an entry. `bulk`:
    the id under which what somebody gives to many items is kept, or a round's. `process`: whose items go on by its
    `version`, those of version `before` alone where one is named, and in which of its `steps` those of others go on.
    `directory`: the version of the directory by which items are handed on, of the `units` alone where some are named;
    what nobody is in the place of goes to the unit `to`, or, to `annul`, is annulled."""

    kind: str
    calendar: str = ""
    cause: str = ""
    person: str = ""
    via: str = ""
    through: str = ""
    bulk: str = ""
    process: str = ""
    version: str = ""
    before: str = ""
    steps: dict[str, str] = field(default_factory=dict)
    directory: str = ""
    units: list[str] = field(default_factory=list)
    to: str = ""
    annul: bool = False

    def by(self, role: Role) -> Actor:
        """Who decided so, as the kind of work takes it: in that post, which an append looks up. Where nobody has
        decided yet, somebody in whose name nothing can stand."""
        return Actor(id=self.person, role=role, via=Via(self.via) if self.via else None, through=self.through)


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
    return other_calendar(calendar, wanted.cause, wanted.by(Role.ADMINISTRATOR))


def other_version(connection: Connection, wanted: Selected, actor: Actor) -> Selection:
    """Every open item of the process that goes by another version, by number, and the command that gives it this one:
    what it is for the item's variant and kind of unit."""
    known = pinned.versions_of(connection, wanted.process)
    new = {(p.variant, p.unit_kind): p for p in known if p.version == wanted.version and not is_asked(p)}
    old = {p.ref for p in known if p.version == wanted.before or (not wanted.before and p.version != wanted.version)}
    id_ = migration_id(wanted)

    def command(connection: Connection, state: State) -> Command:
        before = pinned.process(connection, state.process)
        if is_asked(before):
            why = "它填的是轮次问的表，这一轮照开放时的版本办完"
            raise RuleViolation(Code.MIGRATION_REFUSED, no=state.no, version=version_words(wanted.version), why=why)
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
    return other_version(connection, wanted, wanted.by(Role.ADMINISTRATOR))


def left_behind(wanted: Selected, actor: Actor) -> Selection:
    """Every item that an ended unit has open, by number, and the command that hands it on to the unit in its place:
    that into which it was merged, and so on; else the unit that is named; else it is annulled, if that is wanted.

    What a round asked for is none of it: the round drops such a unit itself, as its campaign says.
    """
    id_, heirs = rehousing_id(wanted), dict[str, UnitRef | None]()

    def command(connection: Connection, state: State) -> Command:
        unit = state.unit
        if unit.id not in heirs:
            heirs[unit.id] = _heir(connection, unit.id) or (_unit(connection, wanted.to) if wanted.to else None)
        to = heirs[unit.id]
        if to is None and wanted.annul:
            return Command(kind=CommandKind.ANNUL, id=id_, actor=actor, reason=wanted.cause)
        if to is None:
            raise RuleViolation(Code.UNKNOWN_UNIT, actual=unit.name, hint="：没有接续的单位，写明 --to，或 --annul")
        before = pinned.process(connection, state.process)
        process = pinned.current_process(connection, before.id, before.variant, to.kind)
        assignment = Assignment(unit=to, process=process)
        return Command(kind=CommandKind.REASSIGN, id=id_, actor=actor, reason=wanted.cause, assignment=assignment)

    ended = select(UNIT.c.id).where(UNIT.c.ended.is_not(None))
    where = (
        ITEM.c.status.not_in(ENDED),
        ITEM.c.unit_kind != AREA_KIND,
        ITEM.c.batch.not_like(f"{ROUND_PREFIX}%"),
        ITEM.c.unit.in_(ended.where(UNIT.c.id.in_(wanted.units)) if wanted.units else ended),
    )
    return Selection(where=where, order=(ITEM.c.no,), actor=None, command=command, once=literal(id_))


def _unit(connection: Connection, unit: str) -> UnitRef | None:
    """The unit of that id, if there is one now."""
    row = connection.execute(select(UNIT).where(UNIT.c.id == unit, UNIT.c.ended.is_(None))).mappings().first()
    return UnitRef(id=row["id"], name=row["name"], kind=row["kind"], area=row["area"]) if row else None


def _heir(connection: Connection, unit: str) -> UnitRef | None:
    """The unit whose part that ended one is now; none where there is none, or where it was divided."""
    at, seen = unit, set[str]()
    while at not in seen:
        seen.add(at)
        row = connection.execute(select(UNIT.c.ended, UNIT.c.became).where(UNIT.c.id == at)).first()
        if row is None or not row.ended:
            return _unit(connection, at) if row else None
        became = row.became.split("\n")
        if len(became) != 1:
            return None
        at = became[0]
    return None


def rehousing_id(wanted: Selected) -> str:
    """The id of the work that hands on what ended units had open, the same for the same wish."""
    narrowed = [sorted(wanted.units), wanted.to, wanted.annul]
    more = f"/{sha256(canonical(narrowed)).hexdigest()[:8]}" if any(narrowed) else ""
    return f"{REHOUSINGS}{wanted.directory}{more}"


def _selected_left_behind(connection: Connection, wanted: Selected, now: datetime) -> Selection:
    return left_behind(wanted, wanted.by(Role.SUPERVISOR))


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

REHOUSED = BulkKind(
    name="rehoused",
    select=_selected_left_behind,
    chunk=50,
    timeout=timedelta(seconds=60),
    ids=REHOUSINGS,
    writes=frozenset({"reassigned", "annulled"}),
    shown="已移交 {0.stored} 项",
    refused="没有移交",
)
"""What ended units had open is handed on. Nobody waits for a chunk, but each other writer waits for its storing."""

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

SETTLING = BulkKind(
    name="settling",
    select=lambda connection, wanted, now: unsettled(connection, wanted.bulk),
    chunk=50,
    timeout=timedelta(seconds=60),
    ids=ROUND_PREFIX,
    writes=frozenset({"annulled", "reassigned", "due_set"}),
    shown="已作废、移交或改定到期日 {0.stored} 项",
)
"""What a round asked for and is owed no longer, by another unit or by another date. Nobody waits for a chunk."""

BULK_KINDS = {kind.name: kind for kind in (DUE, OTHER_CALENDAR, OTHER_VERSION, REHOUSED, GIVEN, SETTLING)}
