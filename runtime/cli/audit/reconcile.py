"""`duban audit reconcile`: the ledger beside the engine's own histories, within their retention."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from ledger.proof.reconcile import size
from ledger.store.database import Database
from runtime.cli.output import JSON_OPTION, print_json, print_table, progress, refusals_in_words
from runtime.ending import REFUSED
from runtime.settings import Settings, load
from runtime.store import open_database

if TYPE_CHECKING:
    from runtime.reconcile.run import Reconciled

_SHOWN = 100


def reconcile(as_json: bool = JSON_OPTION) -> None:
    """留痕库与流程引擎自己的历史逐项对照（保留期内）；有任何不符则退出码为 1。"""
    settings = load()
    database = open_database(settings)
    with refusals_in_words():
        done = asyncio.run(_reconcile(settings, database))
    database.close()
    if as_json:
        print_json(asdict(done))
    else:
        _show(done)
    if done.count:
        raise typer.Exit(REFUSED)


async def _reconcile(settings: Settings, database: Database) -> Reconciled:
    # Here and not above: no other command of `duban audit` needs Temporal's client.
    from runtime.reach import reach
    from runtime.reconcile.run import reconcile_all

    client = await reach(settings)
    with progress("对照流程历史", size(database)) as bar:
        return await reconcile_all(
            client, database, settings.task_queue, lambda items: bar.update(bar.task_ids[0], completed=items)
        )


def _show(done: Reconciled) -> None:
    typer.echo(
        f"对照 {done.items} 个事项：流程历史 {done.runs} 段、操作 {done.commands} 个，记录 {done.entries} 条；"
        f"{done.without} 个事项流程引擎已不保留历史，无从对照。"
    )
    if not done.count:
        typer.echo("两边相符：办成的操作都有记录，记录都有操作或到点。")
        return
    rows = [(d.stream, d.seq or "", d.command, d.what, d.means) for d in done.found[:_SHOWN]]
    print_table(f"不符：{done.count} 处", ("事项", "第几条", "操作编号", "哪里不符", "说明什么"), rows)
