"""`duban calendar`: days and sums by the calendar that new items get; what a notice changes, and adopting it."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import typer

from desk.caller import Caller
from ledger.chain import pinned
from ledger.store.database import Database
from rules.dates.calendar import Calendar, local_date
from rules.dates.explain import provisionally
from rules.machine.commands import Actor
from rules.machine.timed import Moved
from rules.names import MOVED_NAMES
from runtime.adopting import (
    AdoptableOverlay,
    BulkProgress,
    Shift,
    adopter,
    carry_through,
    check_wanted,
    foresee,
    keep,
    read_notice,
)
from runtime.cli.caller import acting_as
from runtime.cli.joint.guarding import asked_of_another
from runtime.cli.output import JSON_OPTION, agreed, print_json, print_table, progress, refusals_in_words
from runtime.ending import WRONG_USAGE, Problem
from runtime.product import open_product
from runtime.settings import Settings, load
from runtime.store import open_database

calendar = typer.Typer(help="工作日历：查询、推算，采用放假通知。", no_args_is_help=True)
_DAY = typer.Argument(..., formats=["%Y-%m-%d"], help="日期，如 2026-10-01")
_FILE = typer.Argument(..., exists=True, dir_okay=False, help="日历文件（YAML），写法见 docs/calendars.md")
WEEKDAYS = "一二三四五六日"
_SHOWN = 40
"""Rows of a long table that a person reads; `--json` has all."""


def _current(database: Database) -> Calendar:
    with refusals_in_words(), database.read() as connection:
        return pinned.current_calendar(connection)


@calendar.command("is")
def is_working(day: datetime = _DAY) -> None:
    """这一天是不是工作日。"""
    snapshot, date = _current(open_database(load())), day.date()
    name = next((e.name for e in snapshot.exceptions if e.day == date), "")
    kind = "工作日" if snapshot.is_working(date) else "休息日"
    provisional = "，该年放假安排尚未公布，暂按周末推算" if snapshot.is_provisional(date) else ""
    typer.echo(f"{date} 星期{WEEKDAYS[date.weekday()]}：{kind}{f'（{name}）' if name else ''}{provisional}。")


@calendar.command()
def add(day: datetime = _DAY, count: int = typer.Argument(..., help="几个工作日（次日起算）")) -> None:
    """从这一天起第几个工作日是哪一天。"""
    snapshot = _current(open_database(load()))
    with refusals_in_words():
        end = snapshot.add(day.date(), count)
    said = provisionally(end.isoformat(), snapshot.is_provisional(end))
    typer.echo(f"{day.date()} 起第 {count} 个工作日：{said}。日历版本 {snapshot.version}")


@calendar.command()
def show(
    year: int = typer.Argument(None, help="哪一年；不写就是今年", show_default=False), as_json: bool = JSON_OPTION
) -> None:
    """一年的放假和调休，以及日历的版本。"""
    snapshot = _current(open_database(load()))
    year = year or local_date(datetime.now(UTC)).year
    days = [e for e in snapshot.exceptions if e.day.year == year]
    published = snapshot.first_year <= year <= snapshot.last_year
    if as_json:
        listed = [{"day": e.day.isoformat(), "working": e.working, "name": e.name} for e in days]
        print_json({"version": snapshot.version, "year": year, "published": published, "days": listed})
        return
    rows = [(e.day, f"星期{WEEKDAYS[e.day.weekday()]}", "上班" if e.working else "休息", e.name) for e in days]
    print_table(f"{year} 年（周末照常休息，不列）", ("日期", "星期", "安排", "名称"), rows)
    if not published:
        known = f"已公布的是 {snapshot.first_year} 至 {snapshot.last_year} 年"
        typer.echo(f"{year} 年的放假安排尚未公布（{known}）：只按周末推算，日期是暂定的。")
    typer.echo(f"日历版本：{snapshot.version}")


@calendar.command()
def check(path: Path = _FILE, as_json: bool = JSON_OPTION) -> None:
    """一份放假通知会改动什么：哪些日子，哪些未办结事项的日期。什么也不写。"""
    settings = load()
    database = open_database(settings)
    with refusals_in_words():
        notice = read_notice(path, settings, database)
        shifts = foresee(notice, database)
    _say(notice, shifts, as_json=as_json)


@calendar.command()
def adopt(
    path: Path = _FILE,
    caller: Caller = acting_as(more="管理员"),
    yes: bool = typer.Option(False, "--yes", help="不再询问"),
    as_json: bool = JSON_OPTION,
) -> None:
    """采用一份放假通知：先列出哪些日期会变，再提请；另一人复核同意以后再运行一次，让每个未办结事项按新日历重算。
    中断了再运行一次即可。"""
    settings = load()
    database = open_database(settings)
    with refusals_in_words(), asked_of_another(database, as_json=as_json):
        administrator = adopter(database, caller)
        notice = read_notice(path, settings, database)
        shifts = foresee(notice, database)
        if not as_json:
            _say(notice, shifts, as_json=False)
        if notice.is_current and not shifts:
            return _done(BulkProgress(done=True), notice, as_json=as_json)
        if not yes:
            if not sys.stdin.isatty():
                raise Problem("还没有确认，什么也没有改。", "看过上面的改动后，加 --yes 再运行。", WRONG_USAGE)
            if not agreed("采用这份日历并重算？"):
                raise Problem("没有采用，什么也没有改。")
        check_wanted(notice, shifts, database, administrator)
        done = asyncio.run(_adopt(settings, notice, administrator, len(shifts)))
    _done(done, notice, as_json=as_json)


async def _adopt(settings: Settings, notice: AdoptableOverlay, actor: Actor, total: int) -> BulkProgress:
    async with open_product(settings) as product:  # first of all: without an engine nothing is begun
        keep(notice, settings, product.database, actor)
        with progress("按新日历重算", total) as bar:
            return await carry_through(
                product, notice, actor, lambda behind: bar.update(bar.task_ids[0], completed=max(0, total - behind))
            )


def _done(done: BulkProgress, notice: AdoptableOverlay, *, as_json: bool) -> None:
    if as_json:
        print_json({"version": notice.calendar.version, **asdict(done)})
    else:
        typer.echo(f"已采用 {notice.calendar.version}：重算 {done.stored} 项，其中 {done.moved} 项日期有变。")
    if done.left:
        raise Problem(f"有 {done.left} 项没有重算，原因见工作进程的日志。", "改正后再运行一次。")


def _say(notice: AdoptableOverlay, shifts: list[Shift], *, as_json: bool) -> None:
    """What would change: the days, and the dates of open items."""
    moved = [(s, m) for s in shifts for m in s.moved]
    days = notice.changed_days()
    if as_json:
        print_json(
            {
                "version": notice.calendar.version,
                "current": notice.current.version,
                "document": notice.overlay.document,
                "days": days,
                "open_items": len(shifts),
                "moved": [
                    {
                        "no": s.no,
                        "unit": s.unit_name,
                        "what": m.what,
                        "before": m.before.isoformat(),
                        "after": m.after.isoformat(),
                        "provisional": m.provisional,
                    }
                    for s, m in moved
                ],
            }
        )
        return
    typer.echo(f"{notice.cause}：改动 {len(days)} 天。")
    for line in days[:_SHOWN]:
        typer.echo(f"  {line}")
    if len(days) > _SHOWN:
        typer.echo(f"  ……还有 {len(days) - _SHOWN} 天")
    if moved:
        rows = [(s.no, s.unit_name, MOVED_NAMES[m.what], m.before, m.after, _way(m)) for s, m in moved[:_SHOWN]]
        print_table("会变的日期", ("编号", "单位", "哪个日期", "原来", "改为", ""), rows)
        if len(moved) > _SHOWN:
            typer.echo(f"……还有 {len(moved) - _SHOWN} 个日期，用 --json 看全部。")
    ways = Counter("推后" if m.after > m.before else "提前" for _, m in moved)
    summary = "，".join(f"{count} 个{way}" for way, count in sorted(ways.items()))
    items = len({s.no for s, _ in moved})
    typer.echo(f"未办结事项 {len(shifts)} 项要重算，其中 {items} 项日期会变{f'（{summary}）' if summary else ''}。")


def _way(moved: Moved) -> str:
    return provisionally("推后" if moved.after > moved.before else "提前", moved.provisional)
