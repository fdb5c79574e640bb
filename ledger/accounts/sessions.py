"""Sessions: who is in. Kept on the server, found by the hash of what the cookie holds, gone when they end."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    bindparam,
    delete,
    exists,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from ledger.accounts.accounts import ACCOUNT, in_post_now
from ledger.accounts.addresses import ADDRESS_LENGTH
from ledger.accounts.opening import fresh_id, fresh_secret, hash_of, seal_of
from ledger.chain import journal
from ledger.directory.people import POST
from ledger.store.account_tables import SessionRow
from ledger.store.driver import PreparedQuery
from ledger.store.tables import table_of
from rules.accounts.facts import SignedIn, SignedOut
from rules.accounts.limits import KEY_SHOWN_BY, MINUTE, SKEW, AccessLimits
from rules.codec import instant_text
from rules.machine.commands import Actor

SESSION = table_of(SessionRow)
AGENT_LENGTH = 120
_LIVE = (
    select(SESSION)
    .join(ACCOUNT, ACCOUNT.c.person == SESSION.c.person)
    .where(
        ACCOUNT.c.active,
        SESSION.c.started_at > bindparam("oldest"),
        SESSION.c.started_at <= bindparam("newest"),
        SESSION.c.seen_at > bindparam("idle_since"),
        in_post_now(ACCOUNT.c.person),
    )
)
"""What is recognised, in one place and in one question."""
_HOLDS = exists().where(
    POST.c.person == SESSION.c.person, or_(*(POST.c.role == literal_column(f"'{role}'") for role in KEY_SHOWN_BY))
)
_LIVE_WITH_KEY = _LIVE.where(or_(SESSION.c.security_key != literal_column("''"), ~_HOLDS.correlate(SESSION)))
"""The same where those who hold such a post show a key: who has come to hold one since comes in anew."""
_BY_HASH = {
    with_key: PreparedQuery(live.where(SESSION.c.hash == bindparam("by_hash")))
    for with_key, live in ((False, _LIVE), (True, _LIVE_WITH_KEY))
}
"""Compiled once: each request asks it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSession:
    """Somebody who is in. `id` names it and opens nothing. `how`: password, or by which other way; `security_key`: the
    id of the one that was shown besides."""

    id: str
    person: str
    how: str
    started_at: datetime
    seen_at: datetime
    address: str
    agent: str
    security_key: str = ""


def begin(
    connection: Connection,
    person: str,
    *,
    how: str,
    address: str,
    agent: str,
    by: Actor,
    now: datetime,
    security_key: str = "",
) -> tuple[str, LiveSession]:
    """A new session, with the secret for its cookie, which is nowhere else."""
    secret, at = fresh_secret(), instant_text(now)
    hashed = hash_of(connection, secret)
    row = {
        "id": fresh_id(),
        "hash": hashed,
        "person": person,
        "started_at": at,
        "seen_at": at,
        "how": how,
        "address": address[:ADDRESS_LENGTH],
        "agent": "".join(c for c in agent[:AGENT_LENGTH] if c.isprintable()),
        "security_key": security_key,
    }
    connection.execute(insert(SESSION).values(**row))
    seal = seal_of(connection, hashed)
    fact = SignedIn(session=row["id"], seal=seal, how=how, address=row["address"], agent=row["agent"], key=security_key)
    journal.note(connection, fact, by, now)
    return secret, _session(row)


def recognise(connection: Connection, secret: str, now: datetime, limits: AccessLimits) -> LiveSession | None:
    """Whose cookie that is, where the session lives now: neither ended nor idle nor too old, its account lets people in
    and the person still holds a post."""
    if not secret:
        return None
    row = _BY_HASH[limits.second_factor].first(connection, by_hash=hash_of(connection, secret), **_bounds(now, limits))
    return _session(row) if row else None


def is_to_be_seen(session: LiveSession, now: datetime) -> bool:
    """Whether it is time to write that it was seen: once a minute at most."""
    return not session.seen_at <= now < session.seen_at + MINUTE


def write_seen(connection: Connection, session: LiveSession, now: datetime) -> None:
    """Somebody was here, now. Writes nothing where another request has written as much, or it has ended."""
    later = (SESSION.c.id == session.id, SESSION.c.seen_at == instant_text(session.seen_at))
    connection.execute(update(SESSION).where(*later).values(seen_at=instant_text(now)))


def live_of(connection: Connection, person: str, now: datetime, limits: AccessLimits) -> list[LiveSession]:
    """Where the person is in now, the last seen first."""
    query = _live(limits).where(SESSION.c.person == person).order_by(SESSION.c.seen_at.desc(), SESSION.c.id)
    rows = connection.execute(query, _bounds(now, limits)).mappings()
    return [_session(row) for row in rows]


def live_counts(connection: Connection, now: datetime, limits: AccessLimits) -> dict[str, int]:
    """In how many places each person is in now."""
    return Counter(row["person"] for row in connection.execute(_live(limits), _bounds(now, limits)).mappings())


def end(
    connection: Connection, person: str, why: str, by: Actor, now: datetime, *, only: str = "", keep: str = ""
) -> int:
    """The person's sessions have ended: all, or `only` the one of that id, or all but the one to `keep`. Returns how
    many there were; one entry says it. `why`: as in SignedOut."""
    where = [SESSION.c.person == person]
    if only:
        where.append(SESSION.c.id == only)
    if keep:
        where.append(SESSION.c.id != keep)
    ended = connection.execute(delete(SESSION).where(*where)).rowcount
    if ended:
        journal.note(connection, SignedOut(person=person, sessions=ended, why=why), by, now)
    return ended


def sweep(connection: Connection, now: datetime, limits: AccessLimits) -> None:
    """Sessions that nobody can use any more are gone: they ended by the clock, which needs no entry."""
    bounds = _bounds(now, limits)
    old = (SESSION.c.started_at <= bounds["oldest"]) | (SESSION.c.seen_at <= bounds["idle_since"])
    connection.execute(delete(SESSION).where(old))


def _live(limits: AccessLimits) -> Select[Any]:
    return _LIVE_WITH_KEY if limits.second_factor else _LIVE


def _bounds(now: datetime, limits: AccessLimits) -> dict[str, str]:
    return {
        "oldest": instant_text(now - limits.life),
        "newest": instant_text(now + SKEW),
        "idle_since": instant_text(now - limits.idle),
    }


def _session(row: "RowMapping | dict[str, str]") -> LiveSession:
    return LiveSession(
        id=row["id"],
        person=row["person"],
        how=row["how"],
        started_at=datetime.fromisoformat(row["started_at"]),
        seen_at=datetime.fromisoformat(row["seen_at"]),
        address=row["address"],
        agent=row["agent"],
        security_key=row["security_key"],
    )
