"""The due wave: everything falls due at the same instant and is swept, timers follow, and people go on working.

The shipped process is given a due time of a few seconds ahead, and one rung that rings then too, so that each item is
stamped late and four persons hear of it; everything else is as the scheduler and `duban worker` do it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from time import monotonic
from uuid import uuid4

from sqlalchemy import Connection, func, select

from definitions.catalogue import EXAMPLE
from ledger.chain import batches, pinned
from ledger.chain.entries import ENTRY, ITEM, NOTICE
from ledger.reading import queries
from ledger.reading.filters import Filters
from ledger.store.database import Database
from rules.dates.calendar import LOCAL, Calendar, DayException
from rules.machine.commands import Actor, Command, CommandKind
from rules.machine.ticks import HEAD_START
from rules.process import ClockKind, Process, Role, Window
from runtime.bench.figures import Runs, percentile
from runtime.bench.place import BenchPlace, draft, opened
from runtime.ending import Problem
from workflows.contracts import BULK, sweep

_LEADER = Actor(id="p0004", role=Role.LEADER)
TALKED_TO = 12
"""Items that are not in the wave, to which commands are given one after the other."""
QUIET = 60
"""Commands given while nothing else happens."""
_AFTER = 5.0
"""Seconds for which commands are timed once the items' own timers ring too."""
STARTS_PER_S, SPARE = 50, 5
_GLANCE = 0.02
_PATIENCE = 60.0


async def measure(runs: Runs, items: int) -> None:
    """One run on a data folder of its own."""
    async with opened() as place:
        talked_to = await _issue(place, draft(place.database, TALKED_TO))
        due = (datetime.now(UTC) + timedelta(seconds=items / STARTS_PER_S + SPARE)).replace(microsecond=0)
        with place.database.write() as connection:
            fall_due(connection, due)
        batch = draft(place.database, items)
        with place.database.write() as connection:
            batches.issue_chunk(connection, batch, items, due - timedelta(days=1))
        await _issue(place, batch)
        talk = _talk(place, talked_to)
        for _ in range(TALKED_TO):
            await anext(talk)
        quiet = [await anext(talk) for _ in range(QUIET)]
        if datetime.now(UTC) >= due:
            raise Problem(f"{items} 项没有在到期前交办完。", "机器太忙，等一会儿再测。")
        await asyncio.sleep((due - datetime.now(UTC)).total_seconds())
        seconds, meanwhile = await _wave(place, batch, items, due, talk)
        timers = due + HEAD_START
        await asyncio.sleep((timers - datetime.now(UTC)).total_seconds())
        until, after = monotonic() + _AFTER, []
        while monotonic() < until:
            after.append(await anext(talk))
        _check(place.database, batch, items, due)
    runs.add("due_wave_s", seconds)
    runs.add("due_wave_command_ratio", median(meanwhile) / median(quiet))
    runs.measured(
        due_wave_quiet_p50_ms=median(quiet) * 1000,
        due_wave_command_p50_ms=median(meanwhile) * 1000,
        due_wave_command_p95_ms=percentile(meanwhile, 0.95) * 1000,
        due_wave_timers_p50_ms=median(after) * 1000,
    )


def fall_due(connection: Connection, due: datetime) -> None:
    """What is issued from now on, as of the day before `due`, falls due at that instant and rings its one rung then."""
    day, at = due.astimezone(LOCAL).date(), due.astimezone(LOCAL).time()
    pinned.load_calendar(connection, _every_day(day))
    kinds = {row["kind"] for row in connection.execute(select(batches.UNIT.c.kind)).mappings()}
    shipped = [pinned.current_process(connection, EXAMPLE, "staged", kind) for kind in sorted(kinds)]
    pinned.load_processes(connection, [_due_at(process, at.replace(tzinfo=None)) for process in shipped])


def _due_at(process: Process, at: time) -> Process:
    rung = next(r for r in process.rungs if r.offset > 0 and ClockKind.UNSIGNED in r.applies)
    return replace(
        process,
        ref=f"{process.ref}/{at.isoformat()}",
        sign=Window(amount=1),
        rungs=(replace(rung, offset=0),),
        due_time=at,
        ring_time=at,
    )


def _every_day(around: date) -> Calendar:
    days = (around + timedelta(days=n) for n in range(-7, 8))
    worked = tuple(DayException(day=day, working=True, name="测量") for day in days if day.weekday() >= 5)
    years = (around.year - 1, around.year + 1)
    return Calendar(version=f"wave-{around}", first_year=years[0], last_year=years[1], exceptions=worked)


async def _issue(place: BenchPlace, batch: str) -> list[str]:
    """The batch's items have their workflows; returns their numbers."""
    await place.gateway.issue(batch)
    with place.database.read() as connection:
        page = queries.register(connection, Filters(batch=batch), size=TALKED_TO)
    return [row["no"] for row in page.rows]


async def _talk(place: BenchPlace, numbers: list[str]) -> AsyncIterator[float]:
    """Seconds that one remark after the other takes, to each item in turn, for ever."""
    while True:
        for no in numbers:
            command = Command(kind=CommandKind.REMARK, id=str(uuid4()), actor=_LEADER, text="请抓紧整改。")
            begun = monotonic()
            await place.gateway.give(no, command)
            yield monotonic() - begun


async def _wave(
    place: BenchPlace, batch: str, items: int, due: datetime, talk: AsyncIterator[float]
) -> tuple[float, list[float]]:
    """Seconds from `due` until every item of the batch is stamped, and how long each command took meanwhile."""
    begun, meanwhile = monotonic(), []
    await place.client.start_workflow(
        BULK, sweep(not_before=due), id=f"wave-due@{batch}", task_queue=place.settings.task_queue
    )
    stamped = asyncio.create_task(_stamped(place.database, batch, items))
    while not stamped.done():
        meanwhile.append(await anext(talk))
    return await stamped - begun, meanwhile


async def _stamped(database: Database, batch: str, items: int) -> float:
    """The moment at which every item of the batch is stamped."""
    query = select(func.count()).where(ITEM.c.batch == batch, ITEM.c.late)
    deadline = monotonic() + _PATIENCE

    def count() -> int:
        with database.read() as connection:
            return connection.execute(query).scalar_one()

    while (found := await asyncio.to_thread(count)) < items:
        if monotonic() > deadline:
            raise Problem(f"{_PATIENCE:.0f} 秒后才记了 {found} 项到期。")
        await asyncio.sleep(_GLANCE)
    return monotonic()


def _check(database: Database, batch: str, items: int, due: datetime) -> None:
    """Each item was stamped once, at the instant that it fell due, and rang its rung once; people hear of each."""
    ours = select(ITEM.c.no).where(ITEM.c.batch == batch)
    rang = select(ENTRY.c.kind, ENTRY.c.at, func.count()).where(ENTRY.c.stream.in_(ours), ENTRY.c.seq > 1)
    heard = select(func.count()).where(NOTICE.c.stream.in_(ours), NOTICE.c.kind == "rung_reached")
    with database.read() as connection:
        found = sorted(tuple(row) for row in connection.execute(rang.group_by(ENTRY.c.kind, ENTRY.c.at)))
        notices = connection.execute(heard).scalar_one()
    at = f"{due:%Y-%m-%dT%H:%M:%S.%f}Z"
    assert found == [("fell_due", at, items), ("rung_reached", at, items)], found
    assert notices >= items, notices
