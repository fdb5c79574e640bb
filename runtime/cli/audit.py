"""`duban audit`: whether the history proves itself; checkpoints and the keys that sign them."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import typer

from ledger import checkpoints, keys, outside, people
from ledger import verify as verification
from ledger.checkpoints import Checkpoint
from ledger.database import Database
from ledger.keys import KeyProblem
from ledger.verify import Mark, Verified
from rules.calendar import LOCAL
from rules.commands import Actor
from rules.errors import Code, RuleViolation
from rules.names import ROLE_NAMES
from rules.process import Role
from runtime.cli import audit_erase
from runtime.cli.output import JSON_OPTION, print_json, print_table, progress, refusals_in_words
from runtime.problems import REFUSED, Problem
from runtime.sealing import key_folder, publish, seal_now
from runtime.settings import Settings, load
from runtime.store import evidence_store, open_database

audit = typer.Typer(help="审计：核验留痕链，封存，出具证明，导出。", no_args_is_help=True)
SHOWN = 100
MARK_FILE = "verified.json"
"""In the data folder: up to where the last verification found everything in order."""


@audit.callback()
def group() -> None:
    """审计：核验留痕链，封存，出具证明，导出。"""


audit.command()(audit_erase.erase)
audit.command()(audit_erase.erasures)


@audit.command()
def verify(
    incremental: bool = typer.Option(False, "--incremental", help="只核验上次通过以后的新记录"),
    chains: bool = typer.Option(False, "--chains", help="只核验哈希、链条和封存点，不重算台账和通知"),
    evidence: bool = typer.Option(True, "--evidence/--no-evidence", help="是否逐个核对佐证材料"),
    as_json: bool = JSON_OPTION,
) -> None:
    """核验留痕链、台账、通知、佐证材料和封存点；有任何不符则退出码为 1。只读，可以在系统运行时进行。"""
    settings = load()
    database = open_database(settings)
    copies = outside.read(settings.seal_file) if settings.seal_file else None  # before the database: see `verify`
    since = _mark(settings, database) if incremental else None
    count = verification.Count()
    total = verification.size(database)
    with progress("核验留痕链", total if since is None else None) as bar:
        done = verification.verify(
            database,
            count,
            lambda: bar.update(bar.task_ids[0], completed=count.entries),
            files=evidence_store(settings) if evidence and not chains else None,
            outside=copies,
            since=since,
            deep=not chains,
        )
    if done.mark and not chains:
        _keep(settings, done.mark)
    if as_json:
        print_json(_plain(done, since))
    else:
        _say(done, settings, since)
    if done.wrong:
        raise typer.Exit(REFUSED)


def _plain(done: Verified, since: Mark | None) -> dict[str, Any]:
    return {
        "entries": done.entries,
        "items": done.items,
        "since": since.checkpoint.number if since else None,
        "checkpoint": _shown(done.checkpoint) if done.checkpoint else None,
        "wrong": [asdict(w) for w in done.wrong],
    }


def _say(done: Verified, settings: Settings, since: Mark | None) -> None:
    what = f"{done.items} 个事项，{done.entries} 条记录"
    if since:
        what = f"封存点 #{since.checkpoint.number} 以后有新记录的 {what}"
    if done.wrong:
        rows = [(w.stream or "全库", w.seq or "", w.what) for w in done.wrong[:SHOWN]]
        print_table(f"核验不符：{len(done.wrong)} 处", ("事项", "第几条", "哪里不符"), rows)
    else:
        typer.echo(f"核验通过：{what}，链条完整，台账与留痕一致。")
    if done.checkpoint:
        one = done.checkpoint
        typer.echo(f"与封存点 #{one.number}（{_local(one.at)}，{one.size} 条，指纹 {one.fingerprint}）相符。")
    else:
        typer.echo("还没有封存点：删掉末尾的记录看不出来。运行 duban audit seal。")
    if settings.seal_file is None:
        typer.echo("没有设置 DUBAN_SEAL_FILE：封存点只在库里，拥有数据库的人可以连它一起改。")


def _mark(settings: Settings, database: Database) -> Mark | None:
    """Where the last verification ended; None (then everything is looked at) when there is no such mark."""
    try:
        plain = json.loads((settings.data / MARK_FILE).read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        typer.echo("没有上次核验的标记，这次核验全部。", err=True)
        return None
    with database.read() as connection:
        try:
            return Mark.of(plain, connection)
        except ValueError:
            typer.echo("上次核验的标记不属于这个库，这次核验全部。", err=True)
            return None


def _keep(settings: Settings, mark: Mark) -> None:
    path = settings.data / MARK_FILE
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(mark.plain()), "utf-8")
    os.replace(fresh, path)


@audit.command()
def seal(as_json: bool = JSON_OPTION) -> None:
    """做一个封存点：签名盖住现在为止的全部记录，并写到外面的文件。没有新记录时，上一个封存点仍然有效。"""
    settings = load()
    database = open_database(settings)
    with refusals_in_words():
        made, fresh = seal_now(settings, database)
    if as_json:
        print_json({**_shown(made), "fresh": fresh})
        return
    state = "新的" if fresh else "没有新记录，仍是"
    typer.echo(f"{state}封存点 #{made.number}：{made.size} 条记录，指纹 {made.fingerprint}。")
    if settings.seal_file:
        typer.echo(f"外面的副本：{settings.seal_file}。")


@audit.command("checkpoints")
def list_checkpoints(as_json: bool = JSON_OPTION) -> None:
    """全部封存点，新的在前。"""
    database = open_database(load())
    with database.read() as connection:
        found = list(checkpoints.listed(connection))[::-1]
    if as_json:
        print_json([_shown(one) for one in found])
        return
    rows = [(f"#{c.number}", _local(c.at), c.size, c.fingerprint, c.key) for c in found[:SHOWN]]
    print_table(f"封存点：{len(found)} 个", ("编号", "时间", "记录", "指纹", "密钥"), rows)


@audit.command()
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
        print_json({"first": _shown(smaller), "second": _shown(larger), "path": path})
        return
    typer.echo(f"封存点 #{smaller.number}（{smaller.size} 条）是 #{larger.number}（{larger.size} 条）的开头；证明：")
    for one in path:
        typer.echo(f"  {one}")


@audit.command()
def key(as_json: bool = JSON_OPTION) -> None:
    """封存用的公钥，新的在前；核对证明时用它，请另行保存。"""
    database = open_database(load())
    with database.read() as connection:
        found = keys.statements(connection)[::-1]
    if as_json:
        plain = [{**one.parts, "signature": one.signature, "endorsement": one.endorsement} for one in found]
        print_json(plain)
        return
    if not found:
        typer.echo("还没有密钥：第一次封存时生成。运行 duban audit seal。")
    for one in found:
        typer.echo(f"{one.id}  {one.parts['public']}  {_local(one.parts['made_at'])} 启用")


@audit.command("rotate-key")
def rotate_key(
    person: str = typer.Option(..., "--as", help="管理员（编号或姓名）"),
    lost: bool = typer.Option(False, "--lost", help="原来的私钥已经丢失，不能替新的作保"),
) -> None:
    """换一把封存密钥：新的由旧的签名作保，旧的私钥销毁，旧的公钥永远保留。"""
    settings = load()
    database = open_database(settings)
    with refusals_in_words():
        actor = _administrator(database, person)
        if not lost:  # what stands so far is sealed by the old one
            seal_now(settings, database, actor)
        try:
            made = key_folder(settings).rotate(database, datetime.now(UTC), actor, lost=lost)
        except KeyProblem as problem:
            raise Problem(str(problem)) from problem
    publish(settings, database)
    typer.echo(f"已启用新的封存密钥 {made.id}：{made.public.hex()}")


def _administrator(database: Database, person: str) -> Actor:
    with database.read() as connection:
        who = people.somebody(connection, person)
    found = next((post for post in who.posts if post.role is Role.ADMINISTRATOR), None)
    if found is None:
        allowed = ROLE_NAMES[Role.ADMINISTRATOR]
        role = who.role_names or "没有职务的人"
        raise RuleViolation(Code.WRONG_ROLE, role=role, command="换封存密钥", allowed=allowed)
    return found


def _shown(one: Checkpoint) -> dict[str, Any]:
    return {**json.loads(one.body), "signature": one.signature, "hash": one.hash, "fingerprint": one.fingerprint}


def _local(at: str) -> str:
    return f"{datetime.fromisoformat(at).astimezone(LOCAL):%Y-%m-%d %H:%M}"
