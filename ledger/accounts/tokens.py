"""Tokens: by what programs come in. Opaque, found by their hash, narrowed to a part of what the owner may."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from ledger.accounts import accounts
from ledger.accounts.accounts import ACCOUNT, in_post_now
from ledger.accounts.opening import fresh_id, fresh_secret, hash_of, seal_of
from ledger.chain import journal
from ledger.store.account_tables import TokenRow
from ledger.store.driver import PreparedQuery
from ledger.store.tables import table_of
from rules.accounts.facts import TokenIssued, TokenRevoked
from rules.accounts.limits import MINUTE, AccessLimits
from rules.characters import UNPRINTABLE
from rules.codec import instant_text
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor

TOKEN = table_of(TokenRow)
TOKEN_PREFIX = "duban_"
"""How every token begins, so that it is found where it does not belong, in a file or a letter."""
_NAME_LENGTH, _UNITS, _SCOPES, TOKENS_LIMIT = 60, 200, 20, 20
_SCOPE = re.compile(r"[a-z][a-z_]{0,30}")
_BY_HASH = PreparedQuery(
    select(TOKEN)
    .join(ACCOUNT, ACCOUNT.c.person == TOKEN.c.person)
    .where(
        TOKEN.c.hash == bindparam("by_hash"),
        TOKEN.c.revoked_at.is_(None),
        TOKEN.c.issued_at <= bindparam("at"),
        TOKEN.c.expires_at > bindparam("at"),
        ACCOUNT.c.active,
        in_post_now(ACCOUNT.c.person),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRights:
    """So much of what the owner may: only reading, only these units, only these parts of the interface; empty: all."""

    reads_only: bool = True
    units: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownToken:
    """A token without what opens the door. Instants are the ledger's texts."""

    id: str
    person: str
    name: str
    rights: TokenRights
    issued_at: str
    expires_at: str
    revoked_at: str | None
    used_at: str | None


def issue(
    connection: Connection,
    person: str,
    name: str,
    rights: TokenRights,
    expires: datetime,
    limits: AccessLimits,
    by: Actor,
    now: datetime,
) -> tuple[str, KnownToken]:
    """A new token of the person, shown once. Raises unknown_account, account_refused, field_missing, field_invalid,
    field_too_long."""
    if not accounts.needed(connection, person).lets_in:
        raise RuleViolation(Code.ACCOUNT_REFUSED, why="账号已停用，或此人现在没有任何职务")
    _check(name, rights)
    if not now < expires <= now + limits.token:
        expected = f"今天以后、{limits.token.days} 天以内"
        raise RuleViolation(Code.FIELD_INVALID, field="令牌的期限", actual=expires.date(), expected=expected)
    if sum(not one.revoked_at for one in tokens_of(connection, person)) >= TOKENS_LIMIT:
        raise RuleViolation(Code.ACCOUNT_REFUSED, why=f"一人最多 {TOKENS_LIMIT} 个令牌，请先吊销不用的")
    secret, id_ = TOKEN_PREFIX + fresh_secret(), fresh_id()
    hashed = hash_of(connection, secret)
    row = {
        "id": id_,
        "hash": hashed,
        "person": person,
        "name": name.strip(),
        "issued_at": instant_text(now),
        "expires_at": instant_text(expires),
        "reads_only": rights.reads_only,
        "units": "\n".join(rights.units),
        "scopes": "\n".join(rights.scopes),
        "revoked_at": None,
        "used_at": None,
    }
    connection.execute(insert(TOKEN).values(**row))
    fact = TokenIssued(
        token=id_,
        person=person,
        name=name.strip(),
        expires=expires,
        seal=seal_of(connection, hashed),
        reads_only=rights.reads_only,
        units=rights.units,
        scopes=rights.scopes,
    )
    journal.note(connection, fact, by, now)
    return secret, _token(row)


def revoke(connection: Connection, token: str, by: Actor, now: datetime, *, of: str = "") -> KnownToken:
    """The token works no more. `of`: only where it is that person's. Raises unknown_token."""
    row = connection.execute(select(TOKEN).where(TOKEN.c.id == token)).mappings().first()
    if row is None or row["revoked_at"] or (of and row["person"] != of):
        raise RuleViolation(Code.UNKNOWN_TOKEN, actual=token[:40])
    connection.execute(update(TOKEN).where(TOKEN.c.id == token).values(revoked_at=instant_text(now)))
    journal.note(connection, TokenRevoked(token=token, person=row["person"], name=row["name"]), by, now)
    return _token(row)


def recognise_token(connection: Connection, secret: str, now: datetime) -> KnownToken | None:
    """Whose token that is, where it works now."""
    if not secret.startswith(TOKEN_PREFIX):
        return None
    row = _BY_HASH.first(connection, by_hash=hash_of(connection, secret), at=instant_text(now))
    return _token(row) if row else None


def use_is_to_be_written(token: KnownToken, now: datetime) -> bool:
    """Whether it is time to write that it was used: once a minute at most."""
    used = datetime.fromisoformat(token.used_at) if token.used_at else None
    return used is None or not used <= now < used + MINUTE


def write_used(connection: Connection, token: KnownToken, now: datetime) -> None:
    """The token was used, now."""
    connection.execute(update(TOKEN).where(TOKEN.c.id == token.id).values(used_at=instant_text(now)))


def tokens_of(connection: Connection, person: str | None = None) -> list[KnownToken]:
    """The person's tokens, or everybody's, revoked and expired ones too, the newest first."""
    query = select(TOKEN).order_by(TOKEN.c.issued_at.desc(), TOKEN.c.id)
    if person is not None:
        query = query.where(TOKEN.c.person == person)
    return [_token(row) for row in connection.execute(query).mappings()]


def _check(name: str, rights: TokenRights) -> None:
    if not name.strip():
        raise RuleViolation(Code.FIELD_MISSING, command="发出令牌", field="令牌的名称")
    if len(name) > _NAME_LENGTH:
        raise RuleViolation(Code.FIELD_TOO_LONG, field="令牌的名称", limit=f"{_NAME_LENGTH} 个字", actual=len(name))
    if found := UNPRINTABLE.search(name):
        raise RuleViolation(Code.CONTROL_CHARACTERS, field="令牌的名称", position=found.start() + 1)
    if len(rights.units) > _UNITS:
        raise RuleViolation(Code.FIELD_TOO_LONG, field="单位", limit=f"{_UNITS} 个", actual=len(rights.units))
    wrong = next((one for one in rights.scopes if not _SCOPE.fullmatch(one)), None)
    if wrong is not None or len(rights.scopes) > _SCOPES:
        expected = f"小写字母的接口名，最多 {_SCOPES} 个"
        raise RuleViolation(Code.FIELD_INVALID, field="接口范围", actual=(wrong or "太多")[:40], expected=expected)


def _token(row: "RowMapping | dict[str, object]") -> KnownToken:
    def lines(name: str) -> tuple[str, ...]:
        return tuple(filter(None, str(row[name]).split("\n")))

    rights = TokenRights(reads_only=bool(row["reads_only"]), units=lines("units"), scopes=lines("scopes"))
    texts = {name: row[name] for name in ("id", "person", "name", "issued_at", "expires_at", "revoked_at", "used_at")}
    return KnownToken(rights=rights, **texts)  # type: ignore[arg-type]
