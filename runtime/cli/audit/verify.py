"""`duban audit verify`: whether the history proves itself."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import Any

import typer

from ledger.proof import outside
from ledger.proof import verify as verification
from ledger.proof.verify import Mark, Verified
from ledger.store.database import Database
from runtime.cli.audit.seal import show_checkpoint
from runtime.cli.output import JSON_OPTION, local_minute, print_json, print_table, progress
from runtime.ending import REFUSED, Problem
from runtime.settings import Settings, load
from runtime.store import evidence_store, open_database

_SHOWN = 100
MARK_FILE = "verified.json"
"""In the data folder: up to where the last verification found everything in order."""


def verify(
    incremental: bool = typer.Option(False, "--incremental", help="只核验上次通过以后的新记录"),
    chains: bool = typer.Option(False, "--chains", help="只核验哈希、链条和封存点，不重算台账和通知"),
    evidence: bool = typer.Option(True, "--evidence/--no-evidence", help="是否逐个核对佐证材料"),
    as_json: bool = JSON_OPTION,
) -> None:
    """核验留痕链、台账、通知、佐证材料和封存点；有任何不符则退出码为 1。只读：系统运行时、目录不能写时都可以。"""
    settings = load()
    database = open_database(settings, as_it_stands=True)
    copies = _copies(settings)  # before the database: see `verify`
    since = _mark(settings, database) if incremental else None
    count = verification.VerifyProgress()
    total = verification.size(database)
    with progress("核验留痕链", total if since is None else None) as bar:
        done = verification.verify(
            database,
            count,
            lambda: bar.update(bar.task_ids[0], completed=count.entries),
            files=evidence_store(settings, database) if evidence and not chains else None,
            outside=copies,
            since=since,
            deep=not chains,
        )
    if done.mark and not chains:
        _keep(settings, done.mark)
    if as_json:
        print_json(_plain(done, since))
    else:
        _say(done, settings, since)
    if done.wrong:
        raise typer.Exit(REFUSED)


def _copies(settings: Settings) -> outside.Outside | None:
    if settings.seal_file is None:
        return None
    try:
        return outside.read(settings.seal_file)
    except OSError as failure:
        raise Problem(
            f"外面的封存文件 {settings.seal_file} 读不了：{failure.strerror}。",
            "检查 DUBAN_SEAL_FILE 和它所在的盘；没有它，看不出末尾被删和整库被换。",
        ) from failure


def _plain(done: Verified, since: Mark | None) -> dict[str, Any]:
    return {
        "entries": done.entries,
        "items": done.items,
        "since": since.checkpoint.number if since else None,
        "checkpoint": show_checkpoint(done.checkpoint) if done.checkpoint else None,
        "wrong": [asdict(w) for w in done.wrong],
    }


def _say(done: Verified, settings: Settings, since: Mark | None) -> None:
    what = f"{done.items} 个事项，{done.entries} 条记录"
    if since:
        what = f"封存点 #{since.checkpoint.number} 以后有新记录的 {what}"
    if done.wrong:
        rows = [(w.stream or "全库", w.seq or "", w.what) for w in done.wrong[:_SHOWN]]
        print_table(f"核验不符：{len(done.wrong)} 处", ("事项", "第几条", "哪里不符"), rows)
    else:
        typer.echo(f"核验通过：{what}，链条完整，台账与留痕一致。")
    if done.checkpoint:
        one = done.checkpoint
        typer.echo(f"与封存点 #{one.number}（{local_minute(one.at)}，{one.size} 条，指纹 {one.fingerprint}）相符。")
    else:
        typer.echo("还没有封存点：删掉末尾的记录看不出来。运行 duban audit seal。")
    if settings.seal_file is None:
        typer.echo("没有设置 DUBAN_SEAL_FILE：封存点只在库里，拥有数据库的人可以连它一起改。")


def _mark(settings: Settings, database: Database) -> Mark | None:
    """Where the last verification ended; None (then everything is looked at) when there is no such mark."""
    try:
        plain = json.loads((settings.data / MARK_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        typer.echo("没有上次核验的标记，这次核验全部。", err=True)
        return None
    with database.read() as connection:
        try:
            return Mark.of(plain, connection)
        except ValueError:
            typer.echo("上次核验的标记不属于这个库，这次核验全部。", err=True)
            return None


def _keep(settings: Settings, mark: Mark) -> None:
    """The next verification may begin here; where the folder cannot be written, it begins where it would have."""
    path = settings.data / MARK_FILE
    fresh = path.with_suffix(".new")
    try:
        fresh.write_text(json.dumps(mark.plain()), "utf-8")
        os.replace(fresh, path)
    except OSError as failure:
        typer.echo(f"没有写下这次核验的标记（{failure.strerror}）：--incremental 仍从上一次的标记起。", err=True)
