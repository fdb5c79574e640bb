"""Random assessments, and random things that are known of a unit in a year."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st

from rules.assessment.assessment import (
    WHOLE_SHARE,
    Applies,
    Assessment,
    Counting,
    Indicator,
    IndicatorKind,
    LeastOf,
    Level,
    MeritKind,
    parts_of,
)
from rules.assessment.known import Excuse, FigureTold, JudgedPoints, MeritTold, RoundTold, UnitKnown
from rules.assessment.lines import LineInput
from rules.figures.figure import Figure, FigureSource
from rules.forms.form import AnswerKind
from rules.rounds.periods import MONTHS_OF_PERIOD, Period, Rhythm
from tests.support.scores.county import REGISTER, assessment

YEAR = Period(rhythm=Rhythm.YEAR, year=2026)
MONTHS = tuple(parts_of(YEAR, Rhythm.MONTH))
RHYTHMS = tuple(MONTHS_OF_PERIOD)
CAMPAIGN = "monthly"
KINDS, SIZES = ("organ", "social"), ("branch", "committee")
MERITS = (MeritKind(id="good", name="表彰", points=150), MeritKind(id="bad", name="通报", points=-250))
_COUNTS = (AnswerKind.COUNT, AnswerKind.MONEY)
_POINTS = st.integers(1, 1500)


@st.composite
def levels(draw: Any) -> tuple[Level, ...]:
    """From so much on such a share, falling; the first at most 100 % and worth all."""
    least = sorted(draw(st.sets(st.integers(1, 9999), max_size=3)), reverse=True)
    share = sorted(draw(st.sets(st.integers(1, 9999), min_size=3, max_size=3)), reverse=True)
    top = Level(least=draw(st.integers(max(least, default=0) + 1, 10_000)), share=WHOLE_SHARE)
    return (top, *(Level(least=one, share=got) for one, got in zip(least, share, strict=False)))


@st.composite
def indicators(draw: Any, id_: str) -> Indicator:
    """One of any kind, with what its kind has."""
    kind = draw(st.sampled_from(IndicatorKind))
    every = draw(st.sampled_from(RHYTHMS))
    known = [one for one in REGISTER.figures if MONTHS_OF_PERIOD[one.every] <= MONTHS_OF_PERIOD[every]]
    applies = draw(st.sampled_from((Applies(), Applies(), Applies(kinds=("organ",)), Applies(sizes=("branch",)))))
    more: dict[str, Any] = {"full": draw(_POINTS)}
    least = (LeastOf(least=draw(st.integers(0, 4)), kind="organ"), LeastOf(least=draw(st.integers(0, 4))))
    short = draw(st.integers(0, more["full"]))
    match kind:
        case IndicatorKind.LEDGER:
            own = [one for one in known if one.source is FigureSource.LEDGER]
            if not own:
                every, own = Rhythm.YEAR, [one for one in REGISTER.figures if one.source is FigureSource.LEDGER]
            figure: Figure = draw(st.sampled_from(own))
            more |= {"figure": figure.id, "levels": draw(levels()), "rungs": draw(st.booleans())}
            if figure.kind is AnswerKind.COUNT:
                more |= {"counts": (Counting(figure=figure.id, least=least),), "short": short}
        case IndicatorKind.COUNTED:
            named = draw(
                st.sets(st.sampled_from([one.id for one in known if one.kind in _COUNTS]), min_size=1, max_size=3)
            )
            more |= {"counts": tuple(Counting(figure=one, least=least) for one in sorted(named)), "short": short}
        case IndicatorKind.COMPUTED:
            counted = [one.id for one in known if one.kind in _COUNTS]
            over, under = draw(st.sampled_from(counted)), draw(st.sampled_from(counted))
            more |= {"value": f"figure.{over} / figure.{under}", "levels": draw(levels())}
        case IndicatorKind.ON_TIME:
            late = draw(st.integers(0, WHOLE_SHARE))
            more |= {"campaign": CAMPAIGN, "late": late, "missing": draw(st.integers(0, late))}
            more |= {"figure": draw(st.sampled_from(("", "moved")))}
        case IndicatorKind.JUDGED:
            more |= {"second": draw(st.integers(0, more["full"]))}
        case IndicatorKind.ADD_DEDUCT:
            more = {"add": draw(st.integers(0, 500)), "deduct": draw(st.integers(0, 20_000)), "merits": MERITS}
    return Indicator(id=id_, name=id_, kind=kind, every=every, applies=applies, **more)


@st.composite
def assessments(draw: Any) -> Assessment:
    """Of one to six indicators and any total."""
    many = draw(st.integers(1, 6))
    found = [draw(indicators(f"i{n}")) for n in range(many)]
    return assessment(*found, total=draw(st.sampled_from((10_000, 100, 7, 12_345))))


def _text(chance: Random, figure: Figure) -> str:
    match figure.kind:
        case AnswerKind.YES_NO:
            return chance.choice(("yes", "no"))
        case AnswerKind.PERCENT:
            return f"{chance.randint(0, 100)}.{chance.randint(0, 9)}"
        case AnswerKind.MONEY:
            return f"{chance.randint(0, 30)}.{chance.randint(0, 99):02}"
    return str(chance.randint(0, 5))


def facts_of_a_year(of: Assessment, chance: Random) -> UnitKnown:
    """What is known of a unit: figures and rounds told or not, or asked later; judgements, merits, excuses, appeals."""

    def some() -> bool:
        return chance.randint(0, 3) > 0

    def seldom() -> bool:
        return chance.randint(0, 7) == 0

    keys = [(one.id, period.id) for one in of.indicators for period in parts_of(YEAR, one.every)]
    judged = {}
    for indicator, period in keys:
        found = of.indicator(indicator)
        if found and found.kind is IndicatorKind.JUDGED:
            judged[indicator, period] = tuple(
                JudgedPoints(points=chance.randint(0, found.full), by=f"p{n}", reason="理由", entry=f"j#{n}", seq=n)
                for n in range(chance.randint(0, 3))
            )
    merits = []
    for one in of.indicators:
        for n in range(0 if one.of_base else chance.randint(0, 4)):
            kind, day = chance.choice(MERITS), date(2026, 1, 1) + timedelta(days=chance.randint(0, 364))
            merits.append(
                MeritTold(indicator=one.id, merit=kind.id, day=day, points=kind.points, entry=f"{one.id}#{n}")
            )
    figures = {
        (one.id, period.id): FigureTold(_text(chance, one), f"{one.id}#{period.id}")
        for one in REGISTER.figures
        for period in parts_of(YEAR, one.every)
        if some()
    }
    asked = [(one.id, period.id) for one in REGISTER.figures if one.asked for period in parts_of(YEAR, one.every)]
    return UnitKnown(
        unit="u1",
        kind=chance.choice(KINDS),
        size=chance.choice(SIZES),
        figures=figures,
        waits={key: chance.choice(("", "monthly/2027-01")) for key in asked if key not in figures and seldom()},
        rounds={
            (CAMPAIGN, month.id): RoundTold(chance.choice(("on_time", "late", "missing"))) for month in MONTHS if some()
        },
        rungs={
            month.id: (LineInput(name="rungs", period=month.id, value=str(chance.randint(0, 2000))),)
            for month in MONTHS
            if seldom()
        },
        judged=judged,
        merits=tuple(merits),
        excused={key: Excuse(reason="免", entry="x#1") for key in keys if seldom()},
        appealed={
            key: JudgedPoints(points=chance.randint(-3000, 3000), by="p9", reason="申诉", entry="a#1")
            for key in keys
            if seldom()
        },
        since=None if some() else date(2026, 1, 2) + timedelta(days=chance.randint(0, 363)),
    )


def all_good(of: Assessment) -> UnitKnown:
    """A unit that did all that is asked of it, and no more: nothing is added and nothing deducted."""
    best = {AnswerKind.YES_NO: "yes", AnswerKind.PERCENT: "100.0"}
    figures = {
        (one.id, period.id): FigureTold(best.get(one.kind, "20"))
        for one in REGISTER.figures
        for period in parts_of(YEAR, one.every)
    }
    judged = {
        (one.id, period.id): tuple(JudgedPoints(points=one.full, by=by) for by in ("p1", "p2"))
        for one in of.indicators
        for period in parts_of(YEAR, one.every)
        if one.kind is IndicatorKind.JUDGED
    }
    rounds = {(CAMPAIGN, month.id): RoundTold("on_time") for month in MONTHS}
    return UnitKnown(unit="u1", kind="organ", size="branch", figures=figures, judged=judged, rounds=rounds)
