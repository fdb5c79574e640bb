"""`duban do` and `duban recover`: any command of the process by hand, and bringing back what Temporal has lost."""

from __future__ import annotations

import asyncio
import inspect
import mimetypes
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import typer

from desk.caller import WHO, Caller
from desk.requests import Receipt, Request
from rules.machine.commands import BY_THEMSELVES
from rules.machine.fields import ASKED, Field, FieldKind
from rules.names import COMMAND_NAMES
from rules.process import Words
from rules.telling.item_words import stands
from runtime.backup.resume import recover_all
from runtime.cli.caller import acting_as, standing_in
from runtime.cli.output import JSON_OPTION, print_json, progress, refusals_in_words
from runtime.ending import WRONG_USAGE, Problem
from runtime.product import Product, open_product
from runtime.settings import Settings, load

_COMMANDS = "、".join(f"{name}（{kind}）" for kind, name in COMMAND_NAMES.items() if kind not in BY_THEMSELVES)


def do(
    no: str = typer.Argument(..., help="事项编号，如 ZG2026-0001"),
    command: str = typer.Argument(..., help=f"操作：{_COMMANDS}"),
    caller: Caller = acting_as(),
    behalf: str = typer.Option("", "--for", help=f"代谁办理（受其委托时；留空则自动判断）：{WHO}"),
    command_id: str = typer.Option("", "--id", help="操作编号；重试时用同一个，不会重复"),
    as_json: bool = JSON_OPTION,
    **said: Any,
) -> None:
    """对一个事项做任何操作。"""
    files = said.pop("evidence") or []
    said["answers"] = [_answer(one) for one in said.pop("answers") or []]
    given = plain(said)
    request = Request(no=no, kind=command, caller=standing_in(caller, behalf), id=command_id, **given)
    with refusals_in_words():
        receipt, words = asyncio.run(_give(load(), request, files))
    if as_json:
        print_json(asdict(receipt))
    else:
        typer.echo(receipt_words(receipt, words))


def plain(said: Mapping[str, Any]) -> dict[str, Any]:
    """What options took, where they were given, as a request has it."""
    return {name: _plain(value) for name, value in said.items() if value is not None}


def _plain(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) else tuple(value) if isinstance(value, list) else value


def _answer(written: str) -> tuple[str, str]:
    """`field=what was answered`, as a pair."""
    at, equals, text = written.partition("=")
    if not equals or not at.strip():
        raise Problem(f"填报“{written}”里没有等号。", "写成 --answer 项=内容，如 --answer present=30。", WRONG_USAGE)
    return at.strip(), text


_TYPES: dict[FieldKind, Any] = {
    FieldKind.ENTRY: int,
    FieldKind.YES_NO: bool,
    FieldKind.DATE: datetime,
    FieldKind.NUMBER: int,
    FieldKind.FILES: list[Path],
    FieldKind.ANSWERS: list[str],
}
"""What an option takes for a field of that kind: text for any other."""
_NAMES = {"answers": "--answer", "grant": "--grant/--refuse"}
"""Options that have another name than their field."""


def field_option(field: Field) -> inspect.Parameter:
    """The field of a command as an option."""
    name, least = _NAMES.get(field.name, f"--{field.name}"), 1 if field.kind is FieldKind.ENTRY else None
    formats = ["%Y-%m-%d"] if field.kind is FieldKind.DATE else None
    option = typer.Option(None, name, help=field.about, min=least, formats=formats)
    taken = _TYPES.get(field.kind, str)
    return inspect.Parameter(field.name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=option, annotation=taken)


def _with_an_option_for_every_field(command: Callable[..., None]) -> None:
    """The command's parser takes whatever a command can say, before its last two options."""
    signature = inspect.signature(command, eval_str=True)
    *own, _ = signature.parameters.values()
    options = [field_option(field) for field in ASKED]
    command.__signature__ = signature.replace(parameters=[*own[:-2], *options, *own[-2:]])  # type: ignore[attr-defined]


_with_an_option_for_every_field(do)


def receipt_words(receipt: Receipt, words: Words) -> str:
    """A receipt as a sentence, in the words of the item's process."""
    how = stands(receipt.status, receipt.step_name, receipt.due, provisional=receipt.provisional, words=words)
    return f"已记录（第 {receipt.seq} 条）：{receipt.no} {how}。"


async def _give(settings: Settings, request: Request, files: list[Path]) -> tuple[Receipt, Words]:
    async with open_product(settings, needed=False) as product:
        ids = tuple(_attach(product, path, request.caller) for path in files)
        receipt = await product.desk.give(replace(request, evidence=ids))
        return receipt, product.desk.words(receipt.no)


def _attach(product: Product, path: Path, caller: Caller) -> str:
    try:
        data = path.read_bytes()
    except OSError as failure:
        raise Problem(f"读不了佐证材料 {path}：{failure.strerror}。", "核对文件名和权限。", WRONG_USAGE) from failure
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return product.desk.attach(data=data, name=path.name, media_type=media_type, caller=caller)


def recover(
    anew: bool = typer.Option(False, "--anew", help="全部从留痕库重建：留痕库被恢复成旧的、引擎的数据没有时用"),
    as_json: bool = JSON_OPTION,
) -> None:
    """让每个未办结的事项都有流程在跑：缺的从留痕库重建，落后的去补看。"""
    with refusals_in_words():
        started, told = asyncio.run(_recover(load(), anew=anew))
    if as_json:
        print_json({"started": started, "told": told})
    else:
        typer.echo(f"重建 {started} 项，核对 {told} 项。")


async def _recover(settings: Settings, *, anew: bool) -> tuple[int, int]:
    started = told = 0
    with progress("恢复流程", None) as bar:
        async for done in recover_all(settings, anew=anew):
            started, told = started + done.started, told + (not done.started)
            bar.advance(bar.task_ids[0])
    return started, told
