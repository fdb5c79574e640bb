"""`duban import`: a register as it comes; shown row by row, issued when confirmed."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.text import Text

from activities.sheets.limits import READABLE
from activities.sheets.names import Directory
from activities.sheets.reading import Finding, Reading, to_json
from activities.sheets.register import read_register
from api.intake import Intake, Proposal
from api.progress import parts
from ledger.batches import Progress
from rules.calendar import local_date
from runtime.cli.output import JSON_OPTION, agreed, print_json, print_table, progress, refusals_in_words, short
from runtime.problems import WRONG_USAGE, Problem
from runtime.settings import Settings, load
from runtime.store import has_data, open_database

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

_GLANCE_SECONDS = 0.5
"""The bars are moved so often: each time is one query."""
_FILES = f"台账：{'、'.join(READABLE)}"
STATE_NAMES = {"understood": "读懂", "guessed": "推测", "wrong": "有误"}
KIND_NAMES = {"at_once": "立行立改", "staged": "分阶段", "long_term": "长期"}
STATE_STYLES = {"understood": "green", "guessed": "yellow", "wrong": "red"}


def import_register(
    file: Path = typer.Argument(..., help=_FILES),
    sheet: str = typer.Option("", "--sheet", help="读哪一张工作表；all 是所有像台账的，合为一份；不写读第一张"),
    dry_run: bool = typer.Option(False, "--dry-run", help="只读给您看，不交办"),
    person: str = typer.Option("", "--as", help="以谁的名义交办（编号或姓名）"),
    yes: bool = typer.Option(False, "--yes", help="不再询问，读懂和推测的都交办"),
    as_json: bool = JSON_OPTION,
) -> None:
    """导入台账：逐行说明读懂了什么、推测了什么、哪里有误；确认后才交办。"""
    settings = load()
    try:
        data = file.read_bytes()
    except OSError as failure:
        raise Problem(f"读不了文件 {file}：{failure.strerror}。", "核对文件名和权限。") from failure
    with refusals_in_words():
        reading = _read(settings, data, file.name, sheet=sheet, dry_run=dry_run)
    if not as_json:
        show_reading(reading)
    elif dry_run:
        print_json(to_json(reading))
    if dry_run:
        return
    if not person:
        raise Problem("没有说以谁的名义交办。", "加上 --as 姓名，或用 --dry-run 只看不办。", WRONG_USAGE)
    with refusals_in_words():
        asyncio.run(_issue(settings, reading, file.name, person, yes=yes, as_json=as_json))


def _read(settings: Settings, data: bytes, name: str, *, sheet: str, dry_run: bool) -> Reading:
    """What the file says. Looking only, where there is nothing yet, makes nothing: names are then taken as written."""
    if dry_run and not has_data(settings):
        today = local_date(datetime.now(UTC))
        with progress("读取", None) as bar:
            told = partial(_show, bar, bar.task_ids[0])
            return read_register(data, name, directory=Directory(), today=today, sheet=sheet, told=told)
    database = open_database(settings, migrate=not dry_run)
    try:
        with progress("读取", None) as bar:
            told = partial(_show, bar, bar.task_ids[0])
            return Intake(None, database).read(data, name, sheet=sheet, told=told)
    finally:
        database.close()


async def _issue(settings: Settings, reading: Reading, name: str, person: str, *, yes: bool, as_json: bool) -> None:
    from runtime.product import open_product  # only a confirmed import needs the engine

    async with open_product(settings) as product:
        proposal = product.intake.propose(reading, filename=name, person=person, now=datetime.now(UTC))
        if not yes and not _confirmed(proposal):
            typer.echo("没有交办。", err=True)
            raise typer.Exit(1)
        done = await _issued(product.intake, proposal.batch, person)
        _show_progress(proposal, done, as_json=as_json)


async def _issued(intake: Intake, batch: str, person: str) -> Progress:
    """The batch confirmed and issued; meanwhile a bar for each part of it, as far as the ledger says that it is."""
    issuing = asyncio.ensure_future(intake.confirm(batch, person=person))
    with progress("", None) as bar:
        bar.remove_task(bar.task_ids[0])
        tasks = [bar.add_task(part.name, total=part.total) for part in parts(intake.progress(batch))]
        while not (await asyncio.wait({issuing}, timeout=_GLANCE_SECONDS))[0]:
            now = await asyncio.to_thread(intake.progress, batch)
            for task, part in zip(tasks, parts(now), strict=True):
                _show(bar, task, part.done, part.total)
    return issuing.result()


def _show(bar: Bar, task: TaskID, done: int, total: int) -> None:
    bar.update(task, completed=done, total=total)


def _confirmed(proposal: Proposal) -> bool:
    if not sys.stdin.isatty():
        raise Problem("没有确认，所以没有交办。", "核对上面的内容后，加上 --yes 再运行一次。", WRONG_USAGE)
    new = proposal.items - len(proposal.issued_before)
    return agreed(f"交办 {new} 项？")


def _show_progress(proposal: Proposal, progress: Progress, *, as_json: bool) -> None:
    wrong = sum(f.state == "wrong" for f in proposal.reading.findings)
    if as_json:
        counts = {name: getattr(progress, name) for name in ("total", "issued", "duplicate", "refused", "started")}
        print_json({"batch": proposal.batch, **counts, "wrong_findings": wrong})
        return
    before = len(proposal.issued_before)
    typer.echo(f"已交办 {progress.issued} 项，此前已交办 {before} 项，未能交办 {progress.refused} 项。")
    if progress.duplicate > before:
        typer.echo(f"有 {progress.duplicate - before} 项在台账里重复填写，只交办了一次。")
    if wrong:
        typer.echo(f"另有 {wrong} 个问题填写有误，没有交办；改正后再导入一次，已交办的不会重复。")


def show_reading(reading: Reading) -> None:
    rows = [
        (
            f"{finding.sheet} {_rows(finding.rows)}".strip(),
            Text(STATE_NAMES[finding.state], style=STATE_STYLES[finding.state]),
            short(finding.finding, 40),
            _units(finding.lead_units),
            f"{KIND_NAMES[finding.kind]} {finding.due or ''}",
            _notes(finding),
        )
        for finding in reading.findings
    ]
    print_table(
        reading.title or f"工作表 {reading.sheet}", ("行", "状态", "问题", "牵头单位", "类型和时限", "说明"), rows
    )
    for remark in reading.remarks:
        typer.echo(remark)
    for ignored in reading.ignored_rows:
        typer.echo(f"{ignored.sheet}第 {ignored.row} 行没有当作问题：{ignored.why}")
    counts = {state: sum(f.state == state for f in reading.findings) for state in STATE_NAMES}
    typer.echo("，".join(f"{STATE_NAMES[state]} {count} 个" for state, count in counts.items()) + "。")


def _rows(rows: tuple[int, ...]) -> str:
    return str(rows[0]) if len(rows) == 1 else f"{rows[0]}-{rows[-1]}"


def _units(names: tuple[str, ...]) -> str:
    shown = "、".join(names[:3])
    return f"{shown} 等 {len(names)} 个" if len(names) > 3 else shown


def _notes(finding: Finding) -> str:
    return "\n".join(f"{note.cell}：{note.text}" for note in finding.notes if note.level != "info")
