"""What is known of a unit, written in few words; and the one line that comes of it."""

from __future__ import annotations

from datetime import date
from typing import Any

from rules.assessment.assessment import Indicator
from rules.assessment.known import FigureTold, JudgedPoints, MeritTold, RoundTold, UnitKnown
from rules.assessment.lines import LeftLine, LineInput, ScoreLine
from rules.assessment.scoring import score
from rules.rounds.periods import read_period
from tests.support.scores.county import REGISTER, assessment

NAMES = {"j#1": "林岚", "j#2": "陈思远", "j#3": "周立文"}
"""Who judged, by entry."""


def figures(**told: str) -> dict[tuple[str, str], FigureTold]:
    """closed_2026_Q3="85" is the figure closed for 2026-Q3; its entry is called after it."""
    found = {}
    for name, value in told.items():
        figure, _, period = name.partition("_")
        found[figure, period.replace("_", "-")] = FigureTold(value, f"{figure}#1")
    return found


def rounds(*hows: str, campaign: str = "monthly", periods: str = "2026-07 2026-08 2026-09") -> Any:
    """How the unit stands in the rounds of these periods; `-`: it is not among those that are asked."""
    told = zip(periods.split(), hows, strict=True)
    return {(campaign, period): RoundTold(how, f"{period}#1") for period, how in told if how != "-"}


def rungs(*points: int) -> dict[str, tuple[LineInput, ...]]:
    """What the ladder took in August."""
    taken = (LineInput(name="rungs", period="2026-08", value=str(one), entry=f"ZG#{one}") for one in points)
    return {"2026-08": tuple(taken)}


def judged(indicator: Indicator, period: str, *points: int, reason: str = "") -> Any:
    """What the judges gave, one after the other; the first says why it is less than full."""
    given = enumerate(points, 1)
    told = (JudgedPoints(points=p, by=f"p{n}", reason=reason if n == 1 else "", entry=f"j#{n}") for n, p in given)
    return {(indicator.id, period): tuple(told)}


def merit(kind: str, day: str, points: int) -> MeritTold:
    return MeritTold(indicator="performance", merit=kind, day=date.fromisoformat(day), points=points, entry=f"m#{day}")


def one(indicator: Indicator, month: str, **known: Any) -> ScoreLine | LeftLine | None:
    """The only line, or why there is none, of a unit of which that is known."""
    known = {"unit": "u1", "kind": "organ", "size": "branch"} | known
    found = score(assessment(indicator), REGISTER, read_period(month), UnitKnown(**known))
    lines: list[ScoreLine | LeftLine] = [*found.lines, *found.left]
    assert len(lines) <= 1
    return lines[0] if lines else None


AUGUST, JULY_ON, DECEMBER, SEPTEMBER = "2026-08", "2026-H2", "2026-12", "2026-09"
QUARTER_OF_STUDY = {"committee_2026_07": "1", "committee_2026_08": "1"}
