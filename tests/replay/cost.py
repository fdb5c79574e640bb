"""What one item costs Temporal, for docs/bench.md: its workflow's input, its history when issued and at its end. Not a
test.

python -m tests.replay.cost
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from temporalio.client import WorkflowHandle

from desk.caller import on_site
from ledger.chain import pinned
from runtime.connect import connect
from runtime.engine.embedded import Engine
from runtime.host.exit import leave
from runtime.settings import load
from tests.support import walks, witness
from tests.support.processes import EVERY
from tests.support.processes.filled import filled
from tests.support.product import SUPERVISOR, Started, started

Played = Callable[[Started, str], Awaitable[int]]


async def rectified(product: Started, no: str) -> int:
    """Signed, planned, returned, planned again, carried out, reported, inspected, closed. Returns how many commands."""
    way = (
        walks.SIGN,
        walks.PLAN,
        walks.RETURN,
        walks.PLAN,
        walks.APPROVE,
        walks.REPORT,
        walks.SUBMIT,
        walks.CLOSE,
    )
    for said in way:
        await said.give(product, no)
    return len(way)


async def checked_in(product: Started, no: str) -> int:
    """Filled in, which ends it."""
    await product.give(no, "submit", product.liaison(no), answers=filled(product, no))
    return 1


async def elected(product: Started, no: str) -> int:
    """Six steps, two approvals, one return."""
    liaison = product.liaison(no)
    sheet = product.desk.attach(data=b"1", name="计票单.txt", media_type="text/plain", caller=on_site(liaison))
    for given in ("submit",) * 4 + ("return",) + ("submit",) + ("approve",) + ("submit",) + ("approve",):
        if given == "submit":
            said = {"sheet": sheet} if witness.state(product.database, no).step == "elect" else {}
            await product.give(no, "submit", liaison, answers=filled(product, no, **said))
        else:
            await product.give(no, given, SUPERVISOR, **({"reason": "票数不清"} if given == "return" else {}))
    await product.give(no, "submit", liaison, text="已公布")
    return 10


PLAYED: dict[tuple[str, str], Played] = {
    ("rectification", "staged"): rectified,
    ("filing", "report"): checked_in,
    ("election", "direct"): elected,
}


async def _history(handle: WorkflowHandle[object, object]) -> tuple[int, int]:
    """How many events it has and bytes."""
    info = (await handle.describe()).raw_description.workflow_execution_info
    return info.history_length, info.history_size_bytes


async def measure(folder: Path) -> None:
    with Engine.start(load(data=folder)) as engine:
        client = await connect(engine.address, engine.settings.temporal_namespace)
        async with started(client, folder / "product") as product:
            with product.database.write() as connection:
                pinned.load_processes(connection, EVERY, datetime.now(UTC))
            for (process, variant), play in PLAYED.items():
                (no,) = await product.issue("三会一课记录不全", process=process, variant=variant)
                given = witness.input_at(product, no, 1)
                carried = len(json.dumps(asdict(given), ensure_ascii=False).encode())
                resolved = len(json.dumps(given.process, ensure_ascii=False).encode())
                handle = client.get_workflow_handle(no)
                events, size = await _history(handle)
                commands = await play(product, no)
                after, grown = await _history(handle)
                each = (after - events) / commands, (grown - size) / commands
                sys.stdout.write(
                    f"| {process} | {resolved} | {carried} | {size}（{events}） | {commands} | {grown}（{after}） "
                    f"| {each[0]:.1f} | {each[1]:.0f} |\n"
                )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        asyncio.run(measure(Path(temporary)))
    leave(0)
