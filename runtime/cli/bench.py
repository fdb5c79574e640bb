"""`duban bench`: how fast this machine is with us, against bare Temporal in the same run; JSON on standard output."""

from __future__ import annotations

import asyncio

import typer

from runtime.bench.run import PARTS, QUICK, Sizes, parts_of, say
from runtime.bench.run import bench as run_bench
from runtime.cli.output import print_json


def bench(
    only: str = typer.Option("", help=f"只测这些（逗号分隔）：{'、'.join(PARTS)}"),
    quick: bool = typer.Option(False, "--quick", help="小数目跑一遍，只看跑不跑得通"),
) -> None:
    """测量本机：与不加任何东西的 Temporal 在同一轮里比较。只在标准输出写一份 JSON。"""
    report = asyncio.run(run_bench(parts_of(only), QUICK if quick else Sizes()))
    missed = [name for name, bound in report["bounds"].items() if not bound["holds"]]
    if missed and not quick:
        say(f"没有达到的：{'、'.join(missed)}。")
    print_json({"quick": quick, **report})
