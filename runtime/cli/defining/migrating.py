"""`duban definitions migrate`: running items by another version of their process. What it would do is said first, item
by item; it is done when confirmed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from desk.caller import Caller
from rules.dates.explain import provisionally
from rules.machine.commands import Actor
from rules.names import MOVED_NAMES
from runtime.cli.caller import acting_as
from runtime.cli.joint.guarding import asked_of_another
from runtime.cli.output import JSON_OPTION, agreed, print_json, print_table, progress, refusals_in_words
from runtime.ending import WRONG_USAGE, Problem
from runtime.settings import Settings, load
from runtime.store import open_database

if TYPE_CHECKING:
    from runtime.migrating import BulkProgress, ForeseenItem, VersionChange, Whereabouts

_SHOWN = 40
"""Rows of a long table that a person reads; `--json` has all."""


def migrate(
    process: str = typer.Argument(..., metavar="流程", help="哪个流程：编号或名称"),
    to: str = typer.Option("", "--to", help="换到哪个版本：版本或校验码；不写就是现行的"),
    before: str = typer.Option("", "--from", help="只换这个版本的；不写就是其他各版本的"),
    steps: list[str] = typer.Option([], "--step", help="旧环节=新环节；新版本没有的环节要写明，可以写几次"),
    reason: str = typer.Option(..., "--reason", help="为什么，写进每个事项的经过"),
    caller: Caller = acting_as(more="管理员"),
    dry_run: bool = typer.Option(False, "--dry-run", help="只看会怎样，什么也不改"),
    yes: bool = typer.Option(False, "--yes", help="不再询问"),
    as_json: bool = JSON_OPTION,
) -> None:
    """在办的事项换用另一个版本：先逐项说环节、日期、督办会怎样变，哪些不能换、为什么，再提请；另一人复核同意以后
    再运行一次才换。中断了再运行一次即可。"""
    from runtime.migrating import (
        check_agreed,
        foresee,
        meant,
        migrator,
    )  # here and not above: the other commands need no engine

    settings = load()
    database = open_database(settings)
    with refusals_in_words(), asked_of_another(database, as_json=as_json):
        administrator = migrator(database, caller)
        change = meant(database, process, to, before, _steps(steps), reason)
        items = foresee(change, database)
        able = [one for one in items if not one.refused]
        if dry_run or not as_json:
            _say(change, items, as_json=as_json)
        if dry_run:
            return
        if able and not yes:
            if not sys.stdin.isatty():
                raise Problem("还没有确认，什么也没有改。", "看过上面的内容后，加 --yes 再运行。", WRONG_USAGE)
            if not agreed(f"{len(able)} 项换用 {_version(change)}？"):
                raise Problem("没有换，什么也没有改。")
        if able:
            check_agreed(change, items, database, administrator)
        done = asyncio.run(_migrate(settings, change, administrator, len(items))) if able else None
    _done(done, change, items, as_json=as_json)


def _steps(written: Sequence[str]) -> dict[str, str]:
    found = {}
    for one in written:
        old, sign, new = (part.strip() for part in one.partition("="))
        if not old or not sign or not new:
            raise Problem(f"--step 没有读懂“{one}”。", "写成 旧环节=新环节，用环节的编号。", WRONG_USAGE)
        found[old] = new
    return found


async def _migrate(settings: Settings, change: VersionChange, actor: Actor, total: int) -> BulkProgress:
    from runtime.migrating import carry_through
    from runtime.product import open_product

    async with open_product(settings) as product:
        with progress("换用新版本", total) as bar:
            return await carry_through(
                product, change, actor, lambda left: bar.update(bar.task_ids[0], completed=max(0, total - left))
            )


def _version(change: VersionChange) -> str:
    return change.after.title


def _say(change: VersionChange, items: Sequence[ForeseenItem], *, as_json: bool) -> None:
    """What would become of each item."""
    if as_json:
        print_json({"to": change.after.hash, "items": [asdict(one) for one in items]})
        return
    typer.echo(f"换用 {_version(change)}：{change.reason}")
    able, refused = [one for one in items if not one.refused], [one for one in items if one.refused]
    if able:
        print_table(
            "换用以后", ("编号", "单位", "环节", "日期", "灯", "下一次督办"), [_row(one) for one in able[:_SHOWN]]
        )
    if refused:
        print_table("不能换的", ("编号", "单位", "为什么"), [(r.no, r.unit_name, r.refused) for r in refused[:_SHOWN]])
    if max(len(able), len(refused)) > _SHOWN:
        typer.echo("……还有，用 --json 看全部。")
    moved, anew = sum(1 for one in able if one.moved), sum(1 for one in able if one.anew)
    typer.echo(f"能换 {len(able)} 项，其中 {moved} 项日期会变，{anew} 项从今天重新起算；不能换 {len(refused)} 项。")


def _row(one: ForeseenItem) -> tuple[str, ...]:
    after = one.after
    assert after is not None, "only what is refused stands nowhere"
    dates = [provisionally(f"{MOVED_NAMES[m.what]} {m.before} → {m.after}", m.provisional) for m in one.moved]
    step = _change(one.before.step, after.step) + ("（从今天重新起算）" if one.anew else "")
    return (
        one.no,
        one.unit_name,
        step,
        "\n".join(dates) or "不变",
        _change(one.before.lamp, after.lamp),
        _rung(one.before, after),
    )


def _rung(before: Whereabouts, after: Whereabouts) -> str:
    return _change(*(f"{one.rung} {one.rung_on}" if one.rung_on else "没有" for one in (before, after)))


def _change(before: str, after: str) -> str:
    return after if before == after else f"{before} → {after}"


def _done(done: BulkProgress | None, change: VersionChange, items: Sequence[ForeseenItem], *, as_json: bool) -> None:
    stored, moved, left = (done.stored, done.moved, done.left) if done else (0, 0, len(items))
    if as_json:
        said: dict[str, Any] = {"to": change.after.hash, "stored": stored, "moved": moved, "left": left}
        print_json({**said, "refused": {one.no: one.refused for one in items if one.refused}})
    else:
        typer.echo(f"已换用 {_version(change)}：{stored} 项，其中 {moved} 项日期有变。")
    if left:
        raise Problem(f"有 {left} 项没有换。", "原因见上面的“不能换的”；改正后再运行一次，换过的不会再换。")
