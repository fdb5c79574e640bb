"""`duban confirm`: what one asked for and another has to confirm: what waits, agreeing to it, or not."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import typer

from desk.caller import Caller
from desk.joint import confirming
from desk.joint.joint_shown import ShownJointAct, joint_act_shown, joint_acts_shown
from runtime.cli.caller import acting_as
from runtime.cli.output import (
    JSON_OPTION,
    agreed,
    local_minute,
    print_json,
    print_table,
    refusals_in_words,
    short,
)
from runtime.ending import WRONG_USAGE, Problem
from runtime.settings import load
from runtime.store import open_database


def confirm(
    number: int | None = typer.Argument(None, metavar="编号", help="第几号；不写就列出等着复核的", show_default=False),
    caller: Caller = acting_as(more="另一个人，不是提请的；撤回的是提请的人", needed=False),
    refuse: bool = typer.Option(False, "--refuse", help="不同意，写明 --reason"),
    withdraw: bool = typer.Option(False, "--withdraw", help="撤回自己提请的"),
    reason: str = typer.Option("", "--reason", help="为什么不同意"),
    yes: bool = typer.Option(False, "--yes", help="不再询问"),
    every: bool = typer.Option(False, "--all", help="也列出办成的、不同意的、过期的"),
    as_json: bool = JSON_OPTION,
) -> None:
    """复核要两个人办的事：列出等着的，看清要办什么，同意或不同意。在这里办的，永远记着是终端代办。"""
    settings = load()
    database, now = open_database(settings), datetime.now(UTC)
    if number is None:
        with database.read() as connection:
            _list(joint_acts_shown(connection, now, waiting=not every), as_json=as_json)
        return
    with refusals_in_words(), database.read() as connection:
        shown = joint_act_shown(connection, number, now)
    if not as_json:
        _say(shown)
    if not caller.person:
        if refuse or withdraw or yes:
            raise Problem("要说以谁的名义。", "加上 --as；复核的不能是提请的人。", WRONG_USAGE)
        print_json(shown.model_dump(mode="json")) if as_json else None
        return
    if refuse and withdraw:
        raise Problem("--refuse、--withdraw 只用一个。", "见 --help。", WRONG_USAGE)
    with refusals_in_words():
        if withdraw:
            confirming.withdraw(database, caller, number, now)
        elif refuse:
            confirming.refuse(database, caller, number, reason, now)
        else:
            _asked_first(yes=yes)
            confirming.confirm(database, caller, number, shown.digest, now)
        with database.read() as connection:
            done = joint_act_shown(connection, number, now)
    if as_json:
        print_json(done.model_dump(mode="json"))
        return
    way_on = f"；请{done.asked_by_name}把原来的命令再运行一次" if done.status == "confirmed" else ""
    typer.echo(f"第 {number} 号：{done.status_name}{way_on}。")


def _asked_first(*, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise Problem("还没有同意。", "看过上面要办的以后，加 --yes 再运行。", WRONG_USAGE)
    if not agreed("同意照此办理？"):
        raise Problem("没有同意，也没有记下不同意。", "不同意的，加 --refuse --reason。")


def _list(found: list[ShownJointAct], *, as_json: bool) -> None:
    if as_json:
        print_json([one.model_dump(mode="json") for one in found])
        return
    rows = [
        (
            one.number,
            one.act_name,
            short("，".join(f"{d.name} {d.value}" for d in one.details), 60),
            f"{one.asked_by_name} {local_minute(one.asked_at)} {one.asked_hand}".rstrip(),
            one.status_name,
            f"{one.decided_by_name} {one.decided_hand}".strip() + ("（与提请同一终端用户）" if one.same_hand else ""),
            local_minute(one.until),
        )
        for one in found
    ]
    print_table("双人办理", ("编号", "什么", "内容", "谁提请", "怎样了", "谁复核", "有效到"), rows)


def _say(one: ShownJointAct) -> None:
    typer.echo(f"第 {one.number} 号：{one.act_name}（{one.status_name}，{local_minute(one.until)} 以前有效）")
    hand = f"，{one.asked_hand}" if one.asked_hand else ""
    typer.echo(f"  {one.asked_by_name} {local_minute(one.asked_at)} 提请{hand}")
    for detail in one.details:
        typer.echo(f"  {detail.name}：{detail.value}")
    if one.gains:
        typer.echo(f"  涉及：{'、'.join(one.gains)}")
    for line in one.foreseen:
        typer.echo(f"  提请时看到：{line}")
    typer.echo(f"  可以复核的：{one.others}，不是提请的人")
