"""Security keys: what people show besides, and who is half in until they have. Each key's coming and going is an
entry; what is half in leads to one when it is in, or is gone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, exists, insert, select, update

from ledger.accounts.opening import fresh_id, fresh_secret, hash_of, seal_of
from ledger.chain import journal
from ledger.directory.people import POST
from ledger.store.account_tables import HalfInRow, SecurityKeyRow
from ledger.store.tables import table_of
from rules.accounts.facts import KeyAdded, KeyRemoved
from rules.accounts.limits import KEY_SHOWN_BY
from rules.codec import instant_text
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor

SECURITY_KEY, HALF_IN = table_of(SecurityKeyRow), table_of(HalfInRow)
HALF_LIFE = timedelta(minutes=5)
"""So long somebody may take to show the key."""
MISSES_LIMIT = 5
KEYS_LIMIT = 10
_SWEPT_HALVES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownKey:
    """A security key of a person."""

    id: str
    person: str
    name: str
    credential: str
    public_key: str
    sign_count: int
    added_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfIn:
    """Somebody who has said who they are, by `how`, up to `until`."""

    person: str
    how: str
    until: datetime


def shows_a_key(connection: Connection, person: str) -> bool:
    """Whether the person holds a post of those whose holders show a key."""
    held = exists().where(POST.c.person == person, POST.c.role.in_([str(role) for role in KEY_SHOWN_BY]))
    return bool(connection.execute(select(held)).scalar())


def keys_of(connection: Connection, person: str) -> list[KnownKey]:
    """The person's keys, the oldest first."""
    query = select(SECURITY_KEY).where(SECURITY_KEY.c.person == person)
    rows = connection.execute(query.order_by(SECURITY_KEY.c.added_at, SECURITY_KEY.c.id)).mappings()
    return [KnownKey(**row) for row in rows]


def all_keys(connection: Connection) -> list[KnownKey]:
    """Every key, by person."""
    rows = connection.execute(select(SECURITY_KEY).order_by(SECURITY_KEY.c.person, SECURITY_KEY.c.id)).mappings()
    return [KnownKey(**row) for row in rows]


def add(
    connection: Connection,
    person: str,
    name: str,
    credential: str,
    public_key: str,
    sign_count: int,
    by: Actor,
    now: datetime,
) -> str:
    """The person has that key; its id. Raises account_refused for one that is known, or one too many."""
    if connection.execute(select(SECURITY_KEY.c.id).where(SECURITY_KEY.c.credential == credential)).first():
        raise RuleViolation(Code.ACCOUNT_REFUSED, why="这把安全密钥已经登记")
    if len(keys_of(connection, person)) >= KEYS_LIMIT:
        raise RuleViolation(Code.ACCOUNT_REFUSED, why=f"一人最多 {KEYS_LIMIT} 把安全密钥，请先移除不用的")
    id_ = fresh_id()
    connection.execute(
        insert(SECURITY_KEY).values(
            id=id_,
            person=person,
            name=name,
            credential=credential,
            public_key=public_key,
            sign_count=sign_count,
            added_at=instant_text(now),
        )
    )
    seal = key_seal(connection, credential, public_key)
    journal.note(connection, KeyAdded(key=id_, person=person, name=name, seal=seal), by, now)
    return id_


def remove(connection: Connection, key: KnownKey, reason: str, by: Actor, now: datetime) -> None:
    """The key shows nothing any more."""
    connection.execute(delete(SECURITY_KEY).where(SECURITY_KEY.c.id == key.id))
    journal.note(connection, KeyRemoved(key=key.id, person=key.person, name=key.name, reason=reason), by, now)


def shown(connection: Connection, key: str, sign_count: int) -> None:
    """The key showed itself, and counted that far."""
    connection.execute(update(SECURITY_KEY).where(SECURITY_KEY.c.id == key).values(sign_count=sign_count))


def key_seal(connection: Connection, credential: str, public_key: str) -> str:
    """What the entry holds of by what a key is checked."""
    return seal_of(connection, f"{credential}\n{public_key}")


def begin_half(connection: Connection, person: str, how: str, now: datetime) -> tuple[str, datetime]:
    """The person is half in: the secret for their cookie, and up to when."""
    secret, until = fresh_secret(), now + HALF_LIFE
    hashed = hash_of(connection, secret)
    connection.execute(insert(HALF_IN).values(hash=hashed, person=person, how=how, until=instant_text(until), misses=0))
    return secret, until


def half_in(connection: Connection, secret: str, now: datetime) -> HalfIn | None:
    """Who is half in with that cookie, and may still show a key."""
    query = select(HALF_IN).where(HALF_IN.c.hash == hash_of(connection, secret))
    row = connection.execute(query).mappings().first() if secret else None
    if row is None or row["misses"] >= MISSES_LIMIT:
        return None
    until = datetime.fromisoformat(row["until"])
    return HalfIn(person=row["person"], how=row["how"], until=until) if until - HALF_LIFE * 2 < now < until else None


def missed(connection: Connection, secret: str) -> None:
    """What was shown with that cookie was wrong."""
    where = HALF_IN.c.hash == hash_of(connection, secret)
    connection.execute(update(HALF_IN).where(where).values(misses=HALF_IN.c.misses + 1))


def end_half(connection: Connection, secret: str) -> None:
    """Nobody is half in with that cookie."""
    connection.execute(delete(HALF_IN).where(HALF_IN.c.hash == hash_of(connection, secret)))


def sweep(connection: Connection, now: datetime) -> None:
    """Who took too long is gone."""
    old = select(HALF_IN.c.hash).where(HALF_IN.c.until < instant_text(now)).limit(_SWEPT_HALVES)
    connection.execute(delete(HALF_IN).where(HALF_IN.c.hash.in_(old)))
