"""Follow-ups while the worker dies after the commit of every append, alone and together with the server: none lost,
none doubled, numbers the same."""

import asyncio
import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError

from ledger.chain import pinned
from ledger.chain.entries import ITEM
from rules.forms.answers import Pairs
from runtime.engine.embedded import LOG, Engine, last_words
from runtime.worker import make_worker
from tests.durability.claims import Claims
from tests.durability.dying.window import begin, died, standing_by
from tests.durability.dying_worker import DIED, STARTED, STORED
from tests.support import witness
from tests.support.processes import FAMILY
from tests.support.product import Started
from tests.support.waiting import until
from tests.support.walks import OWN, Said

PATIENCE_S = 240
"""So long an answer may take while a machine that has much else to do brings server and worker back."""
UNITS = ("u001", "u003", "u023", "u024", "u025")
APPROVE = Said(kind="approve")
DONE = Said(kind="submit", person=OWN, fields={"text": "办好了"})
TAKEN = Said(kind="close", fields={"outcome": "done"})
SUMMED_UP = Said(kind="close", fields={"outcome": "reached", "answers": (("said", "好"),)})


def plan(rows: int, *, last_after: bool = False) -> Said:
    """A plan of so many tasks for several units; `last_after`: the last one comes after the first."""
    answers: Pairs = (("aim", "见效"),)
    for n in range(1, rows + 1):
        answers += ((f"tasks.{n}.what", f"任务 {n}"), (f"tasks.{n}.unit", UNITS[n % len(UNITS)]))
        answers += ((f"tasks.{n}.after", "1"),) if last_after and n == rows else ()
    return Said(kind="submit", person=OWN, fields={"text": "报上", "answers": answers})


class Deaths:
    """Commands, each of which kills the worker that stores it, and with `server` the server in the same moment; the
    next worker stands by already."""

    def __init__(self, stack: ExitStack, engine: Engine, product: Started, flag: Path, *, server: bool = False) -> None:
        self.stack, self.engine, self.product, self.flag, self.server = stack, engine, product, flag, server
        self.claims, self.count = Claims(), 0
        self.worker = self._standing_by()
        begin(self.worker)

    def _standing_by(self) -> subprocess.Popen[str]:
        return self.stack.enter_context(standing_by(self.engine, self.product, self.flag))

    async def give(self, said: Said, no: str, *moments: str) -> None:
        """The command is given until it is answered; at each of the `moments` of it the worker is gone."""
        self.count += 1
        giving: asyncio.Task[object] | None = None
        for moment in moments:
            following = self._standing_by()
            self.flag.write_text(moment)
            giving = giving or self._giving(said, no)
            await until(f"the worker died: {moment}", partial(died, self.worker))
            if self.server:  # what it held for the worker is gone too
                os.kill(self.engine.pid, signal.SIGKILL)
            begin(following)
            self.worker = following
        giving = giving or self._giving(said, no)
        await until(f"{said.kind} of {no} is answered", partial(self._answered, giving), within=PATIENCE_S)
        assert giving.result()

    def _answered(self, giving: asyncio.Task[object]) -> bool:
        """Fails when nobody is left who could answer, with what the server said last."""
        assert self.worker.poll() in (None, DIED), last_words(self.engine.files.folder / LOG)[-2000:]
        return giving.done()

    def _giving(self, said: Said, no: str) -> asyncio.Task[object]:
        return asyncio.create_task(self.claims.insist(self.product, said, no, f"d{self.count}"))


async def issued(product: Started) -> str:
    """A drive, in a product whose worker runs no more."""
    with product.database.write() as connection:
        pinned.load_processes(connection, FAMILY, datetime.now(UTC))
    with ThreadPoolExecutor(16) as threads:
        async with make_worker(product.client, product.database, product.task_queue, threads):
            (no,) = await product.issue("支部规范化行动", process="drive", variant="plain")
    await product.client.get_workflow_handle(no).terminate()  # with a short patience for a task whose worker has died
    await witness.start(product, witness.input_at(product, no, 1), task_timeout=timedelta(seconds=1))
    return no


def children(product: Started, no: str) -> list[str]:
    with product.database.read() as connection:
        return list(connection.execute(select(ITEM.c.no).where(ITEM.c.parent == no).order_by(ITEM.c.no)).scalars())


async def runs(product: Started, no: str) -> bool:
    try:
        return (await product.client.get_workflow_handle(no).describe()).status is WorkflowExecutionStatus.RUNNING
    except RPCError:
        return False


@pytest.mark.timeout(200)
@pytest.mark.parametrize(
    ("server", "moments"),
    [
        (False, (STORED,)),
        pytest.param(True, (STORED,), marks=pytest.mark.soak),
        pytest.param(False, (STORED, STARTED, STARTED), marks=pytest.mark.soak),
        pytest.param(True, (STORED, STARTED, STARTED), marks=pytest.mark.soak),
    ],
)
async def test_an_approval_of_20_rows_whose_worker_dies_issues_each_once(
    own_engine: Engine, idle: Started, tmp_path: Path, server: bool, moments: tuple[str, ...]
) -> None:
    no = await issued(idle)
    with ExitStack() as stack:
        deaths = Deaths(stack, own_engine, idle, tmp_path / "die", server=server)
        await deaths.give(plan(20), no)
        await deaths.give(APPROVE, no, *moments)
        assert children(idle, no) == sorted(f"{no}-{n}" for n in range(1, 21))
        for child in children(idle, no):
            await until(f"{child} has its workflow", partial(runs, idle, child))
    assert witness.kinds(idle.database, no) == ["issued", "submitted", "approved"]
    assert witness.wrong(idle.database) == []


@pytest.mark.soak
@pytest.mark.timeout(500)
@pytest.mark.parametrize("server", [False, True])
async def test_a_worker_that_dies_at_every_append_of_a_family_loses_and_doubles_nothing(
    own_engine: Engine, idle: Started, tmp_path: Path, server: bool
) -> None:
    no = await issued(idle)
    with ExitStack() as stack:
        deaths = Deaths(stack, own_engine, idle, tmp_path / "die", server=server)
        await deaths.give(plan(5, last_after=True), no, STORED)
        await deaths.give(APPROVE, no, STORED)
        assert children(idle, no) == [f"{no}-{n}" for n in range(1, 5)]
        for n in range(1, 6):
            await until(f"{no}-{n} has its workflow", partial(runs, idle, f"{no}-{n}"))
            await deaths.give(DONE, f"{no}-{n}", STORED)
            await deaths.give(TAKEN, f"{no}-{n}", STORED)
        await deaths.give(DONE, no, STORED)
        await deaths.give(SUMMED_UP, no, STORED)
    ends = ["child_ended"] * 5
    assert witness.kinds(idle.database, no) == ["issued", "submitted", "approved", *ends, "submitted", "closed"]
    for n in range(1, 6):
        assert witness.kinds(idle.database, f"{no}-{n}") == ["issued", "submitted", "closed"]
    assert deaths.claims.broken(idle, [no, *children(idle, no)]) == []
