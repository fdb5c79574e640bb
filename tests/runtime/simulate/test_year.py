"""A year of the county: what a plan issues, to whom and when; and what that makes month by month."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from definitions.mistakes import DefinitionErrors
from rules.figures.asking import takes_asks
from rules.machine.commands import UnitRef
from rules.telling.playing_family import Surroundings
from runtime.cli.main import run
from runtime.ending import DONE, WRONG_USAGE
from runtime.simulate.cast import invented
from runtime.simulate.world import Start
from runtime.simulate.year import EXAMPLE_YEAR, YearPlan, read_year, some_of, starts_of
from tests.support.days import CALENDAR
from tests.support.shipped import catalogue

EVERY = tuple(one for definition in catalogue() for one in definition.all_resolved())
STEPS = tuple(dict.fromkeys(step.id for one in EVERY for step in one.steps))
SMALL = """behaviours: ["0", "unit=3 reviewer=0"]
issued:
  - {process: project, variant: pdca, on: [01-12], some: 2, behaviour: "unit=3 reviewer=0"}
  - {process: visit, variant: monthly, every: month, deadline: end, children: 0}
  - {process: yearly, variant: list, kinds: [social], on: [01-15], deadline: 12-25, behaviour: "-1"}
"""


def _read(folder: Path, text: str) -> YearPlan:
    path = folder / "year.yaml"
    path.write_text(text, "utf-8")
    return read_year(path, EVERY, STEPS)


def _starts(plan: YearPlan) -> list[Start]:
    cast = invented(EVERY)
    around = Surroundings(in_force=lambda *_: EVERY[0], calendar=CALENDAR, units=cast.everyone)
    return [make() for make in starts_of(plan, 2026, EVERY, cast, around, None)]


def test_the_plan_that_comes_with_us_issues_every_shipped_process_and_variant() -> None:
    plan = read_year(EXAMPLE_YEAR, EVERY, STEPS)
    over = {one.together for one in EVERY}  # what stands over many units comes with them
    wanted = {(one.id, one.variant) for one in EVERY if one.id not in over and not takes_asks(one)}
    assert {(line.process, line.variant) for line in plan.lines} == wanted


def test_items_are_issued_on_working_days_in_order_to_whom_the_plan_says(tmp_path: Path) -> None:
    starts = _starts(_read(tmp_path, SMALL))
    days = [start.begin.date() for start in starts]
    assert days == sorted(days)
    assert all(CALENDAR.is_working(day) for day in days)
    visits = [start for start in starts if start.process.id == "visit"]
    assert [str(one.begin.date()) for one in visits][1:4] == ["2026-02-02", "2026-03-02", "2026-04-01"]
    assert [str(one.state.deadline) for one in visits][1:4] == ["2026-02-28", "2026-03-31", "2026-04-30"]
    assert all(one.state.unit.members and one.state.unit.kind == "area" for one in visits)
    (yearly,) = [start for start in starts if start.process.id == "yearly"]
    assert (yearly.state.unit.kind, str(yearly.state.deadline)) == ("social", "2026-12-25")
    projects = [start.state.unit.id for start in starts if start.process.id == "project"]
    assert len(set(projects)) == 2


def test_some_are_spread_and_others_each_time(tmp_path: Path) -> None:
    units = [UnitRef(id=f"u{n}", name="", kind="organ") for n in range(10)]
    turns = [[unit.id for unit in some_of(units, 3, turn)] for turn in range(10)]
    assert turns[0] == ["u0", "u3", "u6"]
    assert turns[1] == ["u1", "u4", "u7"]
    assert {one for turn in turns for one in turn} == {unit.id for unit in units}
    assert all(len(set(turn)) == 3 for turn in turns)
    assert some_of(units, None, 4) == some_of(units, 20, 4) == units


@pytest.mark.parametrize(
    ("line", "path", "said"),
    [
        ("{process: projekt, variant: pdca, on: [01-12]}", "process", "是不是“project”"),
        ("{process: project, variant: plain, on: [01-12]}", "variant", "没有这一项"),
        ("{process: project, variant: pdca}", "on", "缺少“on”"),
        ("{process: project, variant: pdca, on: [02-30]}", "on", "02-30"),
        ("{process: project, variant: pdca, on: [01-12], every: month}", "on", "又写了 every"),
        ("{process: project, variant: pdca, every: week}", "every", "week"),
        ("{process: project, variant: pdca, on: [01-12], deadline: end}", "deadline", "end"),
        ("{process: project, variant: pdca, every: month, deadline: 12-01}", "deadline", "12-01"),
        ("{process: project, variant: pdca, every: month, behaviour: soon}", "behaviour", "看不懂"),
        ("{process: project, variant: pdca, every: month, kinds: [school]}", "kinds", "school"),
        ("{process: project, variant: pdca, every: month, rows: 2}", "rows", "不认识的键"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_its_place(tmp_path: Path, line: str, path: str, said: str) -> None:
    with pytest.raises(DefinitionErrors) as refused:
        _read(tmp_path, f'behaviours: ["0"]\nissued:\n  - {line}\n')
    (mistake,) = refused.value.mistakes
    assert mistake.line == 3
    assert mistake.path.startswith(f"issued[1].{path}")
    assert said in str(mistake.what)


def test_a_year_is_counted_month_by_month_and_everything_adds_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """Without a database the county that comes with us is played: 6 areas, 96 units."""
    monkeypatch.setenv("DUBAN_DATA", str(tmp_path / "none"))
    (tmp_path / "small.yaml").write_text(SMALL, "utf-8")
    arguments = ["simulate", "--year", "2026", "--plan", str(tmp_path / "small.yaml"), "--rows", "100000", "--json"]
    assert run(arguments) == DONE
    told = json.loads(capsys.readouterr().out)
    assert not (tmp_path / "none").exists()
    *months, year = told["months"]
    social = next(one["交办"] for one in told["processes"] if one["流程"] == "年度任务清单")
    assert (told["items"], told["children"], told["refused"]) == (2 + 6 * 12 + social, 6, [])
    assert [one["月份"] for one in months] == [f"2026-{month:02}" for month in range(1, 13)]
    assert {name: sum(one[name] for one in months) for name in year if name != "月份"} == {
        name: count for name, count in year.items() if name != "月份"
    }
    for name in ("交办", "子项", "办结", "到期", "逾期", "节点", "节点逾期", "通知"):
        assert sum(one[name] for one in told["processes"]) == year[name]
    assert (year["交办"], year["子项"], year["通知"]) == (told["items"], told["children"], told["notices"])
    assert sum(count for name, count in year.items() if name in ROLES) == year["通知"] == len(told["heard"])
    in_year = [row for row in told["dates"] if row["到期"][:4] == "2026"]
    assert (year["到期"], year["逾期"]) == (len(in_year), len([row for row in in_year if row["逾期"]]))
    nodes = [row for row in in_year if " 第 " in row["计时"] or " 满 " in row["计时"]]
    assert year["节点"] == len(nodes) == 2 * 3 + social * 7
    late = {one["流程"]: one["节点逾期"] for one in told["processes"]}
    assert late == {"党建项目": 6, "工作任务": 0, "片组走访": 0, "年度任务清单": 0}
    names = {row["事项"] for row in told["heard"]}
    assert {"拟XM-0001", "拟XM-0001-1", "拟ZF-0072"} <= names


ROLES = ("联络员", "单位负责人", "督查员", "分管领导", "指导员", "片组长")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--plan", "x.yaml", "--process", "project"), "没有说明是哪一年"),
        (("--year", "2026", "--register"), "不能同"),
        (("--year", "2026", "--until", "2025-12-31"), "早于 2026 年"),
    ],
)
def test_what_does_not_go_with_a_year_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.setenv("DUBAN_DATA", str(tmp_path / "none"))
    assert run(["simulate", *arguments]) == WRONG_USAGE
    assert said in capsys.readouterr().err


def test_one_process_of_a_year_is_played_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("DUBAN_DATA", str(tmp_path / "none"))
    assert run(["simulate", "--year", "2026", "--process", "talk", "--behaviour", "0", "--json"]) == DONE
    told = json.loads(capsys.readouterr().out)
    assert [one["流程"] for one in told["processes"]] == ["谈话"]
    assert told["late_items"] == 0
    assert date.fromisoformat(told["until"]) == date(2026, 12, 31)
