"""A simulation's outcome on the screen and as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from rules.dates.calendar import local_date
from rules.names import ROLE_NAMES
from runtime.cli.output import print_table
from runtime.simulate.listener import CHANGES, DATES, LOADS, NOTICE_HEADINGS, STALLED, Recorder
from runtime.simulate.months import PROCESSES
from runtime.simulate.plan import SimulationPlan
from runtime.simulate.run import Changes, Simulated
from runtime.simulate.tally import Toll

MANY_WEEKS = 60
TOP = 15


def show(plan: SimulationPlan, outcome: Simulated, recorder: Recorder, export: Path | None) -> None:
    """Totals and the first rows of everything."""
    tally = outcome.tally
    children = f"，由它们引起的子项 {outcome.children} 项" if outcome.children else ""
    typer.echo(
        f"{plan.begin} 至 {local_date(plan.until)}：事项 {outcome.items} 项{children}，其中 {outcome.late} 项会逾期；"
        f"通知 {tally.total} 条，{len(tally.people)} 人，最多的一周 {max(tally.weeks.values(), default=0)} 条。"
    )
    if recorder.months:
        print_table("每月", recorder.months.month_headings, recorder.months.month_rows)
        print_table("每个流程", PROCESSES, recorder.months.process_rows)
    if recorder.stretches:
        print_table(f"日期（前 {len(recorder.stretches)} 行）", DATES, recorder.stretches)
    if recorder.stalled:
        print_table(f"不办会怎样（前 {len(recorder.stalled)} 行）", STALLED, recorder.stalled)
    if recorder.notices:
        print_table(f"谁会在何时听到什么（前 {len(recorder.notices)} 条）", NOTICE_HEADINGS, recorder.notices)
    top = [recorder.load_row(one) for one in tally.loads()[:TOP]]
    if top:
        print_table(f"每人（最多的 {TOP} 人）", LOADS, top)
    units = [(one.who, one.total, one.busiest.isoformat(), one.most) for one in tally.unit_loads()[:TOP]]
    if units:
        print_table(f"每单位（联络员和负责人合计，最多的 {TOP} 个）", ("单位", "合计", "最多的一周", "这一周"), units)
    if recorder.directory.known and tally.vacant:
        print_table(
            "没有人听到",
            ("职务", "单位", "条数"),
            [(ROLE_NAMES[role], unit, n) for (role, unit), n in tally.vacant.most_common(TOP)],
        )
    if outcome.changes:
        _show_changes(outcome, outcome.changes, recorder)
    for line in outcome.refused:
        typer.echo(f"不能模拟：{line}", err=True)
    if outcome.refused_count > len(outcome.refused):
        typer.echo(f"……共 {outcome.refused_count} 项不能模拟。", err=True)
    if export:
        typer.echo(f"全部结果：{export}")


def _show_changes(outcome: Simulated, changes: Changes, recorder: Recorder) -> None:
    typer.echo(
        f"改后：{changes.items} 项有变化，{changes.moved_items} 项共 {changes.moved_dates} 个日期变动；"
        f"通知 {outcome.tally.total} → {changes.tally.total} 条。"
    )
    if changes.without:
        typer.echo(f"另有 {changes.without} 项所在的环节（或单位类别）在改后的流程里没有，未比较。")
    names = dict.fromkeys([*changes.added, *changes.removed, *changes.shifted])
    if names:
        rows = [(name, changes.added[name], changes.removed[name], changes.shifted[name]) for name in names]
        print_table("督办阶梯的变化", ("级", "增加", "减少", "改期"), rows)
    if recorder.changes:
        print_table(f"有变化的事项（前 {len(recorder.changes)} 项）", CHANGES, recorder.changes)
    weeks = sorted({*outcome.tally.weeks, *changes.tally.weeks})
    if weeks:
        notices = [(w.isoformat(), outcome.tally.weeks[w], changes.tally.weeks[w]) for w in weeks[:MANY_WEEKS]]
        print_table("每周通知", ("周一", "改前", "改后"), notices)


def plain(plan: SimulationPlan, outcome: Simulated, recorder: Recorder) -> dict[str, Any]:
    """The outcome as JSON; notices and dates as many as `--rows`, loads and weeks whole."""
    changes = outcome.changes
    return {
        "from": plan.begin,
        "until": local_date(plan.until),
        "items": outcome.items,
        "children": outcome.children,
        "late_items": outcome.late,
        **_plain_months(recorder),
        **_plain_tally(outcome.tally, recorder),
        "dates": [dict(zip(DATES, row, strict=True)) for row in recorder.stretches],
        "stalled": [dict(zip(STALLED, row, strict=True)) for row in recorder.stalled],
        "heard": [dict(zip(NOTICE_HEADINGS, row, strict=True)) for row in recorder.notices],
        "refused": outcome.refused,
        "refused_items": outcome.refused_count,
        "change": None
        if changes is None
        else {
            "items": changes.items,
            "moved_items": changes.moved_items,
            "moved_dates": changes.moved_dates,
            "added": dict(changes.added),
            "removed": dict(changes.removed),
            "shifted": dict(changes.shifted),
            "without": changes.without,
            "changed": [dict(zip(CHANGES, row, strict=True)) for row in recorder.changes],
            **_plain_tally(changes.tally, recorder),
        },
    }


def _plain_months(recorder: Recorder) -> dict[str, Any]:
    if recorder.months is None:
        return {}
    headings = recorder.months.month_headings
    return {
        "months": [dict(zip(headings, row, strict=True)) for row in recorder.months.month_rows],
        "processes": [dict(zip(PROCESSES, row, strict=True)) for row in recorder.months.process_rows],
    }


def _plain_tally(tally: Toll, recorder: Recorder) -> dict[str, Any]:
    return {
        "notices": tally.total,
        "weeks": {week.isoformat(): n for week, n in sorted(tally.weeks.items())},
        "people": [
            {
                "person": load.who,
                "name": recorder.named(load.who),
                "unit": recorder.directory.unit_names.get(load.who, ""),
                "total": load.total,
                "immediate": load.immediate,
                "weeks": {week.isoformat(): n for week, n in sorted(tally.people[load.who].items())},
            }
            for load in tally.loads()
        ],
        "units": [
            {
                "unit": load.who,
                "total": load.total,
                "weeks": {week.isoformat(): n for week, n in sorted(tally.units[load.who].items())},
            }
            for load in tally.unit_loads()
        ],
        "vacant": [{"role": str(role), "unit": unit, "notices": n} for (role, unit), n in tally.vacant.most_common()],
    }
