"""What can have happened in an assessment: it was put in force; and, in the stream of each unit's scores
(`~score/<assessment>/<unit>`), what was judged, credited, excused, scored, and in which tier the unit came to be."""

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from rules.assessment.assessment import Assessment, Indicator
from rules.assessment.lines import LeftLine, ScoreLine


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentLoaded:
    """The assessment is in force from then on, for periods that have not been scored."""

    assessment: Assessment


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonDecided:
    """Whether the units of the assessment are compared with each other from then on: what its file allows, the leader
    agrees to, by that document; or no longer, for that reason."""

    assessment: str
    agreed: bool
    document: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSeen:
    """Somebody saw what the unit's score for that period would be, before it was locked."""

    assessment: str
    unit: str
    period: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """The unit, of that kind, size and condition, was scored for the indicators whose periods end with that `month`, by
    that version of the assessment and those figures. The first time (`revision` 1) with all lines and `left`; later
    with those that are other than before, each with its difference, and why (`reason`). `score`: what the sheet of all
    lines of that month comes to, in hundredths of a point. `since`: a unit only from that day of the year on."""

    score_of: str
    unit: str
    month: str
    version: str
    figures: str
    kind: str
    size: str = ""
    condition: str = ""
    since: date | None = None
    revision: int = 1
    lines: tuple[ScoreLine, ...] = ()
    left: tuple[LeftLine, ...] = ()
    score: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsJudged:
    """Somebody gives the unit `points` hundredths for the indicator in that period; `reason`: for less than full."""

    score_of: str
    unit: str
    indicator: str
    period: str
    points: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeritEntered:
    """A merit (points above 0) or a fault (below) of that kind and day, by that document."""

    score_of: str
    unit: str
    indicator: str
    merit: str
    day: date
    points: int
    document: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeritWithdrawn:
    """The merit or fault that the entry `seq` of this stream entered counts no more, for that reason."""

    score_of: str
    unit: str
    seq: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorExcused:
    """The indicator does not count for the unit in that period, for that reason."""

    score_of: str
    unit: str
    indicator: str
    period: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorsDeclared:
    """The unit proposes these indicators of its own for the year."""

    score_of: str
    unit: str
    indicators: tuple[Indicator, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorsPinned:
    """What the unit proposed by the entry `seq` of this stream is agreed to, and stays as it is for the year."""

    score_of: str
    unit: str
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorsReturned:
    """What the unit proposed by the entry `seq` goes back to it, for that reason."""

    score_of: str
    unit: str
    seq: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsDecided:
    """By the appeal `item` the unit has `points` for the indicator in that period, whatever was reckoned."""

    score_of: str
    unit: str
    indicator: str
    period: str
    points: int
    reason: str
    item: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TierProposed:
    """By its score over that period the unit, which stands in the tier `before`, would come into `to`; where that is
    the same, nothing changes. `began`: the tier in which the periods before left it, and below what that asks so many
    times in a row (`already`); `below`: how many times with this one. `follows`: the preceding year's assessment, where
    the unit began as that left it."""

    score_of: str
    unit: str
    period: str
    before: str
    to: str
    score: int
    below: int = 0
    began: str = ""
    already: int = 0
    follows: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TierDecided:
    """The unit is in that tier from that day on (or not, where `agreed` is false), by what was proposed for the period
    or by a decision that no score brings about; `until`: when such a one has to be looked at again."""

    score_of: str
    unit: str
    tier: str
    day: date
    agreed: bool = True
    period: str = ""
    reason: str = ""
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultUsed:
    """The unit's result of that year was used: for an honour, an appointment, to call somebody to account."""

    score_of: str
    unit: str
    year: int
    use: str
    what: str
    document: str = ""


ScoreFact: TypeAlias = (
    Scored
    | PointsJudged
    | MeritEntered
    | MeritWithdrawn
    | IndicatorExcused
    | IndicatorsDeclared
    | IndicatorsPinned
    | IndicatorsReturned
    | PointsDecided
    | TierProposed
    | TierDecided
    | ResultUsed
)
SCORE_FACTS: dict[str, type[ScoreFact]] = {
    "scored": Scored,
    "points_judged": PointsJudged,
    "merit_entered": MeritEntered,
    "merit_withdrawn": MeritWithdrawn,
    "indicator_excused": IndicatorExcused,
    "indicators_declared": IndicatorsDeclared,
    "indicators_pinned": IndicatorsPinned,
    "indicators_returned": IndicatorsReturned,
    "points_decided": PointsDecided,
    "tier_proposed": TierProposed,
    "tier_decided": TierDecided,
    "result_used": ResultUsed,
}
"""The facts of a unit's scores by their kind of entry."""
SCORE_EVENT_NAMES = {
    "scored": "计分",
    "points_judged": "评定",
    "merit_entered": "加减分",
    "merit_withdrawn": "撤回加减分",
    "indicator_excused": "不计入",
    "indicators_declared": "申报个性指标",
    "indicators_pinned": "审定个性指标",
    "indicators_returned": "退回个性指标",
    "points_decided": "申诉改分",
    "tier_proposed": "建议状况",
    "tier_decided": "认定状况",
    "result_used": "运用结果",
}
"""Kind to its Chinese name."""
