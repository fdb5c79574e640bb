"""What the ladder took is taken from the unit that had the item then, whoever has it now."""

from __future__ import annotations

from pathlib import Path

from ledger.chain.figures.in_force import figures_in_force
from ledger.chain.past.deciding import decide_here
from ledger.directory import people
from ledger.scores.gathering import known_of, units_then
from ledger.scores.in_force import assessments_in_force
from ledger.store.database import Database
from rules.machine.commands import Assignment, Command, CommandKind
from rules.rounds.periods import read_period
from tests.support.factories import at
from tests.support.scores.half_year import LATE_ITEM, overdue
from tests.support.scores.scored import ASSESSMENT, BOSS, assessed
from tests.support.shipped import catalogue


def taken(database: Database, month: str) -> dict[str, list[str]]:
    """By unit, the rungs that are counted for the quarter that ends with the month."""
    with database.read() as connection:
        period = read_period(month)
        then = units_then(connection, ("u001", "u002"), period)
        known = known_of(
            connection,
            assessments_in_force(connection)[ASSESSMENT],
            figures_in_force(connection),
            period,
            then,
            at("2026-06-01"),
            {},
        )
    return {unit: [one.entry for many in of.rungs.values() for one in many] for unit, of in known.items()}


def passed_on(database: Database, unit: str, now: str) -> None:
    with database.read() as connection:
        ref = people.unit_ref(connection, unit)
    process = next(one for one in catalogue() if one.id == "rectification").resolve(ref.kind, "staged")
    command = Command(
        kind=CommandKind.REASSIGN,
        id=f"to {unit}",
        actor=BOSS,
        reason="职责在该单位",
        assignment=Assignment(unit=ref, process=process),
    )
    decide_here(database, LATE_ITEM, command, at(now), away=False)


def test_who_had_the_item_then_pays_for_its_lateness(tmp_path: Path) -> None:
    database = assessed(tmp_path / "county")
    overdue(database)
    before = taken(database, "2026-03")
    assert before["u001"] != []
    assert before["u002"] == []
    passed_on(database, "u002", "2026-03-20")
    assert taken(database, "2026-03") == before
    passed_on(database, "u001", "2026-03-23")
    assert taken(database, "2026-03") == before
    database.close()
