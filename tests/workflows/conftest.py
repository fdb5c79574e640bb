"""One product per runner for the workflow tests: everything runs unsandboxed, and (`make soak`) sandboxed too."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from tests.support.product import Started, started

RUNNERS: dict[str, type[WorkflowRunner]] = {
    "unsandboxed": UnsandboxedWorkflowRunner,
    "sandboxed": SandboxedWorkflowRunner,
}


@pytest.fixture(
    scope="session",
    params=["unsandboxed", pytest.param("sandboxed", marks=pytest.mark.soak)],
    ids=["unsandboxed", "sandboxed"],
)
def runner(request: pytest.FixtureRequest) -> WorkflowRunner:
    """The workflow runner, of each kind in turn."""
    return RUNNERS[request.param]()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def product(
    client: Client, runner: WorkflowRunner, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Started]:
    """The product that the tests of this process share. Issue items of one's own; do not stop its worker."""
    async with started(client, tmp_path_factory.mktemp("product"), runner=runner) as running:
        yield running
