"""`duban audit seal|checkpoints|consistency|key|rotate-key`: checkpoints, and the keys that sign them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import typer

from desk.acting import acting
from desk.caller import Caller
from ledger.directory.joint.acts import check_agreed
from ledger.proof import checkpoints, keys
from ledger.proof.checkpoints import Checkpoint
from ledger.proof.keys import KeyProblem
from rules.permitting import OfficeAct
from runtime.cli.caller import acting_as, by_hand
from runtime.cli.joint.guarding import asked_of_another
from runtime.cli.output import JSON_OPTION, local_minute, print_json, print_table, refusals_in_words
from runtime.ending import Problem
from runtime.sealing import key_folder, publish, seal_now
from runtime.settings import load
from runtime.store import open_database

_SHOWN = 100


def seal(as_json: bool = JSON_OPTION) -> None:
    """做一个封存点：签名盖住现在为止的全部记录，并写到外面的文件。没有新记录时，上一个封存点仍然有效。"""
    settings = load()
    database = by_hand(open_database(settings))
    with refusals_in_words():
        made, fresh = seal_now(settings, database)
    if as_json:
        print_json({**show_checkpoint(made), "fresh": fresh})
        return
    state = "新的" if fresh else "没有新记录，仍是"
    typer.echo(f"{state}封存点 #{made.number}：{made.size} 条记录，指纹 {made.fingerprint}。")
    if settings.seal_file:
        typer.echo(f"外面的副本：{settings.seal_file}。")


def list_checkpoints(as_json: bool = JSON_OPTION) -> None:
    """全部封存点，新的在前。"""
    database = open_database(load())
    with database.read() as connection:
        found = list(checkpoints.listed(connection))[::-1]
    if as_json:
        print_json([show_checkpoint(one) for one in found])
        return
    rows = [(f"#{c.number}", local_minute(c.at), c.size, c.fingerprint, c.key) for c in found[:_SHOWN]]
    print_table(f"封存点：{len(found)} 个", ("编号", "时间", "记录", "指纹", "密钥"), rows)


def consistency(
    first: int = typer.Argument(..., help="较早的封存点编号"),
    second: int = typer.Argument(..., help="较晚的封存点编号"),
    as_json: bool = JSON_OPTION,
) -> None:
    """两个封存点之间的一致性证明：较晚的只在较早的后面增加，没有改动。"""
    database = open_database(load())
    with refusals_in_words(), database.read() as connection:
        smaller, larger = sorted(
            (checkpoints.by_number(connection, n) for n in (first, second)), key=lambda one: one.number
        )
        path = checkpoints.consistency(connection, smaller, larger)
    if as_json:
        print_json({"first": show_checkpoint(smaller), "second": show_checkpoint(larger), "path": path})
        return
    typer.echo(f"封存点 #{smaller.number}（{smaller.size} 条）是 #{larger.number}（{larger.size} 条）的开头；证明：")
    for one in path:
        typer.echo(f"  {one}")


def key(as_json: bool = JSON_OPTION) -> None:
    """封存用的公钥，新的在前；核对证明时用它，请另行保存。"""
    database = open_database(load())
    with database.read() as connection:
        found = keys.presented(connection)[::-1]
    if as_json:
        plain = [
            {**json.loads(one.statement), "signature": one.signature, "endorsement": one.endorsement}
            for one, _ in found
        ]
        print_json(plain)
        return
    if not found:
        typer.echo("还没有密钥：第一次封存时生成。运行 duban audit seal。")
    for _, said in found:
        typer.echo(f"{said.id}  {said.public}  {local_minute(said.made_at)} 启用")


def rotate_key(
    caller: Caller = acting_as(more="管理员"),
    lost: bool = typer.Option(False, "--lost", help="原来的私钥已经丢失，不能替新的作保"),
) -> None:
    """换一把封存密钥：新的由旧的签名作保，旧的私钥销毁，旧的公钥永远保留。先提请，另一人复核同意以后再运行一次才换。"""
    settings = load()
    database = by_hand(open_database(settings))
    with refusals_in_words(), asked_of_another(database):
        with database.read() as connection:
            actor = acting(connection, caller, OfficeAct.ROTATE_KEY)
            sealing = keys.registered(connection)
            after = sealing.id if sealing else ""
            check_agreed(connection, keys.rotation(after, lost=lost), actor, datetime.now(UTC))
        if not lost:  # what stands so far is sealed by the old one
            seal_now(settings, database, actor)
        try:
            made = key_folder(settings).rotate(database, datetime.now(UTC), actor, lost=lost)
        except KeyProblem as problem:
            raise Problem(str(problem)) from problem
    publish(settings, database)
    typer.echo(f"已启用新的封存密钥 {made.id}：{made.public.hex()}")


def show_checkpoint(one: Checkpoint) -> dict[str, Any]:
    """The checkpoint as JSON."""
    return {**json.loads(one.body), "signature": one.signature, "hash": one.hash, "fingerprint": one.fingerprint}
