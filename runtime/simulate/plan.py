"""From what is asked for to what is played: which items, under which process and calendar, until when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from sqlalchemy import Connection

from ledger.reading import lists
from rules.dates.calendar import instant_of, local_date
from rules.process import Process
from rules.telling.simulation import Behaviour
from runtime.ending import WRONG_USAGE, Problem
from runtime.settings import Settings
from runtime.simulate import world
from runtime.simulate.behaviour import read_behaviour
from runtime.simulate.items import ImaginedItems, Usual, read_items
from runtime.simulate.world import Resolved, Start

DAY_ENDS = time(23, 59)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationPlan:
    """What is to be played: the items, until when, in which directory, and the changed definition to compare with."""

    starts: Iterator[Callable[[], Start]]
    begin: date
    until: datetime
    directory: world.Cast
    total: int | None = None
    changed: Resolved | None = None


def make_plan(asked: Options, connection: Connection | None, settings: Settings, now: datetime) -> SimulationPlan:
    """What the options ask for. Raises Problem and RuleViolation."""
    _check(asked)
    directory = world.directory_of(connection)
    processes = world.processes_of(connection, asked.process) if asked.process else {}
    changed = world.processes_of(None, str(asked.change)) if asked.change else None
    if changed and processes:
        _same_process(processes, changed)
    known = [*processes.values(), *(changed or {}).values()]
    try:
        behaviour = read_behaviour(asked.behaviour, _steps(known) if known else _all_steps(connection))
    except ValueError as wrong:
        raise Problem(f"--behaviour：{wrong}。", status=WRONG_USAGE) from wrong
    today = local_date(now)
    if asked.register:
        return _register_plan(asked, connection, settings, now, behaviour, processes, changed, directory)
    issued = asked.issued or today
    wanted = _wanted(asked, processes, issued, behaviour)
    begin = min((one.issued for one in wanted), default=issued)
    return SimulationPlan(
        starts=world.imagined_items(
            wanted, processes, world.calendar_of(connection, settings, asked.calendar or world.CURRENT), directory
        ),
        begin=begin,
        until=_until(asked, begin),
        directory=directory,
        total=sum(one.count for one in wanted),
        changed=changed,
    )


def _register_plan(
    asked: Options,
    connection: Connection | None,
    settings: Settings,
    now: datetime,
    behaviour: Behaviour,
    processes: Resolved,
    changed: Resolved | None,
    directory: world.Cast,
) -> SimulationPlan:
    if connection is None:
        raise Problem("这里还没有台账。", "先 duban up 并导入台账，或用 --items 给出设想的事项。")
    some = next(iter((processes or changed or {}).values()), None)
    starts = world.register_items(
        connection,
        now,
        behaviour,
        process=some.id if some else "",
        processes=processes if asked.process.endswith((".yaml", ".yml")) else None,
        calendar=world.calendar_of(connection, settings, asked.calendar) if asked.calendar else None,
    )
    return SimulationPlan(
        starts=starts,
        begin=local_date(now),
        until=_until(asked, local_date(now)),
        directory=directory,
        changed=changed,
    )


def _same_process(processes: Resolved, changed: Resolved) -> None:
    ours, theirs = next(iter(processes.values())).id, next(iter(changed.values())).id
    if ours != theirs:
        raise Problem(f"--change 里是流程“{theirs}”，不是“{ours}”。", "给出同一个流程改过的文件。")


def _steps(processes: list[Process]) -> list[str]:
    return list(dict.fromkeys(step.id for process in processes for step in process.steps))


def _all_steps(connection: Connection | None) -> list[str]:
    return _steps(lists.current_processes(connection)) if connection is not None else []


def _wanted(asked: Options, processes: Resolved, issued: date, behaviour: Behaviour) -> list[ImaginedItems]:
    if asked.items is None:
        return world.everyone_of_each_kind(processes, issued, behaviour)
    variants, kinds = zip(*processes, strict=True)
    usual = Usual(
        issued=issued,
        behaviour=behaviour,
        variants=tuple(dict.fromkeys(variants)),
        kinds=tuple(dict.fromkeys(kinds)),
        steps=_steps(list(processes.values())),
    )
    return read_items(asked.items, usual)


def _until(asked: Options, begin: date) -> datetime:
    last = asked.until or date.fromordinal(begin.toordinal() + 365)
    if last < begin:
        raise Problem(f"--until {last} 早于开始的 {begin}。", "写一个更晚的日期。", WRONG_USAGE)
    return instant_of(last, DAY_ENDS)


def _check(asked: Options) -> None:
    if asked.items and asked.register:
        raise Problem(
            "--items 和 --register 只能用一个。", "设想的事项用 --items，台账里的用 --register。", WRONG_USAGE
        )
    if not asked.process and not asked.register:
        raise Problem("没有说明用哪个流程。", "加上 --process 编号，或 --process 流程.yaml。", WRONG_USAGE)
