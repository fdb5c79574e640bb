"""How fast every open item gets another calendar, against bare updates that each write one row."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from uuid import uuid4

from sqlalchemy import func, select

from ledger.chain import bulk, pinned, selections
from ledger.chain.entries import ENTRY, ITEM
from ledger.store.database import Database
from rules.dates.calendar import Calendar, DayException, local_date
from rules.machine.commands import SYSTEM, Actor, Command, CommandKind, Via
from rules.process import Role
from runtime.bench.figures import Runs
from runtime.bench.measures.commands import crowd, idle_workflows, idling, writing
from runtime.bench.place import BenchPlace, draft, liaisons, opened
from runtime.ending import Problem
from workflows.contracts import recalculate_id, recalculation

SOONER = 10
"""One item in so many has an earlier alarm by the new calendar, and its workflow is told."""
BARE = 200
ADMINISTRATOR = "p0006"


async def measure(runs: Runs, items: int) -> None:
    """One run on a data folder of its own."""
    async with opened() as place:
        batch = draft(place.database, items)
        await place.gateway.issue(batch)
        signed = await _sign(place, batch, max(1, items // SOONER))
        handles = await idle_workflows(place, BARE)
        await crowd([idling(handle) for handle in handles])
        bare_seconds = await crowd([writing(handle) for handle in handles])
        calendar = _with_a_weekend_worked(place.database)
        with place.database.write() as connection:
            pinned.load_calendar(connection, calendar)
        before = _alarms(place.database)
        begun = monotonic()
        by = Actor(id=ADMINISTRATOR, role=Role.ADMINISTRATOR, via=Via.SITE)
        start = recalculation(calendar.version, "测速", by)
        done = await place.gateway.bulk(start, recalculate_id(calendar.version))
        seconds = monotonic() - begun
        _check(place.database, calendar, items, done.stored)
        after = _alarms(place.database)
        sooner = {no for no in before if after[no] < before[no]}
        if sooner != signed:
            raise Problem(f"{len(sooner)} 项提醒提前，应当是签收了的 {len(signed)} 项。")
    runs.add("recalculate_rate_ratio", (items / seconds) / (BARE / bare_seconds))
    runs.measured(
        recalculate_per_s=items / seconds,
        recalculate_bare_per_s=BARE / bare_seconds,
        recalculate_told=float(len(sooner)),
    )


async def _sign(place: BenchPlace, batch: str, count: int) -> set[str]:
    """So many items of units that have long for their plans are signed; their numbers. Whatever day of the week it is,
    their next alarms lie behind a weekend that all others' lie before, and come sooner when that is worked."""
    long = ITEM.c.unit_kind.in_(("research", "enterprise"))
    query = select(ITEM.c.no, ITEM.c.unit).where(ITEM.c.batch == batch, long).limit(count)
    with place.database.read() as connection:
        rows = connection.execute(query).all()

    known = liaisons(place.database)

    def sign(no: str, unit: str) -> Command:
        return Command(kind=CommandKind.SIGN, id=str(uuid4()), actor=known[unit])

    await crowd([lambda no=no, unit=unit: place.gateway.give(no, sign(no, unit)) for no, unit in rows])  # type: ignore[misc]
    return {no for no, _ in rows}


def _with_a_weekend_worked(database: Database) -> Calendar:
    """The current calendar, with two days off worked: the next ones after the alarms of all that is not signed yet."""
    with database.read() as connection:
        current = pinned.current_calendar(connection)
        last = connection.execute(select(func.max(ITEM.c.alarm_at)).where(ITEM.c.status == "unsigned")).scalar_one()
    day = local_date(datetime.fromisoformat(last))
    worked: list[DayException] = []
    while len(worked) < 2:
        day += timedelta(days=1)
        if not current.is_working(day):
            worked.append(DayException(day=day, working=True, name="调休上班"))
    others = [e for e in current.exceptions if e.day not in {w.day for w in worked}]
    kept = [w for w in worked if w.day.weekday() >= 5]
    exceptions = tuple(sorted([*others, *kept], key=lambda e: e.day))
    return replace(current, version=f"{current.version}+bench", exceptions=exceptions)


def _alarms(database: Database) -> dict[str, str]:
    with database.read() as connection:
        return {no: at for no, at in connection.execute(select(ITEM.c.no, ITEM.c.alarm_at))}


def _check(database: Database, calendar: Calendar, items: int, stored: int) -> None:
    """Every item was given the calendar, once."""
    with database.read() as connection:
        behind = bulk.waiting(connection, selections.other_calendar(calendar, "测速", SYSTEM))
        entries = connection.execute(select(ENTRY.c.stream).where(ENTRY.c.kind == "recalculated")).scalars().all()
    if behind or stored != items or len(entries) != items or len(set(entries)) != items:
        raise Problem(f"重算不全：{stored} 项，{len(entries)} 条记录，还差 {behind} 项。")
