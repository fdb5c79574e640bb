"""The scorer: of what is known of a unit in a month, a line for each indicator whose period ends with it.

Pure: the same facts give the same lines, in whatever order they are given. Everything is whole numbers and fractions.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from rules.assessment.assessment import (
    WHOLE_SHARE,
    Applies,
    Assessment,
    Counting,
    Indicator,
    IndicatorKind,
    due_in,
    months_of,
    parts_of,
    periods_within,
)
from rules.assessment.known import FigureTold, JudgedPoints, MeritTold, UnitKnown
from rules.assessment.lines import LeftLine, LeftOut, LineInput, PeriodLines, ScoreLine, ScoreRule
from rules.assessment.sheets import Exact, half_up, mean, parted
from rules.figures.figure import FigureRegister
from rules.forms.expressions import Name, Operation, Operator, names_in
from rules.forms.parsing import parse
from rules.forms.reckoning import AnswerValues, Value, reckon
from rules.rounds.periods import MONTHS_OF_PERIOD, Period, read_period

FIGURE_FORM = "figure"
"""The form of which an expression's names are fields, so that the one language of expressions serves here too."""


def indicators_of(assessment: Assessment, known: UnitKnown) -> tuple[Indicator, ...]:
    """All indicators of a unit, its own last."""
    return (*assessment.indicators, *known.own) if known.own else assessment.indicators


def score(assessment: Assessment, register: FigureRegister, month: Period, known: UnitKnown) -> PeriodLines:
    """What the unit gets for each indicator whose period ends with that month. Of what adds or deducts nothing is said
    where nothing was entered; where all of it was withdrawn, that there is nothing."""
    return MonthScorer(assessment, register, month).score(known)


class MonthScorer:
    """Scores for a month, unit after unit: what is the same for all of them is found once."""

    def __init__(self, assessment: Assessment, register: FigureRegister, month: Period) -> None:
        self._month, self._every = month, {one.id: one.every for one in register.figures}
        self._due = self._due_of(assessment.indicators)

    def score(self, known: UnitKnown) -> PeriodLines:
        """As `score`."""
        lines: list[ScoreLine] = []
        left: list[LeftLine] = []
        for due in (*self._due, *self._due_of(known.own)) if known.own else self._due:
            indicator = due.indicator
            found = _one(due, known)
            if isinstance(found, ScoreLine):
                lines.append(found)
            elif indicator.of_base or found.why is not LeftOut.NOTHING_OWED or _entered(due, known):
                left.append(found)
        return PeriodLines(lines=tuple(lines), left=tuple(left))

    def _due_of(self, indicators: tuple[Indicator, ...]) -> tuple["DueIndicator", ...]:
        found = []
        for one in indicators:
            period = due_in(one.every, self._month)
            if period is not None:
                parts = {figure: self._parts(figure, period) for figure in (*one.reads, *value_figures(one))}
                rounds = tuple((one.campaign, part.id) for part in periods_within(period)) if one.campaign else ()
                key = (one.id, period.id)
                found.append(DueIndicator(one, period, period.id, key, one.applies != Applies(), parts, rounds))
        return tuple(found)

    def _parts(self, figure: str, period: Period) -> tuple[tuple[str, str], ...]:
        """The figure with each of the periods of its own in which it is looked at, in order; none of one that comes
        less often, or that there is not."""
        every = self._every.get(figure)
        if every is None or MONTHS_OF_PERIOD[every] > MONTHS_OF_PERIOD[period.rhythm]:
            return ()
        return tuple((figure, part.id) for part in parts_of(period, every))


class DueIndicator(NamedTuple):
    """An indicator in the period of its own that ends with the month: what of it is the same for all units. `id`: the
    period's; `key`: indicator and period; `for_some`: it does not apply to everybody; `parts`: its figures, each with
    its own periods; `rounds`: the campaign, with those that lie in the period."""

    indicator: Indicator
    period: Period
    id: str
    key: tuple[str, str]
    for_some: bool
    parts: Mapping[str, tuple[tuple[str, str], ...]]
    rounds: tuple[tuple[str, str], ...]


RECKONED = frozenset({IndicatorKind.LEDGER, IndicatorKind.COUNTED, IndicatorKind.COMPUTED})
"""The kinds whose points are reckoned from figures: without one that nobody has asked for there are none."""


def _waits(due: DueIndicator, known: UnitKnown) -> list[str]:
    """The rounds for which its figures wait, in order of their ids."""
    every = (key for figure in due.parts for key in _owed_parts(figure, due, known))
    return sorted(known.waits[key] for key in every if key in known.waits)


def _one(due: DueIndicator, known: UnitKnown) -> ScoreLine | LeftLine:
    indicator, period, key = due.indicator, due.id, due.key
    if due.for_some and not indicator.applies.to(known.kind, known.size, known.condition):
        return LeftLine(indicator=indicator.id, period=period, why=LeftOut.NOT_APPLICABLE)
    if excuse := known.excused.get(key):
        why = LeftOut.EXCUSED
        return LeftLine(indicator=indicator.id, period=period, why=why, reason=excuse.reason, entry=excuse.entry)
    if known.waits and indicator.kind in RECKONED and (waits := _waits(due, known)):
        return LeftLine(indicator=indicator.id, period=period, why=LeftOut.NOT_ASKED, awaits=waits[-1])
    found = _SCORERS[indicator.kind](due, known)
    if not isinstance(found, ScoreLine):
        return LeftLine(indicator=indicator.id, period=period, why=found)
    if decided := known.appealed.get(key):
        said = LineInput(name=str(found.rule), period=period, value=str(found.points), entry=decided.entry)
        points = max(0, min(indicator.full, decided.points)) if indicator.of_base else decided.points
        return found._replace(points=points, rule=ScoreRule.APPEAL, inputs=(*found.inputs, said), reason=decided.reason)
    return found


LineOrNot = ScoreLine | LeftOut
Scorer = Callable[[DueIndicator, UnitKnown], LineOrNot]


def _line(due: DueIndicator, points: Exact, rule: ScoreRule, *inputs: LineInput, reason: str = "") -> ScoreLine:
    full = due.indicator.full
    got = points if isinstance(points, int) else half_up(points)
    if not 0 <= got <= full:
        got = full if got > 0 else 0
    return ScoreLine(
        indicator=due.indicator.id,
        period=due.id,
        full=full,
        points=got,
        rule=rule,
        inputs=inputs,
        reason=reason,
    )


def _owed_parts(figure: str, due: DueIndicator, known: UnitKnown) -> tuple[tuple[str, str], ...]:
    """The figure with those of its own periods in which the unit was there from the beginning; and that in which it
    came to be, if it has told it."""
    parts = due.parts[figure]
    if known.since is None:
        return parts
    found = []
    for key in parts:
        period = read_period(key[1])
        if period.first >= known.since or (period.last >= known.since and key in known.figures):
            found.append(key)
    return tuple(found)


def _least(counting: Counting, due: DueIndicator, known: UnitKnown) -> int:
    """So many are owed of it: of a unit that came to be within the period its part of them, rounded down."""
    least = counting.least_of(known.kind)
    if known.since is None or not due.parts[counting.figure]:
        return least
    return least * len(_owed_parts(counting.figure, due, known)) // len(due.parts[counting.figure])


def _figure(figure: str, due: DueIndicator, known: UnitKnown, owed: str = "") -> list[LineInput]:
    """The figure in each of its own periods within that one; nothing of one that comes less often."""
    figures, found = known.figures, []
    for key in _owed_parts(figure, due, known):
        value, entry = figures.get(key, _UNTOLD)
        found.append(LineInput(name=figure, period=key[1], value=value, entry=entry, owed=owed))
    return found


_UNTOLD = FigureTold("")


@lru_cache(maxsize=4096)
def _number(text: str) -> Exact:
    return int(text or "0") if "." not in text else Fraction(text)


def _by_levels(indicator: Indicator, hundredths: Exact) -> Exact:
    """The share of the full points that this percentage gives, in hundredths of a percent."""
    reached = 0
    for level in indicator.levels:
        if level.share > reached and hundredths >= level.least:
            reached = level.share
    return parted(indicator.full * reached, WHOLE_SHARE)


def _short_of(indicator: Indicator, missing: Exact) -> Exact:
    """What is left of the full points when so many times were missing."""
    if missing <= 0:
        return indicator.full
    return indicator.full - indicator.short * missing if indicator.short else 0


def _of_ledger(due: DueIndicator, known: UnitKnown) -> LineOrNot:
    indicator = due.indicator
    inputs = _figure(indicator.figure, due, known)
    told = [one for one in inputs if one.value]
    rungs: tuple[LineInput, ...] = ()
    if indicator.rungs and known.rungs:
        rungs = tuple(one for month in months_of(due.period) for one in known.rungs.get(month.id, ()))
    taken = sum(int(one.value) for one in rungs) if rungs else 0
    if not told:  # what the ladder took is not lost because nothing came to its end
        whole = indicator.full - taken
        return _line(due, whole, ScoreRule.LEVELS, *inputs, *rungs) if rungs else LeftOut.NOTHING_OWED
    if all(one.value in ("yes", "no") for one in told):
        good = all(one.value == "yes" for one in told)
        return _line(due, (indicator.full if good else 0) - taken, ScoreRule.YES_NO, *inputs, *rungs)
    values = [_number(one.value) for one in told]
    if indicator.counts:
        least = _least(indicator.counts[0], due, known)
        said = _figure(indicator.figure, due, known, str(least))
        points = _short_of(indicator, least - sum(values))
        return _line(due, points - taken, ScoreRule.LEAST, *said, *rungs)
    return _line(due, _by_levels(indicator, 100 * mean(values)) - taken, ScoreRule.LEVELS, *inputs, *rungs)


def _counted(due: DueIndicator, known: UnitKnown) -> LineOrNot:
    indicator = due.indicator
    missing: Exact = 0
    inputs: list[LineInput] = []
    for counting in indicator.counts:
        least = _least(counting, due, known)
        found = _figure(counting.figure, due, known, str(least))
        missing += max(0, least - sum([_number(one.value) for one in found]))
        inputs += found
    if known.since and not inputs:
        return LeftOut.NOTHING_OWED
    silent = missing and not any(one.value for one in inputs)  # who says nothing at all is not a few short
    return _line(due, 0 if silent else _short_of(indicator, missing), ScoreRule.COUNTED, *inputs)


def _computed(due: DueIndicator, known: UnitKnown) -> LineOrNot:
    indicator = due.indicator
    inputs: list[LineInput] = []
    for figure in value_figures(indicator):
        told = [one for one in _figure(figure, due, known) if one.value]
        inputs.append(told[-1] if told else LineInput(name=figure, period=due.id))
    ratio = ratio_of(indicator, {one.name: one.value for one in inputs})
    if ratio is None:
        # All are known and still there is nothing: divided by 0, so nothing was owed.
        known_all = all(one.value for one in inputs)
        return LeftOut.NOTHING_OWED if known_all else _line(due, 0, ScoreRule.RATIO, *inputs)
    return _line(
        due, _by_levels(indicator, parted(WHOLE_SHARE * ratio.numerator, ratio.denominator)), ScoreRule.RATIO, *inputs
    )


def value_figures(indicator: Indicator) -> tuple[str, ...]:
    """The figures that the expression of a computed indicator names, in its order."""
    return _named_in(indicator.value) if indicator.value else ()


@lru_cache(maxsize=1024)
def _named_in(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.path[-1] for name in names_in(parse(value))))


def ratio_of(indicator: Indicator, values: Mapping[str, str]) -> Fraction | None:
    """What a computed indicator's expression comes to, of the figures' canonical texts (empty: not known); None where
    one of them is not known, or it is divided by 0."""
    if plain := _quotient(indicator.value):
        part, whole = (values.get(figure, "") for figure in plain)
        return Fraction(_number(part), _number(whole)) if part and whole and _number(whole) else None
    single: dict[tuple[str, ...], Value] = {
        (FIGURE_FORM, figure): _number(text) if text else None for figure, text in values.items()
    }
    found = reckon(parse(indicator.value), AnswerValues(single))
    return Fraction(found) if isinstance(found, int | Fraction) else None


# As nearly all are, and quicker than by the way of any expression.
@lru_cache(maxsize=1024)
def _quotient(value: str) -> tuple[str, str] | None:
    """The two figures of which the one is divided by the other, where that is all that the expression says."""
    match parse(value):
        case Operation(operator=Operator.OVER, left=Name(path=part), right=Name(path=whole)):
            return part[-1], whole[-1]
    return None


def _on_time(due: DueIndicator, known: UnitKnown) -> LineOrNot:
    indicator = due.indicator
    inputs, whole = [], 0
    for key in due.rounds:
        stands = known.rounds.get(key)
        if stands is None:
            continue
        how, period = stands.how, key[1]
        if indicator.figure and how != "missing" and (indicator.figure, period) not in known.figures:
            how = "missing"
        whole += WHOLE_SHARE if how == "on_time" else indicator.late if how == "late" else indicator.missing
        inputs.append(LineInput(name=indicator.campaign, period=period, value=how, entry=stands.entry))
    if not inputs:
        return LeftOut.NOTHING_OWED
    return _line(due, parted(indicator.full * whole, WHOLE_SHARE * len(inputs)), ScoreRule.ON_TIME, *inputs)


def _judged(due: DueIndicator, known: UnitKnown) -> LineOrNot:
    indicator = due.indicator
    given = known.judged.get((indicator.id, due.id), ())
    if not indicator.second:
        given = tuple(sorted(given, key=lambda one: one.seq))[-1:]
    points = settled(indicator, given)
    if points is None:
        return LeftOut.NOT_JUDGED
    said = [LineInput(name="judge", period=due.id, value=str(one.points), entry=one.entry) for one in given]
    shown = [one for figure in indicator.figures for one in _figure(figure, due, known)]
    reason = "；".join(one.reason for one in given if one.reason)
    return _line(due, points, ScoreRule.JUDGED, *said, *shown, reason=reason)


def settled(indicator: Indicator, given: tuple[JudgedPoints, ...]) -> Exact | None:
    """What the judges' points come to, in the order in which each spoke first: where one judges, that of whoever spoke
    last; of two that are near enough the mean, otherwise the third's. None while another has to judge."""
    if not given:
        return None
    if not indicator.second:
        return max(given, key=lambda one: one.seq).points
    if len(given) < 2:
        return None
    if abs(given[0].points - given[1].points) <= indicator.second:
        return parted(given[0].points + given[1].points, 2)
    return given[2].points if len(given) > 2 else None


def _entered(due: DueIndicator, known: UnitKnown) -> list[MeritTold]:
    """Its merits and faults of the period, with those that were withdrawn."""
    of, first, last = due.indicator.id, due.period.first, due.period.last
    return [one for one in known.merits if one.indicator == of and first <= one.day <= last]


def _merits(due: DueIndicator, known: UnitKnown) -> LineOrNot:
    indicator = due.indicator
    own = sorted(
        (one for one in _entered(due, known) if not one.withdrawn),
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
        period=due.id,
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
