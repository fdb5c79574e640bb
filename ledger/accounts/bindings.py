"""Bindings: who comes in by which other way, by what they are called there for ever. Each step is an entry."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select

from ledger.accounts.opening import seal_of
from ledger.chain import journal
from ledger.store.account_tables import BindingRow
from ledger.store.tables import table_of
from rules.accounts.facts import WayBound, WayUnbound
from rules.codec import instant_text
from rules.machine.commands import Actor

PEOPLE_BOUND = table_of(BindingRow)
CALLED_LENGTH = 255
"""Of what a person is called elsewhere; OpenID Connect allows no more (Core 1.0, section 2)."""
_OF_SUBJECT = select(PEOPLE_BOUND.c.person).where(
    PEOPLE_BOUND.c.way == bindparam("by"), PEOPLE_BOUND.c.subject == bindparam("called")
)
_OF_PERSON = select(PEOPLE_BOUND).where(
    PEOPLE_BOUND.c.person == bindparam("who"), PEOPLE_BOUND.c.way == bindparam("by")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBinding:
    """The person comes in by that way, being called `subject` there."""

    way: str
    subject: str
    person: str
    bound_at: str


def bound_to(connection: Connection, way: str, subject: str) -> str | None:
    """As whom somebody called so comes in by that way."""
    person: str | None = connection.execute(_OF_SUBJECT, {"by": way, "called": subject}).scalar()
    return person


def binding_of(connection: Connection, person: str, way: str) -> KnownBinding | None:
    """By what the person comes in by that way."""
    row = connection.execute(_OF_PERSON, {"who": person, "by": way}).mappings().first()
    return KnownBinding(**row) if row else None


def all_bindings(connection: Connection) -> list[KnownBinding]:
    """Every binding, by person and way."""
    rows = connection.execute(select(PEOPLE_BOUND).order_by(PEOPLE_BOUND.c.person, PEOPLE_BOUND.c.way)).mappings()
    return [KnownBinding(**row) for row in rows]


def bind(connection: Connection, way: str, subject: str, person: str, by: Actor, now: datetime) -> None:
    """Whoever is called so comes in as the person by that way: neither of them had a binding there."""
    row = {"way": way, "subject": subject, "person": person, "bound_at": instant_text(now)}
    connection.execute(insert(PEOPLE_BOUND).values(**row))
    journal.note(connection, WayBound(way=way, person=person, seal=binding_seal(connection, way, subject)), by, now)


def unbind(connection: Connection, way: str, person: str, by: Actor, now: datetime) -> bool:
    """Nobody comes in as the person by that way. False: nobody did."""
    where = (PEOPLE_BOUND.c.person == person, PEOPLE_BOUND.c.way == way)
    if not connection.execute(delete(PEOPLE_BOUND).where(*where)).rowcount:
        return False
    journal.note(connection, WayUnbound(way=way, person=person), by, now)
    return True


def binding_seal(connection: Connection, way: str, subject: str) -> str:
    """What the entry holds of whom somebody is elsewhere."""
    return seal_of(connection, f"{way}\n{subject}")
