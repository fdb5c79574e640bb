"""The inbox as it is shown, and who is away: the same for JSON routes, pages and the command line."""

from datetime import date, datetime

from sqlalchemy import Connection

from desk.caller import Caller
from desk.showing.register import show_lamp
from desk.showing.values import Shown, ShownLamp
from ledger.directory import people, substitutes
from ledger.reading.entry_words import EntryWords
from ledger.reading.personal import inbox
from rules.dates.calendar import local_date


class ShownHeard(Shown):
    """A notice in the inbox. `behalf_name`: for whom the reader stands in; `read_at`: when it was seen first."""

    id: str
    no: str
    at: str
    sentence: str
    kind_name: str
    actor_name: str
    title: str
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


def show_inbox(connection: Connection, caller: Caller, now: datetime) -> ShownInbox:
    """The caller's own inbox. Raises unknown_person."""
    who = people.somebody(connection, caller.person)
    heard = inbox.heard_by(connection, who.id, local_date(now))
    unread, total = inbox.counts(connection, heard)
    rows = inbox.notices(connection, heard)
    words, names = EntryWords(connection, rows), people.names_of(connection, set(heard))
    shown = []
    for row in rows:
        lamp = words.lamp(row, row["lamp"])
        shown.append(
            ShownHeard(
                id=row["id"],
                no=row["stream"],
                at=row["at"],
                sentence=words.line(row),
                kind_name=words.kind(row),
                actor_name=words.doer(row),
                title=row["title"],
                unit_name=row["unit_name"],
                lamp=show_lamp(lamp) if lamp else None,
                behalf_name=names.get(row["person"], row["person"]) if row["person"] != who.id else "",
                immediate=row["immediate"],
                read_at=row["read_at"],
            )
        )
    away = tuple(names.get(other, other) for other in heard[1:])
    return ShownInbox(
        person=who.id, person_name=who.name, unread=unread, total=total, standing_in=away, notices=tuple(shown)
    )


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
