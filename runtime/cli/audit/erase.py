"""`duban audit erase`, `erasures`: personal data goes for good, by two people, and the proof still stands."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

import typer

from desk import erasing
from desk.caller import Caller
from desk.erasing import ToErase
from ledger.chain import erasable
from ledger.directory.erasing import ErasureReceipt
from ledger.directory.naming import Called
from rules.dates.calendar import LOCAL
from runtime.cli.caller import acting_as
from runtime.cli.joint.guarding import asked_of_another
from runtime.cli.output import JSON_OPTION, print_json, print_table, refusals_in_words
from runtime.ending import WRONG_USAGE, Problem
from runtime.settings import load
from runtime.store import evidence_store, open_database

WHAT_NAMES = {erasable.MATTER: "事项里的姓名", erasable.FILE: "佐证材料", erasable.SOMEBODY: "人员的姓名和邮箱"}


def erase(
    item: str = typer.Option("", help="事项编号，与 --field 一起用"),
    field: list[str] = typer.Option(
        None, help="填姓名的一项，如 leader；表单里的写“第几条:项”，如 5:people.1.who；可多次"
    ),
    evidence: str = typer.Option("", help="佐证材料的编号（64 位哈希）"),
    person: str = typer.Option("", help="人员编号：从名录里删去姓名和邮箱，编号保留"),
    caller: Caller = acting_as("由谁办理", more="管理员"),
    reason: str = typer.Option(..., help="删除的理由和依据；会留痕，不要写个人信息"),
    as_json: bool = JSON_OPTION,
) -> None:
    """依规删除个人信息，不能恢复；留痕链和证明照样成立。先提请，分管领导复核同意以后再运行一次才删。"""
    settings = load()
    if [bool(item or field), bool(evidence), bool(person)].count(True) != 1 or bool(item) != bool(field):
        raise Problem("一次删除一样：--item 和 --field，或 --evidence，或 --person。", "见 --help。", WRONG_USAGE)
    database = open_database(settings)
    files, what = evidence_store(settings, database), ToErase(item=item, fields=field, evidence=evidence, person=person)
    with refusals_in_words(), asked_of_another(database, as_json=as_json):
        done = erasing.erase(database, files, what, caller=caller, reason=reason, now=datetime.now(UTC))
        swept = database.sweep()
    if as_json:
        print_json([asdict(one) for one in done])
        return
    for one in done:
        typer.echo(_words(one))
    if not swept:
        typer.echo("数据库的日志里还有旧内容（有人正在读），稍后会自行覆盖；再运行一次可立即清除。")
    typer.echo("备份、已导出的文件和已发出的邮件里的副本不在此列，须另行处理，见 docs/privacy.md。")


def _words(done: ErasureReceipt) -> str:
    before = "此前" if done.before else ""
    return f"{before}已删除{WHAT_NAMES[done.what]}（{done.ref}）：{done.words}；留痕 {done.stream} 第 {done.seq} 条。"


def erasures(as_json: bool = JSON_OPTION) -> None:
    """列出全部依规删除：删了什么、何时、为何、谁办理、谁复核。"""
    database = open_database(load())
    with database.read() as connection:
        found = list(erasable.erasures(connection).values())
        called = Called(connection, {id_ for one in found for id_ in (one.actor, one.fact.approver)})
    if as_json:
        print_json([{**asdict(one.fact), "at": one.at.isoformat(), "by": one.actor} for one in found])
        return
    rows = [
        (
            f"{one.at.astimezone(LOCAL):%Y-%m-%d %H:%M}",
            WHAT_NAMES.get(one.fact.what, one.fact.what),
            f"{one.fact.item} {one.fact.label or one.fact.field}" if one.fact.item else one.fact.ref[:16],
            one.fact.reason,
            called.at(one.position).get(one.actor, one.actor),
            called.at(one.position).get(one.fact.approver, one.fact.approver),
        )
        for one in found
    ]
    print_table(f"依规删除：{len(rows)} 处", ("时间", "什么", "哪里", "理由", "办理", "复核"), rows)
