"""A plan of what is issued in a year, to whom and when: read from a YAML file, and made into items to play."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from definitions.fields import FileMapping
from definitions.source import Source
from rules.dates.calendar import Calendar
from rules.machine.commands import UnitRef
from rules.process import Process
from rules.telling.playing_family import Surroundings
from rules.telling.simulation import Behaviour
from runtime.simulate.behaviour import BEHAVIOUR_EXPECTED, read_behaviour
from runtime.simulate.cast import Cast
from runtime.simulate.items import ImaginedItems
from runtime.simulate.world import Start, imagine

EXAMPLE_YEAR = Path(__file__).parents[2] / "definitions" / "demo" / "year.yaml"
"""What comes with the program: a county's year."""
MONTH, QUARTER, END = "month", "quarter", "end"
_MONTHS_OF = {MONTH: 1, QUARTER: 3}
_DAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_DAY_EXPECTED = "几月几日，形如 01-15"
_END_EXPECTED = f"{END}（那个月、那一季的最后一个工作日）"
_DAY_BEFORE = timedelta(days=-1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedIssue:
    """One line of the plan: items of one process and variant, on some days of the year or in `every` period of it.

    To units of these `kinds` (none: all that the process is for), or to areas; to `some` of them each time (None: to
    all). `deadline`: a day of the year, or the end of the period. Of each table so many rows as `children` says (None:
    as usual). `behaviour`: of everybody; None: as the plan says of each.
    """

    where: str
    process: str
    variant: str
    on: tuple[str, ...] = ()
    every: str = ""
    kinds: tuple[str, ...] = ()
    some: int | None = None
    deadline: str = ""
    children: int | None = None
    behaviour: Behaviour | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class YearPlan:
    """What is issued in a year, and the ways in which units act, each in turn."""

    lines: tuple[PlannedIssue, ...]
    behaviours: tuple[Behaviour, ...]


def read_year(path: Path, processes: Iterable[Process], steps: Collection[str]) -> YearPlan:
    """The plan that the file describes. Raises definition_invalid with everything that is wrong."""
    source = Source(path)
    if source.root is None:
        source.refuse()
    variants: dict[str, dict[str, Process]] = {}
    kinds: dict[str, None] = {}
    for process in processes:
        variants.setdefault(process.id, {})[process.variant] = process
        kinds.setdefault(process.unit_kind)
    top = FileMapping(source, (), source.root)
    behaviours = [_behaviour(top, "behaviours", text, steps) for text in top.words("behaviours")]
    lines = [_line(row, variants, kinds, steps) for row in top.rows("issued", "每样一行的列表")]
    top.done()
    source.refuse()
    return YearPlan(lines=tuple(lines), behaviours=tuple(behaviours))


def _behaviour(row: FileMapping, key: str, text: str, steps: Collection[str]) -> Behaviour:
    try:
        return read_behaviour(text, steps)
    except ValueError as wrong:
        row.mistake(key, str(wrong), BEHAVIOUR_EXPECTED)
        return Behaviour()


def _line(
    row: FileMapping, variants: Mapping[str, Mapping[str, Process]], kinds: Collection[str], steps: Collection[str]
) -> PlannedIssue:
    process = row.reference("process", tuple(variants))
    known = process in variants
    variant = row.reference("variant", tuple(variants[process])) if known else row.text("variant")
    every = row.reference("every", tuple(_MONTHS_OF)) if row.has("every") else ""
    on = _days(row) if row.has("on") or not every else ()
    if on and every:
        row.mistake("on", "写了 on，又写了 every", "只写一个：哪几天，或每个月、每一季")
    behaviour = _behaviour(row, "behaviour", row.text("behaviour"), steps) if row.has("behaviour") else None
    line = PlannedIssue(
        where=f"{row.source.file}:{row.source.line(row.path)}",
        process=process,
        variant=variant,
        on=on,
        every=every,
        kinds=row.words("kinds", kinds) if row.has("kinds") else (),
        some=row.integer("some", 1, 10_000) if row.has("some") else None,
        deadline=_deadline(row, every) if row.has("deadline") else "",
        children=row.integer("children", 0, 20) if row.has("children") else None,
        behaviour=behaviour,
    )
    row.done()
    return line


def _days(row: FileMapping) -> tuple[str, ...]:
    days = row.words("on")
    for day in days:
        if not _is_day(day):
            row.mistake("on", f"“on”里有“{day}”", _DAY_EXPECTED)
    return days


def _deadline(row: FileMapping, every: str) -> str:
    written = row.text("deadline")
    if written != END and not _is_day(written):
        row.mistake(
            "deadline", f"“deadline”写的是“{written}”", f"{_DAY_EXPECTED}，或 {END}（那个月、那一季的最后一个工作日）"
        )
    elif (written == END) != bool(every):
        expected = f"{END}（那个月、那一季的最后一个工作日）" if every else _DAY_EXPECTED
        row.mistake("deadline", f"“deadline”写的是“{written}”", expected)
    return written


def _is_day(written: str) -> bool:
    try:
        return bool(_DAY.fullmatch(written)) and bool(date.fromisoformat(f"2023-{written}"))
    except ValueError:
        return False


def starts_of(
    plan: YearPlan,
    year: int,
    processes: Collection[Process],
    directory: Cast,
    around: Surroundings,
    usual: Behaviour | None,
) -> list[Callable[[], Start]]:
    """The items of that year in the order in which they are issued, each made when it is its turn; `usual`: how
    everybody acts, whatever the plan says. Calling raises Problem for an item that cannot be issued."""
    found: list[tuple[date, Callable[[], Start]]] = []
    numbers: Counter[str] = Counter()
    ways = dict(_ways(plan, directory))
    for line in plan.lines:
        kinds = {p.unit_kind: p for p in processes if (p.id, p.variant) == (line.process, line.variant)}
        near = around if line.children is None else replace(around, rows=line.children)
        for turn, (day, deadline) in enumerate(_days_of(line, year, around.calendar)):
            for unit in some_of(_among(line, kinds, directory), line.some, turn):
                numbers[line.process] += 1
                item = ImaginedItems(
                    where=line.where,
                    unit=unit.id,
                    unit_kind="",
                    variant=line.variant,
                    issued=day,
                    deadline=deadline,
                    behaviour=usual or line.behaviour or ways[unit.id],
                )
                number = numbers[line.process]
                found.append((day, partial(imagine, kinds[unit.kind], unit, number, item, directory, near)))
    return [make for _, make in sorted(found, key=lambda one: one[0])]


def _ways(plan: YearPlan, directory: Cast) -> Iterator[tuple[str, Behaviour]]:
    """How each unit and each area acts: the plan's ways in turn."""
    for among in (directory.everyone.values(), directory.areas):
        for place, one in enumerate(among):
            yield one.id, plan.behaviours[place % len(plan.behaviours)]


def _among(line: PlannedIssue, kinds: Mapping[str, Process], directory: Cast) -> list[UnitRef]:
    """To whom it could be issued."""
    every = (*directory.everyone.values(), *directory.areas)
    return [one for one in every if one.kind in kinds and one.kind in (line.kinds or kinds)]


def _days_of(line: PlannedIssue, year: int, calendar: Calendar) -> Iterator[tuple[date, date | None]]:
    """On which working days it is issued, and until when each time."""
    if line.every:
        months = _MONTHS_OF[line.every]
        for month in range(1, 13, months):
            first = date(year, month, 1)
            following = date(year + (month + months > 12), (month + months - 1) % 12 + 1, 1)
            yield calendar.add(first + _DAY_BEFORE, 1), calendar.add(following, -1) if line.deadline else None
    for day in line.on:
        deadline = date.fromisoformat(f"{year}-{line.deadline}") if line.deadline else None
        yield calendar.add(date.fromisoformat(f"{year}-{day}") + _DAY_BEFORE, 1), deadline


def some_of(among: Sequence[UnitRef], count: int | None, turn: int) -> list[UnitRef]:
    """So many of them, evenly spread; others each time."""
    if count is None or count >= len(among):
        return list(among)
    return [among[(place * len(among) // count + turn) % len(among)] for place in range(count)]
