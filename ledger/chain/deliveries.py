"""Notices on their way out: which channels they go over, which message takes them along, how far it is. No sending.

pending -> ready (the message is made) -> sending -> sent, or back to ready for another attempt, or failed.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, RowMapping, bindparam, delete, func, insert, select, update

from definitions.channels import FOLDER, MAIL, Channels
from ledger.chain.entries import CO_UNIT, ENTRY, ITEM, NOTICE
from ledger.chain.holders import in_the_dark
from ledger.store.aside_tables import Channel
from ledger.store.canonical import canonical
from ledger.store.tables import Delivery, Person, table_of
from rules.codec import Plain, instant_text

DELIVERY = table_of(Delivery)
PERSON = table_of(Person)
CHANNEL = table_of(Channel)

GROUP = ""
"""The person of a delivery that goes to a robot's group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message that is ready: its id (SHA-256 of channel, person and notices), for whom, how often it was tried."""

    id: str
    person: str
    attempts: int


def of_the_house(connection: Connection) -> set[str]:
    """The names of the channels that the house has, by the file that was read last by any of its workers."""
    return set(connection.execute(select(CHANNEL.c.name)).scalars())


def note_channels(connection: Connection, names: Sequence[str], now: datetime) -> None:
    """These are the house's channels, no others."""
    known = of_the_house(connection)
    connection.execute(delete(CHANNEL).where(CHANNEL.c.name.not_in(names)))
    if fresh := [{"name": name, "since": instant_text(now)} for name in names if name not in known]:
        connection.execute(insert(CHANNEL), fresh)


def route(connection: Connection, channels: Channels, size: int, hears: Callable[[str], str]) -> int:
    """The next `size` notices have a delivery for each channel that they go over. Returns how many were taken.

    `hears`: who hears what somebody is to hear: the person, or whoever stands in.

    A notice is given to the channels once: one that is set up later tells nothing old.
    """
    query = select(NOTICE.c.id, NOTICE.c.person, NOTICE.c.role, NOTICE.c.immediate, NOTICE.c.stream)
    query = query.add_columns(ITEM.c.unit, ITEM.c.area, ITEM.c.veiled)
    query = query.join(ITEM, ITEM.c.no == NOTICE.c.stream).where(NOTICE.c.state == "pending")
    rows = connection.execute(query.order_by(NOTICE.c.id).limit(size)).mappings().all()
    if not rows:
        return 0
    to = {row["person"]: hears(row["person"]) for row in rows}
    reached = _reached(connection, channels, {*to.values(), *to})
    made = [
        _delivery(row, name, person, row["person"] if person not in (row["person"], GROUP) else "")
        for row in rows
        for name, person in _ways(channels, row, _hears(connection, row, to[row["person"]]), reached)
    ]
    if made:
        connection.execute(insert(DELIVERY), made)
    ids = [row["id"] for row in rows]
    connection.execute(update(NOTICE).where(NOTICE.c.id.in_(ids)).values(state="routed"))
    return len(rows)


def _hears(connection: Connection, row: RowMapping, person: str) -> str:
    """Who hears of it: whoever stands in, unless that one is of a unit that sees nothing of the item yet."""
    if not row["veiled"] or person == row["person"]:
        return person
    helping = connection.execute(select(CO_UNIT.c.unit).where(CO_UNIT.c.no == row["stream"])).scalars().all()
    return row["person"] if in_the_dark(connection, [person], [row["unit"], *helping]) else person


def _reached(connection: Connection, channels: Channels, people: set[str]) -> set[str]:
    """Who has an address that mail can go to."""
    if channels.mail is None:
        return set()
    query = select(PERSON.c.id).where(PERSON.c.id.in_(people), PERSON.c.email.is_not(None))
    return set(connection.execute(query).scalars())


def _ways(channels: Channels, row: RowMapping, person: str, reached: set[str]) -> list[tuple[str, str]]:
    """Channel and recipient of each way that the notice goes."""
    ways = [(MAIL, person)] if person in reached else []
    if channels.folder:
        ways.append((FOLDER, person))
    if row["veiled"]:  # nobody knows who reads along in a group
        return ways
    told = (robot.id for robot in channels.robots if robot.tells(row["role"], row["unit"], row["area"]))
    return ways + [(name, GROUP) for name in told]


def _delivery(row: RowMapping, channel: str, person: str, behalf: str) -> Plain:
    return {
        "notice": row["id"],
        "channel": channel,
        "person": person,
        "behalf": behalf,
        "immediate": row["immediate"],
        "state": "pending",
        "attempts": 0,
        "next_at": "",
        "reason": "",
    }


_OF_MESSAGE = (
    update(DELIVERY)
    .where(DELIVERY.c.channel == bindparam("of_channel"), DELIVERY.c.notice == bindparam("of_notice"))
    .values(message=bindparam("made"), state="ready")
)


def assemble(
    connection: Connection, channel: str, *, after: str | None, people: int, limit: int, immediate: bool
) -> tuple[str | None, int, int]:
    """The next people's pending notices stand in messages of at most `limit`. `immediate`: only what may not wait.

    Returns the last person looked at (None: nobody was left), and how many messages of how many notices were made.
    """
    waiting = [DELIVERY.c.channel == channel, DELIVERY.c.state == "pending", DELIVERY.c.message.is_(None)]
    if immediate:
        waiting.append(DELIVERY.c.immediate.is_(True))
    query = select(DELIVERY.c.person).where(*waiting).distinct().order_by(DELIVERY.c.person).limit(people)
    if after is not None:
        query = query.where(DELIVERY.c.person > after)
    found = list(connection.execute(query).scalars())
    if not found:
        return None, 0, 0
    rows = select(DELIVERY.c.person, DELIVERY.c.notice).where(*waiting, DELIVERY.c.person.in_(found))
    by_person: dict[str, list[str]] = {}
    for person, notice in connection.execute(rows.order_by(DELIVERY.c.person, DELIVERY.c.notice)):
        by_person.setdefault(person, []).append(notice)
    made: list[Plain] = []
    messages = 0
    for person, notices in by_person.items():
        for start in range(0, len(notices), limit):
            part = notices[start : start + limit]
            message = message_id(channel, person, part)
            made += [{"of_channel": channel, "of_notice": notice, "made": message} for notice in part]
            messages += 1
    connection.execute(_OF_MESSAGE, made)
    return found[-1], messages, len(made)


def message_id(channel: str, person: str, notices: Sequence[str]) -> str:
    """The id of the message that brings these notices: the same whoever makes it, and whenever."""
    return hashlib.sha256(canonical([channel, person, sorted(notices)])).hexdigest()


def recover(connection: Connection, channel: str) -> int:
    """What was being sent when its sender died is ready again. Only the channel's one sender may ask for this."""
    query = update(DELIVERY).where(DELIVERY.c.channel == channel, DELIVERY.c.state == "sending")
    return connection.execute(query.values(state="ready")).rowcount


def ready(connection: Connection, channel: str, now: datetime, size: int) -> list[Message]:
    """The next messages whose time has come, in the order of their ids."""
    query = (
        select(DELIVERY.c.message, DELIVERY.c.person, func.max(DELIVERY.c.attempts).label("attempts"))
        .where(DELIVERY.c.channel == channel, DELIVERY.c.state == "ready", DELIVERY.c.next_at <= instant_text(now))
        .group_by(DELIVERY.c.message, DELIVERY.c.person)
        .order_by(DELIVERY.c.message)
        .limit(size)
    )
    rows = connection.execute(query)
    return [Message(id=row.message, person=row.person, attempts=row.attempts) for row in rows]


def next_ready(connection: Connection, channel: str) -> datetime | None:
    """When the next message's time comes; None when none is ready."""
    query = select(func.min(DELIVERY.c.next_at)).where(DELIVERY.c.channel == channel, DELIVERY.c.state == "ready")
    found: str | None = connection.execute(query).scalar()
    if found is None:
        return None
    return datetime.fromisoformat(found) if found else datetime.min.replace(tzinfo=UTC)


def content(connection: Connection, messages: Sequence[str]) -> dict[str, list[RowMapping]]:
    """What each message has to say: its notices with their entries and items, by item and entry."""
    query = (
        select(
            DELIVERY.c.message,
            DELIVERY.c.behalf,
            NOTICE.c.person,
            NOTICE.c.role,
            NOTICE.c.stream,
            NOTICE.c.seq,
            ENTRY.c.kind,
            ENTRY.c.body,
            ENTRY.c.at,
            ENTRY.c.actor,
            ENTRY.c.via,
            ENTRY.c.position,
            *(ITEM.c[name] for name in _ITEM_COLUMNS),
        )
        .join(NOTICE, NOTICE.c.id == DELIVERY.c.notice)
        .join(ENTRY, (ENTRY.c.stream == NOTICE.c.stream) & (ENTRY.c.seq == NOTICE.c.seq))
        .join(ITEM, ITEM.c.no == NOTICE.c.stream)
        .where(DELIVERY.c.message.in_(messages))
        .order_by(ITEM.c.sort, NOTICE.c.seq, NOTICE.c.person)
    )
    found: dict[str, list[RowMapping]] = {message: [] for message in messages}
    for row in connection.execute(query).mappings():
        found[row["message"]].append(row)
    return found


_ITEM_COLUMNS = (
    "no",
    "title",
    "unit_name",
    "status",
    "step_name",
    "party",
    "due",
    "provisional",
    "late",
    "due_of",
    "lamp",
    "process_ref",
    "calendar_ref",
)


def mark_sending(connection: Connection, messages: Sequence[str]) -> None:
    """Written before the first byte leaves: whoever finds this later knows that they may have arrived."""
    query = update(DELIVERY).where(DELIVERY.c.message.in_(messages), DELIVERY.c.state == "ready")
    connection.execute(query.values(state="sending", attempts=DELIVERY.c.attempts + 1))


def mark_sent(connection: Connection, messages: Sequence[str], now: datetime) -> None:
    """They have arrived at the channel."""
    query = update(DELIVERY).where(DELIVERY.c.message.in_(messages))
    connection.execute(query.values(state="sent", sent_at=instant_text(now), reason=""))


def mark_waiting(connection: Connection, message: str, next_at: datetime, reason: str) -> None:
    """To be tried again, not before that instant."""
    query = update(DELIVERY).where(DELIVERY.c.message == message)
    connection.execute(query.values(state="ready", next_at=instant_text(next_at), reason=reason[:REASON_LIMIT]))


def mark_held_up(connection: Connection, channel: str, reason: str) -> None:
    """The channel takes nothing at present: everything waits as it was, and says why."""
    query = update(DELIVERY).where(DELIVERY.c.channel == channel, DELIVERY.c.state.in_(("ready", "sending")))
    connection.execute(query.values(state="ready", reason=reason[:REASON_LIMIT]))


def mark_failed(connection: Connection, messages: Sequence[str], reason: str) -> None:
    """Given up; the administrator sees why, and may have them tried again."""
    query = update(DELIVERY).where(DELIVERY.c.message.in_(messages))
    connection.execute(query.values(state="failed", reason=reason[:REASON_LIMIT]))


def fail_channel(connection: Connection, channel: str, reason: str) -> int:
    """Everything that is ready on the channel is given up. Returns how many messages."""
    where = (DELIVERY.c.channel == channel, DELIVERY.c.state.in_(("ready", "sending")))
    count: int = connection.execute(select(func.count(DELIVERY.c.message.distinct())).where(*where)).scalar_one()
    connection.execute(update(DELIVERY).where(*where).values(state="failed", reason=reason[:REASON_LIMIT]))
    return count


REASON_LIMIT = 300


def again(connection: Connection, channel: str = "") -> list[str]:
    """What was given up is ready once more. Returns the channels that have something to send."""
    where = [DELIVERY.c.state == "failed"] + ([DELIVERY.c.channel == channel] if channel else [])
    found = list(connection.execute(select(DELIVERY.c.channel).where(*where).distinct()).scalars())
    connection.execute(update(DELIVERY).where(*where).values(state="ready", attempts=0, next_at=""))
    return sorted(found)


def counts(connection: Connection) -> list[RowMapping]:
    """Channel, state, how many notices, the reason that was given last."""
    query = select(
        DELIVERY.c.channel,
        DELIVERY.c.state,
        func.count().label("notices"),
        func.count(DELIVERY.c.message.distinct()).label("messages"),
        func.max(DELIVERY.c.reason).label("reason"),
    )
    query = query.group_by(DELIVERY.c.channel, DELIVERY.c.state)
    return list(connection.execute(query.order_by(DELIVERY.c.channel, DELIVERY.c.state)).mappings())


def failed(connection: Connection, limit: int = 500) -> list[RowMapping]:
    """What was given up, by message: channel, person, name, how many notices, how often tried, why."""
    query = (
        select(
            DELIVERY.c.message,
            DELIVERY.c.channel,
            DELIVERY.c.person,
            func.max(PERSON.c.name).label("name"),
            func.count().label("notices"),
            func.max(DELIVERY.c.attempts).label("attempts"),
            func.max(DELIVERY.c.reason).label("reason"),
        )
        .join(PERSON, PERSON.c.id == DELIVERY.c.person, isouter=True)
        .where(DELIVERY.c.state == "failed")
        .group_by(DELIVERY.c.message, DELIVERY.c.channel, DELIVERY.c.person)
        .order_by(DELIVERY.c.channel, DELIVERY.c.person)
        .limit(limit)
    )
    return list(connection.execute(query).mappings())


def addresses(connection: Connection, people: set[str]) -> dict[str, RowMapping]:
    """Person id to name and e-mail address."""
    query = select(PERSON.c.id, PERSON.c.name, PERSON.c.email).where(PERSON.c.id.in_(people))
    return {row["id"]: row for row in connection.execute(query).mappings()}
