"""The bench itself: which parts there are, how large, in which order; ours and the bare one take turns in each run."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from runtime.bench import place
from runtime.bench.figures import Runs
from runtime.bench.machine import describe
from runtime.bench.measures import (
    bulk,
    commands,
    digest,
    export,
    family,
    forms,
    issuing,
    loading,
    proof,
    recalculating,
    register,
    simulate,
    verifying,
    wave,
    whole,
)
from runtime.bench.measures.pages import policy
from runtime.bench.measures.rounds import lazily, opening, scores
from runtime.ending import WRONG_USAGE, Problem
from runtime.sealing import seal_now
from runtime.store import load_shipped, open_database

PARTS = (
    "issue",
    "command",
    "commands",
    "lazily",
    "bulk",
    "register",
    "memory",
    "digest",
    "wave",
    "recalculate",
    "family",
    "rounds",
    "scores",
    "load",
    "forms",
    "simulate",
    "export",
    "verify",
    "proof",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much of everything, and how often. `beside`: units besides those of the county, for 96 in an area."""

    rounds: int = 3
    issued: int = 500
    alone: int = 20
    crowd: int = 50
    lazily: int = 400
    bulk: int = 500
    register: int = 100_000
    pages: int = 100
    open: int = 2000
    notices: int = 5000
    wave: int = 2000
    approvals: int = 8
    looks: int = 40
    asked: int = 10_000
    beside: int = 480
    falling: int = 2000
    dispatched: int = 1000
    loads: int = 20
    formed: int = 2000
    simulated: int = 10_000
    dates: int = 20_000
    exported: int = 100_000
    entries: int = 1000
    ledger: int = 1_000_000
    added: int = 1000
    verified: int = 60_000


QUICK = Sizes(
    rounds=1,
    issued=20,
    alone=1,
    crowd=4,
    lazily=8,
    bulk=20,
    register=500,
    pages=3,
    open=20,
    notices=50,
    wave=20,
    approvals=1,
    looks=2,
    asked=120,
    beside=6,
    falling=20,
    dispatched=20,
    loads=1,
    formed=20,
    simulated=20,
    dates=200,
    exported=500,
    entries=50,
    ledger=2000,
    added=50,
    verified=500,
)
"""Only shows that everything runs; its figures mean nothing."""


def parts_of(only: str) -> tuple[str, ...]:
    """The parts named, with commas between; all of them when none is. Raises Problem for an unknown one."""
    chosen = tuple(name.strip() for name in only.split(",") if name.strip())
    unknown = [name for name in chosen if name not in PARTS]
    if unknown:
        raise Problem(f"没有这样的测量：{'、'.join(unknown)}。", f"可选：{'、'.join(PARTS)}。", WRONG_USAGE)
    return chosen or PARTS


async def bench(chosen: Collection[str], sizes: Sizes) -> dict[str, Any]:
    """The report: machine, figures, bounds, every run."""
    runs = Runs()
    async with place.opened() as here:
        machine = await describe(here.client)
        for number in range(1, sizes.rounds + 1):
            if "command" in chosen:
                say(f"第 {number} 轮：逐个命令")
                await commands.measure_alone(here, runs, sizes.alone)
            if "commands" in chosen:
                say(f"第 {number} 轮：并发命令")
                await commands.measure_crowd(here, runs, sizes.crowd)
            if "lazily" in chosen:
                say(f"第 {number} 轮：{sizes.lazily} 件没有流程的填报")
                await lazily.measure(here, runs, sizes.lazily // 4, sizes.lazily)
            if "issue" in chosen:
                say(f"第 {number} 轮：交办 {sizes.issued} 项")
                await issuing.measure(here, runs, sizes.issued)
            if "bulk" in chosen:
                say(f"第 {number} 轮：{sizes.bulk} 项逐个通过，再一次通过 {sizes.bulk} 项")
                await bulk.measure(here, runs, sizes.bulk)
            if "digest" in chosen:
                say(f"第 {number} 轮：早上 {sizes.notices} 条通知")
                await digest.measure(here, runs, sizes.notices)
    if "memory" in chosen:
        for number in range(1, sizes.rounds + 1):
            say(f"第 {number} 轮：{sizes.open} 项在办时的内存，强行终止后恢复")
            await whole.measure(runs, sizes.open)
    if "wave" in chosen:
        for number in range(1, sizes.rounds + 1):
            say(f"第 {number} 轮：{sizes.wave} 项同时到期，再 {sizes.wave} 个节点")
            await wave.measure(runs, sizes.wave)
    if "recalculate" in chosen:
        for number in range(1, sizes.rounds + 1):
            say(f"第 {number} 轮：{sizes.open} 项按新日历重算")
            await recalculating.measure(runs, sizes.open)
    if "family" in chosen:
        say(f"交办 20 个子项，{sizes.approvals} 次一轮；有 60 个子项的页面，{sizes.looks} 次一轮")
        await family.measure(runs, sizes.rounds, sizes.approvals, sizes.looks)
    if "rounds" in chosen:
        for number in range(1, sizes.rounds + 1):
            say(f"第 {number} 轮：{sizes.asked} 个单位的一轮开放，再一次，同时 {sizes.falling} 项到期")
            await opening.measure(runs, sizes.asked, sizes.falling, sizes.dispatched)
        await asyncio.to_thread(_round_pages, runs, sizes)
    if "scores" in chosen:
        await asyncio.to_thread(_scores, runs, sizes)
        for number in range(1, sizes.rounds + 1):
            say(f"第 {number} 轮：更正一个数，看新的得分")
            await scores.measure_rescore(runs, sizes.asked, sizes.looks)
    if "forms" in chosen:
        for number in range(1, sizes.rounds + 1):
            say(f"第 {number} 轮：带表单的上报")
            await asyncio.to_thread(forms.measure, runs, sizes.formed)
    if "load" in chosen:
        for number in range(1, sizes.rounds + 1):
            say(f"第 {number} 轮：载入随附的流程定义 {sizes.loads} 次")
            await asyncio.to_thread(loading.measure, runs, sizes.loads)
    if "simulate" in chosen:
        for number in range(1, sizes.rounds + 1):
            say(f"第 {number} 轮：推算 {sizes.dates} 个日期，模拟 {sizes.simulated} 项")
            await asyncio.to_thread(simulate.measure, runs, sizes.simulated, sizes.dates)
    if "register" in chosen:
        await asyncio.to_thread(_register, runs, sizes)
    if "export" in chosen:
        await asyncio.to_thread(_export, runs, sizes)
    if "verify" in chosen:
        await asyncio.to_thread(_verify, runs, sizes)
    if "proof" in chosen:
        await asyncio.to_thread(_proof, runs, sizes)
    machine["load_after"] = round(os.getloadavg()[0], 1)
    return {"machine": machine, **runs.report()}


def _register(runs: Runs, sizes: Sizes) -> None:
    say(f"台账 {sizes.register} 项")
    with place.folder() as settings:
        database = open_database(settings, migrate=True)
        load_shipped(database, settings, county=True)
        register.fill(database, sizes.register)
        for _ in range(sizes.rounds):
            register.measure(database, runs, sizes.pages)
            policy.measure(database, settings.data / "evidence", runs, min(sizes.pages, 60))
        database.close()


def _scores(runs: Runs, sizes: Sizes) -> None:
    say("一个片组 96 个单位一年的得分")
    with place.folder() as settings:
        database = open_database(settings, migrate=True)
        load_shipped(database, settings, county=True)
        opening.add_units(database, sizes.beside)
        scores.fill(database)
        for _ in range(sizes.rounds):
            scores.measure_map(database, runs, sizes.looks)
        database.close()
    for number in range(1, sizes.rounds + 1):
        say(f"第 {number} 轮：{sizes.asked} 个单位一个季度的计分")
        with place.folder() as settings:
            database = open_database(settings, migrate=True)
            load_shipped(database, settings, county=True)
            opening.add_units(database, sizes.asked)
            scores.measure(database, runs, sizes.looks)
            database.close()


def _round_pages(runs: Runs, sizes: Sizes) -> None:
    say(f"{sizes.asked} 个单位的一轮的页面，旁边是台账 {sizes.register} 项")
    with place.folder() as settings:
        database = open_database(settings, migrate=True)
        load_shipped(database, settings, county=True)
        name = opening.fill(database, sizes.asked, sizes.register)
        for _ in range(sizes.rounds):
            opening.measure_page(database, runs, name, sizes.pages)
        database.close()


def _export(runs: Runs, sizes: Sizes) -> None:
    say(f"导出 {sizes.exported} 行台账；{sizes.entries} 条留痕印成 PDF")
    with place.folder() as settings:
        database = open_database(settings, migrate=True)
        load_shipped(database, settings, county=True)
        register.fill(database, sizes.exported)
        export.live(database, sizes.entries)
        for number in range(1, sizes.rounds + 1):
            say(f"第 {number} 轮：导出")
            export.measure(database, settings, runs)
        database.close()


def _verify(runs: Runs, sizes: Sizes) -> None:
    say(f"留痕库 {sizes.verified} 条记录，事项齐全")
    with place.folder() as settings:
        database = open_database(settings, migrate=True)
        load_shipped(database, settings, county=True)
        verifying.fill(database, sizes.verified, "BV")
        seal_now(settings, database)
        for number in range(1, sizes.rounds + 1):
            say(f"第 {number} 轮：追加、核验")
            verifying.measure(database, runs)
        database.close()


def _proof(runs: Runs, sizes: Sizes) -> None:
    say(f"留痕库 {sizes.ledger} 条记录")
    with place.folder() as settings:
        database = open_database(settings, migrate=True)
        load_shipped(database, settings, county=True)
        ground = proof.prepare(database, settings, runs, sizes.ledger)
        for number in range(1, sizes.rounds + 1):
            say(f"第 {number} 轮：出具证明、核对、比较封存点")
            proof.measure(ground, runs)
            verifying.measure_incremental(ground, runs, sizes.added)
        database.close()


def say(line: str) -> None:
    """Progress, where it does not stand in the way of the report."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
