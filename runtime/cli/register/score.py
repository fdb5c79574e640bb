"""`duban score`: a unit's sheet, and why each indicator has the points it has."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import typer

from desk.caller import Caller
from desk.exporting import Format
from desk.scores.extract import ScoreSelection
from desk.scores.sheet_shown import ShownSheet, score_sheet
from ledger.scores.in_force import assessments_in_force, assessments_listed
from rules.assessment.assessment import Assessment
from runtime.cli.audit.export import FORCE, write_export
from runtime.cli.caller import acting_as
from runtime.cli.output import JSON_OPTION, print_json, print_table, refusals_in_words
from runtime.ending import WRONG_USAGE, Problem
from runtime.settings import load
from runtime.store import open_database


def score(
    unit: str = typer.Argument(..., metavar="单位", help="编号、名称或简称"),
    period: str = typer.Option("", "--period", help="期：2026-03、2026-Q1、2026-H1、2026；不写是最近有得分的半年"),
    assessment: str = typer.Option("", help="考核的编号或名称；不写是那一期的年度的，没有写期是今年的"),
    out: Path | None = typer.Option(
        None, "--out", help="写成文件：xlsx、csv、jsonl 或 pdf（结果单，带封存点），须同 --as"
    ),
    caller: Caller = acting_as("导出的人", needed=False),
    force: bool = FORCE,
    why: bool = typer.Option(False, "--why", help="逐条说为什么是这个分、依据哪条记录"),
    as_json: bool = JSON_OPTION,
) -> None:
    """一个单位的考核得分：每项折合满分、计了几分；--why 说每一分从哪里来。"""
    if out is not None:
        _write(unit, period, assessment, out, caller, force=force, as_json=as_json)
        return
    with refusals_in_words(), open_database(load()).read() as connection:
        found = score_sheet(connection, unit, datetime.now(UTC), period=period, assessment=assessment)
        others = [one for one in assessments_in_force(connection).values() if one.id != found.assessment]
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    got = f"{found.score} 分，满分 {found.total}" if found.score else "还没有得分"
    title = f"{found.unit_name} {found.period_name}：{got}" + (f"；状况 {found.tier}" if found.tier else "")
    if why:
        _tell(found, title)
        _tell_others(found, others)
        return
    rows = [(one.name, one.full, one.weight, one.counts, "；".join(one.left)) for one in found.indicators]
    print_table(title, ("指标", "分值", "折合满分", "计分", "没有算的"), rows)
    if found.proposed:
        typer.echo(found.proposed)
    _tell_others(found, others)


def _write(unit: str, period: str, assessment: str, out: Path, caller: Caller, *, force: bool, as_json: bool) -> None:
    ending = out.suffix.removeprefix(".")
    if ending not in set(Format):
        raise Problem(f"不会写 {out.name} 这种文件。", f"结尾写 {'、'.join(Format)} 之一。", WRONG_USAGE)
    asked = ScoreSelection(now=datetime.now(UTC), unit=unit, period=period, assessment=assessment)
    with refusals_in_words():
        write_export(open_database(load()), asked, Format(ending), out, caller, force=force, as_json=as_json)


def _tell(found: ShownSheet, title: str) -> None:
    typer.echo(title)
    for one in found.indicators:
        counts = f"计 {one.counts}" + (f"（折合满分 {one.weight}）" if one.weight else "") if one.lines else "没有算"
        typer.echo(f"{one.name}　{counts}" + (f"　标准：{one.standard}" if one.standard else ""))
        for line in one.lines:
            told = [f"{entry.no} 第 {entry.seq} 条" for entry in line.basis]
            basis = "、".join([*told, *(f"得分记录第 {seq} 条" for seq in line.said)])
            before = f"（比上一期 {line.before}）" if line.before not in ("", "不变") else ""
            changed = f"　更正 {line.difference}" if line.difference else ""
            typer.echo(f"  {line.period_name}：{line.why}{before}{changed}" + (f"　依据 {basis}" if basis else ""))
        for left in one.left:
            typer.echo(f"  {left}")
    if found.proposed:
        typer.echo(found.proposed)


def _tell_others(found: ShownSheet, others: list[Assessment]) -> None:
    """Which assessment that was, and how another is looked at; nothing where there is one."""
    if others:
        listed = assessments_listed(others)
        typer.echo(f"这是“{found.name}”（{found.assessment}）的；另有 {listed}，写 --assessment 编号。")
