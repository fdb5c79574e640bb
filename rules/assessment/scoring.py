"""The scorer: of what is known of a unit in a month, a line for each indicator whose period ends with it.

Pure: the same facts give the same lines, in whatever order they are given. Everything is whole numbers and fractions.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from functools import lru_cache

from rules.assessment.assessment import (
    WHOLE_SHARE,
    Assessment,
    Indicator,
    IndicatorKind,
    due_in,
    months_of,
    parts_of,
    periods_within,
)
from rules.assessment.lines import LeftLine, LeftOut, LineInput, PeriodLines, ScoreLine, ScoreRule
from rules.assessment.sheets import half_up, mean
from rules.figures.figure import FigureRegister
from rules.forms.expressions import names_in
from rules.forms.parsing import parse
from rules.forms.reckoning import AnswerValues, Value, reckon
from rules.rounds.periods import MONTHS_OF_PERIOD, Period

FIGURE_FORM = "figure"
"""The form of which an expression's names are fields, so that the one language of expressions serves here too."""


@dataclass(frozen=True, slots=True)
class FigureTold:
    """A figure's value as canonical text, and the entry in which it stands (stream#seq; empty: reckoned from all)."""

    value: str
    entry: str = ""


@dataclass(frozen=True, slots=True)
class RoundTold:
    """How the unit stands in a round: `on_time`, `late` or `missing`; and the entry by which it reported."""

    how: str
    entry: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPoints:
    """What somebody gave for an indicator and period, with the reason for less than full. `seq`: the number of the
    entry in the unit's stream, by which it is known who spoke last."""

    points: int
    by: str
    reason: str = ""
    entry: str = ""
    seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MeritTold:
    """A merit or a fault of that day: `points` at most as the file says of its kind."""

    indicator: str
    merit: str
    day: date
    points: int
    entry: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Excuse:
    """Somebody said why an indicator does not count for the unit in a period."""

    reason: str
    entry: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitKnown:
    """All that a unit's points are reckoned from, as of the end of the period. By period: `figures` (figure, period),
    `rounds` (campaign, the round's period), `rungs` (month: hundredths that the ladder took), `judged`, `excused` and
    `appealed` (indicator, period). `own`: the indicators that it has declared and that were agreed to."""

    unit: str
    kind: str
    size: str = ""
    condition: str = ""
    figures: Mapping[tuple[str, str], FigureTold] = field(default_factory=dict)
    rounds: Mapping[tuple[str, str], RoundTold] = field(default_factory=dict)
    rungs: Mapping[str, tuple[LineInput, ...]] = field(default_factory=dict)
    judged: Mapping[tuple[str, str], tuple[JudgedPoints, ...]] = field(default_factory=dict)
    excused: Mapping[tuple[str, str], Excuse] = field(default_factory=dict)
    appealed: Mapping[tuple[str, str], JudgedPoints] = field(default_factory=dict)
    merits: tuple[MeritTold, ...] = ()
    own: tuple[Indicator, ...] = ()


def indicators_of(assessment: Assessment, known: UnitKnown) -> tuple[Indicator, ...]:
    """All indicators of a unit, its own last."""
    return (*assessment.indicators, *known.own)


def score(assessment: Assessment, register: FigureRegister, month: Period, known: UnitKnown) -> PeriodLines:
    """What the unit gets for each indicator whose period ends with that month. Of what adds or deducts nothing is said
    where nothing was entered."""
    lines: list[ScoreLine] = []
    left: list[LeftLine] = []
    for indicator in indicators_of(assessment, known):
        period = due_in(indicator.every, month)
        if period is None:
            continue
        found = _one(indicator, register, period, known)
        if isinstance(found, ScoreLine):
            lines.append(found)
        elif indicator.of_base or found.why is not LeftOut.NOTHING_OWED:
            left.append(found)
    return PeriodLines(lines=tuple(lines), left=tuple(left))


def _one(indicator: Indicator, register: FigureRegister, period: Period, known: UnitKnown) -> ScoreLine | LeftLine:
    key = (indicator.id, period.id)
    if not indicator.applies.to(known.kind, known.size, known.condition):
        return LeftLine(indicator=indicator.id, period=period.id, why=LeftOut.NOT_APPLICABLE)
    if excuse := known.excused.get(key):
        why = LeftOut.EXCUSED
        return LeftLine(indicator=indicator.id, period=period.id, why=why, reason=excuse.reason, entry=excuse.entry)
    found = _SCORERS[indicator.kind](indicator, register, period, known)
    if not isinstance(found, ScoreLine):
        return LeftLine(indicator=indicator.id, period=period.id, why=found)
    if decided := known.appealed.get(key):
        said = LineInput(name=str(found.rule), period=period.id, value=str(found.points), entry=decided.entry)
        points = max(0, min(indicator.full, decided.points)) if indicator.of_base else decided.points
        return replace(found, points=points, rule=ScoreRule.APPEAL, inputs=(*found.inputs, said), reason=decided.reason)
    return found


LineOrNot = ScoreLine | LeftOut
Scorer = Callable[[Indicator, FigureRegister, Period, UnitKnown], LineOrNot]


def _line(
    indicator: Indicator, period: Period, points: Fraction | int, rule: ScoreRule, *inputs: LineInput, reason: str = ""
) -> ScoreLine:
    got = max(0, min(indicator.full, half_up(points)))
    return ScoreLine(
        indicator=indicator.id,
        period=period.id,
        full=indicator.full,
        points=got,
        rule=rule,
        inputs=inputs,
        reason=reason,
    )


def _figure(figure: str, register: FigureRegister, period: Period, known: UnitKnown) -> Iterator[LineInput]:
    """The figure in each of its own periods within that one; nothing of one that comes less often."""
    found = register.figure(figure)
    if found is None or MONTHS_OF_PERIOD[found.every] > MONTHS_OF_PERIOD[period.rhythm]:
        return
    for one in parts_of(period, found.every):
        told = known.figures.get((figure, one.id))
        yield LineInput(name=figure, period=one.id, value=told.value if told else "", entry=told.entry if told else "")


@lru_cache(maxsize=4096)
def _number(text: str) -> Fraction:
    return Fraction(text) if text else Fraction(0)


def _by_levels(indicator: Indicator, percent: Fraction) -> Fraction:
    """The share of the full points that this percentage gives."""
    reached = [level.share for level in indicator.levels if percent * 100 >= level.least]
    return Fraction(indicator.full * max(reached, default=0), WHOLE_SHARE)


def _short_of(indicator: Indicator, missing: Fraction) -> Fraction:
    """What is left of the full points when so many times were missing."""
    if missing <= 0:
        return Fraction(indicator.full)
    return indicator.full - indicator.short * missing if indicator.short else Fraction(0)


def _of_ledger(indicator: Indicator, register: FigureRegister, period: Period, known: UnitKnown) -> LineOrNot:
    inputs = tuple(_figure(indicator.figure, register, period, known))
    told = [one for one in inputs if one.value]
    rungs = (
        tuple(one for month in months_of(period) for one in known.rungs.get(month.id, ())) if indicator.rungs else ()
    )
    taken = sum(int(one.value) for one in rungs)
    if not told:  # what the ladder took is not lost because nothing came to its end
        whole = indicator.full - taken
        return _line(indicator, period, whole, ScoreRule.LEVELS, *inputs, *rungs) if rungs else LeftOut.NOTHING_OWED
    if all(one.value in ("yes", "no") for one in told):
        good = all(one.value == "yes" for one in told)
        return _line(indicator, period, (indicator.full if good else 0) - taken, ScoreRule.YES_NO, *inputs, *rungs)
    values = [_number(one.value) for one in told]
    if indicator.counts:
        least = indicator.counts[0].least_of(known.kind)
        said = tuple(replace(one, owed=str(least)) for one in inputs)
        points = _short_of(indicator, least - sum(values, Fraction(0)))
        return _line(indicator, period, points - taken, ScoreRule.LEAST, *said, *rungs)
    return _line(indicator, period, _by_levels(indicator, mean(values)) - taken, ScoreRule.LEVELS, *inputs, *rungs)


def _counted(indicator: Indicator, register: FigureRegister, period: Period, known: UnitKnown) -> LineOrNot:
    missing, inputs = Fraction(0), []
    for counting in indicator.counts:
        found = list(_figure(counting.figure, register, period, known))
        least = counting.least_of(known.kind)
        missing += max(Fraction(0), least - sum((_number(one.value) for one in found), Fraction(0)))
        inputs += [replace(one, owed=str(least)) for one in found]
    silent = missing and not any(one.value for one in inputs)  # who says nothing at all is not a few short
    return _line(indicator, period, 0 if silent else _short_of(indicator, missing), ScoreRule.COUNTED, *inputs)


def _computed(indicator: Indicator, register: FigureRegister, period: Period, known: UnitKnown) -> LineOrNot:
    inputs: list[LineInput] = []
    for figure in value_figures(indicator):
        told = [one for one in _figure(figure, register, period, known) if one.value]
        inputs.append(told[-1] if told else LineInput(name=figure, period=period.id))
    ratio = ratio_of(indicator, {one.name: one.value for one in inputs})
    if ratio is None:
        # All are known and still there is nothing: divided by 0, so nothing was owed.
        known_all = all(one.value for one in inputs)
        return LeftOut.NOTHING_OWED if known_all else _line(indicator, period, 0, ScoreRule.RATIO, *inputs)
    return _line(indicator, period, _by_levels(indicator, ratio * 100), ScoreRule.RATIO, *inputs)


def value_figures(indicator: Indicator) -> tuple[str, ...]:
    """The figures that the expression of a computed indicator names, in its order."""
    if not indicator.value:
        return ()
    return tuple(dict.fromkeys(name.path[-1] for name in names_in(parse(indicator.value))))


def ratio_of(indicator: Indicator, values: Mapping[str, str]) -> Fraction | None:
    """What a computed indicator's expression comes to, of the figures' canonical texts (empty: not known); None where
    one of them is not known, or it is divided by 0."""
    single: dict[tuple[str, ...], Value] = {
        (FIGURE_FORM, figure): _number(text) if text else None for figure, text in values.items()
    }
    found = reckon(parse(indicator.value), AnswerValues(single))
    return Fraction(found) if isinstance(found, int | Fraction) else None


def _on_time(indicator: Indicator, register: FigureRegister, period: Period, known: UnitKnown) -> LineOrNot:
    inputs, whole = [], 0
    for one in periods_within(period):
        stands = known.rounds.get((indicator.campaign, one.id))
        if stands is None:
            continue
        how = stands.how
        if indicator.figure and how != "missing" and (indicator.figure, one.id) not in known.figures:
            how = "missing"
        whole += {"on_time": WHOLE_SHARE, "late": indicator.late}.get(how, indicator.missing)
        inputs.append(LineInput(name=indicator.campaign, period=one.id, value=how, entry=stands.entry))
    if not inputs:
        return LeftOut.NOTHING_OWED
    return _line(
        indicator, period, Fraction(indicator.full * whole, WHOLE_SHARE * len(inputs)), ScoreRule.ON_TIME, *inputs
    )


def _judged(indicator: Indicator, register: FigureRegister, period: Period, known: UnitKnown) -> LineOrNot:
    given = known.judged.get((indicator.id, period.id), ())
    if not indicator.second:
        given = tuple(sorted(given, key=lambda one: one.seq))[-1:]
    points = settled(indicator, given)
    if points is None:
        return LeftOut.NOT_JUDGED
    said = [LineInput(name="judge", period=period.id, value=str(one.points), entry=one.entry) for one in given]
    shown = [one for figure in indicator.figures for one in _figure(figure, register, period, known)]
    reason = "；".join(one.reason for one in given if one.reason)
    return _line(indicator, period, points, ScoreRule.JUDGED, *said, *shown, reason=reason)


def settled(indicator: Indicator, given: tuple[JudgedPoints, ...]) -> Fraction | None:
    """What the judges' points come to, in the order in which each spoke first: where one judges, that of whoever spoke
    last; of two that are near enough the mean, otherwise the third's. None while another has to judge."""
    if not given:
        return None
    if not indicator.second:
        return Fraction(sorted(given, key=lambda one: one.seq)[-1].points)
    if len(given) < 2:
        return None
    if abs(given[0].points - given[1].points) <= indicator.second:
        return Fraction(given[0].points + given[1].points, 2)
    return Fraction(given[2].points) if len(given) > 2 else None


def _merits(indicator: Indicator, register: FigureRegister, period: Period, known: UnitKnown) -> LineOrNot:
    own = sorted(
        (one for one in known.merits if one.indicator == indicator.id and period.first <= one.day <= period.last),
        key=lambda one: (one.day, one.entry, one.merit, one.points),
    )
    if not own:
        return LeftOut.NOTHING_OWED
    up = min(indicator.add, sum(one.points for one in own if one.points > 0))
    down = max(-indicator.deduct, sum(one.points for one in own if one.points < 0))
    inputs = [
        LineInput(name=one.merit, period=one.day.isoformat(), value=str(one.points), entry=one.entry) for one in own
    ]
    return ScoreLine(
        indicator=indicator.id,
        period=period.id,
        full=0,
        points=up + down,
        rule=ScoreRule.MERITS,
        inputs=tuple(inputs),
    )


_SCORERS: dict[IndicatorKind, Scorer] = {
    IndicatorKind.LEDGER: _of_ledger,
    IndicatorKind.COUNTED: _counted,
    IndicatorKind.COMPUTED: _computed,
    IndicatorKind.ON_TIME: _on_time,
    IndicatorKind.JUDGED: _judged,
    IndicatorKind.ADD_DEDUCT: _merits,
}
