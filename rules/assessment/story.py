"""What happened in an assessment, one Chinese sentence a fact."""

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
    ScoreFact,
    ScoreSeen,
    TierDecided,
    TierProposed,
)
from rules.assessment.sheets import points_text
from rules.assessment.telling import difference_text, period_name
from rules.dates.explain import long_day
from rules.names import CONDITION_NAMES

_NAMED = 6


ToldOfAssessment = ScoreFact | AssessmentLoaded | ComparisonDecided | ScoreSeen
"""What is told here: facts of a unit's scores, and those of an assessment as a whole."""


def tell_scores(fact: ToldOfAssessment) -> str:
    """The fact as one line."""
    match fact:
        case AssessmentLoaded():
            one = fact.assessment
            return f"启用考核“{one.name}”（{one.ref}）：{len(one.indicators)} 项指标，满分 {points_text(one.total)}"
        case ComparisonDecided():
            if fact.agreed:
                return f"同意考核 {fact.assessment} 的单位之间比较，凭{fact.document}"
            return f"考核 {fact.assessment} 的单位之间不再比较：{fact.reason}"
        case ScoreSeen():
            return f"查阅单位 {fact.unit} {period_name(fact.period)}锁定以前的得分（考核 {fact.assessment}）"
        case Scored():
            return _scored(fact)
        case PointsJudged():
            why = f"：{fact.reason}" if fact.reason else ""
            return f"评定 {fact.indicator}（{period_name(fact.period)}）{points_text(fact.points)} 分{why}"
        case MeritEntered():
            by = f"，凭{fact.document}" if fact.document else ""
            what = "加" if fact.points > 0 else "扣"
            return f"{what} {points_text(abs(fact.points))} 分：{fact.merit}（{long_day(fact.day)}）{by}"
        case MeritWithdrawn():
            return f"撤回第 {fact.seq} 条记的加减分：{fact.reason}"
        case IndicatorExcused():
            return f"{fact.indicator}（{period_name(fact.period)}）不计入：{fact.reason}"
        case IndicatorsDeclared():
            named = "、".join(f"{one.name} {points_text(one.full)} 分" for one in fact.indicators)
            return f"申报个性指标：{named}"
        case IndicatorsPinned():
            return f"审定第 {fact.seq} 条申报的个性指标，本年不变"
        case IndicatorsReturned():
            return f"退回第 {fact.seq} 条申报的个性指标：{fact.reason}"
        case PointsDecided():
            of = f"{fact.indicator}（{period_name(fact.period)}）"
            return f"经申诉 {fact.item}，{of}改定为 {points_text(fact.points)} 分：{fact.reason}"
        case TierProposed():
            return _proposed(fact)
        case TierDecided():
            return _decided(fact)
        case ResultUsed():
            by = f"，凭{fact.document}" if fact.document else ""
            return f"{fact.year} 年的结果用于{fact.use}：{fact.what}{by}"


def tier_name(tier: str) -> str:
    """A tier in words; empty: none yet."""
    return CONDITION_NAMES.get(tier, tier) or "未评"


def _scored(fact: Scored) -> str:
    month = period_name(fact.month)
    if fact.revision == 1:
        return f"{month}计分 {points_text(fact.score)} 分：{len(fact.lines)} 项"
    told = "、".join(f"{one.indicator} {difference_text(one.difference)}" for one in fact.lines[:_NAMED])
    more = f"等 {len(fact.lines)} 项" if len(fact.lines) > _NAMED else ""
    why = f"，{fact.reason}" if fact.reason else ""
    return f"{month}改计 {points_text(fact.score)} 分（第 {fact.revision} 次）：{told or '不计入的项有变'}{more}{why}"


def _proposed(fact: TierProposed) -> str:
    got = f"{period_name(fact.period)}得 {points_text(fact.score)} 分"
    if fact.to == fact.before:
        below = f"：连续第 {fact.below} 次低于退出的分数，暂不下降" if fact.below else ""
        return f"{got}，状况仍为{tier_name(fact.before)}{below}"
    return f"{got}，建议状况由{tier_name(fact.before)}改为{tier_name(fact.to)}"


def _decided(fact: TierDecided) -> str:
    why = f"：{fact.reason}" if fact.reason else ""
    if not fact.agreed:
        return f"不同意改为{tier_name(fact.tier)}{why}"
    until = f"，{long_day(fact.until)}以前须重新认定" if fact.until else ""
    return f"自{long_day(fact.day)}起状况为{tier_name(fact.tier)}{until}{why}"
