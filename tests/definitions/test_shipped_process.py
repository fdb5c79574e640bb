"""The rectification process that is shipped is the worked example of a county, and every part of it is alive."""

import json
import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from definitions.catalogue import SHIPPED, load_catalogue, load_process
from definitions.process import ProcessDefinition
from rules.codec import decode, encode
from rules.errors import RuleViolation
from rules.process import ClockKind, Party, Process, Window, WindowUnit
from tests.definitions.sound import PROCESS, replaced

KINDS = ("organ", "institution", "research", "enterprise", "social")
VARIANTS = ("at_once", "staged", "long_term")


@pytest.fixture(scope="module")
def shipped() -> ProcessDefinition:
    return load_process(SHIPPED / "rectification.yaml")


def days(text: str) -> Window:
    least, _, most = text.rpartition("-")
    return Window(amount=int(most), minimum=int(least) if least else None)


def row(text: str) -> list[Window]:
    return [days(cell) for cell in text.split()]


def test_the_catalogue_holds_the_rectification_process() -> None:
    assert "rectification" in [d.id for d in load_catalogue()]


@pytest.mark.parametrize(
    ("step", "windows"),
    [
        ("plan", "5 7 5-15 5-12 10"),
        ("plan_review", "5 5 5 5 5"),
        ("execute", "40 45 30-80 30-70 50"),
        ("inspect", "10 10 10 10 10"),
        ("adjust", "5 5 5-10 5-10 7"),
    ],
)
def test_the_windows_of_a_staged_item_are_those_of_the_table(
    shipped: ProcessDefinition, step: str, windows: str
) -> None:
    assert [shipped.resolve(kind, "staged").step(step).window for kind in KINDS] == row(windows)


def test_signing_reassigning_and_the_whole_span_are_those_of_the_table(shipped: ProcessDefinition) -> None:
    staged = [shipped.resolve(kind, "staged") for kind in KINDS]
    assert [p.sign for p in staged] == row("2 2 3 3 3")
    assert [p.declined for p in staged] == row("2 2 2 2 2")
    assert [p.cap for p in staged] == row("80 90 130 120 100")
    assert [shipped.resolve(kind, "at_once").cap for kind in KINDS] == row("80 90 130 120 100")
    assert {shipped.resolve(kind, "long_term").cap for kind in KINDS} == {None}


def test_at_once_means_ten_days_for_everybody_and_no_plan(shipped: ProcessDefinition) -> None:
    for kind in KINDS:
        process = shipped.resolve(kind, "at_once")
        assert [s.id for s in process.steps] == ["execute", "inspect", "adjust"]
        assert process.first_step.window == Window(amount=10)
        assert process.reopen_to == "execute"


def test_long_term_is_reported_every_quarter_and_inspected_every_year(shipped: ProcessDefinition) -> None:
    execute = shipped.resolve("organ", "long_term").step("execute")
    assert execute.window == Window(amount=12, unit=WindowUnit.MONTHS)
    assert execute.report_every == Window(amount=3, unit=WindowUnit.MONTHS)


def test_extension_watch_and_urging_are_those_of_the_example(shipped: ProcessDefinition) -> None:
    process = shipped.resolve("organ", "staged")
    rule = process.extension
    assert (rule.times, rule.percent, rule.decide, rule.leader_over) == (2, 50, Window(amount=3), 10)
    assert process.watch == Window(amount=3, unit=WindowUnit.MONTHS)
    assert (process.urge.cooldown_hours, process.urge.at_most) == (24, 10)


def test_outcomes_lead_to_the_watch_or_to_the_next_cycle(shipped: ProcessDefinition) -> None:
    leads = {v: [(o.name, o.then) for o in shipped.resolve("organ", v).outcomes] for v in VARIANTS}
    again = {"at_once": "execute", "staged": "plan", "long_term": "execute"}
    for variant in VARIANTS:
        assert leads[variant] == [
            ("已整改", "watch"),
            ("持续整改", again[variant]),
            ("未整改", again[variant]),
        ]


@pytest.mark.parametrize(
    ("clock", "rungs"),
    [
        ("working", "remind-5 warn-2 overdue+1 letter+3 circular+5 talk+10 weekly+15"),
        ("unsigned", "warn-2 overdue+1 letter+3 circular+5 talk+10 weekly+15"),
        ("reviewing", "review_overdue+1 review_leader+3 review_weekly+8"),
        ("declined", "review_overdue+1 review_leader+3 review_weekly+8"),
        ("extension", "review_overdue+1 review_leader+3 review_weekly+8"),
        ("reporting", "report_remind-5 report_late+1 report_overdue+5"),
    ],
)
def test_the_ladder_of_each_clock_is_that_of_the_example(shipped: ProcessDefinition, clock: str, rungs: str) -> None:
    found = [f"{r.id}{r.offset:+}" for r in shipped.rungs if ClockKind(clock) in r.applies]
    assert found == rungs.split()


def test_points_and_repetition_are_those_of_the_example(shipped: ProcessDefinition) -> None:
    assert {r.id: r.points for r in shipped.rungs if r.points} == {"circular": 1, "talk": 2}
    assert {r.id: r.repeat for r in shipped.rungs if r.repeat} == {"weekly": 5, "review_weekly": 5}
    assert [r.id for r in shipped.rungs if r.immediate] == ["talk"]


def test_the_normal_lamp_comes_first_and_heavier_ones_have_a_higher_rank(shipped: ProcessDefinition) -> None:
    assert [(lamp.name, lamp.rank) for lamp in shipped.lamps] == [
        ("绿灯", 1),
        ("黄灯", 2),
        ("红灯", 3),
        ("灰灯", 0),
        ("作废", -1),
    ]
    assert (shipped.ended_lamp, shipped.annulled_lamp) == ("grey", "void")


def test_every_step_of_every_resolution_can_be_come_to(shipped: ProcessDefinition) -> None:
    for process in shipped.all_resolved():
        reached, waiting = set(), [process.first_step.id]
        while waiting:
            step = process.step(waiting.pop())
            if step.id not in reached:
                reached.add(step.id)
                waiting += [s for s in (*(way.to for way in step.submit_to), step.approve_to, *step.return_to) if s]
        assert reached == {s.id for s in process.steps}
        assert any(s.closes and s.party is Party.REVIEWER for s in process.steps)


def test_each_resolution_has_a_name_of_its_own_and_survives_its_stored_form(shipped: ProcessDefinition) -> None:
    resolved = shipped.all_resolved()
    assert len({p.ref for p in resolved}) == len(KINDS) * len(VARIANTS)
    for process in resolved:
        assert decode(Process, json.loads(json.dumps(encode(process)))) == process
        assert process.ref.startswith(f"rectification/{process.variant}/{process.unit_kind}@")


def test_only_clocks_that_run_in_a_variant_are_in_its_ladder(shipped: ProcessDefinition) -> None:
    clocks = {v: {c for r in shipped.resolve("organ", v).rungs for c in r.applies} for v in VARIANTS}
    assert clocks["long_term"] - clocks["staged"] == {ClockKind.REPORTING}
    assert all(r.applies for v in VARIANTS for r in shipped.resolve("organ", v).rungs)


def test_an_unknown_kind_or_variant_is_refused_by_code(shipped: ProcessDefinition) -> None:
    for kind, variant in (("school", "staged"), ("organ", "sometime")):
        with pytest.raises(RuleViolation) as refused:
            shipped.resolve(kind, variant)
        assert refused.value.code == "unknown_process"


def test_comments_and_layout_change_no_version_and_every_value_does(tmp_path: Path) -> None:
    def version(text: str) -> str:
        (tmp_path / "p.yaml").write_text(text, encoding="utf-8")
        return load_process(tmp_path / "p.yaml").version

    plain = version(PROCESS)
    assert (
        version("# a comment\n" + replaced(PROCESS, "{done: watch, more: work}", "{done: watch,\n more: work}"))
        == plain
    )
    assert version(replaced(PROCESS, "name: 借阅", "name: 借阅事项")) != plain
    assert version(replaced(PROCESS, "percent: 50", "percent: 40")) != plain


def test_a_changed_window_of_one_kind_gives_new_refs(tmp_path: Path) -> None:
    def refs(text: str) -> dict[str, str]:
        (tmp_path / "p.yaml").write_text(text, encoding="utf-8")
        return {p.unit_kind: p.ref for p in load_process(tmp_path / "p.yaml").all_resolved()}

    before, after = refs(PROCESS), refs(replaced(PROCESS, "draft: {organ: 5,", "draft: {organ: 6,"))
    assert before["organ"] != after["organ"]


def test_versions_and_refs_are_the_same_in_every_python_process(shipped: ProcessDefinition) -> None:
    code = (
        "from definitions.catalogue import *;"
        "[print(p.ref) for p in load_process(SHIPPED / 'rectification.yaml').all_resolved()]"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=SHIPPED.parent.parent,
        env={**os.environ, "PYTHONHASHSEED": "77"},
    )
    assert run.stdout.split() == [p.ref for p in shipped.all_resolved()]


def test_two_files_may_not_share_a_process_or_a_prefix(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(PROCESS, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(PROCESS, encoding="utf-8")
    with pytest.raises(RuleViolation, match=r"b\.yaml:1 process：“loan”已被") as refused:
        load_catalogue(tmp_path)
    assert "b.yaml:3 prefix" in str(refused.value)


def test_a_catalogue_names_the_problems_of_all_its_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(replaced(PROCESS, "percent: 50", "percent: 0"), encoding="utf-8")
    with pytest.raises(RuleViolation) as refused:
        load_catalogue(tmp_path)
    assert [line.split(" ")[0].rpartition("/")[2] for line in str(refused.value).splitlines()] == [
        "a.yaml:14",
        "b.yaml:14",
    ]


def test_an_empty_catalogue_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleViolation, match="没有流程定义"):
        load_catalogue(tmp_path)


def test_a_definition_is_a_frozen_value(shipped: ProcessDefinition) -> None:
    assert load_process(SHIPPED / "rectification.yaml") == shipped
    assert hash(shipped.resolve("organ", "staged")) == hash(shipped.resolve("organ", "staged"))
    assert all(not isinstance(getattr(shipped, f.name), list | dict | set) for f in fields(shipped))
