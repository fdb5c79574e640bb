"""What happened in a unit's scores, each fact as the sentence in which it is told."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from rules.assessment.facts import (
    SCORE_EVENT_NAMES,
    SCORE_FACTS,
    AssessmentLoaded,
    ComparisonDecided,
    IndicatorExcused,
    IndicatorsDeclared,
    IndicatorsPinned,
    IndicatorsReturned,
    MeritEntered,
    MeritWithdrawn,
    PointsDecided,
    PointsJudged,
    ResultUsed,
    Scored,
    ScoreSeen,
    TierDecided,
    TierProposed,
)
from rules.assessment.lines import LeftLine, LeftOut, ScoreLine, ScoreRule
from rules.assessment.story import ToldOfAssessment, tell_scores
from rules.assessment.telling import difference_text, full_text
from tests.support.scores.county import PERFORMANCE, RECTIFY, STUDY, assessment

OF: dict[str, Any] = {"score_of": "organ", "unit": "u1"}
SCORED: dict[str, Any] = {**OF, "month": "2026-08", "version": "1#a", "figures": "1#f", "kind": "organ"}
LINE = ScoreLine(indicator="roster", period="2026-08", full=400, points=200, rule=ScoreRule.ON_TIME, difference=-150)
LEFT = LeftLine(indicator="roster", period="2026-08", why=LeftOut.EXCUSED, reason="停电")
TOLD: list[tuple[ToldOfAssessment, str]] = [
    (
        ComparisonDecided(assessment="organ", agreed=True, document="县发〔2026〕3号"),
        "同意考核 organ 的单位之间比较，凭县发〔2026〕3号",
    ),
    (ComparisonDecided(assessment="organ", agreed=False, reason="试行期满"), "考核 organ 的单位之间不再比较：试行期满"),
    (
        ScoreSeen(assessment="organ", unit="u1", period="2026-08"),
        "查阅单位 u1 2026年8月锁定以前的得分（考核 organ）",
    ),
    (AssessmentLoaded(assessment=assessment(STUDY)), "启用考核“考核”（organ@1#a）：1 项指标，满分 100"),
    (Scored(**SCORED, lines=(LINE,), score=8750), "2026年8月计分 87.5 分：1 项"),
    (
        Scored(**SCORED, lines=(LINE,), score=8600, revision=2, reason="更正"),
        "2026年8月改计 86 分（第 2 次）：roster -1.5，更正",
    ),
    (Scored(**SCORED, left=(LEFT,), score=9000, revision=3), "2026年8月改计 90 分（第 3 次）：不计入的项有变"),
    (
        PointsJudged(**OF, indicator="integrity", period="2026-H2", points=400, reason="检查不够"),
        "评定 integrity（2026年下半年）4 分：检查不够",
    ),
    (
        MeritEntered(
            **OF, indicator="performance", merit="award", day=date(2026, 8, 1), points=200, document="县发〔2026〕3号"
        ),
        "加 2 分：award（2026年8月1日），凭县发〔2026〕3号",
    ),
    (
        MeritWithdrawn(**OF, seq=4, reason="不是本单位的"),
        "撤回第 4 条记的加减分：不是本单位的",
    ),
    (
        MeritEntered(**OF, indicator="performance", merit="circular", day=date(2026, 8, 1), points=-200),
        "扣 2 分：circular（2026年8月1日）",
    ),
    (
        IndicatorExcused(**OF, indicator="dues", period="2026-Q3", reason="由上级统收"),
        "dues（2026年第三季度）不计入：由上级统收",
    ),
    (IndicatorsDeclared(**OF, indicators=(RECTIFY, STUDY)), "申报个性指标：问题整改 5 分、集中学习 5 分"),
    (IndicatorsPinned(**OF, seq=3), "审定第 3 条申报的个性指标，本年不变"),
    (IndicatorsReturned(**OF, seq=3, reason="分值不合"), "退回第 3 条申报的个性指标：分值不合"),
    (
        PointsDecided(**OF, indicator="rectify", period="2026-Q3", points=450, reason="上级延期", item="SS2026-0001"),
        "经申诉 SS2026-0001，rectify（2026年第三季度）改定为 4.5 分：上级延期",
    ),
    (
        TierProposed(**OF, period="2026-H2", before="", to="advanced", score=9120),
        "2026年下半年得 91.2 分，建议状况由未评改为先进",
    ),
    (
        TierProposed(**OF, period="2026-H2", before="middle", to="middle", score=8000),
        "2026年下半年得 80 分，状况仍为中间",
    ),
    (
        TierProposed(**OF, period="2026-H2", before="middle", to="middle", score=7000, below=1),
        "2026年下半年得 70 分，状况仍为中间：连续第 1 次低于退出的分数，暂不下降",
    ),
    (TierDecided(**OF, tier="weak", day=date(2027, 1, 20)), "自2027年1月20日起状况为薄弱"),
    (
        TierDecided(**OF, tier="slack", day=date(2027, 1, 20), until=date(2028, 1, 20), reason="班子长期不健全"),
        "自2027年1月20日起状况为软弱涣散，2028年1月20日以前须重新认定：班子长期不健全",
    ),
    (
        TierDecided(**OF, tier="weak", day=date(2027, 1, 20), agreed=False, reason="再看半年"),
        "不同意改为薄弱：再看半年",
    ),
    (
        ResultUsed(**OF, year=2026, use="评先评优", what="先进基层党组织", document="县发〔2027〕1号"),
        "2026 年的结果用于评先评优：先进基层党组织，凭县发〔2027〕1号",
    ),
]


@pytest.mark.parametrize(("fact", "sentence"), TOLD, ids=[said[:20] for _, said in TOLD])
def test_each_fact_is_told(fact: ToldOfAssessment, sentence: str) -> None:
    assert tell_scores(fact) == sentence


def test_every_fact_has_a_sentence_here_and_a_name() -> None:
    own = {AssessmentLoaded, ComparisonDecided, ScoreSeen}
    assert {type(fact) for fact, _ in TOLD} == {*own, *SCORE_FACTS.values()}
    assert set(SCORE_EVENT_NAMES) == set(SCORE_FACTS)


@pytest.mark.parametrize(("difference", "text"), [(50, "+0.5"), (-200, "-2"), (0, "不变")])
def test_a_difference(difference: int, text: str) -> None:
    assert difference_text(difference) == text


def test_what_an_indicator_is_worth() -> None:
    assert full_text(RECTIFY) == "5 分"
    assert full_text(PERFORMANCE) == "最多加 3 分、最多扣 4 分"
