"""Reckoning: one deadline, one deadline with its explanation, and `duban simulate` as people run it."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from time import perf_counter

from sqlalchemy import RowMapping

from definitions.catalogue import load_catalogue
from ledger import people, pinned
from ledger.database import Database
from rules.calendar import Calendar
from rules.explain import explain
from rules.process import Process, Window
from rules.windows import Due, due_after
from runtime.bench import place
from runtime.bench.figures import Runs
from runtime.problems import Problem
from runtime.settings import Settings
from runtime.store import load_shipped, open_database

VARIANTS = ("at_once", "staged", "long_term")
BEHAVIOURS = ("never", "0", "3", "unit=-2 reviewer=1", "unit=4 execute=never reviewer=0")
FIRST = date(2026, 1, 5)
WEEKS = 26
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
        _simulate(runs, settings, database, items)
        database.close()


def _reckon(runs: Runs, calendar: Calendar, dates: int) -> None:
    processes = [p for definition in load_catalogue() for p in definition.all_resolved()]
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
    """Items of every variant and behaviour, for all units, issued week by week over half a year, played for a year."""
    with database.read() as connection:
        units = people.all_units(connection)
    path = settings.data / "items.csv"
    _write(path, units, items)
    until = FIRST + timedelta(days=365)
    arguments = ["simulate", "--process", "rectification", "--items", str(path), "--until", until.isoformat()]
    command = [sys.executable, "-m", "runtime.cli.main", *arguments, "--rows", "0", "--json"]
    environment = {**os.environ, "DUBAN_DATA": str(settings.data)}
    begun = perf_counter()
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    runs.add("simulate_s", perf_counter() - begun)
    if process.returncode:
        raise Problem(f"duban simulate 没有完成（退出码 {process.returncode}）。")
    runs.add("simulate_rss_mb", used.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10))
    runs.measured(simulate_processor_s=used.ru_utime + used.ru_stime)


def _write(path: Path, units: list[RowMapping], items: int) -> None:
    ways = list(product(VARIANTS, BEHAVIOURS))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("unit", "variant", "issued", "behaviour"))
        for n in range(items):
            variant, behaviour = ways[n % len(ways)]
            issued = FIRST + timedelta(weeks=n // len(units) % WEEKS)
            writer.writerow((units[n % len(units)]["id"], variant, issued.isoformat(), behaviour))
