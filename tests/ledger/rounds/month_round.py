"""A round of plain tasks over all units of the county, in the ledger alone, for tests of what becomes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from desk.registers.rounds_shown import RoundPage, round_page, round_units
from ledger.chain import batches
from ledger.chain.bulk import give
from ledger.chain.family.settling import unsettled
from ledger.chain.past.deciding import decide_here
from ledger.directory import people
from ledger.proof.verifying.rounds import verify_rounds
from ledger.rounds.campaigns import campaign_in_force, load_campaigns
from ledger.rounds.counted import RoundFilters
from ledger.rounds.rounds import check_appended, open_in_ledger
from ledger.rounds.rows import batch_of
from ledger.store.database import Database
from rules.dates.calendar import instant_of
from rules.machine.commands import SYSTEM, Actor, Command, CommandKind, Via
from rules.process import Role
from rules.rounds.campaign import Campaign, DueBy
from rules.rounds.moment import Moment, MomentForm
from rules.rounds.periods import Rhythm, read_period
from tests.support.product import SUPERVISOR, known_county
from tests.support.shipped import every_campaign

NAME = "month/2027-03"
OPENING = instant_of(date(2027, 3, 1), time(9))
DUE = instant_of(date(2027, 3, 10), time(17, 30))
BOSS = Actor(id=SUPERVISOR, role=Role.SUPERVISOR, via=Via.SITE)


def of_period(nth: int, *, after: bool = False) -> Moment:
    return Moment(form=MomentForm.WORKING_DAY, nth=nth, after=after)


def month(**said: Any) -> Campaign:
    """Due on the eighth working day, for research institutes on the twelfth."""
    (shipped,) = (one for one in every_campaign() if one.id == "inspections")
    campaign = replace(
        shipped,
        id="month",
        process="task",
        variant="plain",
        rhythm=Rhythm.MONTH,
        opens=of_period(1),
        due=(DueBy(kind="research", moment=of_period(12)), DueBy(kind="", moment=of_period(8))),
        locks=of_period(5, after=True),
    )
    return replace(campaign, **said)


def in_round(folder: Path, campaign: Campaign) -> Database:
    """The campaign's round of March 2027 is open and issued."""
    database = known_county(folder / "county", now=OPENING - timedelta(days=30))
    with database.write() as connection:
        load_campaigns(connection, [campaign], OPENING - timedelta(days=9))
        open_in_ledger(connection, campaign_in_force(connection, "month"), read_period("2027-03"), SYSTEM, OPENING)
    issued(database, OPENING)
    return database


def issued(database: Database, now: datetime) -> None:
    with database.write() as connection:
        while batches.issue_chunk(connection, batch_of(NAME), 500, now):
            pass


def settled(database: Database, now: datetime) -> int:
    """What is to be annulled or handed on is; how many items that were."""
    with database.read() as connection:
        selection = unsettled(connection, NAME)
    return give(database, selection, now, 500).stored


def closed(database: Database, unit: str, at: datetime, *, by: str = "", annul: bool = False) -> None:
    """The unit has done what it is asked, and that is taken; or it is annulled. `by`: the unit that does it for it."""
    with database.read() as connection:
        (row,) = round_units(connection, NAME, RoundFilters(), at, after=before(unit), limit=1)
        liaison = Actor(
            id=people.holders(connection, Role.LIAISON, unit=by or unit)[0],
            role=Role.LIAISON,
            unit=by or unit,
            via=Via.SITE,
        )
    if annul:
        who = liaison if by else BOSS
        void = Command(kind=CommandKind.ANNUL, id=f"v/{unit}", actor=who, reason="重复")
        decide_here(database, row.no, void, at, away=False)
        return
    did = Command(kind=CommandKind.SUBMIT, id=f"s/{unit}", actor=liaison, answers=(("how", "已办"),))
    decide_here(database, row.no, did, at, away=False, check=check_appended)
    taken = Command(kind=CommandKind.CLOSE, id=f"c/{unit}", actor=BOSS, outcome="done")
    decide_here(database, row.no, taken, at, away=False)


def before(unit: str) -> str:
    return unit[:-1] + chr(ord(unit[-1]) - 1) + "~"


def page(database: Database, now: datetime) -> RoundPage:
    with database.read() as connection:
        return round_page(connection, NAME, now)


def wrong(database: Database) -> list[str]:
    with database.read() as connection:
        return [one.what for one in verify_rounds(connection)]
