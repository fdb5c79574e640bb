"""What every test may use: a real Temporal server per test process, a client, names that nobody else uses.

    def test_x(settings)                    a data folder of its own, nothing running
    async def test_y(client, task_queue)    the server that this test process shares; a queue of one's own
    async def test_w(product, web)          the whole product, shared by desk and api; everybody's browser at its site
    async def test_z(skipper, fresh_number) `skipper.client` starts workflows whose time `skipper.fast_forward` moves

The server is shared, so isolate by names: `task_queue` for workers, `fresh_number()` for items (workflow ids).
All async tests and fixtures of one test process run in one event loop.
"""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio
from hypothesis import settings as hypothesis_settings
from temporalio.client import Client
from temporalio.testing import TimeSkipper, TimeSkippingConfig
from xdist.scheduler.loadscope import LoadScopeScheduling

from runtime.connect import connect
from runtime.engine.embedded import Engine
from runtime.settings import PREFIX, Settings, load
from tests.support.product import Started, started
from tests.support.signed import app_of, browsing

# The tests choose their settings themselves, whatever the shell says.
for name in [name for name in os.environ if name.startswith(PREFIX)]:
    del os.environ[name]

# A bound on an absolute time is no bound: these machines are noisy. The same is tried each time, so that a run says of
# a change what the change did; `make soak FURTHER=1` tries what nobody has tried yet.
hypothesis_settings.register_profile("same", deadline=None, derandomize=True, max_examples=50)
hypothesis_settings.register_profile("further", deadline=None, print_blob=True)
hypothesis_settings.load_profile("same")

_numbers = count(1)


class Together(LoadScopeScheduling):
    """Hands out tests by module, those of a place in TOGETHER all to one process: they share what is made once.

    Tests of a module run in one process and in their order: what a fixture of the module made is made once, and what
    an earlier test left in it is the same in every run. The long tests, minutes each, are handed out one by one: a
    module of them would keep one process busy when the others are done.
    """

    TOGETHER = ("tests/e2e/", "tests/runtime/test_gobuild.py")

    def _split_scope(self, nodeid: str) -> str:
        alone = nodeid if self.config.option.markexpr == "soak" else nodeid.partition("::")[0]
        return next((place for place in self.TOGETHER if nodeid.startswith(place)), alone)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """The marker `xdist_group` has no effect here with pytest 9.2 and pytest-xdist 3.8."""
    return Together(config, log)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings whose data folder belongs to this test alone."""
    return load(data=tmp_path / "data")


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One real server for the whole test process; time may be skipped on it. Do not stop or kill it."""
    with Engine.start(load(data=tmp_path_factory.mktemp("engine")), time_skipping=True) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def client(engine: Engine) -> Client:
    """A client of the shared server, with the project's data converter."""
    return await connect(engine.address, engine.settings.temporal_namespace)


@pytest.fixture(scope="session")
def skipper(client: Client) -> TimeSkipper:
    """Skips a workflow's time, on request only: without `enabled=False` the clock would run to the next timer."""
    return TimeSkipper(client, config=TimeSkippingConfig(enabled=False))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def product(client: Client, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Started]:
    """A county with everything running, shared by the tests of a process: each issues items of its own."""
    async with started(client, tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def web(product: Started) -> AsyncIterator[httpx2.AsyncClient]:
    """Everybody's browser at the site; the supervisor's where a request does not say whose (`as_`)."""
    async with browsing(app_of(product)) as client:
        yield client


@pytest.fixture
def task_queue() -> str:
    """A task queue that no other worker listens on."""
    return f"test-{uuid4()}"


@pytest.fixture
def fresh_number() -> Callable[[], str]:
    """Makes an item number that this test process has not used: ZG2026-0001, ZG2026-0002 ..."""
    return lambda: f"ZG2026-{next(_numbers):04d}"


def pytest_collection_finish() -> None:
    """What stands now, thousands of tests and their modules, stays: it need not be searched for garbage again."""
    gc.collect()
    gc.freeze()
