"""What a round's rows say of an item, in the transaction of the item's own entries: its number, and when it came in."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, RowMapping, Update, bindparam, case, func, or_, select, update

from ledger.chain.journal import ROUND
from ledger.store.aside_tables import RoundUnitRow
from ledger.store.canonical import parse
from ledger.store.driver import PreparedUpdate
from ledger.store.tables import table_of
from rules.codec import Plain, instant_text
from rules.dates.clocks import Clock
from rules.machine.events import decode_fact
from rules.machine.facts import ExtensionGranted, Fact, Issued
from rules.machine.timed import DueSet, Resumed
from rules.machine.turns import EXTENSION_RULE

ROUND_PREFIX = f"{ROUND}/"
"""How the ids of the batches begin that rounds issue: round/<campaign>/<period>, as the workflow's."""
ROUND_UNIT = table_of(RoundUnitRow)
OWING, IN, LATE, DROPPED = "owing", "in", "late", "dropped"
"""How a unit stands with what it is asked for."""

CLOSES = ("closed", "completed")
"""The kinds of entries with which an item is done: somebody closes it, or it was closed as it was handed in."""
_JUDGED = ("submitted", "returned", "reassigned", "annulled", "cycle_started")
COMING_IN = (*CLOSES, *_JUDGED)
"""The kinds of entries by which an item may come in, or be owed again."""
MOVING = ("due_set", "resumed", "extension_granted")
"""The kinds of entries that move an item's given date."""
Moving = DueSet | Resumed | ExtensionGranted

_NUMBERED = (
    update(ROUND_UNIT)
    .where(ROUND_UNIT.c.round == bindparam("of_round"), ROUND_UNIT.c.unit == bindparam("of_unit"))
    .values(
        no=bindparam("number"),
        in_at=None,
        in_seq=None,
        reviewing=False,
        given=bindparam("days"),
        state=case((ROUND_UNIT.c.state == DROPPED, DROPPED), else_=OWING),
    )
)
_AT: BindParameter[str] = bindparam("at")
_IN_AT = func.coalesce(ROUND_UNIT.c.in_at, _AT)
_CAME_IN = PreparedUpdate(  # what now_in says of CLOSES: the many are told in one statement
    update(ROUND_UNIT)
    .where(ROUND_UNIT.c.no == bindparam("of_no"), or_(ROUND_UNIT.c.in_at.is_(None), ROUND_UNIT.c.reviewing))
    .values(
        in_at=_IN_AT,
        in_seq=func.coalesce(ROUND_UNIT.c.in_seq, bindparam("of_seq")),
        reviewing=False,
        state=case((ROUND_UNIT.c.state == DROPPED, DROPPED), (_IN_AT <= ROUND_UNIT.c.due_at, IN), else_=LATE),
    )
)


def unit_of_key(batch: str, import_key: str) -> str:
    """For whom a round asked for the item with that import key; who is asked again has a key that says after what."""
    return import_key.removeprefix(f"{batch}/").partition("/")[0]


def days_text(last: date, first: date | None, calendar: str) -> str:
    """By when a unit is asked for it: a day, or the two between which it chooses, by which calendar."""
    return f"{first.isoformat()}..{last.isoformat()}@{calendar}" if first else last.isoformat()


def days_in(text: str) -> tuple[date | None, date]:
    """The earliest day and the last that the text says."""
    first, _, last = text.partition("@")[0].rpartition("..")
    return date.fromisoformat(first) if first else None, date.fromisoformat(last)


def days_given(fact: Issued | Moving) -> str | None:
    """The same as the fact says it; None where it says nothing of it."""
    if isinstance(fact, Resumed | ExtensionGranted):
        return None
    if isinstance(fact, DueSet):
        return days_text(fact.to, fact.first, fact.calendar) if fact.calendar else None
    return (
        days_text(fact.deadline, fact.choice.first if fact.choice else None, fact.calendar) if fact.deadline else None
    )


def moved_to(fact: Moving, own: Mapping[str, Any]) -> dict[str, str | None]:
    """`chosen`, the day that the unit chose, and `held`, the day by which the item is due, after the fact; before it
    they were as `own` says, which has `given` too (days_text). What an extension gave holds where it is later. Nothing,
    where no date was given."""
    if not own["given"]:
        return {}
    before = date.fromisoformat(own["held"]) if own["held"] else days_in(own["given"])[1]
    given, clocks, chosen = before, tuple[Clock, ...](), own["chosen"]
    if isinstance(fact, ExtensionGranted):
        clocks = (fact.clock,)
    else:
        given, clocks = fact.dates.deadline or before, fact.dates.clocks
        if fact.dates.choice and fact.dates.choice.chosen:
            chosen = fact.dates.choice.chosen.isoformat()
    extended = [one.due.date for one in clocks if one.due.trace.given_by == EXTENSION_RULE]
    return {"chosen": chosen, "held": max((given, *extended)).isoformat()}


def numbered(connection: Connection, issued: Iterable[tuple[Fact, str]]) -> None:
    """These items, each (issued, import key), are what their rounds ask for; those of other batches are not."""
    rows = [
        {
            "of_round": fact.batch.removeprefix(ROUND_PREFIX),
            "of_unit": unit_of_key(fact.batch, key),
            "number": fact.no,
            "days": days_given(fact),
        }
        for fact, key in issued
        if isinstance(fact, Issued) and fact.batch.startswith(ROUND_PREFIX)
    ]
    if not rows:
        return
    connection.execute(_NUMBERED, rows)
    units, rounds = ({row[of] for row in rows} for of in ("of_unit", "of_round"))
    query = select(ROUND_UNIT).where(ROUND_UNIT.c.unit.in_(units), ROUND_UNIT.c.round.in_(rounds))
    for row in connection.execute(query.where(ROUND_UNIT.c.held.is_not(None))).mappings().all():
        # It is asked again: nothing has moved the new one yet.
        _owes_by(connection, row, {"chosen": None, "held": None})


def redated(connection: Connection, entries: Iterable[Plain]) -> None:
    """Where one of these entries moves the date of what a round asks for, the round knows it."""
    for entry in entries:
        if entry["kind"] not in MOVING:
            continue
        fact = decode_fact(entry["kind"], parse(entry["body"]))
        assert isinstance(fact, DueSet | Resumed | ExtensionGranted)
        query = select(ROUND_UNIT).where(ROUND_UNIT.c.no == entry["stream"])
        for row in connection.execute(query).mappings().all():
            if given := days_given(fact):
                connection.execute(_of(row).values(given=given))
            if row["in_at"] is not None:  # by when it was due when it came in stays
                continue
            if moved := moved_to(fact, {**row, "given": given or row["given"]}):
                _owes_by(connection, row, moved)


def _owes_by(connection: Connection, row: RowMapping, moved: Mapping[str, str | None]) -> None:
    """The same time of the day by which it is due now."""
    day = date.fromisoformat(moved["held"]) if moved["held"] else days_in(row["wanted"])[1]
    due_at = datetime.fromisoformat(row["due_at"]) + (day - date.fromisoformat(row["due"]))
    connection.execute(_of(row).values(due=day.isoformat(), due_at=instant_text(due_at), **moved))


def _of(row: RowMapping) -> Update:
    return update(ROUND_UNIT).where(ROUND_UNIT.c.round == row["round"], ROUND_UNIT.c.unit == row["unit"])


def now_in(entry: Mapping[str, Any] | RowMapping, own: Mapping[str, Any] | RowMapping) -> dict[str, Any]:
    """What becomes of `in_at`, `in_seq` and `reviewing`, that are as `own` says, by that entry. An item is in when its
    unit has handed in what is owed by its date, however long that waits to be judged; it is not where that is taken
    back, or another unit has to begin anew. What was closed once is in for ever."""
    kind, waits = entry["kind"], own["reviewing"]
    if kind in CLOSES or (kind == "submitted" and parse(entry["body"]).get("handed_in")):
        begins = {} if own["in_at"] else {"in_at": entry["at"], "in_seq": entry["seq"]}
        return {**begins, "reviewing": kind not in CLOSES} if begins or waits else {}
    if not waits:
        return {}
    if kind == "cycle_started":  # it was judged: what is owed by the next cycle's dates no round asks for
        return {"reviewing": False}
    if kind in ("reassigned", "annulled") or (kind == "returned" and parse(entry["body"]).get("takes_back")):
        return {"in_at": None, "in_seq": None, "reviewing": False}
    return {}


def came_in(connection: Connection, entries: Iterable[Plain]) -> None:
    """Where one of these entries brings in what a round asks for, or takes it back, the round knows it."""
    rows = []
    for entry in entries:
        if entry["kind"] in CLOSES:
            rows.append({"of_no": entry["stream"], "at": entry["at"], "of_seq": entry["seq"]})
        elif entry["kind"] in _JUDGED:
            _judged(connection, entry)
    if rows:
        _CAME_IN.make(connection, rows)


def _judged(connection: Connection, entry: Plain) -> None:
    query = select(ROUND_UNIT).where(ROUND_UNIT.c.no == entry["stream"])
    for row in connection.execute(query).mappings().all():
        if now := now_in(entry, row):
            stands = how_it_stands(row["state"] == DROPPED, now.get("in_at", row["in_at"]), row["due_at"])
            connection.execute(_of(row).values(**now, state=stands))


def how_it_stands(dropped: bool, in_at: str | None, due_at: str) -> str:
    """The state of a unit that came in then, where it has, and owes it by that instant."""
    if dropped:
        return DROPPED
    return OWING if in_at is None else IN if in_at <= due_at else LATE
