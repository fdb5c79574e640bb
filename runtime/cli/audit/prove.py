"""`duban audit prove`: one file that proves an item's history to whoever has it and the public key."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import typer

from desk.acting import acting
from desk.caller import Caller
from ledger.chain.lookup import first_fact, number
from ledger.directory import people
from ledger.proof.proving import MadeProof
from ledger.scores.in_force import assessment_named
from ledger.scores.rows import months_scored
from rules.assessment.deciding import refused
from rules.permitting import OfficeAct
from runtime.cli.audit.check import plain
from runtime.cli.caller import acting_as, as_seen_by
from runtime.cli.output import JSON_OPTION, print_json, progress, refusals_in_words
from runtime.ending import WRONG_USAGE, Problem
from runtime.proving import prove_item, prove_scores
from runtime.settings import load
from runtime.store import open_database


def prove(
    no: str = typer.Argument("", help="事项编号，如 ZG2026-0001；出具得分的不写"),
    score: str = typer.Option("", "--score", metavar="单位", help="出具这个单位的考核得分，连同得分所依据的记录"),
    assessment: str = typer.Option("", help="考核的编号或名称；不写是今年的"),
    out: Path = typer.Option(None, "--out", "-o", help="写到哪个文件；不写为当前文件夹里的 编号-证明.zip"),
    caller: Caller = acting_as("谁出具", more="记入查阅留痕"),
    evidence: bool = typer.Option(True, "--evidence/--no-evidence", help="附上佐证材料，或只列它们的哈希"),
    pdf: bool = typer.Option(True, "--pdf/--no-pdf", help="附上 PDF 版的经过"),
    force: bool = typer.Option(False, "--force", help="文件已有时覆盖它"),
    as_json: bool = JSON_OPTION,
) -> None:
    """出具一个事项，或一个单位的得分的证明包：记录、位置证明、封存点、公钥、佐证材料和可读的经过；谁出具的也留痕。"""
    if bool(no) == bool(score):
        raise Problem("写一个事项的编号，或者写 --score 单位。", "如 duban audit prove ZG2026-0001。", WRONG_USAGE)
    if score:
        _prove_scores(score, assessment, out, caller, force=force, as_json=as_json)
        return
    no = number(no)
    target = _target(out, no, force=force)
    settings = load()
    database = open_database(settings)
    with refusals_in_words(), progress("出具证明", None):
        with database.read() as connection:
            actor = acting(connection, caller, OfficeAct.PROVE)
        with as_seen_by(database, caller).read() as connection:
            first_fact(connection, no)
        made = prove_item(settings, database, no, target, actor=actor, evidence=evidence, pdf=pdf)
    _told(made, target, as_json=as_json)


def _prove_scores(score: str, assessment: str, out: Path | None, caller: Caller, *, force: bool, as_json: bool) -> None:
    settings = load()
    database = open_database(settings)
    with refusals_in_words():
        with database.read() as connection:
            actor = acting(connection, caller, OfficeAct.PROVE_SCORES)
            unit = people.unit_ref(connection, score)
            known = assessment_named(connection, assessment, datetime.now(UTC))
            if not months_scored(connection, known.id, unit.id):
                raise refused(f"{unit.name}在“{known.name}”里还没有得分")
        target = _target(out, f"{known.id}-{unit.id}", force=force)
        with progress("出具证明", None):
            made = prove_scores(settings, database, known.id, unit.id, target, actor=actor)
    _told(made, target, as_json=as_json)


def _target(out: Path | None, name: str, *, force: bool) -> Path:
    target = (out or Path(f"{name.replace('/', '-')}-证明.zip")).absolute()
    if not target.parent.is_dir():
        raise Problem(f"没有 {target.parent} 这个文件夹。", "先建好文件夹，或换一个地方。", WRONG_USAGE)
    if target.is_dir() or (target.exists() and not force):
        raise Problem(f"{target} 已经有了，没有覆盖。", "换一个文件名，或加 --force。")
    return target


def _told(made: MadeProof, target: Path, *, as_json: bool) -> None:
    if as_json:
        print_json({"file": str(target), "size": made.size, "file_hash": made.file_hash, **plain(made.checked)})
    else:
        _say(made, target)


def _say(made: MadeProof, target: Path) -> None:
    found = made.checked
    typer.echo(f"{found.item} 的证明：{target}（{made.size:,} 字节，{found.entries} 条记录），并已留痕。")
    typer.echo(f"封存点 #{found.seal.number}（{found.seal.size} 条），指纹 {found.fingerprint}。")
    for one in found.evidence:
        if one.absent:
            typer.echo(f"没有附上佐证材料 {one.id[:8]} {one.name}，只列了哈希。")
    for what in found.scores.wrong if found.scores else ():
        typer.echo(f"重算不符：{what}")
    typer.echo(f"文件哈希（{found.algorithm}）{made.file_hash}")
    typer.echo(f"核对：duban audit check {target.name} --key 公钥（duban audit key 查看；应由对方从可靠的途径取得）")
