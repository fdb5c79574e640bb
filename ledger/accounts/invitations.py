"""Invitations: links that work once, by which a person gives the account a password. Each step is an entry."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, insert, select, update

from ledger.accounts import accounts
from ledger.accounts.opening import fresh_id, fresh_secret, hash_of, seal_of
from ledger.chain import journal
from ledger.store.account_tables import Invitation
from ledger.store.tables import table_of
from rules.accounts.facts import InvitationIssued, InvitationUsed, InvitationWithdrawn
from rules.codec import instant_text
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor

INVITATION = table_of(Invitation)
OPEN, USED, WITHDRAWN = "open", "used", "withdrawn"
_BY_HASH = select(INVITATION).where(INVITATION.c.hash == bindparam("by_hash"), INVITATION.c.state == OPEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """What the person gets, once: `secret` is nowhere else, and is not found again."""

    invitation: str
    person: str
    name: str
    secret: str
    expires: datetime


def invite(
    connection: Connection, person: str, life: timedelta, by: Actor, now: datetime, *, first: bool = False
) -> Invited:
    """The person can set a password by a new link; what link they had works no more, and what password, still does
    until then. Raises unknown_account, account_refused for one that is switched off or whose person has left."""
    account = accounts.needed(connection, person)
    if not account.lets_in:
        why = "账号已停用" if not account.active else "此人现在没有任何职务"
        raise RuleViolation(Code.ACCOUNT_REFUSED, why=why)
    withdraw(connection, person, by, now)
    secret, id_, expires = fresh_secret(), fresh_id(), now + life
    hashed = hash_of(connection, secret)
    connection.execute(
        insert(INVITATION).values(
            id=id_,
            person=person,
            hash=hashed,
            issued_at=instant_text(now),
            expires_at=instant_text(expires),
            state=OPEN,
        )
    )
    seal = seal_of(connection, hashed)
    fact = InvitationIssued(invitation=id_, person=person, expires=expires, seal=seal, first=first)
    journal.note(connection, fact, by, now)
    return Invited(invitation=id_, person=person, name=account.name, secret=secret, expires=expires)


def withdraw(connection: Connection, person: str, by: Actor, now: datetime) -> bool:
    """No link of the person works any more. False: none did."""
    where = (INVITATION.c.person == person, INVITATION.c.state == OPEN)
    id_ = connection.execute(select(INVITATION.c.id).where(*where)).scalar()
    if id_ is None:
        return False
    connection.execute(update(INVITATION).where(INVITATION.c.id == id_).values(state=WITHDRAWN))
    journal.note(connection, InvitationWithdrawn(invitation=id_, person=person), by, now)
    return True


def invited_by(connection: Connection, secret: str, now: datetime) -> tuple[str, str] | None:
    """The invitation that the link is, with its person: one that works now. Asked again by whoever uses it, in the
    transaction in which it is used."""
    row = connection.execute(_BY_HASH, {"by_hash": hash_of(connection, secret)}).mappings().first()
    if row is None or not row["issued_at"] <= instant_text(now) < row["expires_at"]:
        return None
    return row["id"], row["person"]


def use(connection: Connection, invitation: str, person: str, by: Actor, now: datetime) -> None:
    """The link works no more."""
    connection.execute(update(INVITATION).where(INVITATION.c.id == invitation).values(state=USED))
    journal.note(connection, InvitationUsed(invitation=invitation, person=person), by, now)


def waiting(connection: Connection, now: datetime) -> dict[str, str]:
    """Whose link is still to be used, to the instant at which it expires."""
    query = select(INVITATION.c.person, INVITATION.c.expires_at).where(
        INVITATION.c.state == OPEN, INVITATION.c.expires_at > instant_text(now)
    )
    return {row.person: row.expires_at for row in connection.execute(query)}
