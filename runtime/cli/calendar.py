"""`duban calendar`: whether a day is worked, and working-day sums, by the calendar that new items get."""

from __future__ import annotations

from datetime import datetime

import typer

from ledger import pinned
from rules.calendar import Calendar
from runtime.cli.output import refusals_in_words
from runtime.settings import load
from runtime.store import open_database

calendar = typer.Typer(help="工作日历。", no_args_is_help=True)
DAY = typer.Argument(..., formats=["%Y-%m-%d"], help="日期，如 2026-10-01")
WEEKDAYS = "一二三四五六日"


def _calendar() -> Calendar:
    database = open_database(load())
    with refusals_in_words(), database.read() as connection:
        return pinned.current_calendar(connection)


@calendar.command("is")
def is_working(day: datetime = DAY) -> None:
    """这一天是不是工作日。"""
    snapshot, date = _calendar(), day.date()
    name = next((e.name for e in snapshot.exceptions if e.day == date), "")
    kind = "工作日" if snapshot.is_working(date) else "休息日"
    provisional = "，该年放假安排尚未公布，暂按周末推算" if snapshot.is_provisional(date) else ""
    typer.echo(f"{date} 星期{WEEKDAYS[date.weekday()]}：{kind}{f'（{name}）' if name else ''}{provisional}。")


@calendar.command()
def add(day: datetime = DAY, count: int = typer.Argument(..., help="几个工作日（次日起算）")) -> None:
    """从这一天起第几个工作日是哪一天。"""
    snapshot = _calendar()
    with refusals_in_words():
        end = snapshot.add(day.date(), count)
    provisional = "（暂定）" if snapshot.is_provisional(end) else ""
    typer.echo(f"{day.date()} 起第 {count} 个工作日：{end}{provisional}。日历版本 {snapshot.version}")
