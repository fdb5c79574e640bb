"""How a unit stands in an assessment: what the facts of its stream lead to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from rules.assessment.assessment import Indicator
from rules.assessment.facts import (
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
    TierDecided,
    TierProposed,
)
from rules.assessment.known import Excuse, JudgedPoints, MeritTold, UnitKnown
from rules.assessment.lines import LeftLine, PeriodLines, ScoreLine, ScoreRule
from rules.assessment.tiers import TierFound

IndicatorPeriod = tuple[str, str]
"""An indicator and one of its periods."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreState:
    """A unit in an assessment. `lines` and `left`: as they stand, by indicator and period; `scored`: for each month the
    last entry by which it was; `came`: the lines that came, or were lowered, when their month had been scored, each
    with the number of the entry that did it; `declared`: what the unit proposed and nobody has decided on, with its
    entry's number, by whom; `wrote`: what it proposed last. `tier`, empty before it has any; `looked`: by period what
    its score led to, since somebody last gave it a tier by no score, which was on the day `given`; `begun`: how it
    stood before the first of these."""

    seq: int = 0
    lines: Mapping[IndicatorPeriod, ScoreLine] = field(default_factory=dict)
    left: Mapping[IndicatorPeriod, LeftLine] = field(default_factory=dict)
    scored: Mapping[str, Scored] = field(default_factory=dict)
    came: Mapping[IndicatorPeriod, int] = field(default_factory=dict)
    judged: Mapping[IndicatorPeriod, tuple[JudgedPoints, ...]] = field(default_factory=dict)
    merits: tuple[MeritTold, ...] = ()
    excused: Mapping[IndicatorPeriod, Excuse] = field(default_factory=dict)
    appealed: Mapping[IndicatorPeriod, JudgedPoints] = field(default_factory=dict)
    own: tuple[Indicator, ...] = ()
    declared: tuple[int, IndicatorsDeclared] | None = None
    declared_by: str = ""
    wrote: tuple[Indicator, ...] = ()
    returned: IndicatorsReturned | None = None
    tier: str = ""
    tiers: tuple[TierDecided, ...] = ()
    looked: Mapping[str, TierProposed] = field(default_factory=dict)
    begun: TierFound | None = None
    given: date | None = None
    uses: tuple[ResultUsed, ...] = ()

    def known(self, known: UnitKnown) -> UnitKnown:
        """What else is known of the unit, with what stands here."""
        if not (self.judged or self.merits or self.excused or self.appealed or self.own):
            return known
        return replace(
            known,
            judged=self.judged,
            merits=self.merits,
            excused=self.excused,
            appealed=self.appealed,
            own=self.own,
        )

    @property
    def stands(self) -> str:
        """The tier in which the unit is: the one that was decided, or in which it was found when it was first looked
        at."""
        return self.tier or (self.begun.tier if self.begun else "")

    @property
    def last(self) -> TierProposed | None:
        """What the last of the periods led to, whichever of them was looked at last."""
        return self.looked[max(self.looked)] if self.looked else None

    @property
    def proposed(self) -> TierProposed | None:
        """What waits for somebody to confirm it: of earlier periods nothing does."""
        one = self.last
        waits = one is not None and one.to != self.stands and not self.refused(one.period, one.to)
        return one if waits else None

    @property
    def below(self) -> int:
        """How many times in a row the unit was below what its tier asks."""
        one = self.last
        return one.below if one is not None and one.to == self.stands else 0

    def begins(self, period: str) -> TierFound | None:
        """How the periods before that one leave the unit: in what its score led to, whether or not it was confirmed in
        time, unless somebody said that it does not come into that. None where nothing was looked at."""
        found = self.begun
        for id_ in sorted(self.looked):
            if found is None or id_ >= period:
                break
            one = self.looked[id_]
            if self.refused(id_, one.to):
                agreed = [by.tier for by in self.tiers if by.agreed and by.period == id_]
                found = TierFound(tier=agreed[-1] if agreed else found.tier)
            else:
                found = TierFound(tier=one.to, below=one.below)
        return found

    def refused(self, period: str, tier: str) -> bool:
        """Whether somebody has said already that by that period the unit does not come into the tier."""
        return any(not one.agreed and (one.period, one.tier) == (period, tier) for one in self.tiers)


def fold_scores(facts: Iterable[tuple[int, str, str, ScoreFact]]) -> ScoreState:
    """What these lead to: of each the number in its stream, whose it is, its entry (stream#seq) and the fact."""
    state = ScoreState()
    for seq, by, entry, fact in facts:
        state = evolve_scores(state, seq, by, entry, fact)
    return state


def evolve_scores(state: ScoreState, seq: int, by: str, entry: str, fact: ScoreFact) -> ScoreState:
    """The state after the fact."""
    state = replace(state, seq=seq)
    match fact:
        case Scored():
            return _scored(state, fact)
        case PointsJudged(indicator=indicator, period=period):
            own = JudgedPoints(points=fact.points, by=by, reason=fact.reason, entry=entry, seq=seq)
            given = {one.by: one for one in state.judged.get((indicator, period), ())} | {by: own}
            return replace(state, judged={**state.judged, (indicator, period): tuple(given.values())})
        case MeritEntered():
            told = MeritTold(
                indicator=fact.indicator,
                merit=fact.merit,
                day=fact.day,
                points=fact.points,
                entry=entry,
                document=fact.document,
                seq=seq,
            )
            return replace(state, merits=(*state.merits, told))
        case MeritWithdrawn():
            merits = (replace(one, withdrawn=True) if one.seq == fact.seq else one for one in state.merits)
            return replace(state, merits=tuple(merits))
        case IndicatorExcused(indicator=indicator, period=period):
            said = Excuse(reason=fact.reason, entry=entry)
            return replace(state, excused={**state.excused, (indicator, period): said})
        case PointsDecided(indicator=indicator, period=period):
            decided = JudgedPoints(points=fact.points, by=by, reason=fact.reason, entry=entry, seq=seq)
            return replace(state, appealed={**state.appealed, (indicator, period): decided})
        case IndicatorsDeclared():
            return replace(state, declared=(seq, fact), declared_by=by, wrote=fact.indicators, returned=None)
        case IndicatorsPinned():
            own_now = state.declared[1].indicators if state.declared and state.declared[0] == fact.seq else state.own
            return replace(state, own=own_now, declared=None)
        case IndicatorsReturned():
            return replace(state, declared=None, returned=fact)
        case TierProposed():
            begun = state.begun or TierFound(tier=fact.began, below=fact.already)
            return replace(state, looked={**state.looked, fact.period: fact}, begun=begun)
        case TierDecided():
            after = replace(state, tier=fact.tier if fact.agreed else state.tier, tiers=(*state.tiers, fact))
            if fact.period or not fact.agreed:
                return after
            return replace(after, looked={}, begun=None, given=fact.day)  # no score has led to that one
        case ResultUsed():
            return replace(state, uses=(*state.uses, fact))


def _scored(state: ScoreState, fact: Scored) -> ScoreState:
    lines, left, came = dict(state.lines), dict(state.left), dict(state.came)
    for line in fact.lines:
        key = (line.indicator, line.period)
        if fact.month in state.scored and (key not in lines or _lowered(lines[key], line)):
            came[key] = state.seq
        lines[line.indicator, line.period] = line
        left.pop((line.indicator, line.period), None)
    for gone in fact.left:
        left[gone.indicator, gone.period] = gone
        lines.pop((gone.indicator, gone.period), None)
    return replace(state, lines=lines, left=left, came=came, scored={**state.scored, fact.month: fact})


def _lowered(before: ScoreLine, line: ScoreLine) -> bool:
    """Whether the unit has less than it had, by no appeal of its own."""
    return line.points < before.points and line.rule is not ScoreRule.APPEAL


def changed(state: ScoreState, found: PeriodLines) -> PeriodLines:
    """Of these lines those that are other than they stand, with the difference; and those left out that are so for
    another reason. How a line's inputs came to be written down may change without its points."""
    lines = tuple(
        line._replace(difference=line.points - (before.points if before else 0))
        for line in found.lines
        if _other(before := state.lines.get((line.indicator, line.period)), line)
    )
    left = tuple(one for one in found.left if state.left.get((one.indicator, one.period)) != one)
    return PeriodLines(lines=lines, left=left)


def _other(before: ScoreLine | None, line: ScoreLine) -> bool:
    return before is None or before._replace(difference=0) != line
