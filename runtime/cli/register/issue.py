"""`duban issue`: items of any process, to chosen units; shown with their first dates, issued when confirmed."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from datetime import UTC, datetime

import typer

from desk.acting import issuer
from desk.caller import Caller
from desk.issuing import IssuePlan, ToIssue, UnitChoice, plain, plan, propose
from ledger.chain.batches import Progress
from runtime.cli.caller import acting_as
from runtime.cli.output import JSON_OPTION, agreed, print_json, print_table, refusals_in_words
from runtime.ending import WRONG_USAGE, Problem
from runtime.settings import Settings, load
from runtime.store import open_database

_SHOWN = 200


def issue(
    process: str = typer.Argument(..., help="流程：编号或名称"),
    title: str = typer.Option(..., help="事由本身"),
    caller: Caller = acting_as("以谁的名义交办"),
    variant: str = typer.Option("", help="办理类型：编号或名称；只有一种时不用写"),
    unit: list[str] = typer.Option(None, help="单个单位：编号、名称或简称，可多次"),
    kinds: list[str] = typer.Option(None, "--kind", help="这一类单位：编号或名称，可多次"),
    sizes: list[str] = typer.Option(None, "--size", help="这种规模的单位：党委、党总支、党支部，可多次"),
    conditions: list[str] = typer.Option(None, "--condition", help="这种状况的单位：先进、中间、薄弱、软弱涣散"),
    areas: list[str] = typer.Option(
        None, "--area", help="这个片组的单位：编号或名称，可多次；由片组承办的流程，就是交办给这个片组"
    ),
    excepted: list[str] = typer.Option(None, "--except", help="除外的单位，可多次"),
    on: datetime = typer.Option(None, "--on", formats=["%Y-%m-%d"], help="按哪天的名录选，不写是今天；已撤销的不在内"),
    co: list[str] = typer.Option(None, "--co", help="协办单位：编号、名称或简称，可多次"),
    answer: list[str] = typer.Option(None, help="事由的其他各项：编号=内容，如 goal=健全制度；表格重复写，一次一行"),
    deadline: datetime = typer.Option(None, formats=["%Y-%m-%d"], help="完成时限"),
    draw: str = typer.Option("", help="一次抽取的编号：交办给抽中的单位"),
    together: bool = typer.Option(False, "--together", help="合为一项：另有一个父项，每个单位的是它的子项"),
    id_: str = typer.Option("", "--id", help="交办编号：同一编号只办一次；不写是同样的内容一天一次"),
    dry_run: bool = typer.Option(False, "--dry-run", help="只看各单位的第一个日期和原因，不交办"),
    yes: bool = typer.Option(False, "--yes", help="不再询问"),
    as_json: bool = JSON_OPTION,
) -> None:
    """交办任何流程的事项：逐个单位说明第一个到期日和原因，确认后作为一批交办。"""
    settings = load()
    database = open_database(settings)
    to = UnitChoice(
        kinds=tuple(kinds or ()),
        sizes=tuple(sizes or ()),
        conditions=tuple(conditions or ()),
        areas=tuple(areas or ()),
        units=tuple(unit or ()),
        excepted=tuple(excepted or ()),
        on=on.date() if on else None,
    )
    now = datetime.now(UTC)
    with refusals_in_words(), database.read() as connection:
        asked = ToIssue(
            process=process,
            variant=variant,
            to=to,
            answers=(("title", title), *map(_pair, answer or ())),
            deadline=deadline.date() if deadline else None,
            co_units=tuple(co or ()),
            id=id_,
            draw=draw,
            together=together,
        )
        found = plan(connection, asked, issuer(connection, caller), now)
    if as_json and dry_run:
        print_json(plain(found))
    elif not as_json:
        _show(found)
    if dry_run:
        return
    if not yes and not _confirmed(found):
        typer.echo("没有交办。", err=True)
        raise typer.Exit(1)
    with refusals_in_words():
        batch, done = asyncio.run(_issue(settings, asked, caller, now))
    if as_json:
        print_json(
            {"batch": batch, **{name: getattr(done, name) for name in ("total", "issued", "duplicate", "refused")}}
        )
        return
    typer.echo(f"已交办 {done.issued} 项，此前已交办 {done.duplicate} 项，未能交办 {done.refused} 项；批次 {batch}。")


def _pair(written: str) -> tuple[str, str]:
    field, equals, text = written.partition("=")
    if not equals:
        raise Problem(f"--answer 写的是“{written[:40]}”。", "写成 编号=内容，如 goal=健全制度。", WRONG_USAGE)
    return field.strip(), text


def _show(found: IssuePlan) -> None:
    rows = [
        (one.unit_name, one.kind_name, f"{one.first} {one.due or ''}", one.refusal or one.before)
        for one in found.foreseen[:_SHOWN]
    ]
    print_table(f"{found.process.name}：{found.title[:40]}", ("单位", "类型", "第一个到期日", "说明"), rows)
    if len(found.foreseen) > _SHOWN:
        typer.echo(f"只列出前 {_SHOWN} 个，共 {len(found.foreseen)} 个单位。")
    if found.over:
        typer.echo(f"合为一个“{found.over}”，各单位是它的子项，都办结了它自己办结。")
    if found.co_units:
        typer.echo(f"协办：{'、'.join(found.co_units)}")
    for kind, count in Counter(one.kind_name for one in found.foreseen).items():
        why = next(one.why for one in found.foreseen if one.kind_name == kind)
        typer.echo(f"{kind} {count} 个：{''.join(why)}")


def _confirmed(found: IssuePlan) -> bool:
    if not sys.stdin.isatty():
        raise Problem("没有确认，所以没有交办。", "核对上面的内容后，加上 --yes 再运行一次。", WRONG_USAGE)
    return agreed(f"交办 {len(found.items)} 项？")


async def _issue(settings: Settings, asked: ToIssue, caller: Caller, now: datetime) -> tuple[str, Progress]:
    from runtime.product import open_product  # only what is confirmed needs the engine

    async with open_product(settings) as product:
        batch = await asyncio.to_thread(propose, product.database, asked, caller, now)
        return batch, await product.intake.confirm(batch, caller=caller)
