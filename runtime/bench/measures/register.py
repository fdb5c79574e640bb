"""How fast the register's pages are read when 100,000 items stand in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from time import perf_counter

from sqlalchemy import Connection, insert

from definitions.catalogue import EXAMPLE
from ledger.chain import pinned, projection
from ledger.chain.entries import CO_UNIT, ITEM
from ledger.directory import people
from ledger.reading import queries
from ledger.reading.filters import Filters
from ledger.store.canonical import GENESIS
from ledger.store.database import Database
from rules.codec import Plain
from rules.dates.calendar import Calendar
from rules.errors import RuleViolation
from rules.machine.commands import SYSTEM, Actor, Command, CommandKind, UnitRef, Via
from rules.machine.events import Event
from rules.machine.facts import Issued
from rules.machine.folding import evolve
from rules.machine.issuing import Order, issue
from rules.machine.item import decide
from rules.machine.state import State
from rules.process import Process, Role
from runtime.bench.figures import Runs, percentile
from runtime.bench.place import FINDING, SUPERVISOR, planned

_CHUNK = 5000
_SEED = 20261122
LIVES = 12
"""How many lives of items each unit has; the rows are these lives again and again, under numbers of their own."""
VARIANTS = ("at_once", "staged", "long_term")
STAGES = (0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 8, 8)
"""How many commands of the course an item has taken: some none, many all."""
HELPED = 5
"""One of so many lives has one to three units that help."""
K = CommandKind


def fill(database: Database, items: int) -> None:
    """So many items stand in the register, in every status, lamp and date, of every unit and variant, some with
    co-units.

    Their states are played by the rules; their entries are left out, which no page of the register reads.
    """
    chance = Random(_SEED)
    with database.read() as connection:
        lives = _lives(connection, chance)
    for start in range(0, items, _CHUNK):
        rows, helping = list[Plain](), list[Plain]()
        for n in range(start, min(start + _CHUNK, items)):
            row, co_units = chance.choice(lives)
            rows.append(_numbered(row, n))
            same = projection.moving_of_co_units(rows[-1])
            helping.extend({"no": rows[-1]["no"], "unit": unit, **same} for unit in co_units)
        with database.write() as connection:
            connection.execute(insert(ITEM), rows)
            if helping:
                connection.execute(insert(CO_UNIT), helping)


def measure(database: Database, runs: Runs, pages: int) -> None:
    """One run: the first page again and again; then pages narrowed in every way that the screen offers, in turn."""
    with database.read() as connection:
        units = [row["id"] for row in people.all_units(connection)]
        areas = [row["id"] for row in people.all_areas(connection)]
    chance = Random(_SEED)

    def narrowed() -> Sequence[tuple[str, Filters]]:
        unit, area = chance.choice(units), chance.choice(areas)
        status, lamp = chance.choice(("unsigned", "working", "reviewing", "closed")), chance.choice(("red", "yellow"))
        return (
            ("unit", Filters(unit=unit)),
            ("area", Filters(area=area)),
            ("status", Filters(status=status)),
            ("lamp", Filters(lamp=lamp)),
            ("area_lamp", Filters(area=area, lamp=lamp)),
            ("area_status", Filters(area=area, status=status)),
            ("unit_status", Filters(unit=unit, status=status)),
            ("kind_variant", Filters(unit_kind=chance.choice(("organ", "research")), variant="staged")),
            ("late", Filters(late=True, ended=False)),
        )

    bare_page, bare, first = _bare(database), list[float](), list[float]()
    for _ in range(pages):
        first.append(_page(database, Filters()))
        bare.append(bare_page())
    filtered: dict[str, list[float]] = {}
    for _ in range(pages):
        for name, filters in narrowed():
            filtered.setdefault(name, []).append(_page(database, filters))
        bare.append(bare_page())
    of_first, of_bare = percentile(first, 0.95), percentile(bare, 0.95)
    of_filtered = percentile([ms for values in filtered.values() for ms in values], 0.95)
    runs.add("register_first_ratio", of_first / of_bare)
    runs.add("register_filtered_ratio", of_filtered / of_bare)
    runs.measured(register_first_ms=of_first, register_filtered_ms=of_filtered, register_bare_ms=of_bare)
    runs.measured(**{f"register_{name}_p95_ms": percentile(values, 0.95) for name, values in filtered.items()})
    few = range(min(pages, 20))
    searched = [_page(database, Filters(text=f"第 {chance.randrange(100_000)} 项")) for _ in few]
    runs.measured(register_search_p95_ms=percentile(searched, 0.95))
    runs.measured(register_counts_p95_ms=percentile([_counts(database) for _ in few], 0.95))


def _page(database: Database, filters: Filters) -> float:
    """Milliseconds for one page, connection and transaction included."""
    return _timed(database, lambda connection: queries.register(connection, filters))


def _bare(database: Database) -> Callable[[], float]:
    """Milliseconds for as many rows read by the driver alone, in the order in which they lie in the table."""
    connection = sqlite3.connect(database.url.removeprefix("sqlite:///"))
    names = ", ".join(column.name for column in queries.LISTED)
    query = f"select {names} from item where rowid > ? limit {queries.PAGE + 1}"

    def read() -> float:
        begun = perf_counter()
        rows = connection.execute(query, (0,)).fetchall()
        assert rows
        return (perf_counter() - begun) * 1000

    return read


def _counts(database: Database) -> float:
    return _timed(database, lambda connection: queries.lamp_counts(connection, Filters()))


def _timed(database: Database, read: Callable[[Connection], object]) -> float:
    begun = perf_counter()
    with database.read() as connection:
        read(connection)
    return (perf_counter() - begun) * 1000


def _lives(connection: Connection, chance: Random) -> list[tuple[Plain, tuple[str, ...]]]:
    """Rows of items at some moment of their lives, and who helps with them."""
    calendar = pinned.current_calendar(connection)
    until = datetime.now(UTC)
    helping = Random(_SEED)  # apart from the chances of lives, which are the same whoever helps
    rows: list[tuple[Plain, tuple[str, ...]]] = []
    units = people.all_units(connection)
    for unit in units:
        ref = UnitRef(id=unit["id"], name=unit["name"], kind=unit["kind"], area=unit["area"])
        for variant in VARIANTS * (LIVES // len(VARIANTS)):
            process = pinned.current_process(connection, EXAMPLE, variant, ref.kind)
            others = [other["id"] for other in units if other["id"] != ref.id]
            helpers = tuple(helping.sample(others, min(helping.randint(1, 3), len(others))))
            co_units = helpers if len(rows) % HELPED == 0 else ()
            rows.append((_lived(process, calendar, ref, co_units, until, chance), co_units))
    return rows


def _lived(
    process: Process, calendar: Calendar, unit: UnitRef, co_units: tuple[str, ...], until: datetime, chance: Random
) -> Plain:
    now = until - timedelta(days=chance.uniform(0, 200))
    order = Order(no="BENCH", unit=unit, title=FINDING, matter=(("category", "组织建设"),), co_units=co_units)
    (first,) = issue(process, calendar, order, command="issue", actor=SUPERVISOR, now=now).events
    assert isinstance(first.fact, Issued)
    state = evolve(None, first)
    for n, command in enumerate(course(unit, process)[: chance.choice(STAGES)]):
        now += timedelta(days=chance.uniform(0.1, 8))
        if now > until:
            break
        state = _given(process, calendar, _ticked(process, calendar, state, now), command, now, n)
    state = _ticked(process, calendar, state, until)
    return projection.item_row(process, calendar, state, GENESIS, first, first.fact, None)


def course(unit: UnitRef, process: Process) -> list[Command]:
    """The usual way of an item of that unit, from signing to closing, with one return."""
    liaison = Actor(id="p2001", role=Role.LIAISON, unit=unit.id, via=Via.SITE)

    def of(kind: CommandKind, actor: Actor, **fields: object) -> Command:
        return Command(kind=kind, id="", actor=actor, **fields)  # type: ignore[arg-type]

    submit = of(K.SUBMIT, liaison, text="已完成")
    return [
        of(K.SIGN, liaison),
        replace(submit, answers=planned("补齐记录")) if process.first_step.form else submit,
        of(K.APPROVE, SUPERVISOR),
        of(K.REPORT, liaison, text="进展"),
        submit,
        of(K.RETURN, SUPERVISOR, reason="未见成效"),
        submit,
        of(K.CLOSE, SUPERVISOR, outcome="rectified"),
    ]


def _given(process: Process, calendar: Calendar, state: State, command: Command, now: datetime, n: int) -> State:
    """The state after the command; the same one where the rules refuse it."""
    try:
        return _after(state, decide(process, calendar, state, replace(command, id=f"c{n}"), now).events)
    except RuleViolation:
        return state


def _ticked(process: Process, calendar: Calendar, state: State, now: datetime) -> State:
    """The state after everything that fell due by itself until then."""
    while events := decide(
        process, calendar, state, Command(kind=K.TICK, id=f"tick/{state.seq}", actor=SYSTEM), now
    ).events:
        state = _after(state, events)
    return state


def _after(state: State, events: tuple[Event, ...]) -> State:
    for event in events:
        state = evolve(state, event)
    return state


def _numbered(row: Plain, n: int) -> Plain:
    """The same row under a number and a finding of its own."""
    no, old = f"BN2026-{n:06d}", row["no"]
    return {
        **row,
        "no": no,
        "title": row["title"].format(n=n),
        "batch": f"bench-{n // 500}",
        "sort": row["sort"].removesuffix(old) + no,
        "state": row["state"].replace(f'"{old}"', f'"{no}"'),
    }
