"""The cheap guard before the replays: a workflow's API calls have not moved without anybody meaning it."""

import json
from difflib import unified_diff

import pytest

from tests.replay import fingerprint

KEPT: dict[str, list[str]] = json.loads(fingerprint.FILE.read_text("utf-8"))
LESSON = """
{name} calls the workflow API differently from what was written down:

{difference}

Every item that is under way replays its history through this file. Where the code now asks for another activity, timer
or search attribute, or for the same ones in another order, than the history holds, Temporal stops that item with a
non-determinism error: commands to it hang and its alarms do not ring, until a version that fits is back. Therefore:

1. A change of logic belongs in rules/, where a replay does not see it.
2. Once a version has been released, a change here goes under `workflow.patched("what-changed")`, the old branch stays
   until no item that began before it is open, and `python -m tests.replay.record` adds a history of the new branch
   under a new name. The histories that lie there are not recorded anew.
3. When that is done, or nothing has been released yet: `python -m tests.replay.fingerprint` writes the new calls down,
   in the same commit.
"""


def test_every_workflow_has_its_fingerprint() -> None:
    assert set(KEPT) == set(fingerprint.current())


@pytest.mark.parametrize("name", KEPT)
def test_a_workflow_asks_for_the_same_things_in_the_same_order(name: str) -> None:
    before, now = KEPT[name], fingerprint.current()[name]
    difference = "\n".join(unified_diff(before, now, "written down", "now", lineterm=""))
    assert before == now, LESSON.format(name=f"workflows/{name}", difference=difference)


MOVED = [
    ("await workflow.execute_activity(A)", "await workflow.execute_activity(B)"),
    ("await workflow.execute_activity(A)", "await workflow.execute_local_activity(A)"),
    ("workflow.upsert_search_attributes(x)", ""),
    ("await workflow.wait_condition(f)", "await workflow.wait_condition(f, timeout=t)"),
    (
        "await workflow.sleep(1)\n  await workflow.execute_activity(A)",
        "await workflow.execute_activity(A)\n  await workflow.sleep(1)",
    ),
]


@pytest.mark.parametrize(("before", "after"), MOVED)
def test_what_would_break_a_replay_shows(before: str, after: str) -> None:
    shell = "class W:\n @workflow.run\n async def run(self):\n  pass\n  {}\n"
    assert fingerprint.of(shell.format(before)) != fingerprint.of(shell.format(after))


def test_what_breaks_no_replay_does_not_show() -> None:
    shell = "class W:\n @workflow.run\n async def run(self):\n  {}\n  await workflow.sleep(1)\n"
    assert fingerprint.of(shell.format("x = 1")) == fingerprint.of(shell.format("workflow.now()"))
