"""`duban simulate`: plays windows and ladder over real or imagined items; who would hear what and when. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import typer
from sqlalchemy import Connection

from rules.dates.calendar import local_date
from runtime.cli.output import JSON_OPTION, print_json, progress, refusals_in_words
from runtime.ending import REFUSED, Problem
from runtime.settings import Settings, load
from runtime.simulate.export import open_export
from runtime.simulate.listener import Recorder
from runtime.simulate.months import Months
from runtime.simulate.plan import Options, make_plan
from runtime.simulate.run import simulate
from runtime.simulate.scores import play_assessment
from runtime.simulate.shown import plain, show
from runtime.simulate.world import database_of
from runtime.store import load_shipped, open_database

DAY_FORMATS = ["%Y-%m-%d"]
ROWS_SHOWN = 30


def simulate_command(
    process: str = typer.Option("", help="流程：编号或 YAML 文件；对台账可以不写，指全部流程"),
    calendar: str = typer.Option("", help="日历版本；不写时：设想的事项用现行日历，台账里的用各自的"),
    items: Path | None = typer.Option(None, help="设想的事项（YAML 或 CSV）；不写时每类单位、每种走法各一项"),
    register: bool = typer.Option(False, "--register", help="台账里未办结的事项，从现在起往下走"),
    change: Path | None = typer.Option(None, help="改过的流程文件：比较改前改后"),
    assessment: Path | None = typer.Option(
        None, help="改过的考核文件：照留痕库里已有的得分重算，谁的得分、状况会变，变在哪一项"
    ),
    until: datetime | None = typer.Option(None, formats=DAY_FORMATS, help="算到哪一天；不写为一年"),
    issued: datetime | None = typer.Option(None, formats=DAY_FORMATS, help="没写交办日期的事项在哪天交办；不写为今天"),
    behaviour: str = typer.Option("", help="各方怎样办，如 “unit=3 reviewer=0”；不写：只写流程的都按期，其余无人办理"),
    children: int | None = typer.Option(None, min=0, max=20, help="会成为子项的表和逐行欠着的表，各填几行；不写为 3"),
    year: int | None = typer.Option(None, min=2000, max=2100, help="全县一年：照计划交办，逐月合计"),
    plan: Path | None = typer.Option(None, help="一年里交办什么（YAML）；不写为随附的示例"),
    rows: int | None = typer.Option(
        None, min=0, max=100_000, help="逐条列出多少行：不写为 30，一年的不列；全部在 --export"
    ),
    export: Path | None = typer.Option(None, help="全部结果写到 .xlsx 或 .csv 文件"),
    as_json: bool = JSON_OPTION,
) -> None:
    """模拟：谁会在何时听到什么，每人每周多少条；改了流程、改了考核会有什么不同。只读不写。"""
    if assessment is not None:
        _play_assessment(assessment, ROWS_SHOWN if rows is None else rows, as_json=as_json)
        return
    asked = Options(
        process=process,
        calendar=calendar,
        items=items,
        register=register,
        change=change,
        until=until.date() if until else None,
        issued=issued.date() if issued else None,
        behaviour=behaviour,
        children=children,
        year=year,
        plan=plan,
    )
    settings, now = load(), datetime.now(UTC)
    with refusals_in_words(), _connection(settings, of_a_county=year is not None) as connection:
        made = make_plan(asked, connection, settings, now)
        shown = (0 if year else ROWS_SHOWN) if rows is None else rows
        months = Months(made.begin, local_date(made.until)) if made.months else None
        recorder = Recorder(made.directory, shown, open_export(export) if export else None, months)
        with progress("模拟", made.total) as bar:
            outcome = simulate(
                made.starts,
                made.directory,
                made.until,
                recorder,
                changed=made.changed,
                stalls=made.stalls,
                played=lambda: bar.advance(bar.task_ids[0]),
            )
        recorder.finish(outcome)
    if as_json:
        print_json(plain(made, outcome, recorder))
    else:
        show(made, outcome, recorder, export)
    if outcome.refused_count:
        raise typer.Exit(REFUSED)


def _play_assessment(path: Path, rows: int, *, as_json: bool) -> None:
    with refusals_in_words(), _connection(load(), of_a_county=False) as connection:
        if connection is None:
            raise Problem(
                "还没有留痕库，没有得分可以重算。", "先 duban up 或 duban load；考核文件能不能用，duban load 会说"
            )
        play_assessment(connection, path, datetime.now(UTC), rows=rows, as_json=as_json)


@contextmanager
def _connection(settings: Settings, *, of_a_county: bool) -> Iterator[Connection | None]:
    """The ledger; where there is none, nothing, or for a moment one that knows the county that comes with us."""
    database = database_of(settings)
    if database is None and of_a_county:
        with TemporaryDirectory(prefix="duban-") as folder:
            there = settings.model_copy(update={"data": Path(folder)})
            made = open_database(there, migrate=True)
            load_shipped(made, there, county=True)
            made.close()
            with _connection(there, of_a_county=False) as connection:
                yield connection
        return
    if database is None:
        yield None
        return
    with database.read() as connection:
        yield connection
    database.close()
