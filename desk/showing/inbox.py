"""The inbox as it is shown, and who is away: the same for JSON routes, pages and the command line."""

from datetime import date, datetime

from sqlalchemy import Connection

from desk.caller import Caller
from desk.showing.register import show_lamp
from desk.showing.values import Shown, ShownLamp
from ledger.chain import pinned
from ledger.directory import people, substitutes
from ledger.directory.naming import Called
from ledger.reading import inbox
from ledger.store.canonical import parse
from ledger.store.database import Database
from rules.dates.calendar import local_date
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor
from rules.machine.events import decode_fact
from rules.names import EVENT_NAMES
from rules.permitting import OfficeAct
from rules.process import Role
from rules.telling.story import tell


class ShownHeard(Shown):
    """A notice in the inbox. `behalf_name`: for whom the reader stands in; `read_at`: when it was seen first."""

    id: str
    no: str
    at: str
    sentence: str
    kind_name: str
    actor_name: str
    finding: str
    unit_name: str
    lamp: ShownLamp | None = None
    behalf_name: str = ""
    immediate: bool = False
    read_at: str | None = None


class ShownInbox(Shown):
    """A person's inbox; at most 200 notices, those that were not seen first. `standing_in`: names of those away."""

    person: str
    person_name: str
    unread: int
    total: int
    standing_in: tuple[str, ...] = ()
    notices: tuple[ShownHeard, ...] = ()


class ShownSubstitute(Shown):
    """From `first` to `last` `stand_in` acts and hears for `person`."""

    person: str
    person_name: str
    stand_in: str
    stand_in_name: str
    first: date
    last: date
    named_by: str
    named_by_name: str


def show_inbox(connection: Connection, person: str, now: datetime) -> ShownInbox:
    """The inbox of the person of that id or name. Raises unknown_person."""
    who = people.somebody(connection, person)
    heard = inbox.heard_by(connection, who.id, local_date(now))
    unread, total = inbox.counts(connection, heard)
    rows = inbox.notices(connection, heard)
    called = Called(connection, {*heard, *(row["actor"] for row in rows)})
    names = called.now
    shown = []
    for row in rows:
        process = pinned.process(connection, row["process_ref"])
        lamps = {lamp.id: lamp for lamp in process.lamps}
        outcomes = process.outcome_names
        then = called.at(row["position"])
        shown.append(
            ShownHeard(
                id=row["id"],
                no=row["stream"],
                at=row["at"],
                sentence=tell(decode_fact(row["kind"], parse(row["body"])), outcomes),
                kind_name=EVENT_NAMES[row["kind"]],
                actor_name="" if row["actor"] == "system" else then.get(row["actor"], row["actor"]),
                finding=row["finding"],
                unit_name=row["unit_name"],
                lamp=show_lamp(lamps[row["lamp"]]) if row["lamp"] in lamps else None,
                behalf_name=names.get(row["person"], row["person"]) if row["person"] != who.id else "",
                immediate=row["immediate"],
                read_at=row["read_at"],
            )
        )
    away = tuple(names.get(other, other) for other in heard[1:])
    return ShownInbox(
        person=who.id, person_name=who.name, unread=unread, total=total, standing_in=away, notices=tuple(shown)
    )


def mark_read(database: Database, caller: Caller, ids: tuple[str, ...] | None, now: datetime) -> int:
    """The caller has seen these notices, or all. Returns how many had not been seen. Raises unknown_person."""
    with database.write() as connection:
        who = people.somebody(connection, caller.person)
        return inbox.mark_read(connection, inbox.heard_by(connection, who.id, local_date(now)), ids, now)


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
        return people.post_for(who, OfficeAct.SUBSTITUTE, also="本人、")
    return who.posts[0] if who.posts else Actor(id=who.id, role=Role.LIAISON, unit=who.unit)


def show_substitutes(connection: Connection, now: datetime) -> tuple[ShownSubstitute, ...]:
    """Every substitution that holds today or later."""
    rows = substitutes.listed(connection, local_date(now))
    names = people.names_of(connection, {row[who] for row in rows for who in ("person", "stand_in", "named_by")})
    return tuple(
        ShownSubstitute(
            **{name: row[name] for name in ("person", "stand_in", "first", "last", "named_by")},
            **{f"{name}_name": names.get(row[name], row[name]) for name in ("person", "stand_in", "named_by")},
        )
        for row in rows
    )
