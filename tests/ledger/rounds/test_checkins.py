"""What a unit hands in by one command, which closes it at once, comes in to its round as what somebody closes does."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from desk.registers.rounds_shown import round_page
from ledger.chain import batches, pinned
from ledger.chain.entries import ITEM
from ledger.chain.past.deciding import decide_here
from ledger.directory import people
from ledger.proof.verifying.rounds import verify_rounds
from ledger.rounds.campaigns import campaign_in_force, load_campaigns
from ledger.rounds.coming import step
from ledger.rounds.rounds import check_appended, open_in_ledger, perform
from ledger.rounds.rows import batch_of
from ledger.store.database import Database
from rules.dates.calendar import instant_of
from rules.errors import Code, RuleViolation
from rules.forms.samples import samples
from rules.machine.commands import SYSTEM, Actor, Command, CommandKind, Via
from rules.process import Role
from rules.rounds.deciding import RoundCommand, RoundVerb
from rules.rounds.periods import read_period
from tests.support.product import SUPERVISOR, known_county
from tests.support.shipped import every_campaign

NAME = "monthly/2026-12"
OPENING = instant_of(date(2026, 12, 29), time(9))
DUE = instant_of(date(2027, 1, 7), time(17, 30))
AFTER_LOCK = instant_of(date(2027, 1, 25), time(9))


def handed_in(database: Database, unit: str, at: datetime) -> None:
    with database.read() as connection:
        query = select(ITEM.c.no, ITEM.c.process_ref).where(ITEM.c.batch == batch_of(NAME), ITEM.c.unit == unit)
        no, ref = connection.execute(query).one()
        process = pinned.process(connection, ref)
        liaison = people.holders(connection, Role.LIAISON, unit=unit)[0]
    answers = next(samples(process.form(process.first_step.form)))
    actor = Actor(id=liaison, role=Role.LIAISON, unit=unit, via=Via.SITE)
    command = Command(kind=CommandKind.SUBMIT, id=f"s/{at}", actor=actor, answers=answers)
    decide_here(database, no, command, at, away=False, check=check_appended)


def test_a_check_in_is_in_late_or_locked_out_by_the_hour_at_which_it_is_handed_in(tmp_path: Path) -> None:
    database = known_county(tmp_path / "county", now=OPENING - timedelta(days=30))
    with database.write() as connection:
        load_campaigns(connection, every_campaign(), OPENING - timedelta(days=30))
        monthly = campaign_in_force(connection, "monthly")
        open_in_ledger(connection, monthly, read_period("2026-12"), SYSTEM, OPENING)
        while batches.issue_chunk(connection, batch_of(NAME), 500, OPENING):
            pass
    handed_in(database, "u001", DUE)
    handed_in(database, "u002", DUE + timedelta(seconds=1))
    with database.write() as connection:
        step(connection, NAME, AFTER_LOCK)
        shown = round_page(connection, NAME, AFTER_LOCK).round
        assert (shown.owed, shown.on_time, shown.late, shown.owing, shown.revision) == (96, 1, 1, 94, 1)
    with pytest.raises(RuleViolation) as refused:
        handed_in(database, "u003", AFTER_LOCK)
    assert refused.value.code is Code.ROUND_LOCKED
    supervisor = Actor(id=SUPERVISOR, role=Role.SUPERVISOR, via=Via.SITE)
    unlock = RoundCommand(id="u", verb=RoundVerb.UNLOCK, actor=supervisor, unit="u003", days=3, reason="停电")
    with database.write() as connection:
        perform(connection, NAME, unlock, AFTER_LOCK)
    handed_in(database, "u003", AFTER_LOCK + timedelta(hours=1))
    with database.read() as connection:
        assert round_page(connection, NAME, AFTER_LOCK).round.late == 2
        assert list(verify_rounds(connection)) == []
