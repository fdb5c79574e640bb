"""`duban burden`: the month's account, the leader's yes beyond the budget, what units find should not be asked."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from desk.burden import keeping
from desk.burden.account_shown import month_asked, show_account
from desk.caller import Caller
from ledger.chain.family.in_rounds import ROUND_PREFIX
from runtime.cli.caller import acting_as, as_seen_by
from runtime.cli.output import JSON_OPTION, print_json, print_table, refusals_in_words
from runtime.cli.register.rounds import look
from runtime.settings import load
from runtime.store import open_database

burden = typer.Typer(help="减负：一个月要了基层多少，超出预算的由分管领导同意。", no_args_is_help=True)
_REASON = typer.Option(..., help="理由，记入留痕")


@burden.command("month")
def month(
    period: str = typer.Argument("", metavar="月份", help="如 2026-11；不写是这个月"),
    unit: str = typer.Option("", help="只看这个单位：编号、名称或简称"),
    as_json: bool = JSON_OPTION,
) -> None:
    """减负月账：谁向谁要了多少，哪些是预填的，谁说不该要。"""
    now = datetime.now(UTC)
    with refusals_in_words(), open_database(load()).read() as connection:
        found = show_account(connection, month_asked(period, now), now, unit=unit)
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    limits = found.limits
    if limits:
        typer.echo(
            f"{found.budget}：一个单位一个月周期填报 {limits['requests']} 次，临时要数 {limits['extras']} 次，"
            f"要填的项 {limits['fields']}，佐证材料 {limits['evidence']} 项"
        )
    head = ("谁要的", "要什么", "单位", "次数", "要填的项", "预填", "佐证材料")
    rows = [(a.by, a.what, a.units, a.requests, a.fields, a.prefilled, a.evidence) for a in found.askers]
    print_table(f"减负月账（{found.month_name}）", head, rows)
    over = [(u.unit_name, u.requests, u.extras, u.fields, u.evidence, u.over) for u in found.units if u.over]
    if over:
        print_table("超出预算的单位", ("单位", "周期", "临时", "项", "佐证", "超出"), over)
    if found.waiting:
        print_table(
            "等分管领导同意的（duban burden allow 批次）",
            ("批次", "要什么", "谁要的", "单位", "超出"),
            [(w.batch, w.title, w.by, w.units, "；".join(w.over)) for w in found.waiting],
        )
    if found.contests:
        said = [(c.id, c.unit_name, c.label, c.reason, c.times, _answered(c.dropped, c.answer)) for c in found.contests]
        print_table("提出不该要的", ("编号", "单位", "哪一项", "为什么不该要", "提过几次", "答复"), said)


def _answered(dropped: bool, answer: str) -> str:
    return f"{'不再要' if dropped else '仍要'}：{answer}" if answer else "等待答复"


@burden.command("allow")
def allow(
    batch: str = typer.Argument(..., metavar="批次", help="被拒绝的那一批的编号"),
    reason: str = _REASON,
    caller: Caller = acting_as("分管领导"),
) -> None:
    """同意一批超出减负预算的交办；记入留痕，月账里看得到。"""
    with refusals_in_words():
        fact = keeping.allow(open_database(load()), batch, reason, caller, datetime.now(UTC))
    typer.echo(f"已同意“{fact.title}”超出减负预算（{fact.units} 个单位：{'；'.join(fact.over)}）。")
    if batch.startswith(ROUND_PREFIX):
        look(load(), batch.removeprefix(ROUND_PREFIX))


@burden.command("contest")
def contest(
    no: str = typer.Argument(..., metavar="事项", help="事项编号"),
    place: str = typer.Argument(..., metavar="项", help="哪一项：表单.项，如 fill.study"),
    reason: str = _REASON,
    caller: Caller = acting_as("本单位的人"),
) -> None:
    """这张表不该要：本单位提出某一项不该要，由要数的一方答复。"""
    database = as_seen_by(open_database(load()), caller)
    with refusals_in_words():
        found = keeping.contest(database, no, place, reason, caller, datetime.now(UTC))
    typer.echo(f"已记下（第 {found.id} 条）：“{found.label}”不该要。")


@burden.command("answer")
def answer(
    contest_id: int = typer.Argument(..., metavar="编号", help="提出的那一条的编号"),
    reason: str = typer.Option(..., help="怎样答复，记入留痕"),
    dropped: bool = typer.Option(False, "--drop", help="以后不再要这一项；不写是仍要"),
    caller: Caller = acting_as("督查员或分管领导"),
) -> None:
    """答复一条提出的不该要。"""
    with refusals_in_words():
        found = keeping.answer(open_database(load()), contest_id, reason, caller, datetime.now(UTC), dropped=dropped)
    typer.echo(f"已答复：“{found.label}”{'不再要' if found.dropped else '仍要'}。")
