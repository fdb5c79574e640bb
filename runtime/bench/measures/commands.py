"""What a command costs, alone and in a crowd, against bare updates that write one row or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from statistics import median
from time import monotonic
from typing import Any
from uuid import uuid4

from temporalio.client import WorkflowHandle

from ledger.reading import queries
from ledger.reading.filters import Filters
from rules.machine.commands import Actor, Command, CommandKind
from runtime.bench.bare import BareUpdate
from runtime.bench.figures import Runs, percentile
from runtime.bench.place import BARE_QUEUE, SUPERVISOR, TEXT, BenchPlace, draft, liaisons, planned

CALLERS = 16
Give = Callable[[], Awaitable[object]]


async def measure_alone(place: BenchPlace, runs: Runs, items: int) -> None:
    """One run: the six commands of each item one after the other, each followed by its bare counterparts."""
    ours: list[float] = []
    bare: list[float] = []
    nothing: list[float] = []
    waking: list[float] = []
    lives = await _ours(place, items)
    await place.rested()
    for commands in lives:
        handle = (await idle_workflows(place, 1))[0]
        await idling(handle)()
        for n, command in enumerate(commands):
            taken = await timed(command)
            (ours if n else waking).append(taken)
            bare.append(await timed(writing(handle)))
            nothing.append(await timed(idling(handle)))
    all_ours = ours + waking
    runs.add("command_p50_ratio", median(all_ours) / median(bare))
    runs.add("command_of_limit", median(all_ours) / median(nothing))
    runs.measured(
        command_p50_ms=median(all_ours) * 1000,
        command_p95_ms=percentile(all_ours, 0.95) * 1000,
        command_waking_p50_ms=median(waking) * 1000,
        command_bare_p50_ms=median(bare) * 1000,
        command_bare_p95_ms=percentile(bare, 0.95) * 1000,
        command_nothing_p50_ms=median(nothing) * 1000,
    )


async def measure_crowd(place: BenchPlace, runs: Runs, items: int) -> None:
    """One run: each of the six commands to every item by sixteen callers at once, bare and ours in turn."""
    ours = await _ours(place, items)
    handles = await idle_workflows(place, items)
    await crowd([idling(handle) for handle in handles])
    bare_seconds = our_seconds = 0.0
    for commands in zip(*ours, strict=True):
        await place.rested()
        bare_seconds += await crowd([writing(handle) for handle in handles])
        await place.rested()
        our_seconds += await crowd(commands)
    each = len(ours[0])
    runs.add("commands_rate_ratio", bare_seconds / our_seconds)
    runs.measured(commands_per_s=items * each / our_seconds, commands_bare_per_s=items * each / bare_seconds)


async def crowd(work: Sequence[Give]) -> float:
    """Seconds until all of it is answered."""
    waiting = list(work)

    async def caller() -> None:
        while waiting:
            await waiting.pop()()

    begun = monotonic()
    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return monotonic() - begun


async def _ours(place: BenchPlace, items: int) -> list[list[Give]]:
    """Fresh items, asleep, each with the six commands that it is to be given in order."""
    batch = await asyncio.to_thread(draft, place.database, items)
    await place.gateway.issue(batch)
    with place.database.read() as connection:
        rows = queries.register(connection, Filters(batch=batch), size=500).rows
    known = liaisons(place.database)
    return [
        [_giving(place, row["no"], command) for command in _life(row["no"], batch, known[row["unit"]])] for row in rows
    ]


def _life(no: str, batch: str, liaison: Actor) -> list[Command]:
    """An item signed, its plan submitted, returned, submitted again and approved, and a first report."""
    kinds: tuple[tuple[CommandKind, Actor, dict[str, Any]], ...] = (
        (CommandKind.SIGN, liaison, {}),
        (CommandKind.SUBMIT, liaison, {"text": TEXT, "answers": planned("补齐记录", "每月检查")}),
        (CommandKind.RETURN, SUPERVISOR, {"reason": "措施不够具体，请写明完成时限。"}),
        (CommandKind.SUBMIT, liaison, {"text": TEXT, "answers": planned("十日内补齐记录", "每月末检查一次")}),
        (CommandKind.APPROVE, SUPERVISOR, {}),
        (CommandKind.REPORT, liaison, {"text": TEXT}),
    )
    return [
        Command(kind=kind, id=f"{batch}/{no}/{n}", actor=actor, **fields)
        for n, (kind, actor, fields) in enumerate(kinds)
    ]


def _giving(place: BenchPlace, no: str, command: Command) -> Give:
    return lambda: place.gateway.give(no, command)


def writing(handle: WorkflowHandle[Any, Any]) -> Give:
    return lambda: handle.execute_update(BareUpdate.write, TEXT)


def idling(handle: WorkflowHandle[Any, Any]) -> Give:
    return lambda: handle.execute_update(BareUpdate.nothing, TEXT)


async def idle_workflows(place: BenchPlace, count: int) -> list[WorkflowHandle[Any, Any]]:
    return [
        await place.client.start_workflow(BareUpdate.run, id=f"bare/{uuid4()}", task_queue=BARE_QUEUE)
        for _ in range(count)
    ]


async def timed(give: Give) -> float:
    """Seconds until it is answered."""
    begun = monotonic()
    await give()
    return monotonic() - begun
