"""`duban bulk`: one command for many items; what would be refused is said first, the rest is given when confirmed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import typer

from desk.bulk.asking import bulk_fields
from desk.bulk.giving import BulkRequest, Bulks
from desk.bulk.shown import ShownBulk
from desk.caller import WHO, Caller
from desk.showing.progress import giving
from ledger.chain.bulk_commands import BULK_COMMANDS, BULK_LIMIT
from ledger.reading.filters import FILTERS, Filters
from rules.machine.commands import CommandKind
from rules.names import COMMAND_NAMES
from runtime.cli.act import field_option, plain
from runtime.cli.caller import acting_as, standing_in
from runtime.cli.output import JSON_OPTION, agreed, print_json, print_table, progress, refusals_in_words, short
from runtime.cli.register.narrowing import spread
from runtime.ending import WRONG_USAGE, Problem
from runtime.product import open_product
from runtime.settings import Settings, load
from runtime.store import open_database

bulk = typer.Typer(help="同一个操作一次给许多事项：先看哪些能办，确认后逐项办理。", no_args_is_help=True)
_GLANCE_SECONDS = 0.5
_HEADINGS = "、".join(one.asks for one in FILTERS)
_NARROWED = f"按条件选，如 --filter 状态=审核中；条件有：{_HEADINGS}"
_YES, _NO = ("是", "1", "yes"), ("否", "0", "no")


def _give(
    kind: CommandKind,
    numbers: Sequence[str],
    narrowed: Sequence[str],
    said: dict[str, Any],
    caller: Caller,
    *,
    id_: str,
    preview: bool,
    yes: bool,
    as_json: bool,
) -> None:
    if bool(numbers) == bool(narrowed):
        raise Problem("没有说清是哪些事项。", "写出事项编号，或者用 --filter 写条件，两者选一。", WRONG_USAGE)
    filters = _filters(narrowed) if narrowed else None
    request = BulkRequest(kind=kind, caller=caller, numbers=tuple(numbers), filters=filters, id=id_, **said)
    settings = load()
    with refusals_in_words():
        database = open_database(settings)
        try:
            bulks = Bulks(None, database)
            seen = bulks.shown(bulks.preview(request, datetime.now(UTC)))
        finally:
            database.close()
        if preview or not as_json:
            _print(seen, as_json=as_json)
        if preview:
            return
        if not seen.able and not seen.confirmed:
            raise typer.Exit(1)
        if not yes and not seen.confirmed and not _confirmed(seen):
            typer.echo("没有办理。", err=True)
            raise typer.Exit(1)
        done = asyncio.run(_given(settings, seen.bulk, caller))
    _print(done, as_json=as_json)


def _filters(narrowed: Sequence[str]) -> Filters:
    """The register narrowed by what was written as name=value."""
    names = {name: one for one in FILTERS for name in (one.name, one.heading, one.asks)}
    given: dict[str, Any] = {}
    for one in narrowed:
        name, sign, value = (part.strip() for part in one.partition("="))
        if name not in names or not sign or not value:
            raise Problem(f"--filter 没有读懂“{one}”。", f"写成 名称=值；名称是 {_HEADINGS}。", WRONG_USAGE)
        if names[name].yes_no and value not in _YES + _NO:
            raise Problem(f"--filter 没有读懂“{one}”。", f"写成 {name}=是，或 {name}=否。", WRONG_USAGE)
        given[names[name].name] = value in _YES if names[name].yes_no else value
    return Filters(**given)


def _confirmed(seen: ShownBulk) -> bool:
    if not sys.stdin.isatty():
        raise Problem("没有确认，所以没有办理。", "核对上面的内容后，加上 --yes 再运行一次。", WRONG_USAGE)
    return agreed(f"{seen.command_name} {seen.able} 项？")


async def _given(settings: Settings, id_: str, caller: Caller) -> ShownBulk:
    """It has been given to each item; meanwhile a bar, as far as the ledger says that it is."""
    async with open_product(settings) as product:
        bulks = Bulks(product.gateway, product.database)
        confirming = asyncio.ensure_future(bulks.confirm(id_, caller, datetime.now(UTC)))
        with progress("", None) as bar:
            while not (await asyncio.wait({confirming}, timeout=_GLANCE_SECONDS))[0]:
                part = giving(await asyncio.to_thread(bulks.counts, id_))
                bar.update(bar.task_ids[0], description=part.name, completed=part.done, total=part.total)
        confirming.result()
        return bulks.shown(id_)


def _print(seen: ShownBulk, *, as_json: bool) -> None:
    if as_json:
        print_json(seen.model_dump(mode="json"))
        return
    refused = seen.refusals
    if refused:
        rows = [(one.no, one.unit_name, short(one.title, 30), one.refusal) for one in refused]
        print_table("没有办的" if seen.confirmed else "不能办的", ("编号", "单位", "事项", "为什么"), rows)
    typer.echo(bulk_words(seen))


def bulk_words(seen: ShownBulk) -> str:
    """How a command for many items stands, as a sentence."""
    if not seen.confirmed:
        what = f"{seen.command_name}：选中 {seen.total} 项（{seen.chosen}）"
        return f"{what}，能办 {seen.able} 项，不能办 {seen.refused} 项。"
    left = f"，还有 {seen.left} 项正在办（duban bulk confirm {seen.bulk} 接着办）" if seen.left else ""
    return f"{seen.command_name}：已办 {seen.done} 项，没有办 {seen.refused} 项{left}。编号 {seen.bulk}。"


def _made(kind: CommandKind) -> Callable[..., None]:
    def give(
        numbers: list[str] = typer.Argument(None, help=f"事项编号，可以写许多；最多 {BULK_LIMIT} 项"),
        narrowed: list[str] = typer.Option([], "--filter", help=_NARROWED),
        said: Any = None,
        preview: bool = typer.Option(False, "--preview", help="只看哪些能办、哪些不能办，不办理"),
        yes: bool = typer.Option(False, "--yes", help="不再询问，能办的都办"),
        caller: Caller = acting_as(),
        behalf: str = typer.Option("", "--for", help=f"代谁办理（受其委托时；留空则自动判断）：{WHO}"),
        bulk_id: str = typer.Option("", "--id", help="操作编号；重试时用同一个，不会重复"),
        as_json: bool = JSON_OPTION,
    ) -> None:
        whom = standing_in(caller, behalf)
        _give(kind, numbers or (), narrowed, plain(said), whom, id_=bulk_id, preview=preview, yes=yes, as_json=as_json)

    return spread(give, "said", [field_option(field) for field in bulk_fields(kind)], dict)


for _kind in BULK_COMMANDS:
    bulk.command(_kind.replace("_", "-"), help=f"许多事项一起{COMMAND_NAMES[_kind]}。")(_made(_kind))


@bulk.command()
def confirm(
    bulk_id: str = typer.Argument(..., help="成批办理的编号"),
    caller: Caller = acting_as(),
    as_json: bool = JSON_OPTION,
) -> None:
    """确认看过的一批；中断了的接着办，不会重复。"""
    with refusals_in_words():
        done = asyncio.run(_given(load(), bulk_id, caller))
    _print(done, as_json=as_json)


@bulk.command()
def show(bulk_id: str = typer.Argument(..., help="成批办理的编号"), as_json: bool = JSON_OPTION) -> None:
    """一批办得怎样：办了多少，哪些没有办、为什么。"""
    database = open_database(load())
    with refusals_in_words():
        seen = Bulks(None, database).shown(bulk_id)
    _print(seen, as_json=as_json)
