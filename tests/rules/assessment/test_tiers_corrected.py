"""Tiers over corrections: where a unit ends does not hang on the order in which its periods were looked at."""

from __future__ import annotations

from datetime import date
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.assessment.facts import TierDecided, TierProposed
from rules.assessment.state import ScoreState
from rules.assessment.tiers import TierFound, tier_by
from tests.support.scores.county import TIERS, told

PERIODS = ("2026-H1", "2026-H2", "2027-H1")
OF: dict[str, Any] = {"score_of": "organ", "unit": "u1"}
Looked = tuple[str, int]


def looked(state: ScoreState, period: str, score: int, start: TierFound) -> ScoreState:
    """The period has that score, and the later ones follow."""
    for at in (period, *(one for one in sorted(state.looked) if one > period)):
        over = score if at == period else state.looked[at].score
        begins = state.begins(at) or start
        found = tier_by(TIERS, begins.tier, begins.below, over)
        fact = TierProposed(
            **OF,
            period=at,
            before=state.stands or begins.tier,
            to=found.tier,
            score=over,
            below=found.below,
            began=begins.tier,
            already=begins.below,
        )
        state = told(state, fact)
    return state


def lived(order: tuple[Looked, ...], start: TierFound, *, agreeing: bool = False) -> ScoreState:
    state = ScoreState()
    for period, score in order:
        state = looked(state, period, score, start)
        if agreeing and state.proposed:
            state = told(state, decided(state.proposed))
    return state


def decided(proposed: TierProposed, *, agreed: bool = True) -> TierDecided:
    return TierDecided(**OF, tier=proposed.to, day=date(2026, 7, 20), period=proposed.period, agreed=agreed)


def ends(state: ScoreState) -> tuple[str, str, int]:
    waits = state.proposed
    return state.stands, waits.to if waits else "", state.below


STARTS = st.sampled_from(
    [
        TierFound(tier=""),
        TierFound(tier="weak"),
        TierFound(tier="middle", below=1),
        TierFound(tier="advanced"),
        TierFound(tier="advanced", below=1),
    ]
)
SCORES = st.integers(6500, 9500)


@given(STARTS, st.tuples(*([SCORES] * len(PERIODS))), st.tuples(*([SCORES] * len(PERIODS))), st.data())
def test_two_units_with_the_same_scores_end_alike(
    start: TierFound, first: tuple[int, ...], right: tuple[int, ...], data: st.DataObject
) -> None:
    """However their periods were looked at and corrected, and whether or not somebody agreed each time at once."""
    wrong = tuple(zip(PERIODS, first, strict=True))
    corrections = tuple(zip(PERIODS, right, strict=True))
    straight = lived(corrections, start)
    agreed = lived(corrections, start, agreeing=True)
    for order in permutations(corrections):
        assert ends(lived((*wrong, *order), start)) == ends(straight)
        assert ends(lived(order, start)) == ends(straight)
    mixed: list[Looked] = []
    for period, was, now in zip(PERIODS, first, right, strict=True):
        mixed.insert(data.draw(st.integers(0, len(mixed))), (period, was))
        at = mixed.index((period, was))
        mixed.insert(data.draw(st.integers(at + 1, len(mixed))), (period, now))
    assert ends(lived(tuple(mixed), start)) == ends(straight)
    corrected = lived((*wrong, *corrections), start, agreeing=True)
    assert ends(corrected)[0] == ends(agreed)[0] == (straight.proposed.to if straight.proposed else straight.stands)
    assert ends(corrected)[2] == ends(agreed)[2]


def test_an_earlier_period_corrected_neither_takes_away_nor_replaces_what_a_later_one_proposes() -> None:
    state = lived((("2026-H1", 8000), ("2026-H2", 9100)), TierFound(tier="middle"))
    assert ends(state) == ("middle", "advanced", 0)
    after = looked(state, "2026-H1", 8100, TierFound(tier="middle"))
    assert after.proposed is not None
    assert (after.proposed.period, after.proposed.to) == ("2026-H2", "advanced")


def test_an_earlier_period_corrected_counts_once_below_not_twice() -> None:
    """Below at the first half-year, well at the second: once more below at the first is still the first time."""
    start = TierFound(tier="advanced")
    state = lived((("2026-H1", 8000), ("2026-H2", 9100)), start)
    assert ends(state) == ("advanced", "", 0)
    assert ends(looked(state, "2026-H1", 7900, start)) == ("advanced", "", 0)
    twice = lived((("2026-H1", 9000), ("2026-H2", 8000)), start)
    assert ends(twice) == ("advanced", "", 1)
    assert ends(looked(twice, "2026-H1", 8000, start)) == ("advanced", "middle", 0), "the second time it goes down"


@pytest.mark.parametrize("agreed", [True, False])
def test_what_somebody_refused_for_a_period_does_not_lead_on(agreed: bool) -> None:
    start = TierFound(tier="middle")
    state = lived((("2026-H1", 9100),), start)
    assert state.proposed is not None
    state = told(state, decided(state.proposed, agreed=agreed))
    state = looked(state, "2026-H2", 8800, start)
    assert ends(state) == (("advanced", "", 0) if agreed else ("middle", "", 0)), "88 holds what it does not enter"


def test_what_somebody_gives_by_no_score_begins_anew() -> None:
    state = lived((("2026-H1", 8000),), TierFound(tier="advanced"))
    assert ends(state) == ("advanced", "", 1)
    state = told(state, TierDecided(**OF, tier="slack", day=date(2026, 8, 1), until=date(2027, 8, 1)))
    assert (ends(state), state.given) == (("slack", "", 0), date(2026, 8, 1))
    state = told(state, TierDecided(**OF, tier="middle", day=date(2026, 9, 1)))
    assert (ends(state), state.begins("2026-H2")) == (("middle", "", 0), None)
