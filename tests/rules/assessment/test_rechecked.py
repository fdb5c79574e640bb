"""A score that follows from what it says is left alone, whatever is assessed; one that does not is told."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from rules.assessment.assessment import Assessment, IndicatorKind
from rules.assessment.facts import Scored
from rules.assessment.lines import LeftLine, LeftOut
from rules.assessment.rechecking import recheck_score
from rules.assessment.scoring import score
from rules.assessment.sheets import sheet
from rules.assessment.state import ScoreState
from tests.support.scores.any_assessment import MONTHS, assessments, facts_of_a_year
from tests.support.scores.county import REGISTER


def scored(of: Assessment, seed: int, month: int) -> tuple[ScoreState, Scored]:
    """How somebody stands before a month is scored, and its score."""
    told, period = facts_of_a_year(of, Random(seed)), MONTHS[month]
    before = ScoreState(judged=told.judged, merits=told.merits, excused=told.excused, appealed=told.appealed)
    found = score(of, REGISTER, period, told)
    return before, Scored(
        score_of=of.id,
        unit=told.unit,
        month=period.id,
        version=of.version,
        figures=REGISTER.version,
        kind=told.kind,
        size=told.size,
        since=told.since,
        lines=found.lines,
        left=found.left,
        score=sheet(of, of.indicators, found.lines).score,
    )


def told(of: Assessment, before: ScoreState, fact: Scored) -> list[str]:
    return list(recheck_score(of, REGISTER, before, fact))


@given(assessments(), st.integers(0, 2**32), st.integers(0, 11))
def test_what_follows_is_left_alone_and_what_is_said_otherwise_is_told(of: Assessment, seed: int, month: int) -> None:
    before, fact = scored(of, seed, month)
    assert told(of, before, fact) == []
    kinds = {one.id: one.kind for one in of.indicators}
    for n, line in enumerate(fact.lines):
        others = (*fact.lines[:n], *fact.lines[n + 1 :])
        for said in (line._replace(points=line.points + 1), line._replace(full=line.full + 1)):
            assert told(of, before, replace(fact, lines=(*others, said))) != []
        if (
            line.inputs and kinds[line.indicator] is not IndicatorKind.ON_TIME
        ):  # which rounds asked the unit, the ledger says
            assert told(of, before, replace(fact, lines=(*others, line._replace(inputs=line.inputs[1:])))) != []
        assert any("没有计" in one for one in told(of, before, replace(fact, lines=others)))
        for why, what in ((LeftOut.NOT_APPLICABLE, "是否适用写得不符"), (LeftOut.EXCUSED, "没有人说过")):
            left = LeftLine(indicator=line.indicator, period=line.period, why=why)
            found = told(of, before, replace(fact, lines=others, left=(*fact.left, left)))
            assert any(what in one for one in found)
    for n in range(len(fact.left)):
        assert told(of, before, replace(fact, left=(*fact.left[:n], *fact.left[n + 1 :]))) != []
    assert told(of, before, replace(fact, score=fact.score + 1)) == [f"{fact.month} 的得分不是各行之和"]
    assert told(of, before, replace(fact, revision=2)) == [f"{fact.month} 的计分次序不连续"]
