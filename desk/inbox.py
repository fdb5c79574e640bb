"""What somebody does at the inbox: notices are marked as seen, and somebody stands in while another is away."""

from datetime import date, datetime

from sqlalchemy import Connection

from desk.caller import Caller
from desk.personal.inbox import ShownSubstitute
from ledger.directory import people, substitutes
from ledger.reading.personal import inbox
from ledger.store.database import Database
from rules.dates.calendar import local_date
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor
from rules.permitting import OfficeAct
from rules.process import Role


def mark_read(database: Database, caller: Caller, ids: tuple[str, ...] | None, now: datetime) -> int:
    """The caller has seen these notices, or all. Returns how many had not been seen. Raises unknown_person."""
    with database.write() as connection:
        who = people.somebody(connection, caller.person)
        return inbox.mark_read(connection, inbox.heard_by(connection, who.id, local_date(now)), ids, now)


def unread_of(connection: Connection, person: str, now: datetime) -> int:
    """How many of the latest notices the person, or whoever they stand in for, has not seen."""
    return inbox.lately_unread(connection, inbox.heard_by(connection, person, local_date(now)))


def substitute(
    database: Database, *, person: str, stand_in: str, first: date, last: date, caller: Caller, now: datetime
) -> ShownSubstitute:
    """The stand-in acts and hears for the person on these days. `caller`: the person, or who may name one for others.

    Raises unknown_person, wrong_role, field_invalid, date_in_past, stand_in_overlap, stand_in_cycle, stand_in_chain.
    """
    today = local_date(now)
    with database.write() as connection:
        away, other = people.somebody(connection, person), people.somebody(connection, stand_in)
        named_by = _may_name(connection, caller, away.id)
        if last < today:
            raise RuleViolation(Code.DATE_IN_PAST, field="委托期限", actual=last, today=today)
        substitutes.name(
            connection, person=away.id, stand_in=other.id, first=first, last=last, named_by=named_by, now=now
        )
        named_by_name = people.somebody(connection, named_by.id).name
    return ShownSubstitute(
        person=away.id,
        person_name=away.name,
        stand_in=other.id,
        stand_in_name=other.name,
        first=first,
        last=last,
        named_by=named_by.id,
        named_by_name=named_by_name,
    )


def call_off(database: Database, *, person: str, caller: Caller, now: datetime) -> int:
    """Nobody stands in for the person any longer. Returns how many substitutions ended."""
    with database.write() as connection:
        away = people.somebody(connection, person)
        return substitutes.call_off(connection, away.id, _may_name(connection, caller, away.id), now)


def _may_name(connection: Connection, caller: Caller, person: str) -> Actor:
    """Who arranges it, as what: for oneself in the first post held, for others in one that may."""
    who = people.somebody(connection, caller.person)
    if who.id != person:
        return caller.acting(people.post_for(who, OfficeAct.SUBSTITUTE, also="本人、"))
    return caller.acting(who.posts[0] if who.posts else Actor(id=who.id, role=Role.LIAISON, unit=who.unit))
