"""What ran once replays in this version: committed histories of every branch, by both runners."""

from collections import Counter
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import EventType
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


_PREFIX = "EVENT_TYPE_"
_SKIPPING = ("WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED", "WORKFLOW_EXECUTION_OPTIONS_UPDATED")
EVENTS_A_COMMAND, EVENTS_A_RUN = 9, 6
"""What a command costs Temporal at most: one workflow task (3), the update (2), its append (1), the timer set anew (2),
now and then a search attribute (1); and what a run costs besides: its start, its first timer, its end."""


@pytest.mark.parametrize("path", [path for path in FILES if path.stem.startswith("item-")], ids=lambda path: path.stem)
def test_a_command_costs_one_workflow_task_and_few_events(path: Path) -> None:
    kinds = Counter(EventType.Name(event.event_type).removeprefix(_PREFIX) for event in histories.read(path).events)
    woken = kinds["WORKFLOW_EXECUTION_UPDATE_ACCEPTED"] + kinds["TIMER_FIRED"]
    woken += kinds["ACTIVITY_TASK_COMPLETED"]  # once for all the follow-ups that a command issues
    assert kinds["WORKFLOW_TASK_COMPLETED"] <= woken + 1
    assert sum(kinds.values()) - sum(kinds[kind] for kind in _SKIPPING) <= EVENTS_A_RUN + EVENTS_A_COMMAND * woken
