"""Who hands in on time is on time, however long the reviewer takes; what is returned is owed again."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from desk.registers.rounds_shown import RoundUnit, round_units, to_call
from ledger.chain.past.deciding import decide_here
from ledger.directory import people
from ledger.rounds.coming import step
from ledger.rounds.counted import RoundFilters
from ledger.rounds.rounds import known_round, perform
from ledger.store.database import Database
from rules.machine.commands import Actor, Command, CommandKind, Via
from rules.process import Role
from rules.rounds.deciding import RoundCommand, RoundVerb
from tests.ledger.rounds.month_round import BOSS, DUE, NAME, OPENING, before, in_round, month, page, settled, wrong
from tests.ledger.rounds.test_gone import ended, status, stepped, two

EARLY, AFTER = DUE - timedelta(days=2), DUE + timedelta(days=2)
LOCKED = OPENING + timedelta(days=40)


@pytest.fixture
def county(tmp_path: Path) -> Database:
    return in_round(tmp_path, month())


def shown(database: Database, unit: str, now: datetime) -> RoundUnit:
    with database.read() as connection:
        (row,) = round_units(connection, NAME, RoundFilters(), now, after=before(unit), limit=1)
    return row


def submitted(database: Database, unit: str, at: datetime, id_: str = "s") -> None:
    with database.read() as connection:
        liaison = people.holders(connection, Role.LIAISON, unit=unit)[0]
    who = Actor(id=liaison, role=Role.LIAISON, unit=unit, via=Via.SITE)
    did = Command(kind=CommandKind.SUBMIT, id=f"{id_}/{unit}", actor=who, answers=(("how", "已办"),))
    decide_here(database, shown(database, unit, at).no, did, at, away=False)


def judged(database: Database, unit: str, at: datetime, kind: CommandKind) -> None:
    said = {"outcome": "done"} if kind is CommandKind.CLOSE else {"reason": "再补一补"}
    command = Command(kind=kind, id=f"{kind}/{unit}", actor=BOSS, **said)  # type: ignore[arg-type]
    decide_here(database, shown(database, unit, at).no, command, at, away=False)


def test_who_hands_in_before_the_date_is_on_time_and_nobody_to_call_however_slow_the_reviewer_is(
    county: Database,
) -> None:
    first, second = two(county)
    for unit in (first, second):
        submitted(county, unit, EARLY)
    judged(county, first, AFTER, CommandKind.CLOSE)
    with county.read() as connection:
        called = {one.unit for one in to_call(connection, NAME, AFTER)}
    assert called.isdisjoint({first, second})
    assert [shown(county, unit, AFTER).state_name for unit in (first, second)] == ["按期", "已交、待审"]
    totals = page(county, AFTER).round
    assert (totals.on_time, totals.late, totals.reviewing) == (2, 0, 1)
    assert wrong(county) == []
    with county.write() as connection:
        step(connection, NAME, LOCKED)
        counts = known_round(connection, NAME).reports[0].counts
    assert (counts.on_time, counts.late, counts.missing, counts.reviewing) == (2, 0, 94, 1)


@pytest.mark.parametrize(("again", "state"), [(EARLY + timedelta(days=1), "in"), (AFTER, "late")])
def test_what_is_returned_is_owed_again_and_the_hand_in_that_is_taken_in_the_end_decides(
    county: Database, again: datetime, state: str
) -> None:
    first, _ = two(county)
    submitted(county, first, EARLY)
    judged(county, first, EARLY + timedelta(hours=1), CommandKind.RETURN)
    row = shown(county, first, EARLY + timedelta(hours=1))
    assert (row.state, row.reviewing, row.in_at) == ("owing", False, None)
    assert wrong(county) == []
    submitted(county, first, again, "again")
    judged(county, first, again + timedelta(days=20), CommandKind.CLOSE)
    row = shown(county, first, AFTER)
    assert (row.state, row.reviewing, row.in_at) == (state, False, again)
    assert wrong(county) == []


def test_what_waits_to_be_judged_is_neither_annulled_nor_handed_on_when_its_unit_ends(county: Database) -> None:
    first, _ = two(county)
    submitted(county, first, EARLY)
    ended(county, first, EARLY + timedelta(hours=1))
    stepped(county, EARLY + timedelta(hours=1))
    assert status(county, first) == "reviewing"
    assert settled(county, EARLY + timedelta(hours=2)) == 0
    assert wrong(county) == []


def test_what_is_annulled_while_it_waits_is_owed_by_nobody(county: Database) -> None:
    first, _ = two(county)
    submitted(county, first, EARLY)
    void = Command(kind=CommandKind.ANNUL, id="v", actor=BOSS, reason="重复")
    decide_here(county, shown(county, first, EARLY).no, void, EARLY, away=False)
    assert stepped(county, EARLY + timedelta(hours=1)).dropped[first].reason == "事项已作废"
    assert wrong(county) == []


def test_a_stopped_round_leaves_what_waits_to_be_judged(county: Database) -> None:
    first, second = two(county)
    submitted(county, first, EARLY)
    command = RoundCommand(id="x", verb=RoundVerb.STOP, actor=BOSS, reason="不再要", annul=True)
    with county.write() as connection:
        perform(connection, NAME, command, EARLY + timedelta(hours=1))
    settled(county, EARLY + timedelta(hours=1))
    assert (status(county, first), status(county, second)) == ("reviewing", "annulled")
