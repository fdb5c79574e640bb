"""Failures at the entrance as the database has them, and the entries that they lead to: one a minute each."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from ledger.chain import journal
from ledger.store.account_tables import TriesRow
from ledger.store.tables import table_of
from rules.accounts.facts import AccountLocked, AddressHeld, ScopeRefused, SignInFailed
from rules.accounts.limits import MINUTE, AccessLimits, TryLimit
from rules.accounts.tries import Tries, entered, entry_is_due, failed, is_held
from rules.codec import instant_text
from rules.machine.commands import Actor, Via
from rules.process import Role

TRIED = table_of(TriesRow)


class TriedOn(StrEnum):
    """What failures count against."""

    ACCOUNT = "account"
    NAME = "name"
    ADDRESS = "address"
    SCOPE = "scope"


_ONE = select(TRIED).where(TRIED.c.kind == bindparam("of_kind"), TRIED.c.key == bindparam("of_key"))
_SWEPT = 20
"""So many rows at most are caught up with in one transaction."""
_SAID_LENGTH = 100


def tries_of(connection: Connection, kind: TriedOn, key: str) -> Tries | None:
    """The failures that count against it."""
    row = connection.execute(_ONE, {"of_kind": str(kind), "of_key": key}).mappings().first()
    if row is None:
        return None
    return Tries(
        begun=datetime.fromisoformat(row["begun"]),
        count=row["count"],
        held=datetime.fromisoformat(row["held"]) if row["held"] else None,
        noted=datetime.fromisoformat(row["noted"]) if row["noted"] else None,
        unnoted=row["unnoted"],
    )


def held(connection: Connection, kind: TriedOn, key: str, now: datetime) -> bool:
    """Whether nobody is let in."""
    return is_held(tries_of(connection, kind, key), now)


def held_now(connection: Connection, kind: TriedOn, now: datetime) -> frozenset[str]:
    """The keys of all that nobody is let in to."""
    where = (TRIED.c.kind == str(kind), TRIED.c.held > instant_text(now))
    return frozenset(connection.execute(select(TRIED.c.key).where(*where)).scalars())


def count(
    connection: Connection, kind: TriedOn, key: str, limit: TryLimit, now: datetime, *, address: str, enters: bool
) -> None:
    """One more failure. `enters`: entries tell of it by this row; the others only count."""
    before = tries_of(connection, kind, key)
    outcome = failed(before, now, limit, enters=enters)
    _write(connection, kind, key, outcome.tries, known=before is not None, address=address)
    if outcome.enter:
        _enter(connection, kind, key, outcome.enter, address, now)
    if outcome.holds and outcome.tries.held and kind is TriedOn.ACCOUNT:
        until, tried = outcome.tries.held, outcome.tries.count
        fact = AccountLocked(person=key, until=until, count=tried, address=address)
        journal.note(connection, fact, _on(key), now)
    elif outcome.holds and outcome.tries.held and kind is TriedOn.ADDRESS:
        held_up = AddressHeld(address=key, until=outcome.tries.held, count=outcome.tries.count)
        journal.note(connection, held_up, _on(""), now)


def forget(connection: Connection, person: str, now: datetime) -> None:
    """The person came in: what failed before counts no more, after an entry for what none told of yet."""
    row = connection.execute(_ONE, {"of_kind": str(TriedOn.ACCOUNT), "of_key": person}).mappings().first()
    if row is None:
        return
    if row["unnoted"]:
        _enter(connection, TriedOn.ACCOUNT, person, row["unnoted"], row["address"], now)
    connection.execute(delete(TRIED).where(TRIED.c.kind == str(TriedOn.ACCOUNT), TRIED.c.key == person))


def refused(connection: Connection, by: Actor, what: str, target: str, limit: TryLimit, now: datetime) -> None:
    """The person was refused what they may not see or do: an entry, one a minute."""
    before = tries_of(connection, TriedOn.SCOPE, by.id)
    outcome = failed(before, now, limit)
    what, target = what[:_SAID_LENGTH], target[:_SAID_LENGTH]
    _write(connection, TriedOn.SCOPE, by.id, outcome.tries, known=before is not None, address=target, what=what)
    if outcome.enter:
        fact = ScopeRefused(person=by.id, what=what, target=target, count=outcome.enter)
        journal.note(connection, fact, by, now)


def sweep(connection: Connection, now: datetime, limits: AccessLimits) -> None:
    """What waits for an entry longer than a minute has one; rows from which nothing follows any more are gone."""
    late = select(TRIED).where(TRIED.c.unnoted > 0, TRIED.c.noted <= instant_text(now - MINUTE)).limit(_SWEPT)
    for row in connection.execute(late).mappings().all():
        kind = TriedOn(row["kind"])
        tries = tries_of(connection, kind, row["key"])
        if tries is None or not entry_is_due(tries, now):
            continue
        _write(connection, kind, row["key"], entered(tries, now), known=True, address=row["address"])
        _enter(connection, kind, row["key"], row["unnoted"], row["address"], now, what=row["what"])
    window = max(limits.account.window, limits.address.window)
    over = (TRIED.c.begun <= instant_text(now - window)) & (TRIED.c.unnoted == 0)
    over &= TRIED.c.held.is_(None) | (TRIED.c.held <= instant_text(now))
    connection.execute(delete(TRIED).where(over))


def _write(
    connection: Connection, kind: TriedOn, key: str, tries: Tries, *, known: bool, address: str, what: str = ""
) -> None:
    values = {
        "begun": instant_text(tries.begun),
        "count": tries.count,
        "held": instant_text(tries.held) if tries.held else None,
        "noted": instant_text(tries.noted) if tries.noted else None,
        "unnoted": tries.unnoted,
        "address": address,
        "what": what,
    }
    if known:
        connection.execute(update(TRIED).where(TRIED.c.kind == str(kind), TRIED.c.key == key).values(**values))
    else:
        connection.execute(insert(TRIED).values(kind=str(kind), key=key, **values))


def _enter(
    connection: Connection, kind: TriedOn, key: str, many: int, address: str, now: datetime, *, what: str = ""
) -> None:
    if kind is TriedOn.SCOPE:
        fact = ScopeRefused(person=key, what=what, target=address, count=many)
        journal.note(connection, fact, _on(key), now)
        return
    person = key if kind is TriedOn.ACCOUNT else ""
    journal.note(connection, SignInFailed(address=address, count=many, person=person), _on(person), now)


def _on(person: str) -> Actor:
    """Nobody knows who it was: the system writes it, on the account where there is one."""
    return Actor(id=person or str(Role.SYSTEM), role=Role.SYSTEM, via=Via.SYSTEM)
