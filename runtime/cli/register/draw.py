"""`duban draw`: who is inspected, and by whom, is drawn; by numbers of two witnesses, and recomputed by anybody."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from pathlib import Path

import typer

from desk.caller import Caller
from desk.registers import draws
from desk.registers.draws import ToDraw
from runtime.cli.caller import acting_as, as_seen_by
from runtime.cli.output import JSON_OPTION, print_json, print_table, refusals_in_words
from runtime.settings import load
from runtime.store import open_database

draw = typer.Typer(help="抽取：封存名单，两位见证人各封一个数再打开，抽中谁人人能重算。", no_args_is_help=True)
_ID = typer.Argument(..., metavar="编号", help="抽取的编号，如 2026-jc1")
_CALLER = acting_as()
_NUMBER = typer.Option(..., "--number", help="见证人的数：1 至 40 位数字，自己想、自己掷")
_SALT = typer.Option("", "--salt", help="盐：32 至 64 位十六进制；封存时不写就由程序给一个")


@draw.command("seal")
def seal(
    id_: str = _ID,
    title: str = typer.Option(..., help="为何抽取"),
    share: int = typer.Option(..., help="抽百分之几"),
    witness: list[str] = typer.Option(..., help="见证人，写两次"),
    by: str = typer.Option("area", help="分层：area 片组，kind 单位类型，size 规模，condition 状况"),
    of_stratum: list[str] = typer.Option(None, "--of", help="某一层另有比例：organ=50，可多次"),
    most: int = typer.Option(None, help="最多抽几个"),
    not_within: int = typer.Option(0, help="几天以内抽过的除外"),
    kinds: list[str] = typer.Option(None, "--kind", help="只从这一类单位，可多次"),
    sizes: list[str] = typer.Option(None, "--size", help="只从这种规模，可多次"),
    conditions: list[str] = typer.Option(None, "--condition", help="只从这种状况，可多次"),
    areas: list[str] = typer.Option(None, "--area", help="只从这个片组，可多次"),
    inspector: list[str] = typer.Option(None, help="检查人，可多次；不查自己片组的"),
    each: int = typer.Option(0, help="每个单位几位检查人"),
    round_: str = typer.Option("", "--round", help="只从这个轮次里已经报了的单位：抽样核实"),
    caller: Caller = _CALLER,
) -> None:
    """封存名单：从哪些单位里抽、怎样抽、谁检查、谁见证；此后不能再改。"""
    asked = ToDraw(
        draw=id_,
        title=title,
        by=by,
        share=share,
        witnesses=tuple(witness),
        kinds=tuple(kinds or ()),
        sizes=tuple(sizes or ()),
        conditions=tuple(conditions or ()),
        areas=tuple(areas or ()),
        shares=tuple(of_stratum or ()),
        most=most,
        not_within=not_within,
        inspectors=tuple(inspector or ()),
        each=each,
        round=round_,
    )
    with refusals_in_words():
        fact = draws.seal(open_database(load()), asked, caller, datetime.now(UTC))
    typer.echo(f"已封存 {len(fact.units)} 个单位，名单的哈希 {fact.population_hash}；请两位见证人各封一个数。")


@draw.command("commit")
def commit(id_: str = _ID, number: str = _NUMBER, salt: str = _SALT, caller: Caller = _CALLER) -> None:
    """见证人封好自己的数：别人只看到封条。盐请自己留好，打开时要用。"""
    salt = salt or secrets.token_hex(16)
    with refusals_in_words():
        made = draws.seal_number(open_database(load()), id_, number, salt, caller, datetime.now(UTC))
    typer.echo(f"已封好，封条 {made}\n盐 {salt}\n打开：duban draw open {id_} --number 您的数 --salt {salt}")


@draw.command("open")
def open_(id_: str = _ID, number: str = _NUMBER, salt: str = _SALT, caller: Caller = _CALLER) -> None:
    """见证人打开自己的数；两个都打开，结果就定了。"""
    database = open_database(load())
    with refusals_in_words():
        draws.open_number(database, id_, number, salt, caller, datetime.now(UTC))
    _show(id_, as_json=False)


@draw.command("replace")
def replace(
    id_: str = _ID,
    unit: str = typer.Option(..., help="替换哪个抽中的单位"),
    reason: str = typer.Option(..., help="为何替换"),
    caller: Caller = acting_as("分管领导"),
) -> None:
    """替换抽中的单位：由分管领导写明理由，同一层里次序在后的递补，不能指定。"""
    with refusals_in_words():
        other = draws.replace_unit(open_database(load()), id_, unit, reason, caller, datetime.now(UTC))
    typer.echo(f"已替换，递补的是 {other}。")


@draw.command("show")
def show(id_: str = _ID, caller: Caller = acting_as("谁在看", needed=False), as_json: bool = JSON_OPTION) -> None:
    """抽取到哪一步、怎样分层、抽中谁、谁检查。"""
    _show(id_, as_json=as_json, caller=caller)


def _show(id_: str, *, as_json: bool, caller: Caller | None = None) -> None:
    database = open_database(load())
    seen = as_seen_by(database, caller) if caller else database
    with refusals_in_words(), seen.read() as connection:
        shown = draws.show_draw(connection, id_)
    if as_json:
        print_json(shown.model_dump(mode="json"))
        return
    typer.echo(f"{shown.title}：{shown.population} 个单位，哈希 {shown.population_hash}")
    seed = f"种子 {shown.seed}" if shown.seed else ""
    typer.echo(f"已封 {len(shown.sealed)} 个数，已打开 {len(shown.opened)} 个。{seed}")
    print_table("分层", ("层", "单位", "抽"), [(name, *of) for name, of in shown.strata.items()])
    rows = [(one.unit, one.unit_name, one.area, "、".join(one.inspector_names)) for one in shown.units]
    print_table("抽中的单位", ("编号", "单位", "片组", "检查人"), rows)
    for before, after, reason in shown.replaced:
        typer.echo(f"{before} 由 {after} 递补：{reason}")


@draw.command("export")
def export(
    id_: str = _ID,
    out: Path = typer.Option(..., "--out", help="写到哪个文件"),
    caller: Caller = _CALLER,
) -> None:
    """写成一个文件，别人用 duban audit check、sha256sum 或自己的程序重算。"""
    with refusals_in_words(), as_seen_by(open_database(load()), caller).read() as connection:
        made = draws.exported_draw(connection, id_)
    out.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    typer.echo(f"已写到 {out}。")
