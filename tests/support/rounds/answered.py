"""A county whose monthly check-in opens, is issued and answered at the ledger, without an engine: for tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path

from ledger.chain import batches, lookup, pinned
from ledger.chain.entries import ITEM, Check
from ledger.chain.past.deciding import decide_here
from ledger.proof.verify import verify
from ledger.rounds.campaigns import campaign_in_force, load_campaigns
from ledger.rounds.rounds import open_in_ledger
from ledger.rounds.rows import batch_of
from ledger.store import migrations
from ledger.store.database import Database
from rules.dates.calendar import instant_of
from rules.forms.form import ASKS, Form
from rules.forms.samples import sample
from rules.machine.commands import SYSTEM, Actor, Command, CommandKind, Via
from rules.process import Role
from rules.rounds.periods import read_period
from tests.support.product import copied, know_since
from tests.support.shipped import every_campaign

LOADED = instant_of(date(2026, 1, 1), time(9))


def counted(folder: Path) -> Database:
    """A county that knows the shipped figures and campaigns."""
    return copied("counted", folder, know_and_ask)


def know_and_ask(database: Database) -> None:
    """The empty database comes to know the county, its figures and its campaigns."""
    migrations.upgrade(database)
    know_since(database, LOADED)
    with database.write() as connection:
        load_campaigns(connection, every_campaign(), LOADED)


def opening(period: str) -> datetime:
    """On the last day of the month nobody minds that it is late."""
    return instant_of(read_period(period).last, time(9))


def opened(database: Database, period: str, *, campaign: str = "monthly", issue: bool = True) -> str:
    """The round is open, and its items are issued. Returns its id."""
    now = opening(period)
    with database.write() as connection:
        open_in_ledger(connection, campaign_in_force(connection, campaign), read_period(period), SYSTEM, now)
    name = f"{campaign}/{period}"
    taken = 1
    while taken and issue:
        with database.write() as connection:
            taken = batches.issue_chunk(connection, batch_of(name), 300, now)
    return name


def item_of(database: Database, round_: str, unit: str) -> str:
    """The number of what that unit was asked in the round; empty where it was not."""
    with database.read() as connection:
        rows = connection.execute(ITEM.select().where(ITEM.c.batch == batch_of(round_), ITEM.c.unit == unit)).mappings()
        return next((str(row["no"]) for row in rows), "")


def form_of(database: Database, no: str) -> Form:
    """What its item asks."""
    with database.read() as connection:
        process = pinned.process(connection, lookup.item_row(connection, no)["process_ref"])
    return process.form(ASKS) or Form(id=ASKS, fields=())


def answer(
    database: Database,
    no: str,
    said: Mapping[str, str] | None = None,
    *,
    at: datetime | None = None,
    id_: str = "a1",
    then: Check | None = None,
) -> None:
    """Its unit's liaison submits it, with samples for what is not said. `then`: what follows in the transaction."""
    with database.read() as connection:
        row = lookup.item_row(connection, no)
    answers = tuple((one.id, (said or {}).get(one.id, sample(one))) for one in form_of(database, no).fields)
    actor = Actor(id="liaison", role=Role.LIAISON, unit=row["unit"], via=Via.SITE)
    command = Command(kind=CommandKind.SUBMIT, id=id_, actor=actor, answers=answers)
    now = at or datetime.fromisoformat(row["issued_at"]) + timedelta(days=1)
    decide_here(database, no, command, now, away=False, then=then)


def wrong(database: Database) -> list[str]:
    """What verification finds, but for numbers: a county for tests begins at a thousand of its own."""
    return [one.what for one in verify(database).wrong if "已经发出" not in one.what]
