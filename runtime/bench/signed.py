"""Somebody who is in, for measures that ask the site: a real session, of an account without a password."""

from datetime import UTC, datetime

from api.entrance.cookies import PLAIN_COOKIE
from desk.accounts.demo import admit_in_demo
from desk.accounts.entrance import Entrance
from desk.accounts.hasher import Hasher
from ledger.store.database import Database
from rules.accounts.limits import AccessLimits


def entrance_of(database: Database) -> Entrance:
    """The entrance to that database."""
    return Entrance(database=database, hasher=Hasher(), limits=AccessLimits())


def cookie_of(database: Database, person: str) -> str:
    """What the browser of that person sends."""
    now = datetime.now(UTC)
    admitted = admit_in_demo(entrance_of(database), person, address="127.0.0.1", agent="bench", now=now)
    return f"{PLAIN_COOKIE}={admitted.secret}"
