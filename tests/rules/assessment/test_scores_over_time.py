"""How a unit's score comes about over time: locked, unlocked, corrected, appealed; and what the sheets make of it.

Each history is written by hand, and the right score stands beside each of its steps.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

import pytest

from rules.assessment.assessment import Indicator, IndicatorKind
from rules.assessment.facts import (
    IndicatorExcused,
    IndicatorsDeclared,
    IndicatorsPinned,
    IndicatorsReturned,
    MeritEntered,
    PointsDecided,
    PointsJudged,
    ScoreFact,
    TierDecided,
    TierProposed,
)
from rules.assessment.known import FigureTold, RoundTold, UnitKnown
from rules.assessment.lines import LeftOut, ScoreLine, ScoreRule
from rules.assessment.scoring import score
from rules.assessment.sheets import half_up, points_text, shares, sheet
from rules.assessment.state import ScoreState, fold_scores
from rules.rounds.periods import Rhythm, read_period
from tests.support.scores.county import (
    DUES,
    INTEGRITY,
    LEARNING,
    PERFORMANCE,
    REGISTER,
    REPORT,
    ROSTER,
    STUDY,
    assessment,
    scored_again,
    told,
)

ORGAN = UnitKnown(unit="u1", kind="organ", size="branch")


def differences(state: ScoreState, month: str) -> list[tuple[str, int, int]]:
    """What the last entry of the month says: of each line the points and how many more they are."""
    return [(one.indicator, one.points, one.difference) for one in state.scored[month].lines]


def test_locked_unlocked_and_reported_late() -> None:
    """Out of 100: the roster (4) and whether the month's report came in (3). 4 of 7 is 57.14, 3 of 7 is 42.86."""
    of = assessment(ROSTER, replace(REPORT, every=Rhythm.MONTH))
    month = ("monthly", "2026-08")
    missing = replace(ORGAN, rounds={month: RoundTold("missing")})
    state = scored_again(of, ScoreState(), "2026-08", missing)
    assert differences(state, "2026-08") == [("roster", 40, 40), ("report", 0, 0)]
    assert (state.scored["2026-08"].revision, state.scored["2026-08"].score) == (1, 571)
    assert scored_again(of, state, "2026-08", missing) is state, "nothing is other, so nothing is said"
    # Unlocked, and it reports: late for ever, so half of each.
    late = replace(
        ORGAN,
        rounds={month: RoundTold("late", "YB2026-0001#3")},
        figures={("moved", "2026-08"): FigureTold("no", "YB2026-0001#3")},
    )
    state = scored_again(of, state, "2026-08", late, "解锁补报")
    assert differences(state, "2026-08") == [("roster", 200, 160), ("report", 150, 150)]
    assert (state.scored["2026-08"].revision, state.scored["2026-08"].score) == (2, 5000)
    assert state.lines["report", "2026-08"].inputs[0].entry == "YB2026-0001#3"


def test_a_correction_is_a_new_line_with_the_difference_and_only_of_what_it_changes() -> None:
    of = assessment(STUDY, ROSTER)
    on_time = {("monthly", "2026-08"): RoundTold("on_time", "r#1")}
    figures = {("study", "2026-08"): FigureTold("4", "r#1"), ("moved", "2026-08"): FigureTold("no", "r#1")}
    state = scored_again(of, ScoreState(), "2026-08", replace(ORGAN, rounds=on_time, figures=figures))
    assert state.scored["2026-08"].score == 10_000
    figures[("study", "2026-08")] = FigureTold("2", "r#5")
    state = scored_again(of, state, "2026-08", replace(ORGAN, rounds=on_time, figures=figures), "更正")
    assert differences(state, "2026-08") == [("study", 400, -100)]
    # 5/9 of 100 is 55.56: of it 4/5 are 44.448, half up 44.45; and 44.44 of the roster
    assert (state.scored["2026-08"].revision, state.scored["2026-08"].score) == (2, 4445 + 4444)
    # Corrected without another value: where it stands is other, the points are not.
    figures[("study", "2026-08")] = FigureTold("2", "r#7")
    state = scored_again(of, state, "2026-08", replace(ORGAN, rounds=on_time, figures=figures), "更正")
    assert differences(state, "2026-08") == [("study", 400, 0)]
    assert state.scored["2026-08"].score == 8889


def test_a_merged_unit_keeps_what_it_earned_and_is_owed_nothing_more() -> None:
    of = assessment(ROSTER)
    told_in_july = replace(
        ORGAN,
        rounds={("monthly", "2026-07"): RoundTold("on_time", "r#1")},
        figures={("moved", "2026-07"): FigureTold("yes", "r#1")},
    )
    state = scored_again(of, ScoreState(), "2026-07", told_in_july)
    state = scored_again(of, state, "2026-08", told_in_july)
    assert (state.scored["2026-08"].lines, state.left["roster", "2026-08"].why) == ((), LeftOut.NOTHING_OWED)
    assert sheet(of, of.indicators, state.lines.values()).score == 10_000, "the mean of July alone"


def test_what_is_excused_afterwards_leaves_the_denominator() -> None:
    of = assessment(ROSTER, DUES)
    known = replace(ORGAN, rounds={("monthly", "2026-09"): RoundTold("on_time")}, figures={})
    known = replace(known, figures={("moved", "2026-09"): FigureTold("no", "r#1")})
    state = scored_again(of, ScoreState(), "2026-09", known)
    assert state.scored["2026-09"].score == 5000, "4 of 4, and 0 of 4 for dues that nobody told"
    said = IndicatorExcused(score_of="organ", unit="u1", indicator="dues", period="2026-Q3", reason="党费由上级统收")
    state = scored_again(of, told(state, said), "2026-09", known)
    assert list(state.lines) == [("roster", "2026-09")]
    assert state.left["dues", "2026-Q3"].reason == "党费由上级统收"
    assert (state.scored["2026-09"].lines, state.scored["2026-09"].score) == ((), 10_000)


def test_a_fault_that_is_excused_deducts_nothing_any_more() -> None:
    of = assessment(LEARNING, PERFORMANCE)
    state = told(
        ScoreState(),
        MeritEntered(
            score_of="organ",
            unit="u1",
            indicator="performance",
            merit="circular",
            day=read_period("2026-11").first,
            points=-200,
        ),
    )
    state = told(state, PointsJudged(score_of="organ", unit="u1", indicator="learning", period="2026", points=200))
    state = scored_again(of, state, "2026-12", ORGAN)
    assert state.scored["2026-12"].score == 9800
    state = told(
        state,
        IndicatorExcused(score_of="organ", unit="u1", indicator="performance", period="2026-H2", reason="通报撤销"),
    )
    state = scored_again(of, state, "2026-12", ORGAN)
    assert state.scored["2026-12"].score == 10_000
    assert ("performance", "2026-H2") not in state.lines


def judge(points: int, indicator: Indicator = LEARNING, period: str = "2026", reason: str = "") -> PointsJudged:
    return PointsJudged(
        score_of="organ", unit="u1", indicator=indicator.id, period=period, points=points, reason=reason
    )


JUDGEMENTS: list[tuple[str, Indicator, list[tuple[str, int]], int | None, list[str]]] = [
    ("one", LEARNING, [("a", 150)], 150, ["1"]),
    ("one changes their mind", LEARNING, [("a", 150), ("a", 180)], 180, ["2"]),
    ("another instead of them", LEARNING, [("a", 150), ("b", 120)], 120, ["2"]),
    ("and again the first, who spoke last", LEARNING, [("a", 150), ("b", 120), ("a", 160)], 160, ["3"]),
    ("of two only one", INTEGRITY, [("a", 500), ("a", 400)], None, []),
    ("two that are near", INTEGRITY, [("a", 400), ("b", 300)], 350, ["1", "2"]),
    ("two that are far, and one comes nearer", INTEGRITY, [("a", 500), ("b", 300), ("a", 400)], 350, ["3", "2"]),
    ("the third says", INTEGRITY, [("a", 500), ("b", 300), ("c", 310)], 310, ["1", "2", "3"]),
]


@pytest.mark.parametrize(
    ("indicator", "given", "points", "rests_on"), [c[1:] for c in JUDGEMENTS], ids=[c[0] for c in JUDGEMENTS]
)
def test_judges(indicator: Indicator, given: list[tuple[str, int]], points: int | None, rests_on: list[str]) -> None:
    state, period = ScoreState(), "2026-H2" if indicator is INTEGRITY else "2026"
    for by, said in given:
        state = told(state, judge(said, indicator, period, reason=f"{by} 说"), by)
    found = score(assessment(indicator), REGISTER, read_period("2026-12"), state.known(ORGAN))
    assert [one.points for one in found.lines] == ([] if points is None else [points])
    judges = [one.entry.partition("#")[2] for line in found.lines for one in line.inputs if one.name == "judge"]
    assert judges == rests_on
    if indicator is LEARNING:
        assert found.lines[0].reason == f"{given[-1][0]} 说", "the reason of whose points count"


def test_an_appeal_is_a_line_more_by_its_difference() -> None:
    of = assessment(LEARNING)
    state = scored_again(of, told(ScoreState(), judge(100, reason="没有课题")), "2026-12", ORGAN)
    decided = PointsDecided(
        score_of="organ", unit="u1", indicator="learning", period="2026", points=180, reason="有课题", item="SS1"
    )
    state = scored_again(of, told(state, decided), "2026-12", ORGAN, "申诉")
    assert differences(state, "2026-12") == [("learning", 180, 80)]
    assert state.lines["learning", "2026"].rule is ScoreRule.APPEAL
    assert state.scored["2026-12"].score == 9000
    # Judged anew, it stays as it was decided: whatever was reckoned.
    state = scored_again(of, told(state, judge(50)), "2026-12", ORGAN)
    assert state.lines["learning", "2026"].points == 180


def own(*fulls: int) -> tuple[Indicator, ...]:
    return tuple(
        Indicator(id=f"own{n}", name=f"个性{n}", kind=IndicatorKind.JUDGED, every=Rhythm.YEAR, full=full)
        for n, full in enumerate(fulls, 1)
    )


def test_what_a_unit_declares_counts_from_its_agreement_on() -> None:
    declared = IndicatorsDeclared(score_of="organ", unit="u1", indicators=own(300, 500))
    state = told(ScoreState(), declared)
    assert (state.own, state.declared) == ((), (1, declared))
    state = told(state, IndicatorsReturned(score_of="organ", unit="u1", seq=1, reason="分值不合"))
    assert (state.declared, state.returned and state.returned.reason) == (None, "分值不合")
    state = told(state, declared)
    state = told(state, IndicatorsPinned(score_of="organ", unit="u1", seq=1))
    assert state.own == (), "what was proposed later was not agreed to by that"
    state = told(told(state, declared), IndicatorsPinned(score_of="organ", unit="u1", seq=5))
    assert (state.own, state.declared, state.returned) == (own(300, 500), None, None)


def test_tiers_are_proposed_and_only_then_decided() -> None:
    def proposed(period: str, before: str, to: str, score_: int, below: int = 0) -> TierProposed:
        of = {"score_of": "organ", "unit": "u1", "period": period, "before": before, "began": before}
        return TierProposed(**of, to=to, score=score_, below=below)  # type: ignore[arg-type]

    def decided(period: str, tier: str, *, agreed: bool = True) -> TierDecided:
        day = read_period("2026-07").first
        return TierDecided(score_of="organ", unit="u1", tier=tier, day=day, agreed=agreed, period=period)

    state = told(ScoreState(), proposed("2026-H1", "", "advanced", 9100))
    assert (state.tier, state.proposed is not None) == ("", True)
    state = told(state, decided("2026-H1", "advanced"))
    assert (state.tier, state.proposed, len(state.tiers)) == ("advanced", None, 1)
    state = told(state, proposed("2026-H2", "advanced", "advanced", 8000, below=1))
    assert (state.tier, state.proposed, state.below) == ("advanced", None, 1)
    state = told(state, proposed("2027-H1", "advanced", "middle", 8000))
    state = told(state, decided("2027-H1", "middle", agreed=False))
    assert (state.tier, state.proposed, state.below) == ("advanced", None, 0)


# ---------------------------------------------------------------------------------------------------------- the sheet


def line(indicator: str, full: int, points: int, period: str = "2026-08") -> ScoreLine:
    rule = ScoreRule.LEVELS if full else ScoreRule.MERITS
    return ScoreLine(indicator=indicator, period=period, full=full, points=points, rule=rule)


def plain(id_: str, full: int) -> Indicator:
    return Indicator(id=id_, name=id_, kind=IndicatorKind.LEDGER, every=Rhythm.MONTH, full=full)


def deducting(id_: str, add: int, deduct: int) -> Indicator:
    return Indicator(id=id_, name=id_, kind=IndicatorKind.ADD_DEDUCT, every=Rhythm.MONTH, add=add, deduct=deduct)


@pytest.mark.parametrize(
    ("value", "rounded"),
    [("1/2", 1), ("49/100", 0), ("-1/2", 0), ("-51/100", -1), ("5/2", 3), ("7/2", 4), ("7", 7), ("0", 0)],
)
def test_half_is_rounded_up(value: str, rounded: int) -> None:
    assert half_up(Fraction(value)) == rounded


@pytest.mark.parametrize(
    ("parts", "total", "found"),
    [
        ({"a": 1, "b": 1, "c": 1}, 10_000, {"a": 3334, "b": 3333, "c": 3333}),  # of equal remainders the first
        ({"a": 200, "b": 200, "c": 300}, 10_000, {"a": 2857, "b": 2857, "c": 4286}),  # 2857.14, 2857.14, 4285.71
        ({"a": 1, "b": 5}, 100, {"a": 17, "b": 83}),  # 16.67, 83.33
        ({"a": 8000, "b": 2000}, 10_000, {"a": 8000, "b": 2000}),
        ({"a": 7}, 10_000, {"a": 10_000}),
        ({"a": 0}, 10_000, {"a": 0}),
        ({}, 10_000, {}),
    ],
)
def test_the_largest_remainder_has_the_hundredth_that_is_left(
    parts: dict[str, int], total: int, found: dict[str, int]
) -> None:
    assert shares(parts, total) == found


SHEETS: list[tuple[str, tuple[Indicator, ...], list[ScoreLine], list[tuple[str, int, int]], int]] = [
    # what it is about, the indicators, the lines, (indicator, weight, counts), the score
    (
        "as the file says: 80 + 20",
        (plain("a", 8000), plain("b", 2000)),
        [line("a", 8000, 6000), line("b", 2000, 1500)],
        [("a", 8000, 6000), ("b", 2000, 1500)],
        7500,
    ),
    (
        "what has no line is not part of the total",
        (plain("a", 8000), plain("b", 2000)),
        [line("b", 2000, 1500)],
        [("b", 10_000, 7500)],
        7500,
    ),
    (
        "three thirds: 33.34 + 33.33 + 33.33",
        (plain("a", 500), plain("b", 500), plain("c", 500)),
        [line("a", 500, 500), line("b", 500, 500), line("c", 500, 500)],
        [("a", 3334, 3334), ("b", 3333, 3333), ("c", 3333, 3333)],
        10_000,
    ),
    (
        "the mean of its months, half up once: 10000 x (1/3 + 1) / 2 = 6666.67",
        (plain("a", 300),),
        [line("a", 300, 100, "2026-07"), line("a", 300, 300, "2026-08")],
        [("a", 10_000, 6667)],
        6667,
    ),
    (
        "a month counts like another, though it was worth more when it was scored: (1/2 + 1) / 2",
        (plain("a", 300),),
        [line("a", 400, 200, "2026-07"), line("a", 300, 300, "2026-08")],
        [("a", 10_000, 7500)],
        7500,
    ),
    (
        "what adds comes on top, what deducts comes off, each within its caps over all its periods",
        (deducting("more", 300, 0), plain("a", 500), deducting("less", 0, 400)),
        [
            line("more", 0, 200, "2026-07"),
            line("more", 0, 200),
            line("a", 500, 250),
            line("less", 0, -300, "2026-07"),
            line("less", 0, -300),
        ],
        [("more", 0, 300), ("a", 10_000, 5000), ("less", 0, -400)],
        4900,
    ),
    (
        "nothing takes it below 0: what is there, with what was added",
        (deducting("less", 0, 9000), plain("a", 500), deducting("more", 300, 0)),
        [line("less", 0, -9000), line("a", 500, 10), line("more", 0, 100)],
        [("less", 0, -300), ("a", 10_000, 200), ("more", 0, 100)],
        0,
    ),
    ("merits alone are no score", (deducting("more", 300, 0),), [line("more", 0, 100)], [], 0),
    ("what is no indicator any more is no part of it", (plain("a", 500),), [line("z", 500, 500)], [], 0),
]


@pytest.mark.parametrize(("indicators", "lines", "found", "total"), [c[1:] for c in SHEETS], ids=[c[0] for c in SHEETS])
def test_the_sheet(
    indicators: tuple[Indicator, ...], lines: list[ScoreLine], found: list[tuple[str, int, int]], total: int
) -> None:
    of = sheet(assessment(*indicators), indicators, lines)
    assert [(one.indicator, one.weight, one.counts) for one in of.lines] == found
    assert (of.score, of.empty) == (total, not found)


def test_what_is_not_declared_is_rescaled_and_what_is_declared_is_part_of_the_total() -> None:
    of = assessment(plain("a", 8000))
    without = sheet(of, of.indicators, [line("a", 8000, 6000)])
    assert (without.score, [one.weight for one in without.lines]) == (7500, [10_000])
    indicators = (*of.indicators, *own(1200, 800))
    with_own = sheet(of, indicators, [line("a", 8000, 6000), line("own1", 1200, 1200), line("own2", 800, 0)])
    assert (with_own.score, [one.weight for one in with_own.lines]) == (7200, [8000, 1200, 800])


@pytest.mark.parametrize(
    ("points", "text"), [(750, "7.5"), (8000, "80"), (-225, "-2.25"), (5, "0.05"), (0, "0"), (-5, "-0.05")]
)
def test_points_as_people_write_them(points: int, text: str) -> None:
    assert points_text(points) == text


def test_the_state_is_the_fold_of_its_facts() -> None:
    facts: Iterable[tuple[int, str, str, ScoreFact]] = [(1, "p1", "s#1", judge(100)), (2, "p1", "s#2", judge(150))]
    assert fold_scores(facts).judged["learning", "2026"][0].points == 150
