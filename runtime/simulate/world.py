"""What a simulation starts from, without any server: processes, calendar, units and people, and the items to play.

Read from the ledger's database where there is one, from what is shipped otherwise. Nothing is ever written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache, partial
from pathlib import Path
from typing import TypeAlias

from sqlalchemy import Connection, RowMapping

from definitions.calendars import overlays_in, snapshot
from definitions.catalogue import load_catalogue, load_process
from ledger.chain import entries, lookup, pinned
from ledger.chain.family.sowing import sowing_at
from ledger.reading import lists
from ledger.store.database import Database
from rules.dates.calendar import Calendar
from rules.errors import Code, RuleViolation
from rules.forms.answers import Pairs
from rules.machine.commands import Actor, Command, CommandKind, UnitRef
from rules.machine.folding import evolve
from rules.machine.issuing import Order
from rules.machine.item import decide
from rules.machine.state import State
from rules.moves.sowing import InForce, answered_in
from rules.process import AREA_KIND, Process, Role
from rules.telling.playing_family import Surroundings
from rules.telling.simulation import Behaviour, Happening, imagined
from runtime.ending import Problem
from runtime.settings import Settings
from runtime.simulate import cast
from runtime.simulate.cast import Cast, as_asked
from runtime.simulate.items import ImaginedItems
from runtime.store import open_database, overlay_folder

Resolved: TypeAlias = Mapping[tuple[str, str], Process]
"""Processes by variant and kind of unit."""
CURRENT = "current"
_MOVED = Actor(id="administrator", role=Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One item to play: how it stands at `begin`. `first`: what happened to begin with, for an imagined one. `around`:
    where what follows from it is issued; `kin`: what follows from it already, and has not ended.

    `changed` plays the same item under another process.
    """

    process: Process
    calendar: Calendar
    state: State
    behaviour: Behaviour
    begin: datetime
    around: Surroundings
    first: tuple[Happening, ...] = ()
    order: Order | None = None
    kin: tuple[Start, ...] = ()

    def changed(self, process: Process, changed: Resolved) -> Start | None:
        """The same item under that process from here on, and what follows from it where that goes by one of `changed`;
        None when it lacks the step in which the item stands."""
        around = replace(self.around, in_force=_changed(self.around.in_force, changed))
        if self.order is not None:
            day, supervisor = self.begin.date(), self.state.supervisor
            return begun(process, self.calendar, self.order, day, self.behaviour, supervisor, around)
        if self.state.step and all(step.id != self.state.step for step in process.steps):
            return None
        return replace(self, process=process, around=around)


def _changed(in_force: InForce, changed: Resolved) -> InForce:
    named = {process.id for process in changed.values()}

    def find(process: str, variant: str, kind: str) -> Process:
        found = changed.get((variant, kind)) if process in named else None
        return found or in_force(process, variant, kind)

    return find


def database_of(settings: Settings) -> Database | None:
    """The ledger's database; None where none has been made yet."""
    if not settings.database_url and not (settings.data / "duban.db").exists():
        return None
    return open_database(settings)


def processes_of(connection: Connection | None, wanted: str) -> Resolved:
    """The processes of that id, or of that YAML file. Raises unknown_process, definition_invalid."""
    if wanted.endswith((".yaml", ".yml")):
        return _by_kind(load_process(Path(wanted)).all_resolved())
    found = _by_kind(p for p in current_processes(connection) if p.id == wanted)
    if not found:
        raise RuleViolation(Code.UNKNOWN_PROCESS, actual=wanted, unit_kind="任何单位")
    return found


def current_processes(connection: Connection | None) -> tuple[Process, ...]:
    """Every process in force, for each variant and kind of unit; what is shipped, where there is no database."""
    if connection is not None:
        return tuple(lists.current_processes(connection))
    return _shipped()


@cache
def _shipped() -> tuple[Process, ...]:
    return tuple(p for definition in load_catalogue() for p in definition.all_resolved())


def in_force_of(connection: Connection | None, ours: Resolved) -> InForce:
    """How a process is found by which a follow-up goes: one of `ours`, which may be a file's, before those in force."""
    found: dict[tuple[str, str, str], Process] = {}

    def find(process: str, variant: str, kind: str) -> Process:
        if not found:  # read when something follows, and not before
            every = (*current_processes(connection), *ours.values())
            found.update({(p.id, p.variant, p.unit_kind): p for p in every})
        known = found.get((process, variant, kind))
        if known is None:
            raise RuleViolation(Code.UNKNOWN_PROCESS, actual=f"{process}/{variant}", unit_kind=kind)
        return known

    return find


def following(connection: Connection | None, processes: Iterable[Process]) -> tuple[Process, ...]:
    """These processes, and those by which goes what follows from them."""
    found = {process.ref: process for process in processes}
    waiting = [process for process in found.values() if process.issues]
    every = current_processes(connection) if waiting else ()
    while waiting:
        named = {rule.process for rule in waiting.pop().issues}
        new = [process for process in every if process.id in named and process.ref not in found]
        found |= {process.ref: process for process in new}
        waiting += (process for process in new if process.issues)
    return tuple(found.values())


def _by_kind(processes: Iterable[Process]) -> Resolved:
    return {(p.variant, p.unit_kind): p for p in processes}


def surroundings(
    connection: Connection | None, directory: Cast, processes: Resolved, calendar: Calendar, rows: int
) -> Surroundings:
    """Where what follows from the items is issued: for units of the directory, by what is in force."""
    around = Surroundings(
        in_force=in_force_of(connection, processes),
        calendar=calendar,
        units=directory.everyone,
        near=directory.near,
        rows=rows,
    )
    if connection is None:
        return around
    return replace(around, answered=partial(_answered, connection), sown_at=partial(sowing_at, connection))


def _answered(connection: Connection, no: str) -> dict[str, Pairs]:
    return answered_in(entries.read_events(connection, no))


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


def directory_of(connection: Connection | None, processes: Iterable[Process]) -> Cast:
    """Who there is; where nobody is known, a unit of each kind."""
    known = cast.directory_of(connection) if connection is not None else None
    return known if known and known.everyone else cast.invented(processes)


def begun(
    process: Process,
    calendar: Calendar,
    order: Order,
    issued: date,
    behaviour: Behaviour,
    supervisor: str,
    around: Surroundings,
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
        around=around,
    )


def imagined_items(
    wanted: Iterable[ImaginedItems], processes: Resolved, directory: Cast, around: Surroundings
) -> Iterator[Callable[[], Start]]:
    """One after the other, each made when it is its turn. Calling raises Problem for an item that cannot be issued."""
    number = 0
    for one in wanted:
        for _ in range(one.count):
            number += 1
            yield _maker(one, number, processes, directory, around)


def _maker(
    one: ImaginedItems, number: int, processes: Resolved, directory: Cast, around: Surroundings
) -> Callable[[], Start]:
    def make() -> Start:
        unit = _unit(one, processes, directory)
        process = processes.get((one.variant, unit.kind))
        if process is None:
            raise RuleViolation(Code.UNKNOWN_PROCESS, actual=one.variant, unit_kind=unit.kind)
        return imagine(process, unit, number, one, directory, around)

    return make


def imagine(
    process: Process, unit: UnitRef, number: int, one: ImaginedItems, directory: Cast, around: Surroundings
) -> Start:
    """The item as it is issued to that unit; `number`: the how manieth it is. Raises Problem."""
    no = f"拟{process.prefix}-{number:04d}"
    order = Order(no=no, unit=as_asked(unit, process), title="模拟事项", deadline=one.deadline)
    supervisor = directory.supervisor_of(unit)
    try:
        return begun(process, around.calendar, order, one.issued, one.behaviour, supervisor, around)
    except RuleViolation as refusal:
        raise Problem(f"{one.where}：{refusal}" if one.where else str(refusal)) from refusal


def _unit(one: ImaginedItems, processes: Resolved, directory: Cast) -> UnitRef:
    if one.unit_kind == AREA_KIND:
        return directory.areas[0]
    if one.unit_kind in directory.everyone:
        return directory.everyone[one.unit_kind]
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
    behaviour: Behaviour,
    around: Surroundings,
    *,
    process: str = "",
    processes: Resolved | None = None,
    calendar: Calendar | None = None,
) -> Iterator[Callable[[], Start]]:
    """The open items as they stand, by number; what follows from an open one is played with it. Each goes on under its
    own process and calendar; under `processes` and `calendar` where those are given: then its dates are first worked
    out anew, as adopting that calendar would do."""

    def standing(row: RowMapping) -> Start:
        state = lookup.state_of(row)
        own = pinned.process(connection, state.process)
        if processes is not None and own.id == process:
            own = processes.get((own.variant, own.unit_kind), own)
        children = [standing(child) for child in lookup.open_children(connection, state.no)] if state.children else []
        start = Start(
            process=own,
            calendar=pinned.calendar(connection, state.calendar),
            state=state,
            behaviour=behaviour,
            begin=now,
            around=around,
        )
        start = _by_calendar(start, calendar) if calendar else start
        return replace(start, kin=tuple(kin for child in children for kin in (child, *child.kin)))

    after = ""
    while rows := lookup.open_items(connection, after=after):
        for row in rows:
            if process in ("", row["process"]) and not _is_kin(connection, row, process):
                yield partial(standing, row)
        after = rows[-1]["no"]


def _is_kin(connection: Connection, row: RowMapping, process: str) -> bool:
    """Whether the item is played with the one that it follows from."""
    parent = lookup.open_item(connection, row["parent"]) if row["parent"] else None
    return parent is not None and process in ("", parent["process"])


def _by_calendar(start: Start, calendar: Calendar) -> Start:
    if calendar.version == start.state.calendar:
        return start
    moved = Command(
        kind=CommandKind.RECALCULATE, id="calendar", actor=_MOVED, reason="模拟采用新日历", calendar=calendar
    )
    state, first = start.state, []
    for event in decide(start.process, start.calendar, state, moved, start.begin).events:
        state = evolve(state, event)
        first.append(Happening(event=event, state=state))
    return replace(start, calendar=calendar, state=state, first=tuple(first))
