"""The narrow window by itself: the worker dies after the ledger's commit and before its workflow task completes."""

import asyncio
import os
import random
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from runtime.engine.embedded import Engine
from runtime.worker import make_worker
from tests.durability.claims import Claims
from tests.durability.dying.window import begin, died, standing_by
from tests.durability.dying_worker import STORED
from tests.support import walks, witness
from tests.support.product import Started
from tests.support.waiting import until
from tests.support.walks import Said

ROUNDS = 8
ITEMS = 6
SAID: tuple[Said, ...] = (walks.SIGN, walks.REMARK, walks.REPORT, walks.PLAN, walks.APPROVE, walks.RETURN, walks.SUBMIT)


@pytest.mark.soak
@pytest.mark.timeout(240)
async def test_a_worker_that_dies_in_the_window_loses_and_doubles_nothing(
    own_engine: Engine, idle: Started, tmp_path: Path
) -> None:
    seed = random.SystemRandom().randrange(10**6)
    chance = random.Random(seed)
    flag, claims = tmp_path / "die", Claims()
    with ThreadPoolExecutor(16) as threads:
        async with make_worker(idle.client, idle.database, idle.task_queue, threads):
            numbers = list(await idle.issue(*(f"问题 {n}" for n in range(ITEMS)), variant="staged"))
    for no in numbers:  # with a short patience for a task whose worker has died
        await idle.client.get_workflow_handle(no).terminate()
        await witness.start(idle, witness.input_at(idle, no, 1), task_timeout=timedelta(seconds=1))
    with ExitStack() as stack:
        worker = stack.enter_context(standing_by(own_engine, idle, flag))
        begin(worker)
        for turn in range(ROUNDS):
            following = stack.enter_context(standing_by(own_engine, idle, flag))
            flag.write_text(STORED)
            giving = [
                asyncio.create_task(claims.insist(idle, said, no, f"{turn}-{n}-{said.kind}"))
                for no in numbers
                for n, said in enumerate(chance.sample(SAID, 3))
            ]
            await until("the worker died in the window", partial(died, worker))
            if turn % 2:  # what the server held for the worker is gone too, and comes back in any order
                os.kill(own_engine.pid, signal.SIGKILL)
            for no in numbers:
                said = chance.choice(SAID)
                giving.append(asyncio.create_task(claims.insist(idle, said, no, f"{turn}-late-{said.kind}")))
            begin(following)
            worker = following
            await asyncio.gather(*giving)
        for no in numbers:
            await claims.insist(idle, walks.REMARK, no, "last")
            assert await witness.known(idle, no) == witness.state(idle.database, no), f"seed {seed}"
    assert claims.broken(idle, numbers) == [], f"seed {seed}"
    assert len(claims.acknowledged) > ROUNDS * ITEMS, f"seed {seed}"
