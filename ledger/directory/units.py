"""Units over time, stored: what happened to them in the journal of the directory, their spans beside it, and which
units there were on a day."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
)

from ledger.chain import journal
from ledger.chain.journal import DIRECTORY, ENTRY
from ledger.store.aside_tables import UnitConditionRow, UnitSpanRow
from ledger.store.driver import PreparedQuery, among, insert_many, texts, update_many
from ledger.store.tables import Unit, table_of
from rules.codec import Plain
from rules.dates.calendar import local_date
from rules.machine.commands import SYSTEM, Actor
from rules.units.checking import with_facts
from rules.units.facts import KnownUnit, UnitFact, UnitsSettled
from rules.units.selecting import Selector, selected
from rules.units.spans import ConditionSpan, UnitLife, UnitSpan, UnitThen

UNIT, UNIT_SPAN, UNIT_CONDITION = table_of(Unit), table_of(UnitSpanRow), table_of(UnitConditionRow)
_COLUMNS = tuple(one.name for one in fields(KnownUnit) if one.name != "id")
_SOME = 500
"""So many ids at most in one statement."""


def _holds(table: Table, on: Any) -> ColumnElement[bool]:
    return and_(table.c.first <= on, or_(table.c.until.is_(None), table.c.until > on))


_ON = bindparam("on", type_=Text())
_BEGUN_SPANS = PreparedQuery(
    select(UNIT_SPAN, _holds(UNIT_SPAN, _ON).label("holds"))
    .where(among(UNIT_SPAN.c.unit, bindparam("units", type_=Text())), UNIT_SPAN.c.first <= _ON)
    .order_by(UNIT_SPAN.c.unit, UNIT_SPAN.c.first)
)
_HELD_CONDITIONS = PreparedQuery(
    select(UNIT_CONDITION.c.unit, UNIT_CONDITION.c.condition)
    .where(among(UNIT_CONDITION.c.unit, bindparam("units", type_=Text())), _holds(UNIT_CONDITION, _ON))
    .order_by(UNIT_CONDITION.c.unit, UNIT_CONDITION.c.first)
)


def chosen(connection: Connection, selector: Selector, day: date) -> tuple[UnitThen, ...]:
    """The units that are meant, as they were that day, by id. One statement: selecting among 100,000 reads each row
    once."""
    on = day.isoformat()
    conditioned = and_(UNIT_CONDITION.c.unit == UNIT_SPAN.c.unit, _holds(UNIT_CONDITION, on))
    query = (
        select(UNIT_SPAN, UNIT_CONDITION.c.condition)
        .join(UNIT_CONDITION, conditioned, isouter=True)
        .where(_holds(UNIT_SPAN, on))
    )
    said = (
        (UNIT_SPAN.c.kind, selector.kinds),
        (UNIT_SPAN.c.size, selector.sizes),
        (UNIT_SPAN.c.area, selector.areas),
        (UNIT_CONDITION.c.condition, selector.conditions),
    )
    narrowed = [column.in_(codes) for column, codes in said if codes]
    if len(selector.units) <= _SOME and (narrowed or not selector.everybody):
        single = UNIT_SPAN.c.unit.in_(selector.units)
        query = query.where(or_(single, and_(*narrowed)) if narrowed else single)
    rows = connection.execute(query.order_by(UNIT_SPAN.c.unit)).mappings()
    found = (UnitThen(known=_known(row), condition=row["condition"] or "") for row in rows)
    return selected(found, selector)


def how_many(connection: Connection, selector: Selector, kinds: Collection[str], day: date) -> int:
    """So many units are meant and are of those `kinds` (all, where none is said), as they were that day. They are
    counted by what they are: among 10,000 units that is a hundredth of looking at each (measured)."""
    named = {*selector.units, *selector.excepted}
    if len(named) > _SOME:
        return sum(not kinds or one.known.kind in kinds for one in chosen(connection, selector, day))
    on, axes = day.isoformat(), (UNIT_SPAN.c.kind, UNIT_SPAN.c.size, UNIT_SPAN.c.area, UNIT_CONDITION.c.condition)
    conditioned = and_(UNIT_CONDITION.c.unit == UNIT_SPAN.c.unit, _holds(UNIT_CONDITION, on))
    alike = select(*axes, UNIT_SPAN.c.unit.in_(named).label("named"), func.count().label("count"))
    alike = alike.join_from(UNIT_SPAN, UNIT_CONDITION, conditioned, isouter=True).where(_holds(UNIT_SPAN, on))
    counted = 0
    for row in connection.execute(alike.group_by(*axes, "named")).mappings():
        known = KnownUnit(id="", name="", kind=row["kind"], size=row["size"], area=row["area"])
        one = UnitThen(known=known, condition=row["condition"] or "")
        if not row["named"] and selected([one], selector) and (not kinds or one.known.kind in kinds):
            counted += row["count"]
    single = chosen(connection, Selector(units=tuple(named)), day) if named else ()
    return counted + sum(not kinds or one.known.kind in kinds for one in selected(single, selector))


def units_now(connection: Connection) -> Iterator[UnitThen]:
    """The units that there are, as they are shown now, by id."""
    for row in connection.execute(select(UNIT).where(UNIT.c.ended.is_(None)).order_by(UNIT.c.id)).mappings():
        yield _now(row)


def unit_now(connection: Connection, unit: str) -> UnitThen | None:
    """The unit as it is shown now; None when there is none of that id."""
    row = connection.execute(select(UNIT).where(UNIT.c.id == unit, UNIT.c.ended.is_(None))).mappings().first()
    return _now(row) if row else None


def _now(row: Any) -> UnitThen:
    known = KnownUnit(id=row["id"], **{name: row[name] for name in _COLUMNS})
    return UnitThen(known=known, condition=row["condition"])


def _known(row: Any) -> KnownUnit:
    return KnownUnit(id=row["unit"], **{name: row[name] for name in _COLUMNS})


def lives(connection: Connection, only: Collection[str] | None = None) -> dict[str, UnitLife]:
    """The units, or those of them that are named, with all that was ever known of them, by id."""
    spans: dict[str, list[UnitSpan]] = {}
    conditions: dict[str, list[ConditionSpan]] = {}
    for row in _rows(connection, UNIT_SPAN, only):
        span = UnitSpan(
            first=date.fromisoformat(row["first"]),
            until=_day(row["until"]),
            known=_known(row),
            became=tuple(row["became"].split("\n")) if row["became"] else (),
        )
        spans.setdefault(row["unit"], []).append(span)
    for row in _rows(connection, UNIT_CONDITION, only):
        given = ConditionSpan(
            first=date.fromisoformat(row["first"]), until=_day(row["until"]), condition=row["condition"]
        )
        conditions.setdefault(row["unit"], []).append(given)
    return {
        unit: UnitLife(id=unit, spans=tuple(found), conditions=tuple(conditions.get(unit, ())))
        for unit, found in spans.items()
    }


def latest_by(connection: Connection, only: Collection[str], day: date) -> dict[str, UnitThen]:
    """Those of these units that there were by then, by id, as they were that day; those that were no more, as they were
    last. Without making their whole lives of it: asked with each chunk of units that are scored."""
    on = day.isoformat()
    spans, conditions = dict[str, RowMapping](), dict[str, str]()
    since, before = dict[str, str](), dict[str, str | None]()
    asked = {"units": texts(only), "on": on}
    for row in _BEGUN_SPANS.all(connection, **asked):
        if before.get(row["unit"]) != row["first"]:  # it was closed until then, or not there yet
            since[row["unit"]] = row["first"]
        before[row["unit"]] = row["until"]
        if row["holds"] or not (row["unit"] in spans and spans[row["unit"]]["holds"]):
            spans[row["unit"]] = row
    for unit, condition in _HELD_CONDITIONS.tuples(connection, **asked):
        conditions[unit] = condition
    return {
        unit: UnitThen(known=_known(row), condition=conditions.get(unit, ""), since=date.fromisoformat(since[unit]))
        for unit, row in spans.items()
    }


def _rows(connection: Connection, table: Table, only: Collection[str] | None) -> Sequence[Any]:
    query = select(table).order_by(table.c.unit, table.c.first)
    if only is not None:
        query = query.where(among(table.c.unit, only))
    return connection.execute(query).mappings().all()


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def record(connection: Connection, facts: Sequence[UnitFact], now: datetime, actor: Actor = SYSTEM) -> set[str]:
    """These facts stand in the journal of the directory and the spans follow them, in this transaction, which has the
    writers' lock. What holds from today or earlier on holds now; the rest when its day comes (`settle`). Returns the
    ids of the units that were touched. Raises units_refused: then nothing is stored.
    """
    if not facts:
        return set()
    settle(connection, now)
    known = lives(connection)
    after, changed = with_facts(known, facts)
    for fact in facts:
        for part in _parts(fact):
            journal.note(connection, part, actor, now)
    _store(connection, [after[unit] for unit in sorted(changed)], new={unit for unit in changed if unit not in known})
    _show(connection, [after[unit] for unit in sorted(changed)], settled(connection))
    return changed


def _parts(fact: UnitFact) -> Iterator[UnitFact]:
    """The fact as entries of so many rows each."""
    of_units: Sequence[Any] = getattr(fact, "units", ())
    if len(of_units) <= journal.ROWS:
        yield fact
        return
    for chunk in _chunks(of_units, journal.ROWS):
        yield replace(fact, units=tuple(chunk))  # type: ignore[arg-type]


def _store(connection: Connection, changed: Sequence[UnitLife], *, new: Collection[str]) -> None:
    """The spans of these units are those."""
    before = [life.id for life in changed if life.id not in new]
    for chunk in _chunks(before, _SOME):
        for table in (UNIT_SPAN, UNIT_CONDITION):
            connection.execute(delete(table).where(table.c.unit.in_(chunk)))
    spans, conditions = span_rows(changed), condition_rows(changed)
    if spans:
        insert_many(connection, UNIT_SPAN, spans)
    if conditions:
        insert_many(connection, UNIT_CONDITION, conditions)


def span_rows(of: Iterable[UnitLife]) -> list[Plain]:
    """The spans of these units as they are stored."""
    return [
        {
            "unit": life.id,
            "first": span.first.isoformat(),
            "until": span.until.isoformat() if span.until else None,
            "became": "\n".join(span.became),
            **{name: getattr(span.known, name) for name in _COLUMNS},
        }
        for life in of
        for span in life.spans
    ]


def condition_rows(of: Iterable[UnitLife]) -> list[Plain]:
    """The conditions of these units as they are stored."""
    return [
        {
            "unit": life.id,
            "first": one.first.isoformat(),
            "until": one.until.isoformat() if one.until else None,
            "condition": one.condition,
        }
        for life in of
        for one in life.conditions
    ]


def row_now(life: UnitLife, day: date) -> Plain | None:
    """The row of the unit as it is shown on that day: as it is, or was last; none before it is opened."""
    span = life.latest(day)
    if span is None:
        return None
    ended = span.until if span.until and span.until <= day else None
    return {
        "id": life.id,
        **{name: getattr(span.known, name) for name in _COLUMNS},
        "ended": ended.isoformat() if ended else None,
        "became": "\n".join(span.became) if ended else "",
        "condition": life.condition(day),
    }


def _show(connection: Connection, changed: Iterable[UnitLife], day: date) -> None:
    """The rows of these units are as they are on that day."""
    rows = {life.id: row for life in changed if (row := row_now(life, day))}
    known: dict[str, Plain] = {}
    for chunk in _chunks(sorted(rows), _SOME):
        found = connection.execute(select(UNIT).where(UNIT.c.id.in_(chunk))).mappings()
        known.update((row["id"], dict(row)) for row in found)
    other = [rows[unit] for unit in sorted(known) if known[unit] != rows[unit]]
    # Names are unique among units, and may be swapped or passed on to another: first nobody bears them.
    if named := [row for row in other if row["name"] != known[row["id"]]["name"]]:
        update_many(connection, UNIT, "id", [{"id": row["id"], "name": f"~{row['id']}"} for row in named])
    if other:
        update_many(connection, UNIT, "id", other)
    if new := [row for unit, row in rows.items() if unit not in known]:
        insert_many(connection, UNIT, new)


def settled(connection: Connection) -> date:
    """The day as of which units are shown: on which something was last written about them. The first day, if never."""
    query = select(func.max(ENTRY.c.recorded_at)).where(ENTRY.c.stream.in_(journal.streams_of(DIRECTORY)))
    last: str | None = connection.execute(query).scalar()
    return local_date(datetime.fromisoformat(last)) if last else date.min


def directory_version(connection: Connection) -> str:
    """The last entry that says something of units, as year-number: another after each change. Empty before any."""
    query = select(ENTRY.c.stream, ENTRY.c.seq).where(ENTRY.c.stream.in_(journal.streams_of(DIRECTORY)))
    last = connection.execute(query.order_by(ENTRY.c.position.desc()).limit(1)).first()
    return f"{last.stream.partition('/')[2]}-{last.seq}" if last else ""


def unsettled(connection: Connection, now: datetime) -> set[str]:
    """The ids of the units of which something was to hold from a day on that has come since."""
    before, today = settled(connection), local_date(now)
    due = set[str]()
    if before == date.min or today <= before:
        return due
    since, until = before.isoformat(), today.isoformat()
    for table in (UNIT_SPAN, UNIT_CONDITION):
        for column in (table.c.first, table.c.until):
            due |= set(connection.execute(select(table.c.unit).where(column > since, column <= until)).scalars())
    return due


def settle(connection: Connection, now: datetime) -> tuple[str, ...]:
    """What was to hold from a day on that has come since holds now, in this transaction, which has the writers' lock.
    Returns the ids of the units that are other than before; without any, nothing is written."""
    due = unsettled(connection, now)
    if due:
        today = local_date(now)
        journal.note(connection, UnitsSettled(day=today), SYSTEM, now)
        _show(connection, lives(connection, due).values(), today)
    return tuple(sorted(due))


def _chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
