"""`duban round sheets` and `duban round fill`: a round's forms as files in one zip, and such a zip back into drafts."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import typer

from desk.caller import Caller
from ledger.directory import people
from runtime.cli.caller import acting_as, as_seen_by
from runtime.cli.output import JSON_OPTION, print_json, refusals_in_words
from runtime.ending import REFUSED, Problem
from runtime.settings import load
from runtime.store import open_database


def sheets(
    name: str = typer.Argument(..., metavar="轮次", help="周期工作/期，如 monthly/2026-11"),
    to: Path = typer.Option(..., "--to", help="写到哪个 zip 文件"),
    caller: Caller = acting_as("谁取走"),
) -> None:
    """一个轮次各单位要填的表，一个单位一份 xlsx，装在一个 zip 里；谁取走的记入留痕。"""
    from desk.blanks.many import round_sheets

    database = as_seen_by(open_database(load()), caller)
    if to.exists():
        raise Problem(f"{to} 已经有了；请换一个文件名。")
    with refusals_in_words(), round_sheets(database, name, caller, datetime.now(UTC), folder=to.parent) as made:
        shutil.move(made.path, to)
    typer.echo(
        f"{to}：{made.files} 份填报表。" + (f"另有 {made.left_out} 项现在没有要填的表。" if made.left_out else "")
    )


def fill(
    archive: Path = typer.Argument(..., metavar="ZIP", help="填好的各份 xlsx 装成的 zip", exists=True, dir_okay=False),
    caller: Caller = acting_as("谁的草稿"),
    as_json: bool = JSON_OPTION,
) -> None:
    """填好的一批表填入本人的草稿，不提交；逐个文件说明，填错的逐格说明。"""
    from desk.blanks.many import fill_many

    database = as_seen_by(open_database(load()), caller)
    with refusals_in_words(), archive.open("rb") as file:
        with database.read() as connection:
            person = people.somebody(connection, caller.person).id
        reports = []
        for report in fill_many(database, file, person, datetime.now(UTC)):
            reports.append(report)
            if not as_json:
                typer.echo(f"{'收' if report.taken else '未收'}  {report.file}：{report.words}")
                for cell in report.cells:
                    typer.echo(f"      {cell.cell} {cell.words}")
    if as_json:
        print_json([one.model_dump(mode="json") for one in reports])
    if not all(one.taken for one in reports):
        raise typer.Exit(REFUSED)
