"""A process in words: each thing that it says is a line, and two versions differ in just the lines that changed."""

import re
from dataclasses import fields, replace
from datetime import time
from typing import Any

import pytest

from definitions.catalogue import SHIPPED, load_process
from rules.process import ClockKind, FormCheck, PauseRule, Process, Role, Rung, Step, Wait, Way, Window
from rules.publicity import Publicity, PublicityScope
from rules.telling import process_words
from rules.telling.process_words import ProcessChapter, rule_changes, tell_process
from tests.support.processes import DRIVE, EVERY

PROCESSES = load_process(SHIPPED / "rectification.yaml").all_resolved()
STAGED = tuple(p for p in PROCESSES if p.variant == "staged")
TOLD = tell_process(PROCESSES)


def lines(chapter: ProcessChapter, kind: str, part_id: str = "") -> dict[str, str]:
    return dict(next(p for p in chapter.parts if (p.kind, p.id) == (kind, part_id)).said)


def test_windows_that_differ_name_their_kinds_of_unit() -> None:
    staged = next(c for c in TOLD if c.id == "staged")
    assert lines(staged, "step", "adjust")["时限"] == (
        "机关、事业单位 5 个工作日；科研院所、国有企业 5 至 10 个工作日；社会组织 7 个工作日"
    )
    assert lines(staged, "step", "inspect")["时限"] == "10 个工作日"
    (organ,) = (p for p in STAGED if p.unit_kind == "organ")
    assert lines(tell_process([organ])[1], "step", "plan")["时限"] == "5 个工作日"


def test_what_holds_for_every_variant_is_said_once() -> None:
    whole, *variants = TOLD
    assert [c.name for c in variants] == ["立行立改", "分阶段整改", "长期整改"]
    assert lines(whole, "rung", "talk")["何时"] == "到期后第 10 个工作日"
    assert {part.kind for chapter in variants for part in chapter.parts} == {"variant", "step", "outcome"}
    assert "科研院所" in lines(whole, "process")["签收"]
    assert lines(variants[2], "variant")["一轮的总时限"] == "没有"


PAUSED = "每个事项最多 {} 次，一次最多 {} 个工作日"
LETTER = "何时：到期后第 3 个工作日；对哪些计时：签收、办理；告诉：联络员、单位负责人、督查员；亮灯：红灯；后果：督办函"


def changed(value: Any) -> Any:
    """Another value of the same kind."""
    match value:
        case bool():
            return not value
        case Window():
            return replace(value, amount=value.amount + 1)
        case time():
            return time(8, 15)
        case str() | None:
            return None
        case int():
            return value + 1
    return None


def test_what_a_step_issues_is_said_with_its_link_its_order_and_who_waits() -> None:
    (chapter,) = (one for one in tell_process(DRIVE.all_resolved()) if one.id)
    said = {part.id: dict(part.said) for part in chapter.parts}
    assert said["plan_review"]["交办后续事项"] == "“任务”的每一行成为 errand（子任务），按先后，都等它们办结"
    assert said["summary"]["交办后续事项"] == "“发现的问题”的每一行成为 errand（发现的问题），不等它们办结"


@pytest.mark.parametrize("kind", [Step, Rung])
def test_no_field_of_a_step_or_a_rung_changes_unsaid(kind: type) -> None:
    process = next(p for p in PROCESSES if p.variant == "long_term")
    others: dict[str, Any] = {
        "return_to": ("plan", "execute"),
        "requires": ("evidence",),
        "applies": (ClockKind.EXTENSION,),
        "audience": (Role.AUDITOR,),
        "lamp": "void",
        "submit_to": (Way(to="adjust"),),
        "form": "none",
        "checks": (FormCheck(that="1 > 2", say="不行"),),
        "waits": Wait(then="adjust"),
        "publish": Publicity(scope=PublicityScope.PUBLIC, days=3, what="名单"),
        "approve_to": "adjust",
        "proposes": "adjust",
        "stage": "adjust",
        "party": "reviewer",
        "outcome": "rectified",
        "name": "别的名字",
        "consequence": "约谈",
        "report_every": Window(amount=7),
        "repeat": 9,
    }
    parts = "steps" if kind is Step else "rungs"
    first, *rest = getattr(process, parts)
    for field in fields(kind):
        if field.name in ("id", "outcome", "issues"):  # another part; said with where the step leads; said below
            continue
        value = others[field.name] if field.name in others else changed(getattr(first, field.name))
        if value == getattr(first, field.name):
            continue
        edited: dict[str, Any] = {parts: (replace(first, **{field.name: value}), *rest)}
        other = replace(process, **edited)
        found = rule_changes(tell_process([process]), tell_process([other]))
        assert found or field.name == "form", field.name  # one without fields asks nothing
        assert len(found) == 1 or field.name in ("name", "waits", "form"), field.name


def test_a_version_differs_from_itself_in_nothing() -> None:
    assert rule_changes(TOLD, tell_process(PROCESSES)) == ()


def test_changes_say_where_what_before_and_after() -> None:
    def other(process: Process) -> Process:
        steps = tuple(replace(s, window=Window(amount=20)) if s.id == "inspect" else s for s in process.steps)
        rungs = tuple(r for r in process.rungs if r.id != "letter")
        return replace(process, steps=steps, rungs=rungs, pause=PauseRule(times=1, days=5))

    found = rule_changes(TOLD, tell_process([other(p) for p in PROCESSES]))
    assert [(c.chapter, c.part, c.about, c.before, c.after) for c in found if c.chapter != "长期整改"] == [
        ("各种走法", "流程“整改事项”", "暂停计时", PAUSED.format(2, 20), PAUSED.format(1, 5)),
        ("立行立改", "环节“检查验收”", "时限", "10 个工作日", "20 个工作日"),
        ("分阶段整改", "环节“检查验收”", "时限", "10 个工作日", "20 个工作日"),
        ("各种走法", "督办“发督办函”", "", LETTER, ""),
    ]


@pytest.mark.parametrize("kind", process_words._TABLES, ids=lambda kind: kind.__name__)
def test_every_field_has_its_line_or_is_said_elsewhere(kind: type[Step | Rung]) -> None:
    assert {field.name for field in fields(kind)} == set(process_words._TABLES[kind])


def test_every_field_of_a_process_has_its_line_or_is_said_elsewhere() -> None:
    known = {*process_words._WHOLE, *process_words._VARIANT, *process_words._ELSEWHERE}
    assert {field.name for field in fields(Process)} == known


def test_no_value_of_the_program_is_shown_to_anybody() -> None:
    for process in (*PROCESSES, *EVERY):
        said = [words for chapter in tell_process([process]) for part in chapter.parts for _, words in part.said]
        assert not [words for words in said if re.search(r"\w+\(\w+=|\bTrue\b|\bNone\b|最多 0 字", words)]
