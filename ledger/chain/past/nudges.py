"""What items' workflows are to be told of: left with what was decided past them, kept when it has been handed on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, select, text, update

from ledger.chain.entries import NUDGE
from ledger.store.aside_tables import WAITING
from ledger.store.canonical import canonical
from rules.codec import instant_text
from rules.errors import RuleViolation

# Made once: asked with every page, and every second or two by each worker.
_WAITING = select(NUDGE.c.stream).where(text(WAITING)).group_by(NUDGE.c.stream)
_WAITING = _WAITING.order_by(func.min(NUDGE.c.at)).limit(bindparam("size"))
_HANDED = update(NUDGE).where(text(WAITING), NUDGE.c.stream == bindparam("no"), NUDGE.c.seq <= bindparam("known"))
_HANDED = _HANDED.values(handed_at=bindparam("now"))
_STREAMS = select(func.count(NUDGE.c.stream.distinct()), func.min(NUDGE.c.at)).where(text(WAITING))
_AWAY = _STREAMS.where(NUDGE.c.away)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """How many items' workflows are still to be told of something, and since when the first of them waits."""

    items: int = 0
    since: datetime | None = None


def leave(
    connection: Connection,
    streams: Mapping[str, int],
    command: str,
    at: datetime,
    *,
    away: bool,
    refusal: RuleViolation | None = None,
) -> None:
    """The workflows of these items, each with its last entry's seq, are to be told of what that command led to:
    entries, or the `refusal`."""
    plain = {"code": str(refusal.code), "fields": refusal.fields} if refusal else None
    said = canonical(plain).decode() if plain else ""
    of_all = {"command": command, "at": instant_text(at), "away": away, "refusal": said}
    if streams:
        connection.execute(insert(NUDGE), [{"stream": no, "seq": seq, **of_all} for no, seq in streams.items()])


def waiting(connection: Connection, size: int = 500) -> list[str]:
    """The items whose workflows are still to be told of something, the oldest first; `size` at most."""
    return list(connection.execute(_WAITING, {"size": size}).scalars())


def waits(connection: Connection, *, away: bool = False) -> Waits:
    """How much waits; `away`: only what was decided since the engine did not answer."""
    count, since = connection.execute(_AWAY if away else _STREAMS).one()
    return Waits(items=count, since=datetime.fromisoformat(since) if since else None)


def has(connection: Connection, stream: str, command: str) -> bool:
    """Whether a nudge was left with that command of the item."""
    query = select(NUDGE.c.at).where(NUDGE.c.stream == stream, NUDGE.c.command == command)
    return connection.execute(query).first() is not None


def waiting_in(connection: Connection, streams: Sequence[str]) -> set[str]:
    """Which of these items' workflows are still to be told of something."""
    query = select(NUDGE.c.stream).where(text(WAITING), NUDGE.c.stream.in_(streams)).distinct()
    return set(connection.execute(query).scalars())


def handed(connection: Connection, stream: str, seq: int, at: datetime) -> None:
    """The item's workflow knows the item's first `seq` entries; what was left later still waits."""
    connection.execute(_HANDED, {"no": stream, "known": seq, "now": instant_text(at)})


def past_workflows(connection: Connection, streams: Sequence[str]) -> set[tuple[str, str]]:
    """(item, command) of what was decided at the ledger in these items, and carried out."""
    query = select(NUDGE.c.stream, NUDGE.c.command).where(NUDGE.c.stream.in_(streams), NUDGE.c.refusal == "")
    return {(row.stream, row.command) for row in connection.execute(query)}
