"""Who there is in a simulation: units, areas and people, as the directory has them; where none is loaded, one unit of
each kind that nobody sits in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from ledger.chain.holders import Holders
from ledger.directory import people
from rules.forms.tally import AREA_UNITS
from rules.machine.commands import UnitRef
from rules.permitting import OF_UNIT
from rules.process import AREA_KIND, Process, Role
from rules.telling.simulation import ANY_SUPERVISOR

NEAR = 3
"""For so many units are the rows of a unit's item: its own, and others of its area."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Units and areas by id, name and alias, names of people, and who holds which post. Empty where none is loaded.
    `everyone`: the units by id. `belongs`: in which unit somebody sits."""

    holders: Holders
    units: Mapping[str, UnitRef]
    names: Mapping[str, str]
    unit_names: Mapping[str, str]
    supervisors: tuple[str, ...] = ()
    everyone: Mapping[str, UnitRef] = field(default_factory=dict)
    areas: tuple[UnitRef, ...] = ()
    belongs: Mapping[str, str] = field(default_factory=dict)

    @property
    def known(self) -> bool:
        """Whether there is anybody in it."""
        return bool(self.names)

    def supervisor_of(self, unit: UnitRef) -> str:
        """Who issues what that unit gets: the supervisors have the areas in turn."""
        areas = [area.id for area in self.areas]
        place = areas.index(unit.area) if unit.area in areas else 0
        return self.supervisors[place % len(self.supervisors)] if self.supervisors else ANY_SUPERVISOR.id

    def in_the_dark(self, person: str, role: Role, unit: UnitRef) -> bool:
        """Whether that one hears nothing of an item which its unit does not see yet."""
        if not person:
            return role in OF_UNIT
        held = (person in self.holders.of_unit(one, unit.id) for one in OF_UNIT)
        return self.belongs.get(person) == unit.id or any(held)

    def near(self, unit: UnitRef) -> tuple[str, ...]:
        """The units to which rows of that one's items are given, in turn: its own first; of an area all of its own."""
        beside = [one.id for one in self.everyone.values() if one.area == unit.area]
        if unit.kind == AREA_KIND:
            return tuple(beside) or tuple(self.everyone)
        if unit.id not in self.everyone:
            return (unit.id,)
        place = beside.index(unit.id)
        return tuple((beside[place:] + beside[:place])[:NEAR])


def invented(processes: Iterable[Process]) -> Cast:
    """One unit of each kind for which there is a process, all of one area."""
    kinds = {p.unit_kind: p.unit_kind_name for p in processes if p.unit_kind != AREA_KIND}
    units = {kind: UnitRef(id=kind, name=f"某{name}", kind=kind, area=AREA_KIND) for kind, name in kinds.items()}
    area = UnitRef(id=AREA_KIND, name="某片组", kind=AREA_KIND, area=AREA_KIND)
    areas = (_with_members(area, units.values()),)
    return Cast(holders=Holders(), units={}, names={}, unit_names={}, everyone=units, areas=areas)


def directory_of(connection: Connection) -> Cast:
    """Who there is by the directory."""
    everyone = {
        row["id"]: UnitRef(id=row["id"], name=row["name"], kind=row["kind"], area=row["area"])
        for row in people.all_units(connection)
    }
    areas = tuple(_with_members(people.area_ref(row), everyone.values()) for row in people.all_areas(connection))
    units = {written: area for area in areas for written in (area.name, area.id)}
    for row in people.all_units(connection):
        for name in (*(a for a in row["aliases"].split("\n") if a), row["name"], row["id"]):
            units[name] = everyone[row["id"]]
    everybody = people.everybody(connection)
    supervisors = tuple(p.id for p in everybody if any(post.role is Role.SUPERVISOR for post in p.posts))
    return Cast(
        holders=Holders.everybody(connection),
        units=units,
        names={p.id: p.name for p in everybody},
        unit_names={p.id: p.unit_name for p in everybody if p.unit_name},
        supervisors=supervisors,
        everyone=everyone,
        areas=areas,
        belongs={p.id: p.unit for p in everybody if p.unit},
    )


def _with_members(area: UnitRef, units: Iterable[UnitRef]) -> UnitRef:
    return replace(area, members=tuple(one.name for one in units if one.area == area.id))


def as_asked(unit: UnitRef, process: Process) -> UnitRef:
    """The area with its units only where the process asks about each of them, as when a real item is issued."""
    asks = any(tally.each == AREA_UNITS for tally in process.tallies)
    return unit if asks or not unit.members else replace(unit, members=())
