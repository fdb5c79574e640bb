"""Ways that lead nowhere, end nothing or contradict each other are refused with line, path and what was expected."""

from pathlib import Path

import pytest

from definitions.catalogue import load_process
from tests.definitions.sound import PROCESS, marked_line, mistakes_of, replaced

BROKEN: dict[str, tuple[tuple[str, str], str, str, str]] = {
    # name: (what is changed to what, path, part of what was found, part of what was expected); #! marks the line
    "a return from which there is no way back": (
        ("approve_to: work, return_to: draft}", "approve_to: work, return_to: [draft, work]} #!"),
        "variants.plain.steps.review.return_to",
        "再也走不到“review”",
        "能再走到",
    ),
    "a return to a step that is not there": (
        ("approve_to: work, return_to: draft}", "approve_to: work, return_to: [draft, werk]} #!"),
        "variants.plain.steps.review.return_to[2]",
        "werk",
        "work",
    ),
    "an end without an outcome": (
        ("party: unit, window: work, submit_to: check", "party: unit, window: work, submit_to: close"),
        "variants.plain.steps.work",
        "没有写认定结果",
        "outcome: done",
    ),
    "an outcome before the end": (
        ("window: work, submit_to: check}", "window: work, submit_to: check, outcome: done} #!"),
        "variants.plain.steps.work.outcome",
        "上报以后还有环节",
        "submit_to: close",
    ),
    "an end that begins another cycle": (
        ("window: work, submit_to: check}", "window: work, submit_to: close, outcome: more} #!"),
        "variants.plain.steps.work.outcome",
        "转入下一轮",
        "watch 或 close",
    ),
    "what nobody signs declined": (
        ("sign: sign\ndeclined: 2", "sign: none\ndeclined: 2 #!"),
        "declined",
        "不会被退回",
        "去掉 declined",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_process_file_is_refused_for(name: str, tmp_path: Path) -> None:
    change, path, found, expected = BROKEN[name]
    text = replaced(PROCESS, *change)
    (mistake,) = [m for m in mistakes_of(load_process, tmp_path, text) if m.path == path]
    assert found in mistake.what
    assert expected in mistake.expected
    if "#!" in text:
        assert mistake.line == marked_line(text)
