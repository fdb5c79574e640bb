"""Facts of assessments, each with the sentence that tells it."""

from datetime import date
from typing import Any

from rules.assessment.assessment import Assessment, Indicator, IndicatorKind
from rules.assessment.facts import (
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
from rules.assessment.lines import ScoreLine, ScoreRule
from rules.assessment.story import ToldOfAssessment
from rules.rounds.periods import Rhythm

STUDY = Indicator(id="study", name="集中学习", kind=IndicatorKind.COUNTED, every=Rhythm.MONTH, full=500)
LINE = ScoreLine(indicator="study", period="2026-01", full=500, points=450, rule=ScoreRule.COUNTED, difference=50)
OF: dict[str, Any] = {"score_of": "organ_2026", "unit": "u001"}
SCORED = Scored(**OF, month="2026-01", version="1", figures="ab", kind="organ", lines=(LINE,), score=9000)
SCORES_TOLD: list[tuple[ToldOfAssessment, str]] = [
    (
        ComparisonDecided(assessment="organ_2026", agreed=True, document="县发〔2026〕3号"),
        "同意考核 organ_2026 的单位之间比较，凭县发〔2026〕3号",
    ),
    (
        ScoreSeen(assessment="organ_2026", unit="u001", period="2026-06"),
        "查阅单位 u001 2026年6月锁定以前的得分（考核 organ_2026）",
    ),
    (
        AssessmentLoaded(
            assessment=Assessment(
                id="organ_2026",
                name="考核",
                version="1",
                year=2026,
                total=10_000,
                campaign="monthly",
                indicators=(STUDY,),
            )
        ),
        "启用考核“考核”（organ_2026@1）：1 项指标，满分 100",
    ),
    (SCORED, "2026年1月计分 90 分：1 项"),
    (
        Scored(
            **OF,
            month="2026-01",
            version="1",
            figures="ab",
            kind="organ",
            lines=(LINE,),
            score=9050,
            revision=2,
            reason="更正了所报的数",
        ),
        "2026年1月改计 90.5 分（第 2 次）：study +0.5，更正了所报的数",
    ),
    (
        PointsJudged(**OF, indicator="integrity", period="2026-H1", points=350, reason="检查少一次"),
        "评定 integrity（2026年上半年）3.5 分：检查少一次",
    ),
    (
        MeritEntered(
            **OF, indicator="performance", merit="award", day=date(2026, 3, 5), points=200, document="县委3号"
        ),
        "加 2 分：award（2026年3月5日），凭县委3号",
    ),
    (MeritWithdrawn(**OF, seq=7, reason="表彰的是别的单位"), "撤回第 7 条记的加减分：表彰的是别的单位"),
    (
        IndicatorExcused(**OF, indicator="open", period="2026-Q1", reason="新组建"),
        "open（2026年第一季度）不计入：新组建",
    ),
    (IndicatorsDeclared(**OF, indicators=(STUDY,)), "申报个性指标：集中学习 5 分"),
    (IndicatorsPinned(**OF, seq=3), "审定第 3 条申报的个性指标，本年不变"),
    (IndicatorsReturned(**OF, seq=3, reason="写具体些"), "退回第 3 条申报的个性指标：写具体些"),
    (
        PointsDecided(**OF, indicator="study", period="2026-01", points=500, reason="成立", item="SS2026-0001"),
        "经申诉 SS2026-0001，study（2026年1月）改定为 5 分：成立",
    ),
    (
        TierProposed(**OF, period="2026-H1", before="middle", to="advanced", score=9100),
        "2026年上半年得 91 分，建议状况由中间改为先进",
    ),
    (
        TierProposed(**OF, period="2026-H1", before="advanced", to="advanced", score=8600, below=1),
        "2026年上半年得 86 分，状况仍为先进：连续第 1 次低于退出的分数，暂不下降",
    ),
    (TierDecided(**OF, tier="advanced", day=date(2026, 7, 20)), "自2026年7月20日起状况为先进"),
    (TierDecided(**OF, tier="weak", day=date(2026, 7, 20), agreed=False, reason="再看"), "不同意改为薄弱：再看"),
    (ResultUsed(**OF, year=2026, use="评先评优", what="先进单位"), "2026 年的结果用于评先评优：先进单位"),
]
