"""Reckoning: one deadline, one deadline with its explanation, and `duban simulate` as people run it."""

from __future__ import annotations

import csv
from collections import deque
from datetime import date, time, timedelta
from pathlib import Path
from time import perf_counter

from sqlalchemy import RowMapping

from definitions.catalogue import EXAMPLE, SHIPPED, load_process
from ledger.chain import pinned
from ledger.directory import people
from ledger.store.database import Database
from rules.dates.calendar import Calendar, instant_of
from rules.dates.explain import explain
from rules.dates.windows import Due, due_after
from rules.machine.commands import UnitRef
from rules.machine.issuing import Order
from rules.process import Process, Window
from rules.telling.simulation import imagined, play
from runtime.bench import child, place
from runtime.bench.figures import Runs
from runtime.settings import Settings
from runtime.simulate.behaviour import read_behaviour
from runtime.store import load_shipped, open_database

VARIANTS = ("at_once", "staged", "long_term")
BEHAVIOURS = ("never", "0", "3", "unit=-2 reviewer=1", "unit=4 execute=never reviewer=0")
FIRST = date(2026, 1, 5)
BATCHES = 4
"""A week: ten thousand items are some hundred batches to the county's 96 units, in half a year."""
reckon = due_after.__wrapped__
"""A batch's few dates are remembered; what is measured is working one out."""


def measure(runs: Runs, items: int, dates: int) -> None:
    """One run on a data folder of its own."""
    with place.folder() as settings:
        database = open_database(settings, migrate=True)
        load_shipped(database, settings, county=True)
        with database.read() as connection:
            calendar = pinned.current_calendar(connection)
        _reckon(runs, calendar, dates)
        _play(runs, calendar, max(1, items // 20))
        _simulate(runs, settings, database, items)
        database.close()


def _reckon(runs: Runs, calendar: Calendar, dates: int) -> None:
    processes = load_process(SHIPPED / f"{EXAMPLE}.yaml").all_resolved()
    windows = [(process, step.name, step.window) for process in processes for step in process.steps]
    asked = [(FIRST + timedelta(days=n % 600), *windows[n % len(windows)]) for n in range(dates)]
    for day, process, rule, window in asked[:100]:
        _due(calendar, day, process, rule, window)
    begun = perf_counter()
    for day, process, rule, window in asked:
        _due(calendar, day, process, rule, window)
    runs.add("deadline_us", (perf_counter() - begun) / dates * 1e6)
    begun = perf_counter()
    for day, process, rule, window in asked:
        explain(_due(calendar, day, process, rule, window))
    runs.add("trace_us", (perf_counter() - begun) / dates * 1e6)


def _due(calendar: Calendar, day: date, process: Process, rule: str, window: Window) -> Due:
    due: Due = reckon(calendar, day, window, rule=rule, tier=process.unit_kind_name, at=process.due_time)
    return due


def _simulate(runs: Runs, settings: Settings, database: Database, items: int) -> None:
    """Batches of every variant for all units, issued over half a year, played for a year from the first."""
    with database.read() as connection:
        units = people.all_units(connection)
    path = settings.data / "items.csv"
    _write(path, units, items)
    until = FIRST + timedelta(days=365)
    arguments = ["simulate", "--process", EXAMPLE, "--items", str(path), "--until", until.isoformat()]
    used = child.run(settings, *arguments, "--rows", "0", "--json")
    runs.add("simulate_s", used.seconds)
    runs.add("simulate_rss_mb", used.rss_mb)
    runs.measured(simulate_processor_s=used.processor_s)


def _write(path: Path, units: list[RowMapping], items: int) -> None:
    """One batch after the other to all units; each unit has its own way of keeping dates."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("unit", "variant", "issued", "behaviour"))
        for n in range(items):
            batch, unit = divmod(n, len(units))
            issued = FIRST + timedelta(weeks=batch // BATCHES, days=batch % BATCHES)
            behaviour = BEHAVIOURS[unit % len(BEHAVIOURS)]
            writer.writerow((units[unit]["id"], VARIANTS[batch % len(VARIANTS)], issued.isoformat(), behaviour))


def _play(runs: Runs, calendar: Calendar, items: int) -> None:
    """What an item costs of which no two go the same way, without anybody being told."""
    processes = load_process(SHIPPED / f"{EXAMPLE}.yaml").all_resolved()
    until = instant_of(FIRST + timedelta(days=365), time())
    steps = {step.id for process in processes for step in process.steps}
    behaviours = [read_behaviour(text, steps) for text in BEHAVIOURS]
    begun = perf_counter()
    for n in range(items):
        process = processes[n % len(processes)]
        unit = UnitRef(id="u", name="单位", kind=process.unit_kind)
        order = Order(no="BENCH", unit=unit, title="模拟")
        first = imagined(process, calendar, order, FIRST + timedelta(days=n % 180))
        behaviour = behaviours[n // len(processes) % len(behaviours)]
        deque(play(process, calendar, first.state, behaviour, begin=first.event.at, until=until), maxlen=0)
    runs.measured(simulate_one_ms=(perf_counter() - begun) / items * 1e3)
