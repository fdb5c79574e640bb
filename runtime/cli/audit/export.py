"""`duban audit export`: the register, the entries of an item or a period, as a file; the ledger says who took it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import typer

from desk.caller import Caller
from desk.exporting import Format, MadeExport, What, exported
from desk.showing.register import sorting
from ledger.reading.entries_extract import EntrySelection
from ledger.reading.filters import Filters
from ledger.reading.sorting import OWN, Sorting
from ledger.store.database import Database
from runtime.cli.caller import acting_as, as_seen_by
from runtime.cli.output import JSON_OPTION, print_json, progress, refusals_in_words
from runtime.cli.register.narrowing import SORT_OPTION, narrowing
from runtime.ending import WRONG_USAGE, Problem
from runtime.settings import load
from runtime.store import open_database

export = typer.Typer(help="导出台账或留痕：xlsx、csv、jsonl、pdf。谁导出了什么也留痕。", no_args_is_help=True)
_DAY = ["%Y-%m-%d"]
_FORM = typer.Option(..., "--format", help="xlsx、csv、jsonl 或 pdf")
OUT = typer.Option(..., "--out", help="写到哪个文件")
_CALLER = acting_as()
FORCE = typer.Option(False, "--force", help="文件已有时覆盖它")


@export.callback()
def group() -> None:
    """导出台账或留痕：xlsx、csv、jsonl、pdf。谁导出了什么也留痕。"""


@export.command()
@narrowing
def register(
    form: Format = _FORM,
    out: Path = OUT,
    caller: Caller = _CALLER,
    force: bool = FORCE,
    *,
    filters: Filters,
    sort: str = SORT_OPTION,
    as_json: bool = JSON_OPTION,
) -> None:
    """台账：与 duban items 同样的条件和次序，全部行。"""
    database = as_seen_by(open_database(load()), caller)
    with refusals_in_words():
        write_export(database, filters, form, out, caller, force=force, as_json=as_json, order=sorting(sort))


@export.command()
def entries(
    no: str = typer.Argument("", help="事项编号；不写为全部事项", show_default=False),
    form: Format = _FORM,
    out: Path = OUT,
    caller: Caller = _CALLER,
    force: bool = FORCE,
    since: datetime | None = typer.Option(None, "--from", formats=_DAY, help="从哪天起"),
    until: datetime | None = typer.Option(None, "--to", formats=_DAY, help="到哪天止（含当天）"),
    as_json: bool = JSON_OPTION,
) -> None:
    """留痕：一个事项的全过程，或一段时间里的全部记录。"""
    database = as_seen_by(open_database(load()), caller)
    asked = EntrySelection(no=no, since=since.date() if since else None, until=until.date() if until else None)
    with refusals_in_words():
        write_export(database, asked, form, out, caller, force=force, as_json=as_json)


def write_export(
    database: Database,
    what: What,
    form: Format,
    out: Path,
    caller: Caller,
    *,
    force: bool,
    as_json: bool,
    order: Sorting = OWN,
) -> None:
    """The file is whole and the ledger knows of it; or there is none and nothing was there before is harmed."""
    if not out.parent.is_dir():
        raise Problem(f"没有 {out.parent} 这个文件夹。", "先建好文件夹，或换一个地方。", WRONG_USAGE)
    if out.is_dir():
        raise Problem(f"{out} 是一个文件夹。", "--out 写文件名。", WRONG_USAGE)
    _unharmed(out, force)
    with progress("导出", None) as bar:
        task = bar.task_ids[0]
        made = exported(
            database,
            what,
            form,
            caller=caller,
            now=datetime.now(UTC),
            folder=out.parent,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
            order=order,
        )
        with made as done:
            _unharmed(out, force)
            os.replace(done.path, out)
    _say(done, out, as_json)


def _unharmed(out: Path, force: bool) -> None:
    if out.exists() and not force:
        raise Problem(f"{out} 已经有了，没有覆盖。", "换一个文件名，或加 --force。")


def _say(made: MadeExport, out: Path, as_json: bool) -> None:
    if as_json:
        hashes = {"content_hash": made.content_hash, "file_hash": made.file_hash, "algorithm": made.algorithm}
        print_json({"file": str(out), "rows": made.rows, **hashes})
        return
    typer.echo(f"已导出 {made.rows} 行到 {out}，并已留痕。")
    typer.echo(f"内容哈希（{made.algorithm}）{made.content_hash}")
    typer.echo(f"文件哈希（{made.algorithm}）{made.file_hash}")
