"""`duban scheduler`: the scheduler alone, for a cluster (`duban up` runs the same as its child); what is planned."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import closing
from dataclasses import asdict, astuple, dataclass
from datetime import UTC, datetime

import typer
from sqlalchemy import Connection

from definitions.plans import PLANS
from ledger.chain import pinned
from ledger.store import firings
from ledger.store.database import Database
from rules.dates.calendar import LOCAL
from rules.dates.plans import Plan, last_time, next_time
from runtime.cli.output import JSON_OPTION, print_json, print_table, refusals_in_words
from runtime.ending import Problem
from runtime.settings import Settings, load
from runtime.store import open_database

_NEVER = "—"


def scheduler(
    plans: bool = typer.Option(False, "--plans", help="只列出各项计划：上次和下次的时间，不运行"),
    back: bool = typer.Option(False, "--back", help="时钟曾经超前、计划走到了将来：把它们带回本机现在的时刻，不运行"),
    as_json: bool = JSON_OPTION,
) -> None:
    """只运行调度进程：按计划启动汇总、到点清扫和自查，直到 Ctrl-C。可以同时运行几个。"""
    settings = load()
    with refusals_in_words():
        if back:
            with closing(open_database(settings)) as database:
                _bring_back(database, as_json=as_json)
        elif plans:
            with closing(open_database(settings)) as database:
                _show(database, as_json=as_json)
        else:
            asyncio.run(_keep(settings))


async def _keep(settings: Settings) -> None:
    from runtime.host import logs
    from runtime.host.exit import told_to_stop  # here and not above: showing the plans needs no engine
    from runtime.reach import reach
    from runtime.scheduler import service
    from runtime.scheduler.starting import Starter
    from runtime.scheduler.trust import CLOCK_NOTE, TrustedClock
    from runtime.scheduler.walker import Walker, now_utc

    logs.begin()
    client = await reach(settings, patience=settings.start_timeout)
    told = told_to_stop()
    database = open_database(settings)
    starter = Starter(client, database, settings.task_queue, now_utc)
    trusted = TrustedClock(settings.data / CLOCK_NOTE)
    walker = Walker(database, starter, f"{socket.gethostname()}/{os.getpid()}", trusted=trusted)
    typer.echo(f"调度进程已就绪（{len(PLANS)} 项计划）。")
    await service.run(walker, told.wait)
    database.close()


def _bring_back(database: Database, *, as_json: bool) -> None:
    """The plans go on from now. Refused while this machine's clock is ahead of the database's."""
    now = datetime.now(UTC)
    with database.read() as connection:
        theirs = firings.clock_of(connection)
    if theirs is not None and abs(now - theirs) > firings.GRACE:
        raise Problem(f"本机时钟 {_local(now)} 与数据库的 {_local(theirs)} 相差太多。", "先对好时间，再运行这条命令。")
    plans, taken = firings.bring_back(database, now)
    if as_json:
        print_json({"now": now, "plans": plans, "taken_back": taken})
    elif plans or taken:
        typer.echo(f"已带回 {_local(now)}：{'、'.join(plans) or '没有计划'}；将来的 {taken} 次触发到时候重新来。")
    else:
        typer.echo(f"没有走到将来的计划（本机现在 {_local(now)}）。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When a plan was and will be due by the calendar, and the latest of its firings. In the order of the columns."""

    last: datetime | None
    next: datetime | None
    fired: datetime | None
    started_at: datetime | None


def _show(database: Database, *, as_json: bool) -> None:
    with database.read() as connection:
        found = [(plan, _times(connection, plan, datetime.now(UTC))) for plan in PLANS]
    if as_json:
        print_json([{"plan": plan.id, "name": plan.name, **asdict(times)} for plan, times in found])
        return
    rows = [(plan.id, plan.name, *map(_local, astuple(times))) for plan, times in found]
    print_table("计划", ("计划", "名称", "上次应触发", "下次应触发", "最近触发", "启动于"), rows)


def _times(connection: Connection, plan: Plan, now: datetime) -> Times:
    calendar = pinned.current_calendar(connection)
    row = firings.last_of(connection, plan.id)
    fired, started = (row["nominal"], row["started_at"]) if row else (None, None)
    return Times(
        last=last_time(plan, calendar, now),
        next=next_time(plan, calendar, now),
        fired=datetime.fromisoformat(fired) if fired else None,
        started_at=datetime.fromisoformat(started) if started else None,
    )


def _local(at: datetime | None) -> str:
    return f"{at.astimezone(LOCAL):%Y-%m-%d %H:%M}" if at else _NEVER
