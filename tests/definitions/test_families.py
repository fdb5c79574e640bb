"""Processes beside each other: whatever one issues, the other takes; nobody waits in a circle, nor too deep."""

from pathlib import Path

import pytest

from definitions.catalogue import load_processes
from definitions.mistakes import DefinitionErrors

FOLDER = Path(__file__).parents[1] / "support" / "processes"
DRIVE, ERRAND, UNANNOUNCED = (
    (FOLDER / f"{name}.yaml").read_text("utf-8") for name in ("drive", "errand", "unannounced")
)
ROWS = """forms:
  done: {more: {name: 其余, kind: rows, rows: 0-5, columns: {what: {name: 事, kind: text, need: true}}}}
issues:
  more: {from: done.more, process: OTHER, variant: plain, link: part_of, wait: WAIT}
outcomes:"""


def issuing(text: str, process: str, wait: str = "all") -> str:
    """The errand's file, which issues in its turn."""
    rows = ROWS.replace("OTHER", process).replace("WAIT", wait)
    text = text.replace("outcomes:", rows, 1)
    return text.replace("submit_to: check}", "submit_to: check, form: done, issues: [more]}")


def named(text: str, name: str, prefix: str) -> str:
    return text.replace("process: errand", f"process: {name}", 1).replace("prefix: RW", f"prefix: {prefix}", 1)


def found(folder: Path, *texts: str) -> list[str]:
    for n, text in enumerate(texts):
        (folder / f"{n}.yaml").write_text(text, "utf-8")
    try:
        load_processes([folder / f"{n}.yaml" for n in range(len(texts))])
    except DefinitionErrors as errors:
        return [str(one) for one in errors.mistakes]
    return []


def test_what_is_kept_from_its_unit_is_no_follow_up_of_what_everybody_sees(tmp_path: Path) -> None:
    drive = DRIVE.replace("process: errand", "process: unannounced", 1).replace("variant: plain", "variant: visit", 1)
    (said,) = (one for one in found(tmp_path, drive, UNANNOUNCED) if "veil" in one)
    assert "issues.tasks.process" in said


def test_the_two_fit(tmp_path: Path) -> None:
    assert found(tmp_path, DRIVE, ERRAND) == []


@pytest.mark.parametrize(
    ("drive", "errand", "words"),
    [
        (("process: errand", "process: errant"), None, "没有流程“errant”（是不是“errand”？）"),
        (("variant: plain", "variant: plane"), None, "流程“errand”没有走法“plane”"),
        (("kind: place", "kinds: place"), None, "流程“errand”的事由没有“kinds”"),
        (("people: 队伍", "folk: 队伍"), None, "列“kind”与流程“errand”事由里的“kind”不是同一种"),
        (None, ("kind: choice", "need: true, kind: choice"), "流程“errand”交办时要填“kind”"),
        (None, ("{organ: 机关, ", "{"), "承办的是机关时交办不了"),
    ],
)
def test_what_the_other_does_not_take_is_refused_with_file_and_line(
    drive: tuple[str, str] | None, errand: tuple[str, str] | None, words: str, tmp_path: Path
) -> None:
    texts = [text.replace(*(change or ("", "")), 1) for text, change in ((DRIVE, drive), (ERRAND, errand))]
    said = found(tmp_path, *texts)
    assert any(words in one and "0.yaml:" in one for one in said), said


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"close, again: plan": "{then: close, issues: none}, again: {then: plan, issues: none}"}, "每种认定都不交办"),
        ({", closes: true, issues: [found]": ", closes: true"}, "认定的环节本来就不交办后续事项"),
    ],
)
def test_an_outcome_that_issues_nothing_is_one_of_several_where_something_is_issued(
    changes: dict[str, str], words: str, tmp_path: Path
) -> None:
    text = DRIVE
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new, 1)
    said = found(tmp_path, text, ERRAND)
    assert any(words in one for one in said), said


def test_nobody_waits_in_a_circle(tmp_path: Path) -> None:
    said = found(tmp_path, DRIVE, issuing(ERRAND, "drive"))
    assert any("等待绕了一圈：drive → errand → drive" in one for one in said), said
    assert found(tmp_path, DRIVE, issuing(ERRAND, "drive", "none")) == []


def test_it_is_three_deep_at_most(tmp_path: Path) -> None:
    deep = [
        named(issuing(ERRAND, process), name, prefix)
        for name, prefix, process in (("errand", "RW", "two"), ("two", "RB", "three"), ("three", "RC", "four"))
    ]
    last = named(ERRAND, "four", "RD")
    assert any("后续事项有 4 层" in one for one in found(tmp_path, DRIVE, *deep, last))
    assert found(tmp_path, *deep, last) == []
