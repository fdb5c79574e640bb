"""What a unit gets for what the ledger, figures and rounds say of it, case by case: the right value stands beside each,
reckoned by hand, and the sentence that says why. Points are hundredths: 400 is 4 points.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from rules.assessment.assessment import Indicator
from rules.assessment.known import UnitKnown
from rules.assessment.lines import LeftLine, LeftOut, LineInput, ScoreLine
from rules.assessment.scoring import score
from rules.assessment.telling import why
from rules.rounds.periods import read_period
from tests.rules.assessment.known import (
    AUGUST,
    DECEMBER,
    NAMES,
    QUARTER_OF_STUDY,
    SEPTEMBER,
    figures,
    one,
    rounds,
    rungs,
)
from tests.support.scores.county import (
    BUILDING,
    DUES,
    LEARNING,
    MEETINGS,
    OPEN,
    PERFORMANCE,
    RECTIFY,
    REGISTER,
    REPORT,
    ROSTER,
    STUDY,
    TASKS,
    THEME,
    assessment,
)

SCORED: list[tuple[str, Indicator, str, dict[str, Any], int, str]] = [
    # what it is about, the indicator, the month that ends, what is known, the points, the sentence
    (
        "a percentage that reaches the highest level gives all",
        RECTIFY,
        SEPTEMBER,
        {"figures": figures(closed_2026_Q3="90.0")},
        500,
        "按期销号率 90.0%，90% 以上计满分：5 分中得 5 分",
    ),
    (
        "a tenth below it gives the next level: 5 x 80 %",
        RECTIFY,
        SEPTEMBER,
        {"figures": figures(closed_2026_Q3="89.9")},
        400,
        "按期销号率 89.9%，75% 以上计 80%：5 分中得 4 分",
    ),
    (
        "below the lowest level nothing",
        RECTIFY,
        SEPTEMBER,
        {"figures": figures(closed_2026_Q3="59.9")},
        0,
        "按期销号率 59.9%，不到 60%，不得分：5 分中得 0 分",
    ),
    (
        "what the ladder took comes off: 5 x 80 % - 0.5 - 1",
        RECTIFY,
        SEPTEMBER,
        {"figures": figures(closed_2026_Q3="80"), "rungs": rungs(50, 100)},
        250,
        "按期销号率 80%，75% 以上计 80%；督办阶梯扣 2 次，共 1.5 分：5 分中得 2.5 分",
    ),
    (
        "the ladder takes no more than there is: 5 x 60 % - 4",
        RECTIFY,
        SEPTEMBER,
        {"figures": figures(closed_2026_Q3="60"), "rungs": rungs(400)},
        0,
        "按期销号率 60%，60% 以上计 60%；督办阶梯扣 1 次，共 4 分：5 分中得 0 分",
    ),
    (
        "nothing was closed, but the ladder took something from what is late: 5 - 0.5",
        RECTIFY,
        SEPTEMBER,
        {"rungs": rungs(50)},
        450,
        "按期销号率 没有应办的；督办阶梯扣 1 次，共 0.5 分：5 分中得 4.5 分",
    ),
    (
        "over a half-year the mean of its quarters: (100 + 79.99) / 2 = 89.995, which is not 90",
        TASKS,
        DECEMBER,
        {"figures": figures(nodes_2026_Q3="100", nodes_2026_Q4="79.99")},
        640,
        "任务节点按期率 2026年第三季度 100%、2026年第四季度 79.99%，平均 89.99%，75% 以上计 80%：8 分中得 6.4 分",
    ),
    (
        "a quarter in which nothing was owed is not part of the mean",
        TASKS,
        DECEMBER,
        {"figures": figures(nodes_2026_Q4="95")},
        800,
        "任务节点按期率 2026年第三季度 没有应办的、2026年第四季度 95%，90% 以上计满分：8 分中得 8 分",
    ),
    ("yes", BUILDING, DECEMBER, {"figures": figures(elected_2026="yes")}, 400, "换届按期 是：4 分中得 4 分"),
    ("no", BUILDING, DECEMBER, {"figures": figures(elected_2026="no")}, 0, "换届按期 否：4 分中得 0 分"),
    (
        "the ledger counts, one is missing: 4 - 1.5",
        OPEN,
        SEPTEMBER,
        {"figures": figures(published_2026_Q3="1")},
        250,
        "党务公开次数 1（至少 2，少 1）；每少 1 次扣 1.5 分：4 分中得 2.5 分",
    ),
    (
        "an organ owes four, one is missing: 5 - 0.5",
        STUDY,
        AUGUST,
        {"figures": figures(study_2026_08="3")},
        450,
        "集中学习次数 3（至少 4，少 1）；每少 1 次扣 0.5 分：5 分中得 4.5 分",
    ),
    (
        "a social organisation owes one, and has more",
        STUDY,
        AUGUST,
        {"kind": "social", "figures": figures(study_2026_08="3")},
        500,
        "集中学习次数 3（至少 1）：5 分中得 5 分",
    ),
    (
        "of a kind that owes nothing all is there",
        STUDY,
        AUGUST,
        {"kind": "research"},
        500,
        "集中学习次数 没有报（不作要求）：5 分中得 5 分",
    ),
    (
        "who told nothing at all gets nothing, and not 5 - 4 x 0.5",
        STUDY,
        AUGUST,
        {},
        0,
        "集中学习次数 没有报（至少 4），不得分：5 分中得 0 分",
    ),
    (
        "of the parts each counts for itself, and the months add up: 8 - (1 + 1) x 0.5; too much of one is no use",
        MEETINGS,
        SEPTEMBER,
        {"figures": figures(**QUARTER_OF_STUDY, committee_2026_09="0", lectures_2026_Q3="0")},
        700,
        "支委会次数 2（至少 3，少 1）、党课次数 0（至少 1，少 1）；每少 1 次扣 0.5 分：8 分中得 7 分",
    ),
    (
        "three lectures do not make up for a meeting: 8 - 0.5",
        MEETINGS,
        SEPTEMBER,
        {"figures": figures(**QUARTER_OF_STUDY, lectures_2026_Q3="3")},
        750,
        "支委会次数 2（至少 3，少 1，有 1 期没有报）、党课次数 3（至少 1）；每少 1 次扣 0.5 分：8 分中得 7.5 分",
    ),
    (
        "without `short` one less costs all",
        THEME,
        SEPTEMBER,
        {"figures": figures(lectures_2026_Q3="0")},
        0,
        "党课次数 0（至少 1，少 1）；次数不足，不得分：5 分中得 0 分",
    ),
    (
        "a ratio: 950 / 1000, 4 x 80 %",
        DUES,
        SEPTEMBER,
        {"figures": figures(paid_2026_Q3="950.00", owed_2026_Q3="1000.00")},
        320,
        "实缴党费（元）950.00，应缴党费（元）1000.00，合 95%，95% 以上计 80%：4 分中得 3.2 分",
    ),
    (
        "a hair below a bound is below it, and is not told as if it were not",
        DUES,
        SEPTEMBER,
        {"figures": figures(paid_2026_Q3="949999.99", owed_2026_Q3="1000000.00")},
        0,
        "实缴党费（元）949999.99，应缴党费（元）1000000.00，合 94.99%，不到 95%，不得分：4 分中得 0 分",
    ),
    (
        "a figure that is not known gives nothing",
        DUES,
        SEPTEMBER,
        {"figures": figures(owed_2026_Q3="1000.00")},
        0,
        "实缴党费（元）没有报，应缴党费（元）1000.00，算不出来，不得分：4 分中得 0 分",
    ),
    (
        "three rounds, one late: (1 + 1/2 + 1) / 3 x 3",
        REPORT,
        SEPTEMBER,
        {"rounds": rounds("on_time", "late", "on_time")},
        250,
        "2026年7月、2026年9月按时，2026年8月迟报；迟报计 50%：3 分中得 2.5 分",
    ),
    (
        "late stays late and missing gives nothing: (1/2 + 0 + 0) / 3 x 3",
        REPORT,
        SEPTEMBER,
        {"rounds": rounds("late", "missing", "missing")},
        50,
        "2026年7月迟报，2026年8月、2026年9月未报；迟报计 50%，未报不计分：3 分中得 0.5 分",
    ),
    (
        "a merged unit has no rounds any more: of July alone 3",
        REPORT,
        SEPTEMBER,
        {"rounds": rounds("on_time", "-", "-")},
        300,
        "2026年7月按时：3 分中得 3 分",
    ),
    (
        "a campaign that comes round by the quarter",
        REPORT,
        SEPTEMBER,
        {"rounds": rounds("late", periods="2026-Q3")},
        150,
        "迟报；迟报计 50%：3 分中得 1.5 分",
    ),
    (
        "on time, and the figure was told",
        ROSTER,
        AUGUST,
        {"rounds": rounds("on_time", periods=AUGUST), "figures": figures(moved_2026_08="no")},
        400,
        "按时：4 分中得 4 分",
    ),
    (
        "on time, but that was not told: 4 x 10 %",
        ROSTER,
        AUGUST,
        {"rounds": rounds("on_time", periods=AUGUST)},
        40,
        "未报；未报计 10%：4 分中得 0.4 分",
    ),
]


@pytest.mark.parametrize(
    ("indicator", "month", "known", "points", "sentence"), [c[1:] for c in SCORED], ids=[c[0] for c in SCORED]
)
def test_the_points_and_why(
    indicator: Indicator, month: str, known: dict[str, Any], points: int, sentence: str
) -> None:
    line = one(indicator, month, **known)
    assert isinstance(line, ScoreLine)
    assert (line.points, why(indicator, REGISTER, line, NAMES)) == (points, sentence)
    assert (line.full, line.indicator) == (indicator.full, indicator.id)


def test_only_what_ends_with_the_month_is_scored() -> None:
    """Of a month, a quarter, a half-year and a year indicator: which months have which."""
    whole = assessment(STUDY, MEETINGS, TASKS, LEARNING, PERFORMANCE)
    due = {}
    for nth in range(1, 13):
        found = score(whole, REGISTER, read_period(f"2026-{nth:02}"), UnitKnown(unit="u1", kind="organ"))
        due[nth] = {(line.indicator, line.period) for line in found.lines}
        due[nth] |= {(left.indicator, left.period) for left in found.left}
    assert due[8] == {("study", "2026-08")}
    assert due[9] == {("study", "2026-09"), ("meetings", "2026-Q3")}
    assert due[6] == {("study", "2026-06"), ("meetings", "2026-Q2"), ("tasks", "2026-H1")}
    assert due[12] == {
        ("study", "2026-12"),
        ("meetings", "2026-Q4"),
        ("tasks", "2026-H2"),
        ("learning", "2026"),
    }


def test_each_thing_counted_says_where_it_stands_and_what_was_owed() -> None:
    line = one(MEETINGS, SEPTEMBER, figures=figures(committee_2026_07="1", lectures_2026_Q3="1"))
    assert isinstance(line, ScoreLine)
    assert line.inputs == (
        LineInput(name="committee", period="2026-07", value="1", entry="committee#1", owed="3"),
        LineInput(name="committee", period="2026-08", owed="3"),
        LineInput(name="committee", period="2026-09", owed="3"),
        LineInput(name="lectures", period="2026-Q3", value="1", entry="lectures#1", owed="1"),
    )


def test_an_indicator_of_the_units_own_is_scored_like_any_other() -> None:
    found = score(
        assessment(STUDY),
        REGISTER,
        read_period(SEPTEMBER),
        UnitKnown(unit="u1", kind="organ", own=(THEME,), figures=figures(lectures_2026_Q3="1")),
    )
    assert [(one.indicator, one.points) for one in found.lines] == [("study", 0), ("theme", 500)]


def test_a_unit_that_came_to_be_within_the_period_owes_its_part() -> None:
    """Of three a quarter one for the last month; for the month in which it came to be only what it told."""
    told = figures(committee_2026_09="1", lectures_2026_Q3="1")
    line = one(MEETINGS, SEPTEMBER, figures=told, since=date(2026, 9, 1))
    assert isinstance(line, ScoreLine)
    assert line.points == line.full
    assert [(said.period, said.value, said.owed) for said in line.inputs] == [
        ("2026-09", "1", "1"),
        ("2026-Q3", "1", "1"),
    ]
    short = one(MEETINGS, SEPTEMBER, figures=figures(committee_2026_09="1"), since=date(2026, 8, 20))
    assert isinstance(short, ScoreLine)
    assert [(said.period, said.owed) for said in short.inputs] == [("2026-09", "1")]
    assert short.points == short.full, "nobody asked it for the lecture of a quarter in which it was not yet there"
    silent = one(MEETINGS, SEPTEMBER, figures={}, since=date(2026, 9, 20))
    assert isinstance(silent, LeftLine)
    assert silent.why is LeftOut.NOTHING_OWED
