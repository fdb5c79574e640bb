"""A month's end: a round of 10,000 check-ins opens beside a dispatch with workflows; its page beside the register's;
and what a person's command takes while 10,000 open and 2,000 fall due."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median
from time import monotonic, perf_counter
from uuid import uuid4

from sqlalchemy import Connection, Select, func, select

from definitions.catalogue import load_process
from desk.registers.rounds_shown import round_page, to_call
from desk.showing.item_rows import sheet
from ledger.chain import batches
from ledger.chain.batches import NewItem
from ledger.chain.entries import ITEM
from ledger.directory import loading, people
from ledger.reading import queries
from ledger.reading.filters import Filters
from ledger.rounds.campaigns import load_campaigns
from ledger.rounds.rounds import open_in_ledger
from ledger.rounds.rows import batch_of
from ledger.store.database import Database
from rules.codec import instant_text
from rules.dates.calendar import local_date
from rules.machine.commands import UnitRef
from rules.machine.issuing import Order
from rules.rounds.campaign import Campaign, DueBy
from rules.rounds.moment import Moment, MomentForm
from rules.rounds.opening import round_id
from rules.rounds.periods import Rhythm, period_of
from rules.units.selecting import Selector
from runtime.bench.figures import Runs, percentile
from runtime.bench.measures import register, wave
from runtime.bench.place import SUPERVISOR, BenchPlace, draft, opened
from runtime.ending import Problem
from workflows.contracts import BULK, sweep
from workflows.rounds_begun import look_at_round

_FORM = load_process(Path(__file__).parent / "month.yaml")
_GLANCE = 0.02
_PATIENCE = 120.0
_LONG_AGO = timedelta(days=60)
"""What was issued then has fallen due, and nobody has written it down."""
_names = count(1)
"""Each round is of a campaign of its own: a period opens once."""


async def measure(runs: Runs, units: int, falling: int, dispatched: int) -> None:
    """One run: so many rectifications are dispatched with their workflows; a round of so many units opens; then another
    while so many others fall due and somebody gives one command after the other."""
    async with opened() as place:
        await asyncio.to_thread(add_units, place.database, units)
        await place.rested()
        batch = await asyncio.to_thread(draft, place.database, dispatched)
        begun = monotonic()
        progress = await place.gateway.issue(batch)
        assert progress.started == dispatched, progress
        bare = dispatched / (monotonic() - begun)
        await place.rested()
        ours = units / await _opens(place, units)
        talked_to = await wave.issued(place, draft(place.database, wave.TALKED_TO))
        talk = wave.talk_to(place, talked_to)
        await asyncio.to_thread(_overdue, place.database, falling)
        await place.rested()
        quiet = await wave.quiet_of(talk)
        sweeping = f"wave-due@{uuid4()}"
        opens = asyncio.create_task(_opens(place, units))
        await place.client.start_workflow(BULK, sweep(), id=sweeping, task_queue=place.settings.task_queue)
        meanwhile: list[float] = []
        while not (opens.done() and await asyncio.to_thread(_rung, place.database)):
            meanwhile.append(await anext(talk))
        seconds = await opens
    runs.add("round_open_ratio", ours / bare)
    runs.add("month_end_ratio", median(meanwhile) / median(quiet))
    runs.measured(
        round_open_per_s=ours,
        round_dispatch_per_s=bare,
        month_end_s=seconds,
        month_end_quiet_p50_ms=median(quiet) * 1000,
        month_end_command_p50_ms=median(meanwhile) * 1000,
        month_end_command_p95_ms=percentile(meanwhile, 0.95) * 1000,
    )


def measure_page(database: Database, runs: Runs, name: str, pages: int) -> None:
    """One run: what the page of that round shows, and what the register's first page shows, in turn."""
    late = datetime.now(UTC) + _LONG_AGO
    ours: list[float] = []
    bare: list[float] = []
    for _ in range(pages):
        ours.append(_timed(database, lambda connection: _page(connection, name, late)))
        bare.append(_timed(database, lambda connection: _register(connection, late)))
    runs.add("round_page_ratio", percentile(ours, 0.95) / percentile(bare, 0.95))
    runs.measured(round_page_p95_ms=percentile(ours, 0.95), round_page_register_p95_ms=percentile(bare, 0.95))


def fill(database: Database, units: int, items: int) -> str:
    """A round of so many units stands beside so many items of the register; returns its name."""
    register.fill(database, items)
    add_units(database, units)
    name = _open(database)
    with database.write() as connection:
        batches.issue_chunk(connection, batch_of(name), units + 1000, datetime.now(UTC))
    return name


def _page(connection: Connection, name: str, now: datetime) -> None:
    assert round_page(connection, name, now).round.overdue
    assert to_call(connection, name, now)


def _register(connection: Connection, now: datetime) -> None:
    """As the page of the register asks: its rows, and how many items show each lamp."""
    assert sheet(connection, Filters(), after=None, size=queries.PAGE, now=now).rows


def _timed(database: Database, read: Callable[[Connection], None]) -> float:
    begun = perf_counter()
    with database.read() as connection:
        read(connection)
    return (perf_counter() - begun) * 1000


def add_units(database: Database, units: int) -> None:
    """There are so many units more, of every kind and in every area, and a form that each of them may be asked."""
    kinds = [kind.id for kind in _FORM.unit_kinds]
    with database.write() as connection:
        areas = [area["id"] for area in people.all_areas(connection)]
        rows = [
            {
                "id": f"x{n:06}",
                "name": f"第 {n} 支部",
                "kind": kinds[n % 5],
                "area": areas[n % len(areas)],
                "aliases": "",
            }
            for n in range(units)
        ]
        people.load(connection, areas=[], units=rows, people=[], posts=[])
        loading.load_processes(connection, [_FORM])


def _open(database: Database) -> str:
    """A round of all units is open and its items wait to be issued; returns its name."""
    now, n = datetime.now(UTC), next(_names)
    campaign = Campaign(
        id=f"bench_{n}",
        name=f"第 {n} 份月报",
        version=str(n),
        process=_FORM.id,
        variant=_FORM.variants[0].id,
        rhythm=Rhythm.ONCE,
        to=Selector(everybody=True),
        opens=None,
        due=(DueBy(kind="", moment=_after(8)),),
        locks=_after(12),
    )
    period = period_of(Rhythm.ONCE, local_date(now))
    with database.write() as connection:
        load_campaigns(connection, [campaign], now)
        open_in_ledger(connection, campaign, period, SUPERVISOR, now)
    return round_id(campaign.id, period)


def _after(days: int) -> Moment:
    return Moment(form=MomentForm.AFTER_OPEN, nth=days)


async def _opens(place: BenchPlace, units: int) -> float:
    """Seconds until each unit has what it is asked."""
    begun = monotonic()
    name = await asyncio.to_thread(_open, place.database)
    await look_at_round(place.client, place.settings.task_queue, name)
    query = select(func.count()).where(ITEM.c.batch == batch_of(name))
    while await asyncio.to_thread(_scalar, place.database, query) < units:
        if monotonic() - begun > _PATIENCE:
            raise Problem(f"{_PATIENCE:.0f} 秒还没有交办完 {units} 项。")
        await asyncio.sleep(_GLANCE)
    return monotonic() - begun


def _overdue(database: Database, falling: int) -> None:
    """So many check-ins have fallen due, and it is not written down yet."""
    batch, then = f"bench-{uuid4()}", datetime.now(UTC) - _LONG_AGO
    with database.write() as connection:
        units = people.all_units(connection)
        items = [
            NewItem(
                process=_FORM.id,
                variant=_FORM.variants[0].id,
                import_key=f"{batch}/{n}",
                order=Order(
                    no="",
                    unit=UnitRef(id=unit["id"], name=unit["name"], kind=unit["kind"], area=unit["area"]),
                    title=f"第 {n} 件月报",
                ),
            )
            for n, unit in ((n, units[n % len(units)]) for n in range(falling))
        ]
        batches.save(connection, batch, items, filename="", title="", reading={}, actor=SUPERVISOR, now=then)
        batches.confirm(connection, batch, SUPERVISOR, then)
        batches.issue_chunk(connection, batch, falling, then)


def _rung(database: Database) -> bool:
    """Whether nothing waits any longer to be written down as fallen due."""
    query = select(func.count()).where(ITEM.c.alarm_at <= instant_text(datetime.now(UTC)))
    return not _scalar(database, query)


def _scalar(database: Database, query: Select[int]) -> int:
    with database.read() as connection:
        found: int = connection.execute(query).scalar_one()
    return found
