"""What scores cost: scoring against reading the entries that they rest on; the heat map against the register's page; a
figure corrected and the unit's sheet looked at, against one plain command."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from statistics import median
from time import perf_counter
from typing import Any

from sqlalchemy import Connection, select

from desk.scores.overview_shown import overview
from desk.scores.sheet_shown import score_sheet
from desk.showing.item_rows import sheet
from ledger.chain import batches, pinned
from ledger.chain.entries import ENTRY, ITEM, Change, event_of, rows_of, store, unfolded
from ledger.directory import people
from ledger.reading import queries
from ledger.reading.filters import Filters
from ledger.rounds.campaigns import campaign_in_force
from ledger.rounds.coming import step
from ledger.rounds.rounds import open_in_ledger
from ledger.rounds.rows import batch_of
from ledger.scores.in_force import assessments_in_force, put_assessments_in_force
from ledger.scores.recording import score_round, to_score
from ledger.scores.streams import states_of
from ledger.store.database import Database
from rules.dates.calendar import instant_of
from rules.forms.form import ASKS
from rules.forms.samples import sample
from rules.machine.commands import SYSTEM, Actor, Command, CommandKind, EntryRef, Via
from rules.machine.item import decide
from rules.process import Role
from rules.rounds.periods import Period, Rhythm
from runtime.bench.figures import Runs
from runtime.bench.measures import wave
from runtime.bench.measures.rounds import opening
from runtime.bench.place import SUPERVISOR, draft, liaisons, opened
from runtime.host.loading import settle
from workflows.gateway import Gateway

_CHUNK = 500
_MONTHS = 3


def measure(database: Database, runs: Runs, looks: int) -> None:
    """One run over all units there are, for the first quarter of the year to come, since nobody was there in one that
    is over; a half-year ends with the second, and tiers are looked at besides."""
    year = _assessed_year(database)
    months = [Period(rhythm=Rhythm.MONTH, year=year, nth=n + 1) for n in range(_MONTHS)]
    told = [_reported(database, month) for month in months]
    for month in months[:-1]:
        _locked(database, month)
        _scored(database, month)
    _locked(database, months[-1])
    settle()
    scoring, reading = _scored_beside(database, months[-1], told)
    units = len(told[-1])
    runs.add("score_ratio", (units / scoring) / (units / reading))
    now = _after(months[-1])
    quarter = f"{year}-Q1"
    all_, bare = list[float](), list[float]()
    for _ in range(looks):
        all_.append(_timed(database, lambda connection: overview(connection, now, period=quarter)))
        bare.append(_timed(database, lambda connection: _register(connection, now)))
    runs.add("heat_map_areas_ratio", median(all_) / median(bare))
    runs.measured(
        scored_units_per_s=units / scoring,
        read_units_per_s=units / reading,
        heat_map_areas_ms=median(all_) * 1000,
    )


def fill(database: Database) -> None:
    """A year of everybody's months is scored."""
    year = _assessed_year(database)
    for n in range(12):
        month = Period(rhythm=Rhythm.MONTH, year=year, nth=n + 1)
        _reported(database, month)
        _locked(database, month)
        _scored(database, month)


def measure_map(database: Database, runs: Runs, looks: int) -> None:
    """One run: the units of an area over the year that is scored, and what the register's first page shows, in turn."""
    with database.read() as connection:
        year = next(iter(assessments_in_force(connection).values())).year
    now, area = _after(Period(rhythm=Rhythm.MONTH, year=year, nth=12)), _first_area(database)
    ours, bare = list[float](), list[float]()
    for _ in range(looks):
        ours.append(_timed(database, lambda connection: overview(connection, now, period=str(year), area=area)))
        bare.append(_timed(database, lambda connection: _register(connection, now)))
    with database.read() as connection:
        rows = len(overview(connection, now, period=str(year), area=area).rows)
    runs.add("heat_map_ratio", median(ours) / median(bare))
    runs.measured(heat_map_ms=median(ours) * 1000, heat_map_register_ms=median(bare) * 1000, heat_map_units=rows)


def _assessed_year(database: Database) -> int:
    """The year to come, in which the one assessment in force assesses."""
    now = datetime.now(UTC)
    with database.write() as connection:
        known = next(iter(assessments_in_force(connection).values()))
        put_assessments_in_force(connection, [replace(known, year=now.year + 1)], now)
    return now.year + 1


def _at(month: Period) -> datetime:
    return instant_of(month.last, time(9))


def _after(month: Period) -> datetime:
    return instant_of(month.moved(1).last, time(18))


def _reported(database: Database, month: Period) -> dict[str, str]:
    """The month's round is open, asked and answered by everybody; its items by unit."""
    with database.read() as connection:
        campaign = campaign_in_force(connection, next(iter(assessments_in_force(connection).values())).campaign)
    name, at = f"{campaign.id}/{month.id}", _at(month)
    with database.write() as connection:
        open_in_ledger(connection, campaign, month, SYSTEM, at)
    taken = 1
    while taken:
        with database.write() as connection:
            taken = batches.issue_chunk(connection, batch_of(name), _CHUNK, at)
    with database.read() as connection:
        query = select(ITEM.c.no, ITEM.c.unit, ITEM.c.state, ITEM.c.head).where(ITEM.c.batch == batch_of(name))
        rows = connection.execute(query.order_by(ITEM.c.no)).mappings().all()
    for n in range(0, len(rows), _CHUNK):
        with database.write() as connection:
            store(connection, rows_of(connection, [_change(connection, row, at) for row in rows[n : n + _CHUNK]]))
    return {row["unit"]: row["no"] for row in rows}


def _change(connection: Connection, row: Any, at: datetime) -> Change:
    state = unfolded(row["state"])
    process, calendar = pinned.process(connection, state.process), pinned.calendar(connection, state.calendar)
    form = process.form(ASKS)
    answers = tuple((one.id, sample(one)) for one in form.fields) if form else ()
    actor = Actor(id="liaison", role=Role.LIAISON, unit=state.unit.id, via=Via.SITE)
    command = Command(kind=CommandKind.SUBMIT, id=f"bench/{row['no']}", actor=actor, answers=answers)
    events = decide(process, calendar, state, command, at + timedelta(days=1)).events
    return Change(state=state, head=row["head"], events=events)


def _read(database: Database, numbers: list[str]) -> None:
    """Every entry of these items is read and decoded."""
    with database.read() as connection:
        for n in range(0, len(numbers), _CHUNK):
            query = select(ENTRY).where(ENTRY.c.stream.in_(numbers[n : n + _CHUNK]))
            for row in connection.execute(query.order_by(ENTRY.c.stream, ENTRY.c.seq)).mappings():
                event_of(row)


def _round_of(database: Database, month: Period) -> str:
    with database.read() as connection:
        campaign = next(iter(assessments_in_force(connection).values())).campaign
    return f"{campaign}/{month.id}"


def _locked(database: Database, month: Period) -> None:
    name = _round_of(database, month)
    with database.write() as connection:
        step(connection, name, _after(month))


def _scored(database: Database, month: Period) -> int:
    """Everybody is scored for the month, whose round is locked, as its workflow has it done; so many."""
    name, now, done, taken = _round_of(database, month), _after(month), 0, 1
    while taken:
        with database.write() as connection:
            taken = score_round(connection, name, now)
        done += taken
    return done


def _scored_beside(database: Database, month: Period, told: list[dict[str, str]]) -> tuple[float, float]:
    """Seconds that scoring everybody for the month takes, and reading what their scores rest on; in turn, some hundred
    units at a time, so that what else the machine does falls on both."""
    name, now, done, scoring, reading = _round_of(database, month), _after(month), 0, 0.0, 0.0
    while True:
        with database.read() as connection:
            units = [unit for many in to_score(connection, name).values() for unit in many]
        if not units:
            assert done == len(told[-1]), (done, len(told[-1]))
            return scoring, reading
        begun = perf_counter()
        _read(database, [items[unit] for items in told for unit in units])
        reading += perf_counter() - begun
        begun = perf_counter()
        with database.write() as connection:
            done += score_round(connection, name, now)
        scoring += perf_counter() - begun


async def measure_rescore(runs: Runs, units: int, looks: int) -> None:
    """One run: a person agrees to a correction and looks at the unit's sheet, where the score is another; and gives a
    plain command about an item that has its workflow, in turn. Both by the gateway."""
    async with opened() as place:
        database = place.database
        await asyncio.to_thread(opening.add_units, database, units)
        month = Period(rhythm=Rhythm.MONTH, year=await asyncio.to_thread(_assessed_year, database), nth=1)
        told = await asyncio.to_thread(_reported, database, month)
        await asyncio.to_thread(_locked, database, month)
        await asyncio.to_thread(_scored, database, month)
        now = _after(month)
        gateway = Gateway(place.client, database, task_queue=place.settings.task_queue, now=lambda: now)
        talk = wave.talk_to(place, await wave.issued(place, draft(database, wave.TALKED_TO)))
        await place.rested()
        await wave.quiet_of(talk)
        ours, bare = list[float](), list[float]()
        known = await asyncio.to_thread(liaisons, database)
        for unit in list(known)[:looks]:
            no = told[unit]
            asked, agreed = _correction(no, known[unit])
            await gateway.give(no, asked)
            bare.append(await anext(talk))
            begun = perf_counter()
            await gateway.give(no, agreed)
            await asyncio.to_thread(_looked_at, database, unit, month, now)
            ours.append(perf_counter() - begun)
        with database.read() as connection:
            states = states_of(connection, _assessment(connection), list(known)[:looks])
        assert all(state.scored[month.id].revision == 2 for state in states.values()), "each is another now"
    runs.add("rescore_ratio", median(ours) / median(bare))
    runs.measured(rescore_ms=median(ours) * 1000, rescore_command_ms=median(bare) * 1000)


def _assessment(connection: Connection) -> str:
    return next(iter(assessments_in_force(connection)))


def _looked_at(database: Database, unit: str, month: Period, now: datetime) -> None:
    with database.read() as connection:
        assert score_sheet(connection, unit, now, period=month.id).score


def _correction(no: str, liaison: Actor) -> tuple[Command, Command]:
    """That it was asked for, and agreed to."""
    asked = Command(
        kind=CommandKind.CORRECT,
        id=f"bench/c/{no}",
        actor=liaison,
        entry=EntryRef(seq=2, kind="completed", unit=liaison.unit, role=Role.LIAISON),
        answers=(("study", "0"),),
        text="应为所写的数",
        reason="报错了",
    )
    return asked, Command(kind=CommandKind.DECIDE_CORRECTION, id=f"bench/d/{no}", actor=SUPERVISOR, grant=True)


def _first_area(database: Database) -> str:
    with database.read() as connection:
        return str(people.all_areas(connection)[0]["id"])


def _register(connection: Connection, now: datetime) -> None:
    assert sheet(connection, Filters(), after=None, size=queries.PAGE, now=now).rows


def _timed(database: Database, read: Callable[[Connection], object]) -> float:
    begun = perf_counter()
    with database.read() as connection:
        read(connection)
    return perf_counter() - begun
