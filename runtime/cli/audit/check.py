"""`duban audit check`: whether a proof bundle proves what it says. Needs the file and a key: no settings, no database.

Imports nothing of the ledger that knows a database: it starts at once, and runs where there is only the file.
"""

from __future__ import annotations

import sys
from datetime import timedelta, timezone
from pathlib import Path

import typer

from ledger.proof.bundles import Absent
from ledger.proof.checking import Checked
from ledger.proof.checking import check as check_bundle
from ledger.proof.container import NotABundle
from ledger.proof.score_checking import ScoresChecked
from ledger.proof.trusted import TrustedKey, trusted_key
from rules.draw.drawing import fold_draw, recheck
from rules.draw.reading import read_draw
from runtime.cli.output import JSON_OPTION, print_json
from runtime.ending import REFUSED, WRONG_USAGE, Problem

LOCAL = timezone(timedelta(hours=8))
WHY_ABSENT = {
    Absent.LEFT_OUT: "未附",
    Absent.ERASED: "已依规删除",
    Absent.TOO_LARGE: "太大，未附",
    Absent.MISSING: "出具时已找不到",
}


def check(
    bundle: Path = typer.Argument(..., help="证明包（zip 文件），或导出的一次抽取（json 文件）"),
    key: str = typer.Option(
        "", "--key", help="可信的公钥：PEM 文件，64 位十六进制公钥，或 16 位密钥编号；核对抽取时不用"
    ),
    as_json: bool = JSON_OPTION,
) -> None:
    """核对证明包：只要文件和公钥，不连数据库和网络；有任何不符则退出码为 1。"""
    if bundle.suffix == ".json":
        _check_draw(bundle, as_json=as_json)
        return
    if not key:
        raise Problem("没有写可信的公钥。", "加上 --key；公钥由出具单位公布，用 duban audit key 查看。", WRONG_USAGE)
    try:
        trusted = trusted_key(key)
    except ValueError as error:
        raise Problem(
            f"看不懂 --key：{error}。", "公钥由出具单位公布；用 duban audit key 查看。", WRONG_USAGE
        ) from error
    try:
        found = check_bundle(bundle, trusted)
    except NotABundle as refusal:
        if as_json:
            print_json({"holds": False, "what": str(refusal)})
        else:
            sys.stdout.write(f"核对不符：{refusal}。\n")
        raise typer.Exit(REFUSED) from refusal
    if as_json:
        print_json(plain(found))
    else:
        sys.stdout.write("".join(f"{line}\n" for line in words(found, trusted)))
    if found.scores and found.scores.wrong:
        raise typer.Exit(REFUSED)


def _check_draw(file: Path, *, as_json: bool) -> None:
    """A draw that was exported, recomputed from its population, seals and numbers. Needs no key and no ledger."""
    try:
        facts = read_draw(file.read_text("utf-8"))
        wrong, state = recheck(facts), fold_draw(facts)
    except (OSError, ValueError, TypeError, KeyError) as failure:
        raise Problem(
            f"{file} 不是导出的一次抽取：{failure}。", "用 duban draw export 重新导出。", WRONG_USAGE
        ) from failure
    units = [one.unit for one in state.standing] if state else []
    if as_json:
        print_json({"holds": not wrong, "wrong": wrong, "units": units})
    else:
        said = [f"核对不符：{what}。" for what in wrong] or [f"核对通过：按两个数重算，抽中的是 {'、'.join(units)}。"]
        sys.stdout.write("".join(f"{line}\n" for line in said))
    if wrong:
        raise typer.Exit(REFUSED)


def plain(found: Checked) -> dict[str, object]:
    """What a bundle proves, as JSON."""
    evidence = [
        {"id": one.id, "name": one.name, "size": one.size, "absent": one.absent and str(one.absent)}
        for one in found.evidence
    ]
    scores: dict[str, object] = {}
    if found.scores:
        of = found.scores
        scores = {"scores": {"scored": of.scores, "lines": of.lines, "wrong": list(of.wrong)}}
    return {
        "holds": not (found.scores and found.scores.wrong),
        "item": found.item,
        "ledger": found.ledger,
        "algorithm": found.algorithm,
        "entries": found.entries,
        "made_at": found.made_at.isoformat(),
        "checkpoint": {
            "number": found.seal.number,
            "size": found.seal.size,
            "at": found.seal.at.isoformat(),
            "root": found.seal.root,
            "fingerprint": found.fingerprint,
            "key": found.key,
        },
        "names": {"erasable": found.names, "absent": found.names_absent},
        "evidence": evidence,
        **scores,
    }


def words(found: Checked, trusted: TrustedKey) -> list[str]:
    """What a bundle proves, in words; and what is for the reader to compare."""
    seal = found.seal
    first = "自第一条起" if found.scores else "自交办起"
    lines = [
        f"核对通过：{found.item}，{found.entries} 条记录，{first}逐条相接，全部在封存点之内，未被改动。",
        f"封存点 #{seal.number}：全库 {seal.size} 条记录，{seal.at.astimezone(LOCAL):%Y-%m-%d %H:%M:%S} 封存，"
        f"指纹 {found.fingerprint}（可与封存邮件或纸面上的比对）",
        f"留痕库 {found.ledger}，算法 {found.algorithm}，信任的公钥 {trusted}",
    ]
    if found.scores:
        lines += _of_scores(found.scores)
    if found.names:
        gone = f"，其中 {found.names_absent} 个已依规删除或没有附上" if found.names_absent else ""
        lines.append(f"分开存放的姓名 {found.names} 个{gone}；其余与记录里的哈希相符")
    for one in found.evidence:
        why = f"（{WHY_ABSENT[one.absent]}，只核对了编号）" if one.absent else "，内容与编号相符"
        lines.append(f"佐证材料 {one.id[:8]} {_printable(one.name)}{why}")
    if trusted.public is None:
        lines.append("只按 16 位密钥编号核对；有完整公钥时请用完整公钥。")
    return lines


def _of_scores(found: ScoresChecked) -> list[str]:
    many = f"{found.scores} 次计分、{found.lines} 行，按所附的考核、数据项和记录重算"
    if not found.wrong:
        return [f"{many}，每一分都相符。由留痕直接算的数据和是否按时，以各行所写为准。"]
    return [f"{many}，有 {len(found.wrong)} 处不符：", *(f"  {_printable(one)}" for one in found.wrong)]


def _printable(text: str) -> str:
    """As it is, but nothing that steers a terminal."""
    return "".join(c if c.isprintable() else "�" for c in text)
