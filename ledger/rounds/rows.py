"""Rounds as rows: what their streams lead to, written in the transaction of the entries, so that nobody who asks how a
round stands has to fold it. Pure but for `follow` and the reading at the end."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, bindparam, delete, insert, select

from ledger.chain import pinned
from ledger.chain.batches import BATCH, CONFIRMED, DRAFT
from ledger.chain.entries import ENTRY, ITEM
from ledger.chain.family.in_rounds import (
    COMING_IN,
    DROPPED,
    MOVING,
    OWING,
    ROUND_PREFIX,
    ROUND_UNIT,
    Moving,
    days_given,
    days_text,
    how_it_stands,
    moved_to,
    now_in,
    unit_of_key,
)
from ledger.store.aside_tables import RoundRow
from ledger.store.canonical import parse
from ledger.store.driver import insert_many
from ledger.store.tables import table_of
from rules.codec import Plain, instant_text
from rules.dates.calendar import Calendar, instant_of
from rules.machine.commands import Status
from rules.machine.events import decode_fact
from rules.machine.facts import Issued
from rules.rounds.campaign import Campaign
from rules.rounds.deciding import round_alarm
from rules.rounds.facts import AskedUnit, RoundFact, RoundMissed, RoundMoved, RoundStopped, UnitJoined
from rules.rounds.state import RoundState

ROUND_ROW = table_of(RoundRow)
OPEN, LOCKED, STOPPED, MISSED = "open", "locked", "stopped", "missed"
"""How a round is."""
_ROW = select(ROUND_ROW).where(ROUND_ROW.c.id == bindparam("of"))  # made once
_HANDED = ("no", "in_at", "in_seq", "reviewing", "given", "chosen", "held")
_FEW = 500
"""So many units at most are named one by one in a statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """The item by which a unit is asked; the instant (as text) at which it came in, by which of its entries, whether it
    waits to be judged; by when it is asked for it, as the item has it; the day that the unit chose, and the day by
    which the item is due since that, a pause or an extension moved it."""

    no: str | None = None
    in_at: str | None = None
    in_seq: int | None = None
    reviewing: bool = False
    given: str | None = None
    chosen: str | None = None
    held: str | None = None


def batch_of(round_: str) -> str:
    """The id of the batch that the round issues."""
    return f"{ROUND_PREFIX}{round_}"


def key_of(round_: str, unit: str, after: str = "") -> str:
    """The import key of what the round asks of the unit. `after`: the annulled item by which it asked before."""
    return f"{batch_of(round_)}/{unit}{f'/{after}' if after else ''}"


def round_row(campaign: Campaign, calendar: Calendar, state: RoundState) -> Plain:
    """The row of the round."""
    alarm = round_alarm(campaign, calendar, state)
    annulled = state.stopped is not None and state.stopped.annul
    return {
        "id": state.id,
        "campaign": campaign.id,
        "period": state.id.partition("/")[2],
        "campaign_ref": state.opened.campaign,
        "calendar": state.calendar,
        "state": STOPPED if annulled else LOCKED if state.locked else OPEN,
        "opened": state.opened.day.isoformat(),
        "first_due": min(one.day.date for one in state.days.due).isoformat(),
        "last_due": state.days.last_due.isoformat(),
        "locks": state.days.locks.date.isoformat(),
        "asked": len(state.asked),
        "joined": len(state.joined),
        "revision": state.revision,
        "asking": state.asking_reason,
        "stopped": state.stopped.reason if state.stopped else "",
        "alarm_at": instant_text(alarm) if alarm else None,
    }


def missed_row(campaign: Campaign, missed: RoundMissed) -> Plain:
    """The row of a round that nobody opened in time."""
    opens, locks = missed.opens.isoformat(), missed.locks.isoformat()
    texts = dict.fromkeys(("calendar", "asking", "stopped"), "")
    numbers = dict.fromkeys(("asked", "joined", "revision"), 0)
    return {
        "id": missed.round,
        "campaign": campaign.id,
        "period": missed.round.partition("/")[2],
        "campaign_ref": missed.campaign,
        "state": MISSED,
        "opened": opens,
        "first_due": locks,
        "last_due": locks,
        "locks": locks,
        "alarm_at": None,
        **texts,
        **numbers,
    }


def unit_rows(
    campaign: Campaign, state: RoundState, units: Iterable[AskedUnit], handed: Mapping[str, Handed]
) -> list[Plain]:
    """The rows of these units of the round. `handed`: by unit, what their items say."""
    unlocked = {one.unit: one.until.isoformat() for one in state.unlocked}
    ends: dict[date, str] = {}
    stopped = state.stopped is not None and state.stopped.annul
    rows: list[Plain] = []
    for unit in units:
        own, gone, by = handed.get(unit.id) or Handed(), state.dropped.get(unit.id), state.handed.get(unit.id)
        asked = state.due_of(unit)
        due = date.fromisoformat(own.held) if own.held else asked
        due_at = ends.get(due) or ends.setdefault(due, _end_of(campaign, due))
        rows.append(
            {
                "round": state.id,
                "unit": unit.id,
                "kind": unit.kind,
                "area": unit.area,
                "state": how_it_stands(gone is not None, own.in_at, due_at),
                "due": due.isoformat(),
                "due_at": due_at,
                "wanted": days_text(asked, state.earliest_of(unit), state.calendar),
                "given": own.given,
                "chosen": own.chosen,
                "held": own.held,
                "joined": unit.id in state.joined,
                "no": own.no,
                "in_at": own.in_at,
                "in_seq": own.in_seq,
                "reviewing": own.reviewing,
                "unlocked": unlocked.get(unit.id),
                "handed": by.to if by else None,
                "annul": gone.annul if gone else stopped,
                "why": gone.reason if gone else by.reason if by else "",
            }
        )
    return rows


def _end_of(campaign: Campaign, day: date) -> str:
    return instant_text(instant_of(day, campaign.due_time))


def begin(connection: Connection, campaign: Campaign, calendar: Calendar, state: RoundState) -> None:
    """The rows of a round that has just opened."""
    connection.execute(delete(ROUND_ROW).where(ROUND_ROW.c.id == state.id))  # it may have been missed
    connection.execute(insert(ROUND_ROW).values(**round_row(campaign, calendar, state)))
    insert_many(connection, ROUND_UNIT, unit_rows(campaign, state, state.asked, {}))


def follow(connection: Connection, campaign: Campaign, state: RoundState, facts: Sequence[RoundFact]) -> None:
    """The rows after these facts have led to that state."""
    if not facts:
        return
    row = round_row(campaign, pinned.calendar(connection, state.calendar), state)
    connection.execute(ROUND_ROW.update().where(ROUND_ROW.c.id == state.id).values(**row))
    if any(isinstance(fact, RoundMoved | RoundStopped) for fact in facts):
        touched = state.asked
    else:
        named = {fact.unit.id if isinstance(fact, UnitJoined) else getattr(fact, "unit", "") for fact in facts}
        touched = tuple(unit for unit in state.asked if unit.id in named)
    if not touched:
        return
    column = ROUND_UNIT.c
    query = select(column.unit, *(column[name] for name in _HANDED)).where(column.round == state.id)
    of_one = ROUND_UNIT.c.round == state.id
    if len(touched) <= _FEW:
        ids = [unit.id for unit in touched]
        query, of_one = query.where(ROUND_UNIT.c.unit.in_(ids)), and_(of_one, ROUND_UNIT.c.unit.in_(ids))
    handed = {row.unit: Handed(**{name: row._mapping[name] for name in _HANDED}) for row in connection.execute(query)}
    connection.execute(delete(ROUND_UNIT).where(of_one))
    insert_many(connection, ROUND_UNIT, unit_rows(campaign, state, touched, handed))


def handed_by_entries(connection: Connection, round_: str) -> dict[str, Handed]:
    """By unit, what the items' own entries say: for verification, which believes no row."""
    batch = batch_of(round_)
    query = select(ITEM.c.import_key, ITEM.c.no).where(ITEM.c.batch == batch)
    query = query.order_by(ITEM.c.issued_at, ITEM.c.no)  # of one that was asked again, the last
    said = _said_by(connection, batch)
    return {unit_of_key(batch, key or ""): Handed(no=no, **said.get(no, {})) for key, no in connection.execute(query)}


def _said_by(connection: Connection, batch: str) -> dict[str, dict[str, Any]]:
    """By number, what the entries of the batch's items say of their given dates, and of when they came in; what cannot
    be read, elsewhere is said."""
    query = select(ENTRY.c.stream, ENTRY.c.seq, ENTRY.c.at, ENTRY.c.kind, ENTRY.c.body)
    query = query.join(ITEM, ITEM.c.no == ENTRY.c.stream)
    query = query.where(ITEM.c.batch == batch, ENTRY.c.kind.in_(("issued", *MOVING, *COMING_IN)))
    found: dict[str, dict[str, Any]] = {}
    for entry in connection.execute(query.order_by(ENTRY.c.stream, ENTRY.c.seq)).mappings():
        own = found.setdefault(entry["stream"], {**dict.fromkeys(_HANDED[1:]), "reviewing": False})
        try:
            if entry["kind"] in COMING_IN:
                own.update(now_in(entry, own))
                continue
            fact = decode_fact(entry["kind"], parse(entry["body"]))
        except (LookupError, TypeError, ValueError, AttributeError):
            continue
        if isinstance(fact, Issued):
            own["given"] = days_given(fact)
        elif isinstance(fact, Moving):
            own["given"] = days_given(fact) or own["given"]
            if own["in_at"] is None:  # by when it was due when it came in stays
                own.update(moved_to(fact, own))
    return found


def row_of(connection: Connection, round_: str) -> RowMapping | None:
    """The round's row; None when it has not opened."""
    return connection.execute(_ROW, {"of": round_}).mappings().first()


def annulled(connection: Connection, round_: str) -> list[str]:
    """Whose item somebody has annulled, and who is not asked again in its place."""
    query = select(ROUND_UNIT.c.unit, ROUND_UNIT.c.no).join(ITEM, ITEM.c.no == ROUND_UNIT.c.no)
    query = query.where(ITEM.c.batch == batch_of(round_), ITEM.c.status == str(Status.ANNULLED))
    of = (ROUND_UNIT.c.round == round_, ROUND_UNIT.c.state != DROPPED, ~ROUND_UNIT.c.annul)
    keys = {
        key_of(round_, unit, no): unit
        for unit, no in connection.execute(query.where(*of).order_by(ROUND_UNIT.c.unit)).all()
    }
    drafts = select(DRAFT.c.import_key).where(DRAFT.c.batch == batch_of(round_), DRAFT.c.import_key.in_(keys))
    again = set(connection.execute(drafts).scalars()) if keys else set[str]()
    return [unit for key, unit in keys.items() if key not in again]


def not_asked_yet(connection: Connection, round_: str) -> list[str]:
    """Who owes and has no item, and waits for none that is being issued."""
    waits = select(DRAFT.c.n).where(
        DRAFT.c.batch == batch_of(round_), DRAFT.c.unit == ROUND_UNIT.c.unit, DRAFT.c.result == ""
    )
    query = select(ROUND_UNIT.c.unit).where(
        ROUND_UNIT.c.round == round_, ROUND_UNIT.c.state == OWING, ROUND_UNIT.c.no.is_(None), ~waits.exists()
    )
    return list(connection.execute(query.order_by(ROUND_UNIT.c.unit)).scalars())


def unfinished(connection: Connection, today: date) -> list[str]:
    """The rounds of which something is still to come, or to be issued; some ask by a day of the unit's own, after the
    lock, that has not passed."""
    drafts = select(DRAFT.c.n).where(DRAFT.c.batch == BATCH.c.id, DRAFT.c.result == "")
    waiting = select(BATCH.c.id).where(BATCH.c.id.startswith(ROUND_PREFIX), BATCH.c.state == CONFIRMED)
    waiting = waiting.where(drafts.exists())
    names = {name.removeprefix(ROUND_PREFIX) for name in connection.execute(waiting).scalars()}
    alarmed = select(ROUND_ROW.c.id).where(ROUND_ROW.c.alarm_at.is_not(None))
    own = select(ROUND_ROW.c.id).join(ROUND_UNIT, ROUND_UNIT.c.round == ROUND_ROW.c.id)
    own = own.where(ROUND_UNIT.c.held > ROUND_ROW.c.locks, ROUND_UNIT.c.held >= today.isoformat())
    own = own.where(ROUND_ROW.c.state == LOCKED).distinct()
    return sorted(names.union(connection.execute(alarmed).scalars(), connection.execute(own).scalars()))
