"""Whatever the assessment and whatever is known: scores stay within bounds, add up, and come out the same again."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rules.assessment.assessment import Assessment, parts_of
from rules.assessment.facts import IndicatorExcused, MeritEntered, PointsDecided, PointsJudged, ScoreFact
from rules.assessment.known import UnitKnown
from rules.assessment.lines import ScoreLine, ScoreSheet
from rules.assessment.scoring import indicators_of, score
from rules.assessment.sheets import shares, sheet, together
from rules.assessment.state import ScoreState, fold_scores
from rules.assessment.telling import why, why_not
from rules.assessment.tiers import TierFound, tier_by
from tests.support.scores.any_assessment import MONTHS, YEAR, all_good, assessments, facts_of_a_year
from tests.support.scores.county import REGISTER, TIERS, scored_again


@st.composite
def years(draw: Any, times: int = 1) -> tuple[Assessment, list[UnitKnown]]:
    """An assessment, and what is known of a unit, so many times."""
    of = draw(assessments())
    chance = Random(draw(st.integers(0, 2**32)))
    return of, [facts_of_a_year(of, chance) for _ in range(times)]


def lines_of(of: Assessment, known: UnitKnown) -> list[ScoreLine]:
    """All lines of the year."""
    return [line for month in MONTHS for line in score(of, REGISTER, month, known).lines]


def sheet_of(of: Assessment, known: UnitKnown) -> ScoreSheet:
    return sheet(of, indicators_of(of, known), lines_of(of, known))


@given(years())
def test_a_score_is_the_sum_of_its_lines_and_within_its_bounds(year: tuple[Assessment, list[UnitKnown]]) -> None:
    of, (known,) = year
    for month in (*((month,) for month in MONTHS), MONTHS):
        lines = [line for one in month for line in score(of, REGISTER, one, known).lines]
        found = sheet(of, of.indicators, lines)
        assert found.score == sum(line.counts for line in found.lines)
        assert 0 <= found.score <= of.most
        for line in lines:
            indicator = of.indicator(line.indicator)
            assert indicator
            if indicator.of_base:
                assert 0 <= line.points <= line.full == indicator.full
        if not found.empty:
            assert sum(line.weight for line in found.lines) == of.total
            assert all(0 <= line.counts <= line.weight for line in found.lines if line.weight)


@given(years())
def test_sums_of_lines_come_to_what_the_sheet_comes_to(year: tuple[Assessment, list[UnitKnown]]) -> None:
    """But for the rounding of each indicator's weight and count."""
    of, (known,) = year
    lines = [line for line in lines_of(of, known) if line.full]
    found = [line for line in sheet(of, of.indicators, lines).lines if line.weight]
    sums = {one: [line for line in lines if line.indicator == one] for one in {line.indicator for line in lines}}
    points, full = together(
        (sum(line.points for line in each), sum(line.full for line in each), len(each)) for each in sums.values()
    )
    assert bool(full) == bool(found)
    if full:
        assert abs(of.total * Fraction(points, full) - sum(line.counts for line in found)) <= 2 * len(found)


@given(years())
def test_each_indicator_that_is_due_has_a_line_or_the_reason_why_not_and_both_can_be_told(
    year: tuple[Assessment, list[UnitKnown]],
) -> None:
    of, (known,) = year
    for month in MONTHS:
        found = score(of, REGISTER, month, known)
        said = [(line.indicator, line.period) for line in found.lines]
        said += [(left.indicator, left.period) for left in found.left]
        assert len(said) == len(set(said))
        silent = {one.id for one in of.indicators if one.of_base} - {one for one, _ in said}
        assert not any(month.last == last for one in silent for last in _ends(of, one))
        for line in found.lines:
            indicator = of.indicator(line.indicator)
            assert indicator
            assert why(indicator, REGISTER, line).endswith(" 分")
        assert all(why_not(one) for one in found.left)


def _ends(of: Assessment, indicator: str) -> list[Any]:
    found = of.indicator(indicator)
    assert found
    return [period.last for period in parts_of(YEAR, found.every)]


@given(years(), st.randoms(use_true_random=False))
def test_the_order_in_which_things_are_known_changes_nothing(
    year: tuple[Assessment, list[UnitKnown]], chance: Any
) -> None:
    of, (known,) = year
    mixed_up: dict[str, Any] = {
        name: dict(chance.sample(list(getattr(known, name).items()), len(getattr(known, name))))
        for name in ("figures", "rounds", "rungs", "judged", "excused", "appealed")
    }
    other = replace(known, merits=tuple(chance.sample(known.merits, len(known.merits))), **mixed_up)
    lines = lines_of(of, known)
    assert lines_of(of, other) == lines
    mixed = sheet(of, of.indicators, chance.sample(lines, len(lines)))
    assert [(one.indicator, one.weight, one.counts) for one in mixed.lines] == [
        (one.indicator, one.weight, one.counts) for one in sheet_of(of, known).lines
    ]


@given(years(), st.randoms(use_true_random=False))
def test_the_order_of_entries_changes_nothing_but_who_of_one_thing_spoke_first(
    year: tuple[Assessment, list[UnitKnown]], chance: Any
) -> None:
    """The facts of one thing (an indicator's judgements for a period) keep their order, all others are mixed."""
    of, (known,) = year
    named = {"score_of": of.id, "unit": known.unit}
    told: list[list[tuple[int, str, str, ScoreFact]]] = [
        [
            (
                one.seq,
                one.by,
                one.entry,
                PointsJudged(**named, indicator=indicator, period=period, points=one.points, reason=one.reason),
            )
            for one in given
        ]
        for (indicator, period), given in known.judged.items()
        if given
    ]
    told += [
        [
            (
                0,
                "p",
                one.entry,
                MeritEntered(**named, indicator=one.indicator, merit=one.merit, day=one.day, points=one.points),
            )
        ]
        for one in known.merits
    ]
    told += [
        [(0, "p", one.entry, IndicatorExcused(**named, indicator=indicator, period=period, reason=one.reason))]
        for (indicator, period), one in known.excused.items()
    ]
    told += [
        [
            (
                0,
                one.by,
                one.entry,
                PointsDecided(
                    **named, indicator=indicator, period=period, points=one.points, reason=one.reason, item="SS1"
                ),
            )
        ]
        for (indicator, period), one in known.appealed.items()
    ]
    mixed = chance.sample(told, len(told))
    state = fold_scores(fact for group in mixed for fact in group)
    assert lines_of(of, state.known(known)) == lines_of(of, known)


@given(assessments())
def test_who_did_all_has_exactly_the_total(of: Assessment) -> None:
    known = all_good(of)
    for months in (*((month,) for month in MONTHS), MONTHS[:6], MONTHS):
        lines = [line for month in months for line in score(of, REGISTER, month, known).lines]
        found = sheet(of, of.indicators, lines)
        assert found.score == (0 if found.empty else of.total)


@given(years(times=4))
def test_revisions_lead_to_the_lines_that_scoring_anew_gives(year: tuple[Assessment, list[UnitKnown]]) -> None:
    """Whatever becomes known after the lock: what stands is as if it had been known at once, and the differences of a
    line add up to its points."""
    of, seen = year
    unit = seen[0]
    seen = [replace(one, kind=unit.kind, size=unit.size) for one in seen]
    state, sums = ScoreState(), defaultdict[tuple[str, str], int](int)
    for known in seen:
        for month in MONTHS:
            now = replace(
                state,
                judged=known.judged,
                merits=known.merits,
                excused=known.excused,
                appealed=known.appealed,
            )
            after = scored_again(of, now, month.id, known)
            if after is not now:
                fact = after.scored[month.id]
                assert fact.revision == (1 if month.id not in state.scored else state.scored[month.id].revision + 1)
                for gone in fact.left:
                    sums.pop((gone.indicator, gone.period), None)
                for line in fact.lines:
                    sums[line.indicator, line.period] += line.difference
            state = after
    base = {one.id for one in of.indicators if one.of_base}  # a merit that was entered stays
    found = {(line.indicator, line.period): line for line in lines_of(of, seen[-1]) if line.indicator in base}
    stands = {key: line._replace(difference=0) for key, line in state.lines.items() if line.indicator in base}
    assert stands == found
    assert {key: points for key, points in sums.items() if key[0] in base} == {
        key: line.points for key, line in found.items()
    }


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 900)), st.integers(0, 20_000))
def test_shares_make_up_the_total_and_none_is_a_hundredth_off(parts: dict[str, int], total: int) -> None:
    found = shares(parts, total)
    whole = sum(parts.values())
    assert sum(found.values()) == (total if whole else 0)
    assert all(abs(found[name] * whole - part * total) < whole for name, part in parts.items() if whole)


@given(st.sampled_from(("advanced", "middle")), st.integers(0, 1), st.data())
def test_between_leaving_and_entering_nobody_goes_up_or_down(own: str, below: int, data: st.DataObject) -> None:
    band = TIERS.band(own)
    assert band
    higher = [one.enter for one in TIERS.bands if one.enter > band.enter]
    between = data.draw(st.integers(band.leave, min((*higher, band.enter)) - 1))
    assert tier_by(TIERS, own, below, between) == TierFound(tier=own)
    above = data.draw(st.integers(band.leave, min((*higher, 20_000)) - 1))
    assert tier_by(TIERS, own, below, above) == TierFound(tier=own)


@given(st.integers(1, 3), st.lists(st.integers(0, 10_500), min_size=1, max_size=12))
def test_down_only_after_so_many_times_in_a_row_and_up_at_once(down_after: int, scores: list[int]) -> None:
    tiers = replace(TIERS, down_after=down_after)
    places = [band.id for band in tiers.bands]
    tier, below, row = "", 0, 0
    for points in scores:
        found = tier_by(tiers, tier, below, points)
        band, own = tiers.band(found.tier), tiers.band(tier)
        assert band
        if own is None or places.index(band.id) < places.index(own.id):
            assert points >= band.enter
            row = 0
        elif band.id == own.id:
            row = row + 1 if points < own.leave else 0
            assert row < down_after
        else:
            assert points < own.leave
            assert points >= band.leave
            assert row + 1 == down_after
            row = 0
        assert found.below == row
        tier, below = found.tier, found.below
