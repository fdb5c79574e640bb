"""`duban simulate`: plays windows and ladder over real or imagined items; who would hear what and when. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import typer
from sqlalchemy import Connection

from runtime.cli.output import JSON_OPTION, print_json, progress, refusals_in_words
from runtime.ending import REFUSED
from runtime.settings import Settings, load
from runtime.simulate.export import open_export
from runtime.simulate.listener import Recorder
from runtime.simulate.plan import Options, make_plan
from runtime.simulate.run import simulate
from runtime.simulate.shown import plain, show
from runtime.simulate.world import database_of

DAY_FORMATS = ["%Y-%m-%d"]


def simulate_command(
    process: str = typer.Option("", help="流程：编号或 YAML 文件；对台账可以不写，指全部流程"),
    calendar: str = typer.Option("", help="日历版本；不写时：设想的事项用现行日历，台账里的用各自的"),
    items: Path | None = typer.Option(None, help="设想的事项（YAML 或 CSV）；不写时每类单位、每种走法各一项"),
    register: bool = typer.Option(False, "--register", help="台账里未办结的事项，从现在起往下走"),
    change: Path | None = typer.Option(None, help="改过的流程文件：比较改前改后"),
    until: datetime | None = typer.Option(None, formats=DAY_FORMATS, help="算到哪一天；不写为一年"),
    issued: datetime | None = typer.Option(None, formats=DAY_FORMATS, help="没写交办日期的事项在哪天交办；不写为今天"),
    behaviour: str = typer.Option("never", help="各方怎样办，如 “unit=3 reviewer=0”；不写为无人办理"),
    rows: int = typer.Option(30, min=0, max=100_000, help="逐条列出多少行；全部的在 --export"),
    export: Path | None = typer.Option(None, help="全部结果写到 .xlsx 或 .csv 文件"),
    as_json: bool = JSON_OPTION,
) -> None:
    """模拟：谁会在何时听到什么，每人每周多少条；改了流程会有什么不同。只读不写。"""
    asked = Options(
        process=process,
        calendar=calendar,
        items=items,
        register=register,
        change=change,
        until=until.date() if until else None,
        issued=issued.date() if issued else None,
        behaviour=behaviour,
    )
    settings, now = load(), datetime.now(UTC)
    with refusals_in_words(), _connection(settings) as connection:
        plan = make_plan(asked, connection, settings, now)
        recorder = Recorder(plan.directory, rows, open_export(export) if export else None)
        with progress("模拟", plan.total) as bar:
            outcome = simulate(
                plan.starts,
                plan.directory.holders,
                plan.until,
                recorder,
                changed=plan.changed,
                played=lambda: bar.advance(bar.task_ids[0]),
            )
        recorder.finish(outcome)
    if as_json:
        print_json(plain(plan, outcome, recorder))
    else:
        show(plan, outcome, recorder, export)
    if outcome.refused_count:
        raise typer.Exit(REFUSED)


@contextmanager
def _connection(settings: Settings) -> Iterator[Connection | None]:
    database = database_of(settings)
    if database is None:
        yield None
        return
    with database.read() as connection:
        yield connection
    database.close()
