"""What the sandbox costs: both workflow runners in the same run, for docs/adr/0003. Not a test.

python -m tests.workflows.measure
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
from temporalio.worker import UnsandboxedWorkflowRunner, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from ledger.store.database import Database
from runtime.connect import connect
from runtime.engine.embedded import Engine
from runtime.host.exit import leave
from runtime.settings import load
from runtime.worker import make_worker
from tests.support import walks
from tests.support.product import Started, started

RUNNERS: dict[str, type[WorkflowRunner]] = {
    "unsandboxed": UnsandboxedWorkflowRunner,
    "sandboxed": SandboxedWorkflowRunner,
}
ROUNDS, ITEMS, AT_ONCE, COMMANDS, WARM = 3, 200, 24, 100, 10
Figures = dict[str, float]


async def work(runner: str, address: str, namespace: str, url: str, task_queue: str) -> None:
    """A worker of its own process, so that its time can be told from the caller's."""
    client = await connect(address, namespace)
    with ThreadPoolExecutor(16) as threads:
        async with make_worker(client, Database(url), task_queue, threads, runner=RUNNERS[runner]()):
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            await asyncio.Event().wait()


@contextmanager
def worker(runner: str, engine: Engine, product: Started) -> Iterator[psutil.Process]:
    arguments = [runner, engine.address, product.client.namespace, str(product.database.url), product.task_queue]
    command = [sys.executable, "-m", "tests.workflows.measure", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield psutil.Process(process.pid)
        process.kill()


def spent(process: psutil.Process) -> float:
    """Processor seconds that the process has used."""
    times = process.cpu_times()
    return times.user + times.system


async def measured(product: Started, process: psutil.Process) -> Figures:
    """Waking items by their first command, many at once; then commands to one item, one after the other."""
    numbers = await product.issue(*(f"问题 {n}" for n in range(ITEMS + WARM)))
    for no in numbers[ITEMS:]:
        await walks.SIGN.give(product, no)
    turns = asyncio.Semaphore(AT_ONCE)

    async def wake(no: str) -> None:
        async with turns:
            await walks.SIGN.give(product, no)

    before, began = spent(process), time.perf_counter()
    await asyncio.gather(*(wake(no) for no in numbers[:ITEMS]))
    woken, used = time.perf_counter() - began, spent(process) - before
    before, each = spent(process), []
    for n in range(COMMANDS):
        began = time.perf_counter()
        await walks.REMARK.give(product, numbers[0], id=f"r{n}")
        each.append(time.perf_counter() - began)
    return {
        "starts_per_s": ITEMS / woken,
        "worker_cpu_ms_per_start": 1000 * used / ITEMS,
        "command_p50_ms": 1000 * statistics.median(each),
        "worker_cpu_ms_per_command": 1000 * (spent(process) - before) / COMMANDS,
    }


async def compare(folder: Path) -> dict[str, Figures]:
    found: dict[str, list[Figures]] = {name: [] for name in RUNNERS}
    with Engine.start(load(data=folder)) as engine:
        client = await connect(engine.address, engine.settings.temporal_namespace)
        for turn in range(ROUNDS):
            for name in RUNNERS:
                async with started(client, folder / f"{name}{turn}") as product:
                    pass
                with worker(name, engine, product) as process:
                    found[name].append(await measured(product, process))
    median = {
        name: {figure: round(statistics.median(r[figure] for r in rounds), 1) for figure in rounds[0]}
        for name, rounds in found.items()
    }
    plain, boxed = median["unsandboxed"], median["sandboxed"]
    return {**median, "sandboxed_of_unsandboxed": {f: round(boxed[f] / plain[f], 2) for f in plain}}


if __name__ == "__main__":
    if sys.argv[1:]:
        asyncio.run(work(*sys.argv[1:]))
    with tempfile.TemporaryDirectory() as temporary:
        sys.stdout.write(json.dumps(asyncio.run(compare(Path(temporary))), indent=2) + "\n")
    leave(0)
