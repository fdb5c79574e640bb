"""`duban doctor --clocks`: every open item's next alarm, and whether Temporal holds a timer for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import typer

from ledger.store.database import Database
from rules.dates.calendar import LOCAL
from runtime.cli.output import print_json, print_table, progress
from runtime.clocks import record
from runtime.clocks.health import ClockCheck, look_over
from runtime.ending import REFUSED
from runtime.reach import reach
from runtime.settings import Settings
from runtime.store import open_database

_SHOWN = 50


def clocks(settings: Settings, *, as_json: bool) -> None:
    """Compares, tells, and ends with status 1 when anything is wrong. Raises Problem when the engine is not there."""
    database = open_database(settings)
    begun = datetime.now(UTC)
    with progress("核对时钟", None) as bar:
        findings = asyncio.run(_compare(settings, database, lambda: bar.advance(bar.task_ids[0])))
    database.close()
    record.write(settings, findings, begun)
    wrong = [finding for finding in findings if not finding.good]
    if as_json:
        print_json({"at": begun.isoformat(), "items": [_plain(finding) for finding in findings], "wrong": len(wrong)})
    else:
        _show(findings, wrong)
    if wrong:
        raise typer.Exit(REFUSED)


async def _compare(settings: Settings, database: Database, looked: Callable[[], None]) -> list[ClockCheck]:
    client = await reach(settings)
    found = []
    async for finding in look_over(client, database):
        found.append(finding)
        looked()
    return found


def _show(findings: list[ClockCheck], wrong: list[ClockCheck]) -> None:
    early = sum(bool(finding.note) for finding in findings)
    typer.echo(f"未办结 {len(findings)} 项：{len(findings) - len(wrong)} 项时钟正常，{len(wrong)} 项异常。")
    if early:
        typer.echo(f"其中 {early} 项流程会早醒、正在处理或等着补告，无需处理（--json 逐项列出）。")
    if lazily := sum(finding.alarm.lazily for finding in findings):
        typer.echo(f"其中 {lazily} 项一道操作就办完，没有另起流程，到点由定时巡检记。")
    if not wrong:
        return
    columns = ("编号", "单位", "下一次到点", "流程醒来", "异常", "办法")
    print_table(f"异常（前 {min(len(wrong), _SHOWN)} 项）", columns, [_row(finding) for finding in wrong[:_SHOWN]])


def _row(finding: ClockCheck) -> tuple[str, ...]:
    alarm = finding.alarm
    return (
        alarm.no,
        alarm.unit_name,
        f"{_local(alarm.at)} {alarm.why}".strip(),
        _local(finding.wakes),
        finding.wrong,
        finding.way_out,
    )


def _local(at: datetime | None) -> str:
    return f"{at.astimezone(LOCAL):%Y-%m-%d %H:%M:%S}" if at else ""


def _plain(finding: ClockCheck) -> dict[str, Any]:
    alarm = finding.alarm
    return {
        "no": alarm.no,
        "unit": alarm.unit_name,
        "alarm_at": alarm.at.isoformat() if alarm.at else None,
        "why": alarm.why,
        "wakes_at": finding.wakes.isoformat() if finding.wakes else None,
        "good": finding.good,
        "wrong": finding.wrong,
        "way_out": finding.way_out,
        "note": finding.note,
        "lazily": alarm.lazily,
    }
