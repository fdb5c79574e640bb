"""What a unit may propose for itself: so many, of these kinds, that make up the points; and nothing online."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rules.assessment.assessment import Counting, Indicator, IndicatorKind, Individual
from rules.assessment.deciding import check_declared
from rules.assessment.state import ScoreState
from rules.burden.budget import WATCHED_WORDS
from rules.errors import Code, RuleViolation
from rules.rounds.periods import Rhythm
from tests.support.scores.county import REGISTER, STUDY, assessment

OWN = Individual(count=2, full=1000, least=350, most=800, kinds=(IndicatorKind.JUDGED,), month=2, day=15)
OF = replace(assessment(STUDY), individual=OWN)
ONE = Indicator(
    id="own_1", name="一支部一品牌", kind=IndicatorKind.JUDGED, every=Rhythm.YEAR, full=600, standard="有计划、有成效"
)
OTHER = replace(ONE, id="own_2", name="为民实事", full=400)


def refused(*declared: Indicator, state: ScoreState | None = None) -> str:
    with pytest.raises(RuleViolation) as said:
        check_declared(OF, state or ScoreState(), declared, REGISTER)
    assert said.value.code is Code.SCORE_REFUSED
    return str(said.value)


def test_what_adds_up_is_proposed_and_nothing_else() -> None:
    check_declared(OF, ScoreState(), (ONE, OTHER), REGISTER)
    assert "申报了 1 项，应为 2 项" in refused(ONE)
    assert "每项 3.5 至 8 分" in refused(replace(ONE, full=300), OTHER)
    assert "个性指标不能是这一种" in refused(replace(ONE, kind=IndicatorKind.LEDGER), OTHER)
    assert "“集中学习”重复了" in refused(replace(ONE, name="集中学习"), OTHER)
    assert "加起来 9 分，应为 10 分" in refused(replace(ONE, full=500), OTHER)
    assert "一年不变" in refused(ONE, OTHER, state=ScoreState(own=(ONE, OTHER)))


@pytest.mark.parametrize("word", WATCHED_WORDS)
def test_nobody_proposes_to_be_assessed_by_days_online_punching_or_likes(word: str) -> None:
    assert f"里有“{word}”" in refused(replace(ONE, name=f"学习{word}"), OTHER)
    assert f"里有“{word}”" in refused(ONE, replace(OTHER, standard=f"按{word}算"))


def test_nor_by_a_figure_of_that_name() -> None:
    punched = replace(REGISTER.figures[0], id="punched", name="党员打卡次数")
    register = replace(REGISTER, figures=(*REGISTER.figures, punched))
    counted = replace(ONE, kind=IndicatorKind.COUNTED, counts=(Counting(figure="punched", least=()),))
    ratio = replace(ONE, kind=IndicatorKind.COMPUTED, value=f"figure.punched / figure.{REGISTER.figures[0].id}")
    of = replace(OF, individual=replace(OWN, kinds=(IndicatorKind.COUNTED, IndicatorKind.COMPUTED, *OWN.kinds)))
    for one in (counted, ratio):
        with pytest.raises(RuleViolation, match="“党员打卡次数”里有“打卡”"):
            check_declared(of, ScoreState(), (one, OTHER), register)
