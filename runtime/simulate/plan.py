"""From what is asked for to what is played: which items, under which process and calendar, until when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path

from sqlalchemy import Connection

from rules.dates.calendar import instant_of, local_date
from rules.process import Process
from rules.telling.simulation import Behaviour
from runtime.ending import WRONG_USAGE, Problem
from runtime.settings import Settings
from runtime.simulate import world
from runtime.simulate.behaviour import read_behaviour
from runtime.simulate.cast import Cast
from runtime.simulate.items import ImaginedItems, Usual, read_items
from runtime.simulate.world import Resolved, Start
from runtime.simulate.year import EXAMPLE_YEAR, read_year, starts_of

DAY_ENDS = time(23, 59)
PLANTED_ROWS = 3
"""So many rows are written into a table that becomes items, or of which so often is owed."""
NOBODYS, IN_TIME = "never", "0"
"""How everybody acts where nothing is said of it: of given items nobody does, of a process as such everybody on the day
on which it is due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options, as given."""

    process: str
    calendar: str
    items: Path | None
    register: bool
    change: Path | None
    until: date | None
    issued: date | None
    behaviour: str
    children: int | None = None
    year: int | None = None
    plan: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationPlan:
    """What is to be played: the items, until when, in which directory, and the changed definition to compare with.
    `months`: it is a whole year, counted month by month. `stalls`: it is asked what follows if dates are not kept."""

    starts: Iterator[Callable[[], Start]]
    begin: date
    until: datetime
    directory: Cast
    total: int | None = None
    changed: Resolved | None = None
    months: bool = False
    stalls: bool = False


def make_plan(asked: Options, connection: Connection | None, settings: Settings, now: datetime) -> SimulationPlan:
    """What the options ask for. Raises Problem and RuleViolation."""
    _check(asked)
    processes = world.processes_of(connection, asked.process) if asked.process else {}
    changed = world.processes_of(None, str(asked.change)) if asked.change else None
    if changed and processes:
        _same_process(processes, changed)
    known = [*processes.values(), *(changed or {}).values()] or world.current_processes(connection)
    known = world.following(connection, known)
    directory = world.directory_of(connection, known)
    usual = NOBODYS if asked.items or asked.register else IN_TIME
    try:
        behaviour = read_behaviour(asked.behaviour or usual, _steps(known))
    except ValueError as wrong:
        raise Problem(f"--behaviour：{wrong}。", status=WRONG_USAGE) from wrong
    today = local_date(now)
    rows = PLANTED_ROWS if asked.children is None else asked.children
    if asked.year:
        return _year_plan(asked, asked.year, connection, settings, behaviour if asked.behaviour else None, directory)
    if asked.register:
        return _register_plan(asked, connection, settings, now, behaviour, processes, changed, directory, rows)
    issued = asked.issued or today
    wanted = _wanted(asked, processes, issued, behaviour, known)
    begin = min((one.issued for one in wanted), default=issued)
    calendar = world.calendar_of(connection, settings, asked.calendar or world.CURRENT)
    around = world.surroundings(connection, directory, processes, calendar, rows)
    return SimulationPlan(
        starts=world.imagined_items(wanted, processes, directory, around),
        begin=begin,
        until=_until(asked, begin),
        directory=directory,
        total=sum(one.count for one in wanted),
        changed=changed,
        stalls=asked.items is None,
    )


def _register_plan(
    asked: Options,
    connection: Connection | None,
    settings: Settings,
    now: datetime,
    behaviour: Behaviour,
    processes: Resolved,
    changed: Resolved | None,
    directory: Cast,
    rows: int,
) -> SimulationPlan:
    if connection is None:
        raise Problem("这里还没有台账。", "先 duban up 并导入台账，或用 --items 给出设想的事项。")
    some = next(iter((processes or changed or {}).values()), None)
    own = processes if asked.process.endswith((".yaml", ".yml")) else {}
    current = world.calendar_of(connection, settings, asked.calendar or world.CURRENT)
    starts = world.register_items(
        connection,
        now,
        behaviour,
        world.surroundings(connection, directory, own, current, rows),
        process=some.id if some else "",
        processes=own or None,
        calendar=current if asked.calendar else None,
    )
    return SimulationPlan(
        starts=starts,
        begin=local_date(now),
        until=_until(asked, local_date(now)),
        directory=directory,
        changed=changed,
    )


def _year_plan(
    asked: Options,
    year: int,
    connection: Connection | None,
    settings: Settings,
    behaviour: Behaviour | None,
    directory: Cast,
) -> SimulationPlan:
    if not directory.known:
        raise Problem("这里还没有单位和人员。", "先用 duban load 载入名录；没有数据库时用随附的青溪县。")
    processes = world.current_processes(connection)
    read = read_year(asked.plan or EXAMPLE_YEAR, processes, _steps(processes))
    if asked.process:
        read = replace(read, lines=tuple(line for line in read.lines if line.process == asked.process))
    calendar = world.calendar_of(connection, settings, asked.calendar or world.CURRENT)
    around = world.surroundings(connection, directory, {}, calendar, PLANTED_ROWS)
    if asked.children is not None:
        read = replace(read, lines=tuple(replace(line, children=asked.children) for line in read.lines))
    starts = starts_of(read, year, processes, directory, around, behaviour)
    begin = date(year, 1, 1)
    until = instant_of(asked.until or date(year, 12, 31), DAY_ENDS)
    return SimulationPlan(
        starts=iter(starts), begin=begin, until=until, directory=directory, total=len(starts), months=True
    )


def _same_process(processes: Resolved, changed: Resolved) -> None:
    ours, theirs = next(iter(processes.values())).id, next(iter(changed.values())).id
    if ours != theirs:
        raise Problem(f"--change 里是流程“{theirs}”，不是“{ours}”。", "给出同一个流程改过的文件。")


def _steps(processes: Iterable[Process]) -> list[str]:
    return list(dict.fromkeys(step.id for process in processes for step in process.steps))


def _wanted(
    asked: Options, processes: Resolved, issued: date, behaviour: Behaviour, known: Iterable[Process]
) -> list[ImaginedItems]:
    if asked.items is None:
        return world.everyone_of_each_kind(processes, issued, behaviour)
    variants, kinds = zip(*processes, strict=True)
    usual = Usual(
        issued=issued,
        behaviour=behaviour,
        variants=tuple(dict.fromkeys(variants)),
        kinds=tuple(dict.fromkeys(kinds)),
        steps=_steps(known),
    )
    return read_items(asked.items, usual)


def _until(asked: Options, begin: date) -> datetime:
    last = asked.until or date.fromordinal(begin.toordinal() + 365)
    if last < begin:
        raise Problem(f"--until {last} 早于开始的 {begin}。", "写一个更晚的日期。", WRONG_USAGE)
    return instant_of(last, DAY_ENDS)


def _check(asked: Options) -> None:
    if asked.plan and not asked.year:
        raise Problem("--plan 是一年的计划，没有说明是哪一年。", "加上 --year，如 --year 2026。", WRONG_USAGE)
    if asked.year:
        if asked.items or asked.register or asked.change or asked.issued:
            said = "--year 自己说交办什么，不能同 --items、--register、--change、--issued 一起用。"
            raise Problem(said, "要比较改前改后，用 --items 或 --register。", WRONG_USAGE)
        if asked.until and asked.until.year < asked.year:
            raise Problem(f"--until {asked.until} 早于 {asked.year} 年。", "写一个更晚的日期。", WRONG_USAGE)
        return
    if asked.items and asked.register:
        raise Problem(
            "--items 和 --register 只能用一个。", "设想的事项用 --items，台账里的用 --register。", WRONG_USAGE
        )
    if not asked.process and not asked.register:
        raise Problem("没有说明用哪个流程。", "加上 --process 编号，或 --process 流程.yaml。", WRONG_USAGE)
