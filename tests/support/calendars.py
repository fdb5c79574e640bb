"""Other calendars for tests: coming working days off, coming days off worked, and the recalculation that follows."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ledger.chain import bulk, pinned, selections
from ledger.chain.bulk import Selection
from ledger.directory import people
from rules.dates.calendar import Calendar, DayException, local_date
from rules.machine.commands import Actor, Via
from rules.process import Role
from tests.support.product import ADMINISTRATOR, Started
from workflows.contracts import BulkProgress, recalculate_id, recalculation

CAUSE = "国务院办公厅关于部分节假日安排的通知"


async def planning(product: Started, count: int) -> tuple[str, ...]:
    """So many items whose next alarm lies behind a weekend, whatever day it is today: on the tenth working day from
    now, five before the fifteenth."""
    with product.database.read() as connection:
        unit = next(u["id"] for u in people.all_units(connection) if u["kind"] == "research")
    numbers = await product.issue(*(f"第 {n} 个问题" for n in range(count)), unit=unit)
    await asyncio.gather(*(product.give(no, "sign", product.liaison(no)) for no in numbers))
    return numbers


def current(product: Started) -> Calendar:
    with product.database.read() as connection:
        return pinned.current_calendar(connection)


def adopted(product: Started, *, off: int = 0, worked: int = 0) -> Calendar:
    """The calendar with so many coming working days off, and so many coming days off worked, is the current one."""
    before, day = current(product), local_date(datetime.now(UTC))
    changed: list[DayException] = []
    while off or worked:
        day += timedelta(days=1)
        working = before.is_working(day)
        if working and off:
            off -= 1
            changed.append(DayException(day=day, working=False, name="临时放假"))
        elif not working and worked:
            worked -= 1
            changed.append(DayException(day=day, working=True, name="临时上班"))
    others = [e for e in before.exceptions if e.day not in {c.day for c in changed}]
    kept = [c for c in changed if c.working != (c.day.weekday() < 5)]
    exceptions = tuple(sorted([*others, *kept], key=lambda e: e.day))
    calendar = replace(before, version=f"{before.version}+{len(changed)}{changed[0].working}", exceptions=exceptions)
    with product.database.write() as connection:
        pinned.load_calendar(connection, calendar)
    return calendar


_DECIDES = Actor(id=ADMINISTRATOR, role=Role.ADMINISTRATOR, via=Via.SITE)


async def recalculated(product: Started, calendar: Calendar, chunk: int = 100) -> BulkProgress:
    start = recalculation(calendar.version, CAUSE, _DECIDES, chunk=chunk)
    return await product.gateway.bulk(start, recalculate_id(calendar.version))


def selection(calendar: Calendar) -> Selection:
    """The open items that reckon with another calendar."""
    return selections.other_calendar(calendar, CAUSE, _DECIDES)


def behind(product: Started, calendar: Calendar) -> int:
    """How many open items reckon with another calendar."""
    with product.database.read() as connection:
        return bulk.waiting(connection, selection(calendar))
