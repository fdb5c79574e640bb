"""What cannot work in an assessment's file is refused, with its line, what is wrong, and what was expected."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.definitions.assessments.small import ONCE, QUARTERLY, SMALL, campaigns_and, refused

RECTIFY = "figure: closed_on_time, rungs: true"
WRONG: list[tuple[str, str, str, str]] = [
    # what stands there, what instead, what is wrong, what was expected
    # --- full points
    ("total: 100", "total: 90", "满分 90，各项加起来最多的是 100 分：机关党委 95 分（13 项）", "等于总分"),
    ("full: 15, every", "full: 14.5, every", "最多的是 99.5 分", "等于总分"),
    (
        "not_applicable: rescale\n",
        "\n",
        "有的单位各项加起来不到 100 分：机关党委 95 分（13 项）；",
        "rescale（按比例折算）",
    ),
    ("not_applicable: rescale", "not_applicable: lose", "lose", "rescale"),
    ("full: 15, every", "full: 0, every", "写的是 0 分", "0.01 至 1000 分"),
    ("full: 15, every", "full: 15.005, every", "15.005", "最多两位小数"),
    ("full: 15, every", "full: 十五, every", "十五", "最多两位小数"),
    # --- individual
    ("  open: {name: 党务公开", "  own_1: {name: 党务公开", "“own_1”是留给单位个性指标的编号", "不以 own 开头"),
    ("each: {least: 3, most: 8}", "each: {least: 6, most: 8}", "4 项、每项 6 至 8 分，凑不成 20 分", "24 至 32 分"),
    ("each: {least: 3, most: 8}", "each: {least: 3, most: 4.5}", "4 项、每项 3 至 4.5 分，凑不成 20 分", "12 至 18 分"),
    ("kinds: [counted, judged]", "kinds: [counted, ledger]", "没有“ledger”", "counted、computed、judged"),
    ("by: 02-15", "by: 02-32", "02-32", "形如 02-15"),
    ("by: 02-15", "by: 02-30", "不是每年都有", "每年都有的一天"),
    # --- tiers
    ("  every: half_year\n", "  every: month\n", "month", "half_year、year"),
    ("  every: half_year\n", "  every: quarter\n", "quarter", "half_year、year"),
    ("enter: 90, leave: 87", "enter: 90, leave: 90", "退出的分数不低于进入的", "leave 低于 enter"),
    ("enter: 75, leave: 72", "enter: 90, leave: 72", "“中间”的分数不低于“先进”的", "从高到低"),
    ("enter: 75, leave: 72", "enter: 89, leave: 88", "“中间”的分数不低于“先进”的", "一档比一档低"),
    ("weak: {name: 薄弱}", "weak: {name: 薄弱, enter: 50}", "最低的状况没有进入的分数", "删去"),
    ("weak: {name: 薄弱}", "slack: {name: 软弱涣散}", "软弱涣散只能由人认定，不能由分数评", "by_decision"),
    ("weak: {name: 薄弱}", "poor: {name: 差}", "没有状况“poor”", "advanced、middle"),
    ("by_decision: {tier: slack", "by_decision: {tier: weak", "“weak”已由分数评，不能又由人认定", "从 bands 里去掉"),
    ("    middle: {name: 中间, enter: 75, leave: 72}\n    weak: {name: 薄弱}\n", "", "只有一种状况", "至少两种"),
    (
        "advanced: {name: 先进, enter: 90",
        "advanced: {name: 先进, enter: 190",
        "总分加上能加的也只有 106 分",
        "不超过 106 分",
    ),
    ("confirm: leader", "confirm: liaison", "liaison", "leader、supervisor"),
    ("down_after: 2", "down_after: 0", "0", "1 至 6"),
    ("down_after: 2", "down_after: 3", "半年评一次，一年只有 2 次，连续 3 次才降，当年永远降不了", "1 至 2"),
    ("issues: {weak:", "issues: {poor:", "没有状况“poor”", "weak"),
    ("process: guidance", "process: guidances", "guidances", "guidance"),
    ("variant: help", "variant: helps", "helps", "help"),
    ("guidance, variant: help", "upgrade, variant: pdca", "“upgrade”的“pdca”没有用得上几天办结的环节", "删去"),
    ("guidance, variant: help", "visit, variant: monthly", "“visit”交给片组办", "交给单位办的流程"),
    ("guidance, variant: help", "inspection, variant: unannounced", "“inspection”单位看不见", "看得见的流程"),
    ("guidance, variant: help", "inquiry, variant: once", "要先填为什么周期填报里没有", "没有必填项的流程"),
    # --- honours
    ("least: 90.5", "least: 190", "总分加上能加的也只有 106 分", "不超过 106 分"),
    ("tier: advanced, without", "tier: slack, without", "没有由分数评的状况“slack”", "advanced"),
    ("without: [performance]", "without: [study]", "“study”不是会扣分的加减分指标", "performance"),
    ("name: 先进党组织, ", "", "缺少“name”", "推荐什么"),
    # --- appeals
    ("within: 5", "within: 64", "锁定后 64 个工作日内都可申诉，会拖到下一次评状况", "不超过"),
    ("process: score_appeal", "process: score_appeals", "没有这一项", "score_appeal"),
    ("variant: plain", "variant: twice", "twice", "plain"),
    ("score_appeal, variant: plain", "task, variant: plain", "“task”的事由装不下申诉的是哪一项", "indicator、period"),
    ("upheld: upheld", "upheld: granted", "granted", "upheld、refused"),
    ("points: verdict.points", "points: verdict.why", "verdict.why", "verdict.points"),
]


@pytest.mark.parametrize(("before", "after", "what", "expected"), WRONG, ids=[w[1][:60] for w in WRONG])
def test_what_cannot_work_is_refused_with_its_line(
    tmp_path: Path, before: str, after: str, what: str, expected: str
) -> None:
    assert SMALL.count(before) == 1, before
    said = refused(tmp_path, SMALL.replace(before, after))
    assert any(what in told and expected in wanted for _, told, wanted in said), said
    first = SMALL[: SMALL.index(before)].count("\n") + 1
    lines = {5, *range(first - 3, first + before.count("\n") + 4)}
    assert any(line in lines for line, told, _ in said if what in told), (first, said)


def test_what_is_looked_at_once_a_year_is_not_below_twice_in_it(tmp_path: Path) -> None:
    yearly = SMALL.replace("every: half_year\n  bands", "every: year\n  bands")
    line = yearly[: yearly.index("down_after")].count("\n") + 1
    said = refused(tmp_path, yearly)
    assert [(what, expected) for at, what, expected in said if at == line] == [
        ("每年评一次，一年只有 1 次，连续 2 次才降，当年永远降不了", "1")
    ]


def test_the_small_file_is_sound(tmp_path: Path) -> None:
    assert refused(tmp_path, SMALL) == []


def test_a_figure_that_nobody_asks_for_never_has_a_value(tmp_path: Path) -> None:
    silent = tuple(replace(one, asks=()) for one in campaigns_and(tmp_path))
    said = refused(tmp_path, SMALL, of=silent)
    assert any("没有哪个周期工作问“study”，永远不会有数" in what for _, what, _ in said)
    assert any("先在周期工作的 asks 里问它" in expected for _, _, expected in said)


def test_points_come_with_rounds_so_no_indicator_comes_oftener(tmp_path: Path) -> None:
    of = campaigns_and(tmp_path, QUARTERLY)
    text = SMALL.replace("campaign: monthly\nnot", "campaign: quarterly\nnot")
    said = refused(tmp_path, text, of=of)
    assert {line for line, _, _ in said} == {16, 21, 22}, "study, roster, report are monthly"
    assert all("周期工作“quarterly”却不是每期都锁定" in what for _, what, _ in said)
    assert all(expected == "every: quarter，或更久" for _, _, expected in said)


def test_what_is_not_by_periods_scores_nothing(tmp_path: Path) -> None:
    of = campaigns_and(tmp_path, ONCE)
    text = SMALL.replace("campaign: monthly\nnot", "campaign: once\nnot")
    ((line, what, _),) = refused(tmp_path, text, of=of)
    assert (line, "“once”不定期，没有按期的得分" in what) == (6, True)
    text = SMALL.replace("kind: on_time, campaign: monthly, late", "kind: on_time, campaign: once, late")
    ((line, what, _),) = refused(tmp_path, text, of=of)
    assert (line, "不定期" in what) == (22, True)


def test_a_kind_for_which_there_is_nothing_at_all_cannot_be_rescaled(tmp_path: Path) -> None:
    head = SMALL[: SMALL.index("indicators:")].replace("total: 100", "total: 5")
    (six,) = [line for line in SMALL.splitlines() if line.startswith("  six")]
    said = refused(tmp_path, f"{head}indicators:\n{six}\n")
    assert any("没有一项基本分，无从折算" in what and "社会组织党委" in what for _, what, _ in said), said


def test_only_those_whom_the_campaign_asks_have_to_make_up_the_total(tmp_path: Path) -> None:
    of = campaigns_and(tmp_path, QUARTERLY)  # of organs alone
    whole = SMALL.replace("campaign: monthly\nnot_applicable: rescale", "campaign: quarterly")
    whole = whole.replace(", sizes: [branch]", "").replace("every: month", "every: quarter")
    assert refused(tmp_path, whole, of=of) == []
    assert refused(tmp_path, whole.replace("campaign: quarterly", "campaign: monthly", 1)) != []


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    text = SMALL.replace(RECTIFY, "figure: closed, rung: true").replace("within: 5", "within: 0")
    said = refused(tmp_path, text.replace("judge: supervisor", "judge: x").replace("year: 2026", "year: x"))
    assert {line for line, _, _ in said} == {4, 13, 23, 40}
