"""A family as it is played ahead of time is the family as the ledger has it: what people and clocks do to one item is
appended, and every other stream then holds what was foreseen, entry by entry."""

from dataclasses import replace
from datetime import date

import pytest

from ledger.chain import entries, pinned
from ledger.store.database import Database
from rules.machine.commands import UnitRef
from rules.machine.events import Event
from rules.machine.issuing import Order
from rules.moves.sowing import FOLLOWS
from rules.process import AREA_KIND, Process
from rules.telling.playing_family import PlayedFamily, Surroundings
from rules.telling.simulation import Behaviour, Habit, imagined
from tests.support import world
from tests.support.days import CALENDAR
from tests.support.factories import at
from tests.support.matters import about_for
from tests.support.shipped import catalogue

EVERY = tuple(one for definition in catalogue() for one in definition.all_resolved())
UNITS = {row["id"]: UnitRef(id=row["id"], name=row["name"], kind=row["kind"], area=row["area"]) for row in world.UNITS}
NEAR = ("u1", "u2", "u3")
LATE = Behaviour(
    unit=Habit(days=-1),
    reviewer=Habit(days=2),
    steps=(("work", Habit(days=6)), ("execute", Habit(days=1)), ("node", Habit(days=1))),
)


def in_force(process: str, variant: str, kind: str) -> Process:
    return next(one for one in EVERY if (one.id, one.variant, one.unit_kind) == (process, variant, kind))


def _as_kept(event: Event) -> Event:
    """An entry does not say in which area whoever acted stands."""
    return replace(event, actor=replace(event.actor, area=None))


@pytest.mark.parametrize("name", ["project", "inspection", "visit", "appraisal"])
def test_what_is_played_ahead_is_what_the_ledger_makes_of_it(database: Database, name: str) -> None:
    process = next(one for one in EVERY if one.id == name and one.unit_kind in ("research", AREA_KIND))
    area = process.unit_kind == AREA_KIND
    members = tuple(unit.name for unit in UNITS.values() if unit.area == "a1")
    unit = UnitRef(id="a1", name="第一片组", kind=AREA_KIND, area="a1", members=members) if area else UNITS["u1"]
    around = Surroundings(in_force=in_force, calendar=CALENDAR, units=UNITS, near=lambda unit: NEAR)
    first = imagined(
        process, CALENDAR, Order(no="XX2026-0001", unit=unit, **about_for(process)), date(2026, 3, 2), "du"
    )
    root = around.item(process, CALENDAR, first.state, LATE, first.event.at)
    played = list(PlayedFamily([root], LATE, around).play(at("2026-11-30")))

    with database.write() as connection:
        pinned.load_processes(connection, EVERY, world.LOADED_AT)
    world.store_issued(database, first.event)
    foreseen = {"XX2026-0001": [first.event]}
    for place, one in enumerate(played):
        no, event = one.state.no, one.event
        foreseen.setdefault(no, []).append(event)
        if event.command.startswith(FOLLOWS):
            continue  # comes about by itself, with another's
        following = played[place + 1] if place + 1 < len(played) else None
        if following and (following.state.no, following.event.command) == (no, event.command):
            continue  # appended with the rest of its command
        together = [other for other in foreseen[no] if other.command == event.command]
        entries.append(database, no, together[0].seq - 1, event.command, together)
    with database.read() as connection:
        stored = {no: list(entries.read_events(connection, no)) for no in foreseen}
    assert len(foreseen) == 4
    assert stored == {no: [_as_kept(event) for event in events] for no, events in foreseen.items()}
    assert any(event.kind == "rung_reached" for event in foreseen["XX2026-0001-1"])
