"""`duban backup` and `duban restore`: one consistent copy of a running system, and an empty one made from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import typer

from rules.dates.calendar import LOCAL
from runtime.backup.restore import RestoredLedger
from runtime.backup.restore import restore as restore_from
from runtime.backup.take import ShowProgress, take
from runtime.cli.caller import unnamed
from runtime.cli.output import JSON_OPTION, print_json, print_table, progress
from runtime.ending import REFUSED
from runtime.settings import load

_SHOWN = 20


def backup(
    target: Path = typer.Argument(..., metavar="目录", help="写到哪里：一个新目录，最好在另一块磁盘上"),
    as_json: bool = JSON_OPTION,
) -> None:
    """给运行中的系统做一份一致的备份：留痕库、佐证材料、密钥、日历、设置，内嵌时还有流程引擎的数据。"""
    settings = load()
    with _shown("备份") as show:
        done = take(settings, target, show)
    if as_json:
        ledger = {name: value for name, value in asdict(done.ledger).items() if name != "tables"}
        missing = [asdict(one) for one in done.missing]
        plain = {"at": done.at, "ledger": ledger, "engine": done.engine, "files": len(done.files), "bytes": done.size}
        print_json({"folder": str(target.absolute()), **plain, "missing": missing})
    else:
        engine = "含流程引擎的数据" if done.engine else "不含流程引擎的数据（不是内嵌的，恢复后从留痕库重建）"
        typer.echo(f"已备份到 {target.absolute()}：{done.ledger.entries} 条记录，{len(done.files)} 个文件，{engine}。")
        for one in done.missing[:_SHOWN]:
            typer.echo(f"没有备份到的佐证材料：{one.what}", err=True)
        if done.missing:
            typer.echo(f"留痕库记着、却缺失或损坏的佐证材料共 {len(done.missing)} 份；其余都在备份里。", err=True)
    if done.missing:
        raise typer.Exit(REFUSED)


def restore(
    source: Path = typer.Argument(..., metavar="备份", help="duban backup 写成的目录"),
    as_json: bool = JSON_OPTION,
) -> None:
    """从备份恢复到空的数据目录（DUBAN_DATA）和空的数据库，核验，并说明自何时起可能有缺失。"""
    settings = load()
    with _shown("恢复") as show:
        done = restore_from(settings, source, show, actor=unnamed())
    if as_json:
        print_json(_plain(done))
    else:
        _tell(done, settings.data)
    if done.verified.wrong:
        raise typer.Exit(REFUSED)


@contextmanager
def _shown(title: str) -> Iterator[ShowProgress]:
    with progress(title, None) as bar:

        def show(what: str, done: int, of: int) -> None:
            bar.update(bar.task_ids[0], description=f"{title}：{what}", completed=done, total=of)

        yield show


def _tell(done: RestoredLedger, data: Path) -> None:
    verified, losses = done.verified, done.losses
    if verified.wrong:
        rows = [(w.stream, w.seq or "", w.what) for w in verified.wrong[:_SHOWN]]
        print_table(f"恢复出来的留痕库核验不符：{len(verified.wrong)} 处", ("事项", "第几条", "哪里不符"), rows)
    else:
        typer.echo(f"已恢复到 {data}，核验通过：{verified.items} 个事项，{verified.entries} 条记录。")
    since = _local(losses.since) if losses.since else "最初"
    typer.echo(f"备份始于 {_local(done.manifest.at)}，其中最后一条记录存于 {since}；在那以后存下的都不在其中。")
    if losses.missing:
        typer.echo(
            f"库外的封存点（第 {losses.number} 号，{_local(losses.known_at)}）时已有 {losses.known} 条记录："
            f"自 {since} 起至少缺 {losses.missing} 条。请据纸面材料和各单位补录。"
        )
    elif losses.number:
        typer.echo(
            f"库外最新的封存点（第 {losses.number} 号，{_local(losses.known_at)}）所见的 {losses.known} 条都在。"
        )
    else:
        why = "里没有这个库的封存点" if losses.looked else "没有设，或没有这个文件"
        typer.echo(f"无从判断缺了多少：库外的封存点 DUBAN_SEAL_FILE {why}。")
    if done.manifest.missing:
        typer.echo(f"备份时就缺失或损坏的佐证材料：{len(done.manifest.missing)} 份。")
    if done.engine:
        typer.echo("接着运行 duban up：流程先与留痕库对齐，计时照旧。")
    else:
        typer.echo("备份里没有流程引擎的数据。运行 duban up；分开运行各部分的，先运行 duban recover，再启动它们。")


def _plain(done: RestoredLedger) -> dict[str, object]:
    losses = {**asdict(done.losses), "missing": done.losses.missing}
    verified = {"entries": done.verified.entries, "items": done.verified.items}
    wrong = [asdict(w) for w in done.verified.wrong]
    return {"at": done.manifest.at, "engine": done.engine, "verified": {**verified, "wrong": wrong}, "losses": losses}


def _local(instant: str) -> str:
    return f"{datetime.fromisoformat(instant).astimezone(LOCAL):%Y-%m-%d %H:%M:%S}"
