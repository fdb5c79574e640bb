"""What ran once replays in this version: committed histories of every branch, by both runners."""

from pathlib import Path

import pytest
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from runtime.worker import WORKFLOWS
from tests.replay import histories
from tests.replay.record import BRANCHES
from workflows.converter import CONVERTER

FILES = sorted(histories.FOLDER.glob("*.json"))
RUNNERS: dict[str, WorkflowRunner] = {
    "unsandboxed": UnsandboxedWorkflowRunner(),
    "sandboxed": SandboxedWorkflowRunner(),
}


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_a_recorded_history_replays(path: Path, runner: str) -> None:
    replayer = Replayer(workflows=WORKFLOWS, data_converter=CONVERTER, workflow_runner=RUNNERS[runner])
    await replayer.replay_workflow(histories.read(path))


def test_every_branch_has_its_history() -> None:
    assert {path.stem for path in FILES} >= set(BRANCHES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_history_names_no_machine(path: Path) -> None:
    text = path.read_text("utf-8")
    assert path.stat().st_size < 200_000
    for told in ("/tmp", "/home", "/work", "/root", "/usr", "127.0.0.1", "product-"):
        assert told not in text
