"""`duban round`: rounds are opened by hand, shown, unlocked for a unit, stopped, and their reports corrected by two."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import typer

from desk.caller import Caller
from desk.registers import rounds_kept
from desk.registers.rounds_kept import RoundRequest
from desk.registers.rounds_shown import RoundUnit, round_page, shown_rounds, to_call
from rules.rounds.deciding import RoundVerb
from rules.telling.posts import in_post
from runtime.cli.caller import acting_as
from runtime.cli.output import JSON_OPTION, print_json, print_table, refusals_in_words
from runtime.cli.register import sheets
from runtime.ending import Problem
from runtime.reach import tell_round
from runtime.settings import Settings, load
from runtime.store import open_database

round_ = typer.Typer(help="轮次：周期工作的一期，如 visits/2026-11。", no_args_is_help=True)
_ROUND = typer.Argument(..., metavar="轮次", help="周期工作/期，如 visits/2026-11")
_CALLER = acting_as("督查员")
_REASON = typer.Option(..., help="理由，记入留痕")
_PATIENCE = timedelta(seconds=2)


@round_.command("list")
def list_(as_json: bool = JSON_OPTION) -> None:
    """所有轮次：应报、按期、逾期、未报。"""
    with refusals_in_words(), open_database(load()).read() as connection:
        found = shown_rounds(connection, datetime.now(UTC), limit=500)
    if as_json:
        print_json([one.model_dump(mode="json") for one in found])
        return
    head = ("轮次", "名称", "开放", "到期", "锁定", "应报", "按期", "逾期", "未报", "通报")
    rows = [
        (r.id, r.name, r.opened, r.last_due, r.locks, r.owed, r.on_time, r.late, r.owing, r.revision or "")
        for r in found
    ]
    print_table("轮次", head, rows)


@round_.command("show")
def show(name: str = _ROUND, as_json: bool = JSON_OPTION) -> None:
    """一个轮次：应报、按期、逾期、未报，按片组和单位类型；到期没报的各打给谁；通报的各版。"""
    now = datetime.now(UTC)
    with refusals_in_words(), open_database(load()).read() as connection:
        page = round_page(connection, name, now)
        late = to_call(connection, name, now, limit=500)
    if as_json:
        called = [one.model_dump(mode="json") for one in late]
        print_json({**page.model_dump(mode="json"), "to_call": called})
        return
    found = page.round
    typer.echo(f"{found.name}：{found.opened} 开放，{found.last_due} 到期，{found.locks} 锁定（{found.state_name}）")
    waiting = f"；交了的里 {found.reviewing} 个待审" if found.reviewing else ""
    typer.echo(
        f"应报 {found.owed} 个：按期 {found.on_time}，逾期 {found.late}，未报 {found.owing}"
        f"（其中已过期 {found.overdue}）{waiting}；另有不再应报 {found.dropped}，解锁 {found.unlocked}。"
    )
    for words, parts in (("片组", page.areas), ("单位类型", page.kinds)):
        rows = [(one.name, one.owed, one.on_time, one.late, one.owing, one.overdue, one.dropped) for one in parts]
        print_table(words, (words, "应报", "按期", "逾期", "未报", "已过期", "不再应报"), rows)
    if late:
        print_table("到期没报，打给谁", ("单位", "到期", "联系"), [(one.name, one.due, _contacts(one)) for one in late])
    for one in page.reports:
        counted = f"应报 {one.owed}，按期 {one.on_time}，逾期 {one.late}，未报 {one.missing}"
        typer.echo(f"通报第 {one.revision} 版：{counted}{f'；{one.reason}' if one.reason else ''}")
    if page.sampled:
        draw = f"（{page.sampled.draw}）" if page.sampled.draw else ""
        typer.echo(f"抽样核实：{page.sampled.words}{draw}")


def _contacts(unit: RoundUnit) -> str:
    return "、".join(in_post(one.name, one.role_name) for one in unit.contacts)


@round_.command("open")
def open_(
    campaign: str = typer.Argument(..., metavar="周期工作", help="周期工作的编号，如 inspections"),
    caller: Caller = _CALLER,
    period: str = typer.Option("", help="哪一期，如 2026-11；不写是现在这一期"),
    unit: list[str] = typer.Option(None, help="只问这个单位（片组），可多次；不写是周期工作的名单"),
) -> None:
    """开放一个轮次：由督查员开放的周期工作，或该开放而没有开放的一期。已经开放的，写明的单位加入那一轮。"""
    settings = load()
    with refusals_in_words():
        done = rounds_kept.open_by_hand(
            open_database(settings), campaign, caller, datetime.now(UTC), period=period, units=tuple(unit or ())
        )
    if done.joined:
        typer.echo(f"轮次 {done.round} 先前已经开放，{'、'.join(done.joined)}加入了这一轮。")
    else:
        typer.echo(f"轮次 {done.round} 已开放。")
    look(settings, done.round)


@round_.command("unlock")
def unlock(
    name: str = _ROUND,
    unit: str = typer.Option(..., help="给哪个单位（片组）解锁"),
    days: int = typer.Option(..., help="几个工作日"),
    reason: str = _REASON,
    caller: Caller = _CALLER,
) -> None:
    """锁定以后给一个单位解锁几个工作日；补报了就有新一版通报，旧版不动。"""
    _keep(name, RoundVerb.UNLOCK, caller, unit=unit, days=days, reason=reason)


@round_.command("stop")
def stop(
    name: str = _ROUND,
    reason: str = _REASON,
    annul: bool = typer.Option(False, "--annul", help="到此为止，不再到期、锁定、通报"),
    caller: Caller = _CALLER,
) -> None:
    """停止一个轮次：走完为止，或到此为止。"""
    _keep(name, RoundVerb.STOP, caller, reason=reason, annul=annul)


@round_.command("correct")
def correct(name: str = _ROUND, reason: str = _REASON, caller: Caller = _CALLER) -> None:
    """锁定以后申请更正通报；另一位督查员或分管领导同意才有新一版。"""
    _keep(name, RoundVerb.ASK_CORRECTION, caller, reason=reason)


@round_.command("agree")
def agree(name: str = _ROUND, caller: Caller = acting_as("另一位督查员或分管领导")) -> None:
    """同意更正：通报出新一版，旧版一个字不动。"""
    _keep(name, RoundVerb.AGREE, caller)


@round_.command("refuse")
def refuse(name: str = _ROUND, reason: str = _REASON, caller: Caller = acting_as("另一位督查员或分管领导")) -> None:
    """不同意更正：通报照旧。"""
    _keep(name, RoundVerb.REFUSE, caller, reason=reason)


def _keep(
    name: str, verb: RoundVerb, caller: Caller, *, unit: str = "", reason: str = "", days: int = 0, annul: bool = False
) -> None:
    settings = load()
    asked = RoundRequest(round=name, verb=verb, id=str(uuid4()), unit=unit, reason=reason, days=days, annul=annul)
    with refusals_in_words():
        state = rounds_kept.keep(open_database(settings), asked, caller, datetime.now(UTC))
    typer.echo(f"已记下。应报 {len(state.owing)} 个{f'，通报第 {state.revision} 版' if state.revision else ''}。")
    look(settings, name)


def look(settings: Settings, name: str) -> None:
    """The round's workflow hears of it now, or within the hour."""
    try:
        asyncio.run(tell_round(settings, name, patience=_PATIENCE))
    except Problem:
        typer.echo("流程引擎没有应答：一小时以内的自查会接着办。", err=True)


round_.command("sheets")(sheets.sheets)
round_.command("fill")(sheets.fill)
