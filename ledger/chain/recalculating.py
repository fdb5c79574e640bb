"""Another calendar for every open item: what would move, and the moving, a chunk in one transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, func, select

from ledger.chain import entries, pinned
from ledger.chain.entries import ENTRY, ITEM, Change
from ledger.store.canonical import parse
from ledger.store.database import Database
from rules.codec import decode, instant_text
from rules.dates.calendar import Calendar
from rules.errors import RuleViolation
from rules.machine.commands import Actor, Command, CommandKind, Status
from rules.machine.events import Event
from rules.machine.facts import Moved, Recalculated
from rules.machine.folding import fold
from rules.machine.item import alarm, decide
from rules.machine.state import State
from rules.process import Role

_ENDED = (str(Status.CLOSED), str(Status.ANNULLED))
_ROW = select(
    ITEM.c.no,
    ITEM.c.seq,
    ITEM.c.head,
    ITEM.c.state,
    ITEM.c.supervisor,
    ITEM.c.unit_name,
    ITEM.c.alarm_at,
    ITEM.c.process_ref,
    ITEM.c.calendar_ref,
)

_ADMINISTRATOR = Actor(id="", role=Role.ADMINISTRATOR)
COMMANDS = "recalculate/"
"""How the ids of the commands begin that give items a calendar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """A calendar that open items are to have: its version, the notice that brought it, who adopts it."""

    version: str
    cause: str
    actor: Actor

    @property
    def command(self) -> str:
        """The id of the command that each item is given, once."""
        return f"{COMMANDS}{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """What the calendar does to one item."""

    no: str
    unit_name: str
    moved: tuple[Moved, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalculation:
    """What became of one chunk, up to the item `no`; `seen` of 0 means that none is left behind that place.

    `earlier`: items whose alarm now comes sooner than their workflows know. `refused`: words of the rules, by number.
    """

    no: str = ""
    seen: int = 0
    stored: int = 0
    moved: int = 0
    earlier: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()


def behind(connection: Connection, version: str) -> int:
    """How many open items reckon with another calendar."""
    return connection.execute(select(func.count()).select_from(ITEM).where(*_behind(version))).scalar_one()


def foresee(connection: Connection, calendar: Calendar, now: datetime, size: int = 500) -> Iterator[Shift]:
    """What the calendar, which need not be known here yet, would do to each open item; nothing is written."""
    adoption = Adoption(version=calendar.version, cause="-", actor=_ADMINISTRATOR)
    after = ""
    while rows := _next(connection, calendar.version, after, size):
        for row in rows:
            state = decode(State, parse(row["state"]))
            try:
                events = _decide(connection, row, state, calendar, adoption, now)
            except RuleViolation:
                continue
            yield Shift(no=row["no"], unit_name=row["unit_name"], moved=_moved(events))
        after = rows[-1]["no"]


def recalculate(
    database: Database, adoption: Adoption, now: datetime, size: int, *, after: str = "", retried: bool = False
) -> Recalculation:
    """The next `size` open items behind the place `after` reckon with the calendar as of `now`, with their notices.

    Safe to run again at any point, and beside commands: an item that moved meanwhile is left for the next pass. When
    `retried`, an attempt before may have stored its chunk and died before it could say whom to tell: those are named.
    Raises unknown_process for a calendar that is not known, LedgerUnavailable.
    """
    changes: list[Change] = []
    earlier: list[str] = []
    refused: list[tuple[str, str]] = []
    moved: set[str] = set()
    with database.read() as connection:
        calendar = pinned.calendar(connection, adoption.version)
        chunk = _next(connection, adoption.version, after, size)
        told_nobody = _given(connection, adoption, after, size) if retried else ()
        if not chunk:
            return Recalculation(earlier=told_nobody)
        for row in chunk:
            state = decode(State, parse(row["state"]))
            try:
                events = _decide(connection, row, state, calendar, adoption, now)
            except RuleViolation as refusal:
                refused.append((row["no"], str(refusal)))
                continue
            changes.append(Change(state=state, head=row["head"], supervisor=row["supervisor"], events=events))
            if _moved(events):
                moved.add(row["no"])
            if _sooner(connection, row, state, events, calendar):
                earlier.append(row["no"])
        rows = entries.rows_of(connection, changes)
    stored = set(entries.store_unmoved(database, {row["no"]: row["seq"] for row in chunk}, rows))
    return Recalculation(
        no=chunk[-1]["no"],
        seen=len(chunk),
        stored=len(stored),
        moved=len(moved & stored),
        earlier=(*told_nobody, *(no for no in earlier if no in stored)),
        refused=tuple(refused),
    )


def _behind(version: str) -> tuple[ColumnElement[bool], ...]:
    return ITEM.c.status.not_in(_ENDED), ITEM.c.calendar_ref != version


def _next(connection: Connection, version: str, after: str, size: int) -> Sequence[RowMapping]:
    query = _ROW.where(*_behind(version), ITEM.c.no > after).order_by(ITEM.c.no).limit(size)
    return connection.execute(query).mappings().all()


def _given(connection: Connection, adoption: Adoption, after: str, size: int) -> tuple[str, ...]:
    """The first items behind the place that have been given the calendar by this adoption."""
    given = select(ENTRY.c.seq).where(ENTRY.c.stream == ITEM.c.no, ENTRY.c.command == adoption.command).exists()
    query = select(ITEM.c.no).where(ITEM.c.no > after, given).order_by(ITEM.c.no).limit(size)
    return tuple(connection.execute(query).scalars())


def _decide(
    connection: Connection, row: RowMapping, state: State, calendar: Calendar, adoption: Adoption, now: datetime
) -> tuple[Event, ...]:
    command = Command(
        kind=CommandKind.RECALCULATE,
        id=adoption.command,
        actor=adoption.actor,
        reason=adoption.cause,
        calendar=calendar,
    )
    process = pinned.process(connection, row["process_ref"])
    return decide(process, pinned.calendar(connection, row["calendar_ref"]), state, command, now).events


def _moved(events: Sequence[Event]) -> tuple[Moved, ...]:
    return next((e.fact.dates.moved for e in events if isinstance(e.fact, Recalculated)), ())


def _sooner(connection: Connection, row: RowMapping, state: State, events: Sequence[Event], calendar: Calendar) -> bool:
    """Whether the workflow, which sleeps until the alarm that it knows, would wake too late."""
    after = fold(events, state)
    assert after is not None
    rings = alarm(pinned.process(connection, row["process_ref"]), calendar, after)
    known: str | None = row["alarm_at"]
    return rings is not None and (known is None or instant_text(rings) < known)
