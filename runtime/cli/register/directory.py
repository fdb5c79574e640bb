"""`duban directory`: units are merged, divided, moved, ended, opened again, judged. Said first, then done."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from definitions.directory import CONDITIONS, SIZES, UNIT_KINDS
from desk.caller import Caller
from desk.units import changing
from desk.units.changing import ToChange
from ledger.directory import leaving, people
from ledger.directory.following import Follows, LeftItem, LeftToRound, left_items
from rules.dates.calendar import local_date
from rules.rounds.gone import RoundDoes
from runtime.cli.caller import acting_as, by_hand
from runtime.cli.output import JSON_OPTION, print_json, print_table, refusals_in_words
from runtime.ending import REFUSED, WRONG_USAGE, Problem
from runtime.settings import Settings, load
from runtime.store import open_database

if TYPE_CHECKING:
    from runtime.rehousing import HandedOn

directory = typer.Typer(help="名录：单位合并、分设、调整、撤销、再设，评定状况；先说后果，再办。", no_args_is_help=True)
FROM_DAY = typer.Option(None, "--from", formats=["%Y-%m-%d"], help="从哪天起，形如 2026-07-01；不写是今天，可以是将来")
DOCUMENT = typer.Option("", help="依据的文件，如 县编〔2026〕3号，写进记录")
DRY_RUN = typer.Option(False, "--dry-run", help="只看会怎样，什么也不改")
_UNITS = typer.Argument(..., metavar="单位", help="编号、名称或简称，可多个")
_SHOWN = 40
"""Rows of a long table that a person reads; `--json` has all."""


def first_day(first: datetime | None, now: datetime) -> ToChange:
    """From that day on, or from today."""
    return ToChange(first=first.date() if first else local_date(now))


def _how(first: datetime | None, document: str, *, dry_run: bool, now: datetime) -> ToChange:
    return replace(first_day(first, now), document=document, dry_run=dry_run)


@directory.command("merge")
def merge(
    units: list[str] = _UNITS,
    into: str = typer.Option(..., help="并入哪个单位"),
    first: datetime = FROM_DAY,
    document: str = DOCUMENT,
    dry_run: bool = DRY_RUN,
    as_json: bool = JSON_OPTION,
) -> None:
    """这些单位并入另一个；它们的下属归它管，未办结的事项用 hand-on 移交。"""
    now, database = datetime.now(UTC), by_hand(open_database(load()))
    with refusals_in_words():
        how = _how(first, document, dry_run=dry_run, now=now)
        tell(changing.merge_units(database, units, into, how, now), how, as_json=as_json)


@directory.command("split")
def split(
    unit: str = typer.Argument(..., metavar="单位", help="分设的单位"),
    into: list[str] = typer.Option(..., help="分成哪些：编号=名称，可多次；原单位也在其中的，它继续存在"),
    first: datetime = FROM_DAY,
    document: str = DOCUMENT,
    dry_run: bool = DRY_RUN,
    as_json: bool = JSON_OPTION,
) -> None:
    """一个单位分成几个；新的单位类别、规模、片组、上级先同原来一样。"""
    now, database = datetime.now(UTC), by_hand(open_database(load()))
    parts = [tuple(part.strip() for part in one.partition("=")[::2]) for one in into]
    if wrong := [one for one, (id_, name) in zip(into, parts, strict=True) if not id_ or not name]:
        raise Problem(f"--into 没有读懂“{wrong[0]}”。", "写成 编号=名称，如 u101=某县林业局。", WRONG_USAGE)
    with refusals_in_words():
        how = _how(first, document, dry_run=dry_run, now=now)
        named = [(id_, name) for id_, name in parts]
        tell(changing.split_unit(database, unit, named, how, now), how, as_json=as_json)


@directory.command("move")
def move(
    units: list[str] = _UNITS,
    area: str = typer.Option("", help="到哪个片组"),
    parent: str = typer.Option(None, help="归哪个单位管；写 - 是直属"),
    first: datetime = FROM_DAY,
    document: str = DOCUMENT,
    dry_run: bool = DRY_RUN,
    as_json: bool = JSON_OPTION,
) -> None:
    """这些单位换片组，或换上级。"""
    now, database = datetime.now(UTC), by_hand(open_database(load()))
    if not area and parent is None:
        raise Problem("没有说调整到哪里。", "写 --area、--parent 之一，或都写。", WRONG_USAGE)
    above = "" if parent == "-" else parent
    with refusals_in_words():
        how = _how(first, document, dry_run=dry_run, now=now)
        done = changing.move_units(database, units, how, now, area=area, parent=above)
        tell(done, how, as_json=as_json)


@directory.command("end")
def end(
    units: list[str] = _UNITS,
    first: datetime = FROM_DAY,
    document: str = DOCUMENT,
    dry_run: bool = DRY_RUN,
    as_json: bool = JSON_OPTION,
) -> None:
    """这些单位撤销，没有接续的单位。"""
    now, database = datetime.now(UTC), by_hand(open_database(load()))
    with refusals_in_words():
        how = _how(first, document, dry_run=dry_run, now=now)
        tell(changing.end_units(database, units, how, now), how, as_json=as_json)


@directory.command("reopen")
def reopen(
    unit: str = typer.Argument(..., metavar="编号", help="原来的编号"),
    first: datetime = FROM_DAY,
    document: str = DOCUMENT,
    dry_run: bool = DRY_RUN,
    as_json: bool = JSON_OPTION,
) -> None:
    """撤销了的单位再设：同一编号，另起一段；人员请再载入名录。"""
    now, database = datetime.now(UTC), by_hand(open_database(load()))
    with refusals_in_words():
        how = _how(first, document, dry_run=dry_run, now=now)
        tell(changing.reopen_unit(database, unit, how, now), how, as_json=as_json)


@directory.command("judge")
def judge(
    condition: str = typer.Argument(..., metavar="状况", help=f"{'、'.join(CONDITIONS.values())}，或其编号"),
    units: list[str] = _UNITS,
    first: datetime = FROM_DAY,
    document: str = DOCUMENT,
    dry_run: bool = DRY_RUN,
    as_json: bool = JSON_OPTION,
) -> None:
    """这些单位从那天起评为这种状况。"""
    now, database = datetime.now(UTC), by_hand(open_database(load()))
    with refusals_in_words():
        how = _how(first, document, dry_run=dry_run, now=now)
        tell(changing.judge_units(database, units, condition, how, now), how, as_json=as_json)


@directory.command("hand-on")
def hand_on(
    caller: Caller = acting_as(more="督查员"),
    unit: list[str] = typer.Option(None, help="只移交这个已撤销单位的，编号，可多次"),
    to: str = typer.Option("", help="没有接续单位的，移交给谁"),
    annul: bool = typer.Option(False, "--annul", help="没有接续单位的，作废"),
    reason: str = typer.Option("单位已撤销或合并", help="原因，写进每个事项的经过"),
    dry_run: bool = DRY_RUN,
    as_json: bool = JSON_OPTION,
) -> None:
    """已撤销、已合并单位的未办结事项，由流程 rehouse/<名录版本> 逐块改派给接续的单位，各有一条记录；可反复运行。"""
    settings, now = load(), datetime.now(UTC)
    database = by_hand(open_database(settings))
    with refusals_in_words():
        leaving.settle_all(database, now)
        with database.read() as connection:
            items = left_items(connection, local_date(now), set(unit) if unit else None)
            instead = people.unit_ref(connection, to).id if to else ""
        items = tuple(replace(one, to=one.to or instead) for one in items)
        if dry_run or not items:
            print_json([asdict(one) for one in items]) if as_json else _tell_items(items)
            return
        units = tuple(unit or ())
        done = handed_on(settings, items, caller, reason, units=units, to=to, annul=annul)
    tell_handed_on(done, as_json=as_json)


def handed_on(
    settings: Settings,
    items: tuple[LeftItem, ...],
    caller: Caller,
    reason: str,
    *,
    units: tuple[str, ...] = (),
    to: str = "",
    annul: bool = False,
) -> tuple[HandedOn, ...]:
    """The items of units that are no more are handed on by the workflow, which goes on where it was if this one is
    ended meanwhile. Raises Problem when the engine does not answer."""
    from runtime.product import open_product
    from runtime.rehousing import ToHandOn, hand_on  # here and not above: the other commands need no engine

    wish = ToHandOn(reason=reason, units=units, to=to, annul=annul)

    async def run() -> tuple[HandedOn, ...]:
        async with open_product(settings) as product:
            return await hand_on(product.gateway, product.database, items, caller, wish)

    return asyncio.run(run())


def tell_handed_on(done: tuple[HandedOn, ...], *, as_json: bool) -> None:
    """What has become of each; ends with REFUSED where something was not done."""
    if as_json:
        print_json([asdict(one) for one in done])
    else:
        print_table("移交", ("编号", "原单位", "结果"), [(one.no, one.unit_name, _became(one)) for one in done])
    if any(one.refusal for one in done):
        raise typer.Exit(REFUSED)


def _became(one: HandedOn) -> str:
    if one.refusal or one.annulled:
        return one.refusal or "作废"
    return f"改派 {one.to}" if one.to else "没有动"


_BY = {
    "all": ("单位总数", {}),
    "kind": ("类别", UNIT_KINDS),
    "size": ("规模", SIZES),
    "area": ("片组", {}),
    "condition": ("状况", CONDITIONS),
}


def tell(found: Follows, how: ToChange, *, as_json: bool) -> None:
    """What follows from the change, or would."""
    if as_json:
        print_json({"from": how.first.isoformat(), "dry_run": how.dry_run, **asdict(found)})
        return
    if not found.told:
        typer.echo("没有变更。")
        return
    typer.echo("将会记录（现在什么也没有改）：" if how.dry_run else "已记录：")
    for words in found.told[:_SHOWN]:
        typer.echo(f"  {words}")
    if len(found.told) > _SHOWN:
        typer.echo(f"  另有 {len(found.told) - _SHOWN} 条。")
    _tell_items(found.items)
    _tell_rounds(found.rounds)
    if found.vacancies:
        rows = [(one.unit, one.unit_name, one.role_name) for one in found.vacancies[:_SHOWN]]
        print_table(f"没有人担任的职务 {len(found.vacancies)} 个", ("单位", "名称", "职务"), rows)
    if found.campaigns:
        asks = [(one.name, one.before, one.after, _some(one.joins), _some(one.leaves)) for one in found.campaigns]
        print_table(f"{how.first} 起，问的单位有变的周期工作", ("工作", "以前", "以后", "加上", "去掉"), asks)
    if found.populations:
        counted = [
            (f"{_BY[one.by][0]} {_BY[one.by][1].get(one.code, one.code)}".strip(), one.before, one.after)
            for one in found.populations
        ]
        print_table(f"{how.first} 起，各有多少单位", ("哪些", "以前", "以后"), counted)


def _some(units: tuple[str, ...]) -> str:
    return "、".join(units[:5]) + (f" 等 {len(units)} 个" if len(units) > 5 else "")


_DOES = {
    RoundDoes.ANNULS: "不再应报，事项作废",
    RoundDoes.KEEPS: "不再应报，事项留着",
    RoundDoes.HANDS_ON: "由 {} 报，各是各的",
    RoundDoes.JOINS: "不再应报，{} 加入",
}


def _tell_rounds(left: tuple[LeftToRound, ...]) -> None:
    """By campaign: nobody has to do anything."""
    rows = [(one.name, one.round, one.unit_name, one.no, _DOES[one.does].format(one.to)) for one in left[:_SHOWN]]
    if rows:
        headings = ("周期工作", "轮次", "原单位", "事项", "轮次会怎样办")
        print_table(f"轮次自己会办的 {len(left)} 项，不必移交", headings, rows)


def _tell_items(items: tuple[LeftItem, ...]) -> None:
    if not items:
        typer.echo("没有要移交的事项。")
        return
    rows = [(one.no, one.title[:30], one.unit_name, one.to or "写明 --to，或 --annul") for one in items[:_SHOWN]]
    print_table(f"要移交或作废的事项 {len(items)} 项", ("编号", "事项", "原单位", "移交给"), rows)
    typer.echo("用 duban directory hand-on --as 督查员 逐项改派。")
