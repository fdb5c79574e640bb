"""`duban import`: a register as it comes; shown row by row, issued when confirmed."""

from __future__ import annotations

import asyncio
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.text import Text

from definitions.calendars import overlays_in, snapshot
from definitions.catalogue import load_catalogue
from desk.caller import Caller
from desk.gathering.dry_run import dry_run_json
from desk.gathering.many import SINGLE, ManyUnits, shown_ways, single
from desk.intake import Intake, Proposal
from desk.showing.progress import parts
from documents.sheets.files.limits import READABLE
from documents.sheets.meanings import Meanings
from documents.sheets.names import Directory
from documents.sheets.reading import FINDING_STATE_NAMES, Finding, Reading
from documents.sheets.register import EVERY, read_register
from ledger.chain.batches import ISSUE, LIMIT, REOPEN, NewItem, Progress
from ledger.chain.family.gathering import ABOVE, APART, CO, TOGETHER, WAY_WORDS, WITH_HELP
from ledger.chain.matters import CHANGED, CLOSED, NEW, SAME
from rules.dates.calendar import local_date
from rules.errors import Code, RuleViolation
from runtime.cli.caller import acting_as
from runtime.cli.output import JSON_OPTION, agreed, print_json, print_table, progress, refusals_in_words, short
from runtime.ending import WRONG_USAGE, Problem
from runtime.settings import Settings, load
from runtime.store import has_data, open_database, overlay_folder

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

_GLANCE_SECONDS = 0.5
"""The bars are moved so often: each time is one query."""
_FILES = f"台账：{'、'.join(READABLE)}"
_COUNTED = ("total", "issued", "duplicate", "refused", "passed", "reopened", "started")
STATE_STYLES = {"understood": "green", "guessed": "yellow", "wrong": "red"}


def import_register(
    file: Path = typer.Argument(..., help=_FILES),
    process: str = typer.Option("", "--process", help="交办成哪个流程：编号或名称；不写是写明了台账表头的那一个"),
    sheet: str = typer.Option("", "--sheet", help="读哪一张工作表；all 是所有像台账的，合为一份；不写读第一张"),
    dry_run: bool = typer.Option(False, "--dry-run", help="只读给您看，不交办"),
    caller: Caller = acting_as("以谁的名义交办", needed=False),
    yes: bool = typer.Option(False, "--yes", help="不再询问，读懂和推测的新事项都交办"),
    again: str = typer.Option("", "--again", help="以前交办过、仍要另行交办的行，如 3,5；all 是全部"),
    reopen: str = typer.Option("", "--reopen", help="要重启已办结事项的行，如 4；all 是全部"),
    together: str = typer.Option("", "--together", help="写了几个单位、要合为一项（每个单位一个子项）的行；all 是全部"),
    helped: str = typer.Option("", "--helped", help="写了几个单位、要作一个事项（其余单位协办）的行；all 是全部"),
    each: str = typer.Option("", "--each", help="写了几个单位、要各成一个事项的行；all 是全部"),
    as_json: bool = JSON_OPTION,
) -> None:
    """导入台账：逐行说明读懂了什么、推测了什么、哪里有误；确认后才交办。"""
    settings = load()
    try:
        data = file.read_bytes()
    except OSError as failure:
        raise Problem(f"读不了文件 {file}：{failure.strerror}。", "核对文件名和权限。") from failure
    with refusals_in_words():
        reading, drafts = _read(settings, data, file.name, process=process, sheet=sheet, dry_run=dry_run)
    ways = {TOGETHER: together, WITH_HELP: helped, APART: each}
    decided = _decided(reading, drafts, again=again, reopen=reopen) | _ways(reading, drafts, ways)
    if not as_json:
        show_reading(reading, drafts)
    elif dry_run:
        print_json(dry_run_json(reading, drafts))
    if dry_run:
        return
    if not caller.person:
        raise Problem("没有说以谁的名义交办。", "加上 --as 姓名，或用 --dry-run 只看不办。", WRONG_USAGE)
    with refusals_in_words():
        asyncio.run(_issue(settings, reading, file.name, caller, decided, yes=yes, as_json=as_json))


def _read(
    settings: Settings, data: bytes, name: str, *, process: str, sheet: str, dry_run: bool
) -> tuple[Reading, tuple[NewItem, ...]]:
    """What the file says, and how it stands to what was issued. Where there is nothing yet, looking makes
    nothing: names are then taken as written."""
    if dry_run and not has_data(settings):
        today = local_date(datetime.now(UTC))
        with progress("读取", None) as bar:
            told = partial(_show, bar, bar.task_ids[0])
            calendar = snapshot(overlays_in(overlay_folder(settings)))
            return read_register(
                data,
                name,
                directory=Directory(),
                today=today,
                calendar=calendar,
                meanings=_shipped(process),
                sheet=sheet,
                told=told,
            ), ()
    database = open_database(settings, migrate=not dry_run)
    try:
        with progress("读取", None) as bar:
            told = partial(_show, bar, bar.task_ids[0])
            intake = Intake(None, database)
            reading = intake.read(data, name, process=process, sheet=sheet, told=told)
            return reading, intake.compare(reading)
    finally:
        database.close()


def _shipped(process: str) -> Meanings:
    """How the shipped definition of that id, or the one that says how registers are headed, has them read."""
    found = [one for one in load_catalogue() if one.id == process or (not process and one.headings.fields)]
    if not found:
        raise Problem(f"随附的定义里没有流程“{process}”。", "不写 --process，或先用 duban load 载入它。", WRONG_USAGE)
    return Meanings(found[0].matter, found[0].headings)


Decided = dict[tuple[int, str], str]
"""What becomes of a finding (by its place) in a unit that was issued before: issue or reopen; and which way a finding
for many units goes (of no unit)."""


def _decided(reading: Reading, drafts: Sequence[NewItem], *, again: str, reopen: str) -> Decided:
    """The decisions that the options name, by rows. Raises Problem when a row holds nothing of the kind."""
    decided: Decided = {}
    for option, rows, choice, verdicts in (
        ("--again", again, ISSUE, (SAME, CHANGED, CLOSED)),
        ("--reopen", reopen, REOPEN, (CLOSED,)),
    ):
        for row in filter(None, re.split("[,，、 ]+", rows)):
            on_row = [d for d in drafts if row in EVERY or row in map(str, reading.findings[d.finding].rows)]
            found = [d for d in on_row if d.standing.verdict in verdicts]
            if not found:
                what = "已办结的事项" if choice == REOPEN else "以前交办过的事项"
                raise Problem(f"{option} 写的“{row}”那一行没有{what}。", "用 --dry-run 看每一行的说明。", WRONG_USAGE)
            decided |= {(d.finding, d.order.unit.id): choice for d in found}
    return decided


def _named(draft: NewItem) -> tuple[int, str]:
    return draft.finding, "" if draft.way == ABOVE else draft.order.unit.id


def _ways(reading: Reading, drafts: Sequence[NewItem], asked: Mapping[str, str]) -> Decided:
    """The ways that the options name, by rows; where all are meant, those that can go so. Raises Problem when a row
    cannot."""
    known = shown_ways(drafts)
    decided: Decided = {}
    for way, rows in asked.items():
        for row in filter(None, re.split("[,，、 ]+", rows)):
            every = row in EVERY
            here = {place for place in known if every or row in map(str, reading.findings[place].rows)}
            found = [place for place in here if way in known[place].ways]
            if not found:
                hint = "用 --dry-run 看每一行的说明。"
                raise Problem(f"--{way} 写的“{row}”那一行不能{WAY_WORDS[way]}。", hint, WRONG_USAGE)
            decided |= {(place, ""): way for place in found}
    return decided


async def _issue(
    settings: Settings, reading: Reading, name: str, caller: Caller, decided: Decided, *, yes: bool, as_json: bool
) -> None:
    from runtime.product import open_product  # only a confirmed import needs the engine

    async with open_product(settings) as product:
        proposal = product.intake.propose(reading, filename=name, caller=caller, now=datetime.now(UTC))
        if not yes and not _confirmed(proposal, decided):
            typer.echo("没有交办。", err=True)
            raise typer.Exit(1)
        choices = {
            n: decided[_named(draft)]
            for n, draft in enumerate(proposal.drafts, 1)
            if draft.way != CO and _named(draft) in decided
        }
        done = await _issued(product.intake, proposal.batch, caller, choices)
        _show_progress(proposal, done, as_json=as_json)


async def _issued(intake: Intake, batch: str, caller: Caller, choices: dict[int, str] | None = None) -> Progress:
    """The batch confirmed and issued; meanwhile a bar for each part of it, as far as the ledger says that it is."""
    issuing = asyncio.ensure_future(intake.confirm(batch, caller=caller, choices=choices))
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


def _confirmed(proposal: Proposal, decided: Decided) -> bool:
    if not sys.stdin.isatty():
        raise Problem("没有确认，所以没有交办。", "核对上面的内容后，加上 --yes 再运行一次。", WRONG_USAGE)
    counts = Counter(decided.values())
    new = sum(draft.standing.verdict == NEW for draft in proposal.drafts if draft.way in SINGLE) + counts[ISSUE]
    reopened = f"，重启 {counts[REOPEN]} 项" if counts[REOPEN] else ""
    return agreed(f"交办 {new} 项{reopened}？")


def _show_progress(proposal: Proposal, progress: Progress, *, as_json: bool) -> None:
    wrong = sum(f.state == "wrong" for f in proposal.reading.findings)
    if as_json:
        counts = {name: getattr(progress, name) for name in _COUNTED}
        print_json({"batch": proposal.batch, **counts, "wrong_findings": wrong})
        return
    reopened = f"，重启 {progress.reopened} 项" if progress.reopened else ""
    typer.echo(
        f"已交办 {progress.issued} 项{reopened}，此前已交办 {progress.passed} 项，未能交办 {progress.refused} 项。"
    )
    if progress.duplicate:
        typer.echo(f"有 {progress.duplicate} 项在台账里重复填写，只交办了一次。")
    if wrong:
        typer.echo(f"另有 {wrong} 条填写有误，没有交办；改正后再导入一次，已交办的不会重复。")


def show_reading(reading: Reading, drafts: Sequence[NewItem] = ()) -> None:
    """Row by row what was understood, and how it stands to what was issued before."""
    before: dict[int, list[str]] = {
        place: [f"{of.units} 个单位：{of.ways[of.way]}（{_otherwise(of)}）"] for place, of in shown_ways(drafts).items()
    }
    for draft in drafts:
        if words := draft.standing.words:
            before.setdefault(draft.finding, []).append(f"{draft.order.unit.name}：{words}")
    rows = [
        (
            f"{finding.sheet} {_rows(finding.rows)}".strip(),
            Text(FINDING_STATE_NAMES[finding.state], style=STATE_STYLES[finding.state]),
            short(finding.title, 40),
            _units(finding.lead_units),
            f"{reading.kinds[finding.kind]} {finding.due or ''}",
            "\n".join((*before.get(place, ()), *_notes(finding))),
        )
        for place, finding in enumerate(reading.findings)
    ]
    print_table(
        reading.title or f"工作表 {reading.sheet}",
        ("行", "状态", reading.form.fields[0].name, "牵头单位", "类型和时限", "说明"),
        rows,
    )
    for remark in reading.remarks:
        typer.echo(remark)
    for ignored in reading.ignored_rows:
        typer.echo(f"{ignored.sheet}第 {ignored.row} 行没有当作事项：{ignored.why}")
    counts = {state: sum(f.state == state for f in reading.findings) for state in FINDING_STATE_NAMES}
    typer.echo("，".join(f"{FINDING_STATE_NAMES[state]} {count} 个" for state, count in counts.items()) + "。")
    standing = Counter(draft.standing.verdict for draft in drafts if draft.way in SINGLE)
    if standing.keys() - {NEW}:
        known = f"相同 {standing[SAME]} 项，有变化 {standing[CHANGED]} 项，已办结 {standing[CLOSED]} 项"
        typer.echo(f"新的 {standing[NEW]} 项；以前交办过的不再交办：{known}（--again 另行交办，--reopen 重启）。")
    if (count := single(drafts)) > LIMIT:
        typer.echo(str(RuleViolation(Code.TOO_MANY_ITEMS, actual=count, limit=LIMIT)))


def _otherwise(of: ManyUnits) -> str:
    return "，".join(f"--{way} {words}" for way, words in of.ways.items() if way != of.way)


def _rows(rows: tuple[int, ...]) -> str:
    return str(rows[0]) if len(rows) == 1 else f"{rows[0]}-{rows[-1]}"


def _units(names: tuple[str, ...]) -> str:
    shown = "、".join(names[:3])
    return f"{shown} 等 {len(names)} 个" if len(names) > 3 else shown


def _notes(finding: Finding) -> list[str]:
    return [f"{note.cell}：{note.text}" for note in finding.notes if note.level != "info"]
