"""Whether a score follows from what it says: each line from its inputs, the entry from its lines. For whoever verifies
a ledger, and for whoever has one unit's scores in a file."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from rules.assessment.assessment import Assessment, Indicator, due_in
from rules.assessment.facts import Scored
from rules.assessment.known import FigureTold, RoundTold, UnitKnown
from rules.assessment.lines import LeftOut, LineInput, ScoreLine, ScoreRule
from rules.assessment.scoring import RECKONED, score
from rules.assessment.sheets import sheet
from rules.assessment.state import ScoreState, evolve_scores
from rules.figures.figure import FigureRegister
from rules.rounds.periods import Period, read_period

NOT_FIGURES = frozenset({"rungs", "judge"})
"""The names of inputs that are no figures, whatever the indicator."""


def recheck_score(assessment: Assessment, register: FigureRegister, before: ScoreState, fact: Scored) -> Iterator[str]:
    """What of the score does not follow, of a unit that stood so before, by the file and the figures that it names."""
    month = read_period(fact.month)
    last = before.scored.get(fact.month)
    if fact.revision != (last.revision + 1 if last else 1):
        yield f"{fact.month} 的计分次序不连续"
    indicators = {one.id: one for one in (*assessment.indicators, *before.own)}
    for line in fact.lines:
        own = indicators.get(line.indicator)
        if own is None or own.full != line.full:
            yield f"{line.indicator}（{line.period}）不是这份考核的指标，或满分不符"
            continue
        again = _again(own, assessment, register, month, before, fact, line)
        if again is None or again.points != line.points:
            should = again.points if again else "不计"
            yield f"{line.indicator}（{line.period}）按所列的依据应为 {should}，写的是 {line.points}"
        elif again != line._replace(difference=0):
            yield f"{line.indicator}（{line.period}）所列的依据不全，或不是它的依据"
        stood = before.lines.get((line.indicator, line.period))
        if last and line.difference != line.points - (stood.points if stood else 0):
            yield f"{line.indicator}（{line.period}）的差数不符"
    after = evolve_scores(before, before.seq + 1, "", "", fact)
    yield from _left_wrongly(indicators, month, after, fact)
    lines = [line for (_, period), line in after.lines.items() if read_period(period).last == month.last]
    if sheet(assessment, tuple(indicators.values()), lines).score != fact.score:
        yield f"{fact.month} 的得分不是各行之和"


def _left_wrongly(indicators: dict[str, Indicator], month: Period, after: ScoreState, fact: Scored) -> Iterator[str]:
    """What ought to have a line, or a reason for none, and has not."""
    for one in indicators.values():
        period = due_in(one.every, month)
        if period is None:
            continue
        key = (one.id, period.id)
        left = after.left.get(key)
        applies = one.applies.to(fact.kind, fact.size, fact.condition)
        if left is None:
            told = one.of_base or not applies or key in after.excused or _credited(after, one, period)
            if told and key not in after.lines:
                yield f"{one.id}（{period.id}）没有计，也没有写为什么"
        elif (left.why is LeftOut.NOT_APPLICABLE) is applies:
            yield f"{one.id}（{period.id}）是否适用写得不符"
        elif left.why is LeftOut.NOT_ASKED and one.kind not in RECKONED:
            yield f"{one.id}（{period.id}）不由填报的数算，写着还没有问到"
        elif left.why is LeftOut.EXCUSED and key not in after.excused:
            yield f"{one.id}（{period.id}）写着不计入，没有人说过"


def _credited(state: ScoreState, indicator: Indicator, period: Period) -> bool:
    return any(one.indicator == indicator.id and period.first <= one.day <= period.last for one in state.merits)


def _again(
    indicator: Indicator,
    assessment: Assessment,
    register: FigureRegister,
    month: Period,
    before: ScoreState,
    fact: Scored,
    line: ScoreLine,
) -> ScoreLine | None:
    """The line as the scorer makes it of what stands in it."""
    inputs = line.inputs[:-1] if line.rule is ScoreRule.APPEAL else line.inputs
    figures = {
        (one.name, one.period): FigureTold(one.value, one.entry)
        for one in inputs
        if one.value and one.name not in NOT_FIGURES
    }
    rounds: dict[tuple[str, str], RoundTold] = {}
    rungs: defaultdict[str, tuple[LineInput, ...]] = defaultdict(tuple)
    for one in inputs:
        if one.name == indicator.campaign and indicator.campaign:
            rounds[one.name, one.period] = RoundTold(one.value, one.entry)
            if indicator.figure and one.value != "missing":
                figures[indicator.figure, one.period] = FigureTold("yes")
        elif one.name == "rungs":
            rungs[one.period] = (*rungs[one.period], one)
    known = UnitKnown(
        unit=fact.unit,
        kind=fact.kind,
        size=fact.size,
        condition=fact.condition,
        figures=figures,
        rounds=rounds,
        rungs=rungs,
        since=fact.since,
    )
    alone = replace(assessment, indicators=(indicator,))
    found = score(alone, register, month, replace(before.known(known), own=()))
    return found.lines[0] if found.lines else None
