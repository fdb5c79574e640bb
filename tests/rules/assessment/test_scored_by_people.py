"""What a unit gets by what people said of it: judgements, merits, appeals, excuses; and why there is no line. The right
value stands beside each case, reckoned by hand, and the sentence that says why. Points are hundredths.
"""

from __future__ import annotations

from typing import Any

import pytest

from rules.assessment.assessment import Indicator
from rules.assessment.known import Excuse, JudgedPoints
from rules.assessment.lines import LeftLine, LeftOut, ScoreLine
from rules.assessment.telling import why, why_not
from tests.rules.assessment.known import DECEMBER, JULY_ON, NAMES, SEPTEMBER, figures, judged, merit, one
from tests.support.scores.county import DUES, INTEGRITY, LEARNING, PAIRING, PERFORMANCE, RECTIFY, REGISTER, REPORT

SCORED: list[tuple[str, Indicator, str, dict[str, Any], int, str]] = [
    # what it is about, the indicator, the month that ends, what is known, the points, the sentence
    (
        "one judges",
        LEARNING,
        DECEMBER,
        {"judged": judged(LEARNING, "2026", 150, reason="课题只完成一半")},
        150,
        "林岚评 1.5 分（课题只完成一半）：2 分中得 1.5 分",
    ),
    (
        "two that are near give the mean, half a hundredth up: (400 + 495) / 2",
        INTEGRITY,
        DECEMBER,
        {"judged": judged(INTEGRITY, JULY_ON, 400, 495, reason="检查不够"), "figures": figures(talks_2026_H2="2")},
        448,
        "林岚评 4 分，陈思远评 4.95 分，取平均（检查不够）；参看廉政教育次数 2：5 分中得 4.48 分",
    ),
    (
        "just as far apart as they may be",
        INTEGRITY,
        DECEMBER,
        {"judged": judged(INTEGRITY, JULY_ON, 400, 500)},
        450,
        "林岚评 4 分，陈思远评 5 分，取平均；参看廉政教育次数 没有报：5 分中得 4.5 分",
    ),
    (
        "two that are too far apart: the third's",
        INTEGRITY,
        DECEMBER,
        {"judged": judged(INTEGRITY, JULY_ON, 300, 500, 350)},
        350,
        "林岚评 3 分，陈思远评 5 分，周立文评 3.5 分，相差超过 1 分，以第三人为准；参看廉政教育次数 没有报："
        "5 分中得 3.5 分",
    ),
    (
        "merits and faults add up: 2 - 3",
        PERFORMANCE,
        DECEMBER,
        {"merits": (merit("accountable", "2026-11-02", -300), merit("award", "2026-08-01", 200))},
        -100,
        "县级表彰（2026年8月1日）加 2 分、被问责（2026年11月2日）扣 3 分：共扣 1 分",
    ),
    (
        "at most 3 up",
        PERFORMANCE,
        DECEMBER,
        {"merits": (merit("award", "2026-07-01", 200), merit("award", "2026-12-31", 200))},
        300,
        "县级表彰（2026年7月1日）加 2 分、县级表彰（2026年12月31日）加 2 分；加分最多 3 分：共加 3 分",
    ),
    (
        "at most 4 down, each way for itself: 2 - min(5, 4)",
        PERFORMANCE,
        DECEMBER,
        {
            "merits": (
                merit("award", "2026-08-01", 200),
                merit("circular", "2026-08-02", -200),
                merit("accountable", "2026-08-03", -300),
            )
        },
        -200,
        "县级表彰（2026年8月1日）加 2 分、被通报批评（2026年8月2日）扣 2 分、被问责（2026年8月3日）扣 3 分；"
        "扣分最多 4 分：共扣 2 分",
    ),
    (
        "what happened before the period or after it does not count in it",
        PERFORMANCE,
        DECEMBER,
        {"merits": (merit("award", "2026-06-30", 200), merit("award", "2026-07-01", 200))},
        200,
        "县级表彰（2026年7月1日）加 2 分：共加 2 分",
    ),
    (
        "an appeal was upheld",
        RECTIFY,
        SEPTEMBER,
        {
            "figures": figures(closed_2026_Q3="50"),
            "appealed": {
                ("rectify", "2026-Q3"): JudgedPoints(points=450, by="p9", reason="两项由上级延期", entry="a#1")
            },
        },
        450,
        "按期销号率 50%，不到 60%，不得分，原得 0 分；经申诉改定（两项由上级延期）：5 分中得 4.5 分",
    ),
    (
        "no appeal gives more than all",
        LEARNING,
        DECEMBER,
        {
            "judged": judged(LEARNING, "2026", 100, reason="没有课题"),
            "appealed": {("learning", "2026"): JudgedPoints(points=900, by="p9", reason="有课题", entry="a#1")},
        },
        200,
        "林岚评 1 分，原得 1 分；经申诉改定（有课题）：2 分中得 2 分",
    ),
    (
        "an appeal against a fault",
        PERFORMANCE,
        DECEMBER,
        {
            "merits": (merit("circular", "2026-08-02", -200),),
            "appealed": {("performance", JULY_ON): JudgedPoints(points=-50, by="p9", reason="通报已更正", entry="a#1")},
        },
        -50,
        "被通报批评（2026年8月2日）扣 2 分，原共扣 2 分；经申诉改定（通报已更正）：共扣 0.5 分",
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


EXCUSE = Excuse(reason="本年机构改革，没有任务", entry="x#1")
LEFT: list[tuple[str, Indicator, str, dict[str, Any], LeftOut, str]] = [
    ("no item was owed", RECTIFY, SEPTEMBER, {}, LeftOut.NOTHING_OWED, "本期没有应办的"),
    (
        "divided by 0: nothing was owed",
        DUES,
        SEPTEMBER,
        {"figures": figures(paid_2026_Q3="0.00", owed_2026_Q3="0.00")},
        LeftOut.NOTHING_OWED,
        "本期没有应办的",
    ),
    ("not among those that are asked", REPORT, SEPTEMBER, {}, LeftOut.NOTHING_OWED, "本期没有应办的"),
    ("nobody has judged", LEARNING, DECEMBER, {}, LeftOut.NOT_JUDGED, "尚未评定"),
    (
        "one of two has judged",
        INTEGRITY,
        DECEMBER,
        {"judged": judged(INTEGRITY, JULY_ON, 400)},
        LeftOut.NOT_JUDGED,
        "尚未评定",
    ),
    (
        "two are too far apart, and the third has not judged",
        INTEGRITY,
        DECEMBER,
        {"judged": judged(INTEGRITY, JULY_ON, 300, 401)},
        LeftOut.NOT_JUDGED,
        "尚未评定",
    ),
    (
        "excused, whatever it would give",
        RECTIFY,
        SEPTEMBER,
        {"figures": figures(closed_2026_Q3="100"), "excused": {("rectify", "2026-Q3"): EXCUSE}},
        LeftOut.EXCUSED,
        "不计入：本年机构改革，没有任务",
    ),
    (
        "excused from a fault",
        PERFORMANCE,
        DECEMBER,
        {"merits": (merit("circular", "2026-08-02", -200),), "excused": {("performance", JULY_ON): EXCUSE}},
        LeftOut.EXCUSED,
        "不计入：本年机构改革，没有任务",
    ),
    (
        "a later round asks for it",
        DUES,
        SEPTEMBER,
        {"figures": figures(owed_2026_Q3="9.00"), "waits": {("paid", "2026-Q3"): "monthly/2026-10"}},
        LeftOut.NOT_ASKED,
        "还没有问到，2026年10月的一轮才问，报了就算",
    ),
    (
        "a later round would have asked for it, and did not",
        DUES,
        SEPTEMBER,
        {"figures": figures(owed_2026_Q3="9.00"), "waits": {("paid", "2026-Q3"): ""}},
        LeftOut.NOT_ASKED,
        "还没有问到",
    ),
    ("another kind", PAIRING, DECEMBER, {"kind": "social"}, LeftOut.NOT_APPLICABLE, "不适用"),
    ("another size", PAIRING, DECEMBER, {"size": "committee"}, LeftOut.NOT_APPLICABLE, "不适用"),
    ("another condition", PAIRING, DECEMBER, {"condition": "advanced"}, LeftOut.NOT_APPLICABLE, "不适用"),
]


@pytest.mark.parametrize(
    ("indicator", "month", "known", "reason", "told"), [c[1:] for c in LEFT], ids=[c[0] for c in LEFT]
)
def test_why_there_is_no_line(
    indicator: Indicator, month: str, known: dict[str, Any], reason: LeftOut, told: str
) -> None:
    left = one(indicator, month, **known)
    assert isinstance(left, LeftLine)
    assert (left.why, why_not(left)) == (reason, told)
    assert left.entry == ("x#1" if reason is LeftOut.EXCUSED else "")
