"""`duban audit`: whether the history proves itself."""

from __future__ import annotations

from dataclasses import asdict

import typer

from ledger import verify as verification
from runtime.cli import audit_erase
from runtime.cli.output import JSON_OPTION, print_json, print_table, progress
from runtime.problems import REFUSED
from runtime.settings import load
from runtime.store import open_database

audit = typer.Typer(help="审计：核验留痕链。", no_args_is_help=True)
SHOWN = 100


@audit.callback()
def group() -> None:
    """审计：核验留痕链。"""


audit.command()(audit_erase.erase)
audit.command()(audit_erase.erasures)


@audit.command()
def verify(as_json: bool = JSON_OPTION) -> None:
    """核验全部留痕链和台账；有任何不符则退出码为 1。"""
    database = open_database(load())
    count = verification.Count()
    with progress("核验留痕链", verification.size(database)) as bar:
        done = verification.verify(database, count, lambda: bar.update(bar.task_ids[0], completed=count.entries))
    if as_json:
        print_json({"entries": done.entries, "items": done.items, "wrong": [asdict(w) for w in done.wrong]})
    elif done.wrong:
        rows = [(w.stream, w.seq or "", w.what) for w in done.wrong[:SHOWN]]
        print_table(f"核验不符：{len(done.wrong)} 处", ("事项", "第几条", "哪里不符"), rows)
    else:
        typer.echo(f"核验通过：{done.items} 个事项，{done.entries} 条记录，链条完整，台账与留痕一致。")
    if done.wrong:
        raise typer.Exit(REFUSED)
