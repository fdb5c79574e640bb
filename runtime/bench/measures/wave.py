"""The due wave: everything falls due at the same instant and is swept, timers follow, and people go on working.

The shipped process is given a due time of a few seconds ahead, and one rung that rings then too, so that each item is
stamped late and four persons hear of it; everything else is as the scheduler and `duban worker` do it. Then as many
nodes, twenty to an item, each of which is stamped and rings as an item was and did.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from time import monotonic
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, func, select

from definitions.catalogue import EXAMPLE
from ledger.chain import batches, pinned
from ledger.chain.entries import ENTRY, ITEM, NOTICE
from ledger.chain.family.chunk import UNIT
from ledger.reading import queries
from ledger.reading.filters import Filters
from ledger.store.database import Database
from rules.dates.calendar import LOCAL, Calendar, DayException
from rules.machine.commands import Actor, Command, CommandKind, Via
from rules.machine.ticks import HEAD_START
from rules.process import ClockKind, Process, Role, Window
from runtime.bench import with_parts
from runtime.bench.figures import Runs, percentile
from runtime.bench.place import TEXT, BenchPlace, draft, lead_on, opened
from runtime.ending import Problem
from workflows.contracts import BULK, sweep

_LEADER = Actor(id="p0004", role=Role.LEADER, via=Via.SITE)
K = CommandKind
NODES = 20
"""Nodes that each item owes."""
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
    """One run: the items on a data folder of their own, then as many nodes on another."""
    seconds = await _items(runs, items)
    nodes = await _nodes(runs, items)
    runs.add("node_wave_ratio", nodes / seconds)
    runs.measured(node_wave_s=nodes)


async def _items(runs: Runs, items: int) -> float:
    async with opened() as place:
        talked_to = await issued(place, draft(place.database, TALKED_TO))
        due = _ahead(items)
        with place.database.write() as connection:
            fall_due(connection, due)
        batch = draft(place.database, items)
        with place.database.write() as connection:
            batches.issue_chunk(connection, batch, items, due - timedelta(days=1))
        await issued(place, batch)
        talk = talk_to(place, talked_to)
        quiet = await quiet_of(talk)
        await _fallen_due(due, items)
        seconds, meanwhile = await _wave(place, batch, items, due, talk, seq=3)
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
    return seconds


async def _nodes(runs: Runs, nodes: int) -> float:
    """As many nodes, in items that are signed, planned and approved on the day before."""
    items = max(1, nodes // NODES)
    async with opened() as place:
        talked_to = await issued(place, draft(place.database, TALKED_TO))
        due = _ahead(items)
        day, at = due.astimezone(LOCAL).date(), due.astimezone(LOCAL).time().replace(tzinfo=None)
        with place.database.write() as connection:
            pinned.load_calendar(connection, _every_day(day))
            process = with_parts.load(connection, lambda shipped: _nodes_due_at(shipped, at))
        batch, before = draft(place.database, items), due - timedelta(days=1)
        with place.database.write() as connection:
            batches.issue_chunk(connection, batch, items, before)
        said = {"text": TEXT, "answers": with_parts.answered(process, NODES, day)}
        way: dict[CommandKind, dict[str, Any]] = {K.SIGN: {}, K.SUBMIT: said, K.APPROVE: {}}
        await asyncio.to_thread(lead_on, place.database, batch, way, before)
        await issued(place, batch)
        talk = talk_to(place, talked_to)
        quiet = await quiet_of(talk)
        await _fallen_due(due, items)
        seconds, meanwhile = await _wave(place, batch, items, due, talk, seq=4 + 2 * NODES)
        _check(place.database, batch, items, due, each=NODES, after=4)
    runs.measured(
        node_wave_command_p50_ms=median(meanwhile) * 1000,
        node_wave_command_max_ms=max(meanwhile) * 1000,
        node_wave_quiet_p50_ms=median(quiet) * 1000,
    )
    return seconds


def _ahead(items: int) -> datetime:
    """An instant by which so many items are issued."""
    return (datetime.now(UTC) + timedelta(seconds=items / STARTS_PER_S + SPARE)).replace(microsecond=0)


async def quiet_of(talk: AsyncIterator[float]) -> list[float]:
    """What commands take while nothing else happens."""
    for _ in range(TALKED_TO):
        await anext(talk)
    return [await anext(talk) for _ in range(QUIET)]


async def _fallen_due(due: datetime, items: int) -> None:
    if datetime.now(UTC) >= due:
        raise Problem(f"{items} 项没有在到期前交办完。", "机器太忙，等一会儿再测。")
    await asyncio.sleep((due - datetime.now(UTC)).total_seconds())


def fall_due(connection: Connection, due: datetime) -> None:
    """What is issued from now on, as of the day before `due`, falls due at that instant and rings its one rung then."""
    day, at = due.astimezone(LOCAL).date(), due.astimezone(LOCAL).time()
    pinned.load_calendar(connection, _every_day(day))
    kinds = {row["kind"] for row in connection.execute(select(UNIT.c.kind)).mappings()}
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


def _nodes_due_at(process: Process, at: time) -> Process:
    """Whose rows are owed by their days, at that time, when the one rung rings too."""
    rung = next(r for r in process.rungs if r.offset > 0 and ClockKind.UNSIGNED in r.applies)
    rungs = (replace(rung, offset=0, applies=(ClockKind.NODE,)),)
    return with_parts.owing(process, rungs=rungs, due_time=at, ring_time=at)


def _every_day(around: date) -> Calendar:
    days = (around + timedelta(days=n) for n in range(-7, 8))
    worked = tuple(DayException(day=day, working=True, name="测量") for day in days if day.weekday() >= 5)
    years = (around.year - 1, around.year + 1)
    return Calendar(version=f"wave-{around}", first_year=years[0], last_year=years[1], exceptions=worked)


async def issued(place: BenchPlace, batch: str) -> list[str]:
    """The batch's items have their workflows; returns their numbers."""
    await place.gateway.issue(batch)
    with place.database.read() as connection:
        page = queries.register(connection, Filters(batch=batch), size=TALKED_TO)
    return [row["no"] for row in page.rows]


async def talk_to(place: BenchPlace, numbers: list[str]) -> AsyncIterator[float]:
    """Seconds that one remark after the other takes, to each item in turn, for ever."""
    while True:
        for no in numbers:
            command = Command(kind=CommandKind.REMARK, id=str(uuid4()), actor=_LEADER, text="请抓紧整改。")
            begun = monotonic()
            await place.gateway.give(no, command)
            yield monotonic() - begun


async def _wave(
    place: BenchPlace, batch: str, items: int, due: datetime, talk: AsyncIterator[float], *, seq: int
) -> tuple[float, list[float]]:
    """Seconds from `due` until every item of the batch is stamped and stands at entry `seq`, and how long each command
    took meanwhile."""
    begun, meanwhile = monotonic(), []
    await place.client.start_workflow(
        BULK, sweep(not_before=due), id=f"wave-due@{batch}", task_queue=place.settings.task_queue
    )
    stamped = asyncio.create_task(_stamped(place.database, batch, items, seq))
    while not stamped.done():
        meanwhile.append(await anext(talk))
    return await stamped - begun, meanwhile


async def _stamped(database: Database, batch: str, items: int, seq: int) -> float:
    """The moment at which every item of the batch stands at that entry."""
    query = select(func.count()).where(ITEM.c.batch == batch, ITEM.c.seq >= seq)
    deadline = monotonic() + _PATIENCE

    def count() -> int:
        with database.read() as connection:
            return connection.execute(query).scalar_one()

    while (found := await asyncio.to_thread(count)) < items:
        if monotonic() > deadline:
            raise Problem(f"{_PATIENCE:.0f} 秒后才记了 {found} 项到期。")
        await asyncio.sleep(_GLANCE)
    return monotonic()


def _check(database: Database, batch: str, items: int, due: datetime, *, each: int = 1, after: int = 1) -> None:
    """Behind entry `after` each item was stamped once for each of what it owes, at the instant that this fell due, and
    rang its rung as often; people hear of each."""
    ours, stamped = select(ITEM.c.no).where(ITEM.c.batch == batch), items * each
    rang = select(ENTRY.c.kind, ENTRY.c.at, func.count()).where(ENTRY.c.stream.in_(ours), ENTRY.c.seq > after)
    heard = select(func.count()).where(NOTICE.c.stream.in_(ours), NOTICE.c.kind == "rung_reached")
    with database.read() as connection:
        found = sorted(tuple(row) for row in connection.execute(rang.group_by(ENTRY.c.kind, ENTRY.c.at)))
        notices = connection.execute(heard).scalar_one()
    at = f"{due:%Y-%m-%dT%H:%M:%S.%f}Z"
    assert found == [("fell_due", at, stamped), ("rung_reached", at, stamped)], found
    assert notices >= stamped, notices
