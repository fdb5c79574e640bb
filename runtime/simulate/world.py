"""What a simulation starts from, without any server: processes, calendar, units and people, and the items to play.

Read from the ledger's database where there is one, from what is shipped otherwise. Nothing is ever written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TypeAlias

from sqlalchemy import Connection

from definitions.calendars import overlays_in, snapshot
from definitions.catalogue import load_catalogue, load_process
from ledger.chain import lookup, pinned
from ledger.chain.holders import Holders
from ledger.directory import people
from ledger.reading import lists
from ledger.store.database import Database
from rules.dates.calendar import Calendar
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor, Command, CommandKind, UnitRef
from rules.machine.events import Event
from rules.machine.folding import evolve
from rules.machine.issuing import Order
from rules.machine.item import decide
from rules.machine.state import State
from rules.process import Process, Role
from rules.telling.simulation import ANY_SUPERVISOR, NOBODY, Behaviour, Happening, imagined
from runtime.ending import Problem
from runtime.settings import Settings
from runtime.simulate.items import ImaginedItems
from runtime.store import open_database, overlay_folder

Resolved: TypeAlias = Mapping[tuple[str, str], Process]
"""Processes by variant and kind of unit."""
CURRENT = "current"
_MOVED = Actor(id="administrator", role=Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One item to play: how it stands at `begin`. `first`: what happened to begin with, for an imagined one.

    `changed` plays the same item under another process.
    """

    process: Process
    calendar: Calendar
    state: State
    behaviour: Behaviour
    begin: datetime
    first: tuple[Happening, ...] = ()
    order: Order | None = None

    def changed(self, process: Process) -> Start | None:
        """The same item under that process from here on; None when that one lacks the step in which it stands."""
        if self.order is not None:
            return begun(process, self.calendar, self.order, self.begin.date(), self.behaviour, self.state.supervisor)
        if self.state.step and all(step.id != self.state.step for step in process.steps):
            return None
        return replace(self, process=process)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Units by id, name and alias, names of people, and who holds which post. Empty where none is loaded."""

    holders: Holders
    units: Mapping[str, UnitRef]
    names: Mapping[str, str]
    unit_names: Mapping[str, str]
    supervisor: str

    @property
    def known(self) -> bool:
        """Whether there is anybody in it."""
        return bool(self.names)


NO_DIRECTORY = Cast(holders=Holders(), units={}, names={}, unit_names={}, supervisor="")


def database_of(settings: Settings) -> Database | None:
    """The ledger's database; None where none has been made yet."""
    if not settings.database_url and not (settings.data / "duban.db").exists():
        return None
    return open_database(settings)


def processes_of(connection: Connection | None, wanted: str) -> Resolved:
    """The processes of that id, or of that YAML file. Raises unknown_process, definition_invalid."""
    if wanted.endswith((".yaml", ".yml")):
        return _by_kind(load_process(Path(wanted)).all_resolved())
    if connection is not None:
        current: Iterable[Process] = lists.current_processes(connection)
    else:
        current = (p for definition in load_catalogue() for p in definition.all_resolved())
    found = _by_kind(p for p in current if p.id == wanted)
    if not found:
        raise RuleViolation(Code.UNKNOWN_PROCESS, actual=wanted, unit_kind="任何单位")
    return found


def _by_kind(processes: Iterable[Process]) -> Resolved:
    return {(p.variant, p.unit_kind): p for p in processes}


def calendar_of(connection: Connection | None, settings: Settings, version: str) -> Calendar:
    """The calendar of that version. Raises unknown_process."""
    if connection is not None:
        if version == CURRENT:
            return pinned.current_calendar(connection)
        return pinned.calendar(connection, version)
    shipped = snapshot(overlays_in(overlay_folder(settings)))
    if version not in (CURRENT, shipped.version):
        raise RuleViolation(Code.UNKNOWN_PROCESS, actual=version)
    return shipped


def directory_of(connection: Connection | None) -> Cast:
    """Who there is."""
    if connection is None:
        return NO_DIRECTORY
    units: dict[str, UnitRef] = {}
    for row in people.all_units(connection):
        ref = UnitRef(id=row["id"], name=row["name"], kind=row["kind"], area=row["area"])
        for name in (*(a for a in row["aliases"].split("\n") if a), row["name"], row["id"]):
            units[name] = ref
    everybody = people.everybody(connection)
    supervisors = [p.id for p in everybody if any(post.role is Role.SUPERVISOR for post in p.posts)]
    return Cast(
        holders=Holders.everybody(connection),
        units=units,
        names={p.id: p.name for p in everybody},
        unit_names={p.id: p.unit_name for p in everybody if p.unit_name},
        supervisor=supervisors[0] if supervisors else "",
    )


def begun(
    process: Process, calendar: Calendar, order: Order, issued: date, behaviour: Behaviour, supervisor: str
) -> Start:
    """An imagined item, issued. Raises RuleViolation as issuing does."""
    first = imagined(process, calendar, order, issued, supervisor)
    return Start(
        process=process,
        calendar=calendar,
        state=first.state,
        behaviour=behaviour,
        begin=first.event.at,
        first=(first,),
        order=order,
    )


def imagined_items(
    wanted: Iterable[ImaginedItems], processes: Resolved, calendar: Calendar, directory: Cast
) -> Iterator[Callable[[], Start]]:
    """One after the other, each made when it is its turn. Calling raises Problem for an item that cannot be issued."""
    number = 0
    for one in wanted:
        for _ in range(one.count):
            number += 1
            yield _maker(one, f"拟{number:04d}", processes, calendar, directory)


def _maker(
    one: ImaginedItems, no: str, processes: Resolved, calendar: Calendar, directory: Cast
) -> Callable[[], Start]:
    def make() -> Start:
        unit = _unit(one, processes, directory)
        process = processes.get((one.variant, unit.kind))
        if process is None:
            raise RuleViolation(Code.UNKNOWN_PROCESS, actual=one.variant, unit_kind=unit.kind)
        order = Order(no=no, unit=unit, title="模拟事项", deadline=one.deadline)
        supervisor = directory.supervisor or ANY_SUPERVISOR.id
        try:
            return begun(process, calendar, order, one.issued, one.behaviour, supervisor)
        except RuleViolation as refusal:
            raise Problem(f"{one.where}：{refusal}") from refusal

    return make


def _unit(one: ImaginedItems, processes: Resolved, directory: Cast) -> UnitRef:
    if one.unit_kind:
        name = next(p.unit_kind_name for p in processes.values() if p.unit_kind == one.unit_kind)
        return UnitRef(id=one.unit_kind, name=f"某{name}", kind=one.unit_kind)
    if one.unit not in directory.units:
        raise Problem(
            f"{one.where}：没有“{one.unit}”这个单位。", "核对名称（duban units），或改写 unit_kind（单位类别）。"
        )
    return directory.units[one.unit]


def everyone_of_each_kind(processes: Resolved, issued: date, behaviour: Behaviour) -> list[ImaginedItems]:
    """One item of every variant and kind of unit: what the process is like, where no items are given."""
    return [
        ImaginedItems(where="", unit="", unit_kind=kind, variant=variant, issued=issued, behaviour=behaviour)
        for variant, kind in processes
    ]


def register_items(
    connection: Connection,
    now: datetime,
    behaviour: Behaviour = NOBODY,
    *,
    process: str = "",
    processes: Resolved | None = None,
    calendar: Calendar | None = None,
) -> Iterator[Callable[[], Start]]:
    """The open items as they stand, by number. Each goes on under its own process and calendar; under `processes` and
    `calendar` where those are given: then its dates are first worked out anew, as adopting that calendar would do."""
    after = ""
    while rows := lookup.open_items(connection, after=after):
        for row in rows:
            if not process or row["process"] == process:
                state = lookup.state_of(row)
                own = pinned.process(connection, state.process)
                if processes is not None:
                    own = processes.get((own.variant, own.unit_kind), own)
                reckoned = pinned.calendar(connection, state.calendar)
                start = Start(
                    process=own,
                    calendar=reckoned,
                    state=state,
                    behaviour=behaviour,
                    begin=now,
                )
                yield _standing(start, calendar)
        after = rows[-1]["no"]


def _standing(start: Start, calendar: Calendar | None) -> Callable[[], Start]:
    def make() -> Start:
        if calendar is None or calendar.version == start.state.calendar:
            return start
        moved = Command(
            kind=CommandKind.RECALCULATE, id="calendar", actor=_MOVED, reason="模拟采用新日历", calendar=calendar
        )
        state, first = start.state, []
        events: tuple[Event, ...] = decide(start.process, start.calendar, state, moved, start.begin).events
        for event in events:
            state = evolve(state, event)
            first.append(Happening(event=event, state=state))
        return replace(start, calendar=calendar, state=state, first=tuple(first))

    return make
