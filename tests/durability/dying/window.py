"""Workers that die in the narrow window: after the ledger's commit, before their workflow task completes."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.engine.embedded import Engine
from tests.durability.dying_worker import DIED
from tests.support.product import Started


@contextmanager
def standing_by(engine: Engine, product: Started, flag: Path) -> Iterator[subprocess.Popen[str]]:
    """A dying worker that has loaded everything and begins at a word."""
    url = str(product.database.url)
    command = [sys.executable, "-m", "tests.durability.dying_worker", engine.address, product.client.namespace, url]
    worker = subprocess.Popen([*command, product.task_queue, str(flag)], stdin=subprocess.PIPE, text=True)
    try:
        yield worker
    finally:
        worker.kill()
        worker.communicate()


def begin(worker: subprocess.Popen[str]) -> None:
    assert worker.stdin
    worker.stdin.write("go\n")
    worker.stdin.flush()


def died(worker: subprocess.Popen[str]) -> bool:
    """Whether it has ended; fails when it ended otherwise than in the window."""
    assert worker.poll() in (None, DIED)
    return worker.poll() == DIED
