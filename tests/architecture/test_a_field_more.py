"""A text field more of `submit` is a patch of two files: what it is, and the fact that keeps it. The command line, the
JSON body, the page's form, the check, the entry and the story are made from these.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.architecture.patched import Patch, output, patched

RISK = """    Field(
        name="risk",
        kind=FieldKind.TEXT,
        label="存在风险",
        about="存在的风险",
        optional=_commands("submit"),
        limit=20,
    ),
"""
PATCH: Patch = {
    "rules/machine/fields.py": [
        ('    Field(\n        name="to",\n', f'{RISK}    Field(\n        name="to",\n'),
        ("    to: date | None = None\n", "    risk: str | None = None\n    to: date | None = None\n"),
    ],
    "rules/machine/facts.py": [
        ("    proposed: int | None = None\n", '    proposed: int | None = None\n    risk: str = ""\n'),
    ],
}
SAID = "资金尚未到位"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What came of the field in the patched tree."""
    copy = patched(PATCH, tmp_path_factory.mktemp("field"))
    told: dict[str, Any] = json.loads(output(copy, "tests.architecture.submitting", "risk", SAID))
    return told


def test_it_is_a_patch_of_two_files() -> None:
    assert len(PATCH) == 2


@pytest.mark.parametrize("way", ["by_command_line", "by_json", "by_page"])
def test_whichever_way_it_is_given_it_stands_in_the_entry_and_in_the_story(told: dict[str, Any], way: str) -> None:
    assert told[way]["body"] == SAID
    assert told[way]["sentence"].startswith(f"上报：方案报上；存在风险：{SAID}（填报 1 项），")
    assert told[way]["written"] == f"方案报上\n存在风险：{SAID}"


def test_it_is_asked_for_wherever_somebody_can_fill_it_in(told: dict[str, Any]) -> None:
    assert "--risk 文字" in told["by_command_line"]["asked"]
    assert "存在的风险" in told["by_command_line"]["asked"]
    assert '"description":"存在的风险"' in told["by_json"]["asked"]
    assert ">存在风险</label>" in told["by_page"]["asked"]
    assert 'name="risk" rows="3" maxlength="20"' in told["by_page"]["asked"]


def test_it_is_checked_like_any_other(told: dict[str, Any]) -> None:
    assert told["long"] == "field_too_long"
    assert told["elsewhere"] == "field_not_taken"
