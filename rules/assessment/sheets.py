"""From lines to a score: the mean of each indicator over its periods, of weights that make up the total, summed.

Weights are whole hundredths by largest remainder, so that full points give the total exactly; what an indicator counts
is rounded half up once; the sum of what they count is the score. Nothing that adds lifts it above the total and all
that can be added, and nothing that deducts takes it below 0.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Protocol, TypeVar

from rules.assessment.assessment import POINT, Assessment, Indicator
from rules.assessment.lines import ScoreLine, ScoreSheet, SheetLine
from rules.rounds.periods import Period, Rhythm

Exact = Fraction | int
"""What is reckoned with: whole numbers as long as they come out even, since these are so much quicker."""


class Points(Protocol):
    """So many hundredths, of `full`, for an indicator: of a line what a sheet comes from."""

    @property
    def indicator(self) -> str: ...
    @property
    def points(self) -> int: ...
    @property
    def full(self) -> int: ...


P = TypeVar("P", bound=Points)


def sheet(assessment: Assessment, indicators: Sequence[Indicator], lines: Iterable[ScoreLine]) -> ScoreSheet:
    """The sheet that these lines of one unit make, in the order of the `indicators` (its own are among them)."""
    of = _by_indicator(lines)
    found = {
        one: SheetLine(indicator=one, weight=weight, counts=counts, lines=tuple(of[one]))
        for one, weight, counts in _counted(assessment, indicators, of)
    }
    return ScoreSheet(lines=tuple(found[one.id] for one in indicators if one.id in found))


def score_of(assessment: Assessment, indicators: Sequence[Indicator], lines: Iterable[Points]) -> int | None:
    """What the sheet of these lines comes to, in hundredths; None where it is empty."""
    found = _counted(assessment, indicators, _by_indicator(lines))
    return sum(counts for _, _, counts in found) if found else None


def on_sheet(own: Period, over: Period) -> bool:
    """Whether a line of that period stands on the sheet over the other. Of a month it is what its lock scores, as the
    entry says it: all periods that end with it. Of what is longer, the periods that lie within it."""
    if over.rhythm is Rhythm.MONTH:
        return own.last == over.last
    return over.first <= own.first and own.last <= over.last


def _by_indicator(lines: Iterable[P]) -> dict[str, list[P]]:
    of: defaultdict[str, list[P]] = defaultdict(list)
    for line in lines:
        of[line.indicator].append(line)
    return dict(of)


def _counted(
    assessment: Assessment, indicators: Sequence[Indicator], of: Mapping[str, Sequence[Points]]
) -> list[tuple[str, int, int]]:
    """Of each indicator with lines its id, its weight and what it counts; nothing, where none is of the total."""
    said = [one for one in indicators if one.id in of]
    base = [one for one in said if one.of_base]
    weights = _weights(tuple([(one.id, one.full) for one in base]), assessment.total)
    found = [(one.id, weights[one.id], _part_of(weights[one.id], of[one.id])) for one in base]
    if not found:
        return []
    left = sum(counts for _, _, counts in found)
    if len(base) == len(said):
        return found
    beside = [(one.id, _within(one, sum(line.points for line in of[one.id]))) for one in said if not one.of_base]
    for id_, points in sorted(beside, key=lambda pair: pair[1] < 0):
        counts = max(points, -left)
        left += counts
        found.append((id_, 0, counts))
    return found


# Remembered: most units of a body have lines for the same indicators.
@lru_cache(maxsize=512)
def _weights(parts: tuple[tuple[str, int], ...], total: int) -> dict[str, int]:
    return shares(dict(parts), total)


def _part_of(weight: int, lines: Sequence[Points]) -> int:
    """So much of the weight as these lines are of their full points, in the mean; rounded once."""
    full = lines[0].full
    if len(lines) == 1:
        return (2 * weight * lines[0].points + full) // (2 * full)
    if any(line.full != full for line in lines):
        return half_up(weight * mean([Fraction(line.points, line.full) for line in lines]))
    of = full * len(lines)
    return (2 * weight * sum([line.points for line in lines]) + of) // (2 * of)


def shares(parts: Mapping[str, int], total: int) -> dict[str, int]:
    """The total in whole hundredths, divided as these parts are, by largest remainder (of equal ones the first)."""
    whole = sum(parts.values())
    if not whole:
        return dict.fromkeys(parts, 0)
    found = {name: part * total // whole for name, part in parts.items()}
    rest = sorted(parts, key=lambda name: -(parts[name] * total % whole))
    for name in rest[: total - sum(found.values())]:
        found[name] += 1
    return found


def together(sums: Iterable[tuple[int, int, int]]) -> tuple[int, int]:
    """What several indicators come to, weighed as a sheet weighs them, so each by its mean line. `sums`: of each the
    points, the full points and the number of its lines. Points, and the full points of which they are, in no unit of
    their own."""
    known = [one for one in sums if one[1]]
    of = 1
    for lines in {lines for _, _, lines in known}:
        of *= lines
    return sum(points * (of // lines) for points, _, lines in known), sum(f * (of // n) for _, f, n in known)


def half_up(value: Exact) -> int:
    """The nearest whole number; of two as near the greater."""
    return value if isinstance(value, int) else (Fraction(value) + Fraction(1, 2)).__floor__()


def mean(values: Sequence[Exact]) -> Exact:
    """The mean of these; there is at least one."""
    return values[0] if len(values) == 1 else parted(sum(values), len(values))


def parted(whole: Exact, parts: int) -> Exact:
    """The whole divided by so many: a whole number where it comes out even, which is reckoned with far quicker."""
    if isinstance(whole, int) and whole % parts == 0:
        return whole // parts
    return Fraction(whole, parts)


def _within(indicator: Indicator, points: int) -> int:
    return max(-indicator.deduct, min(indicator.add, points))


def points_text(points: int) -> str:
    """Hundredths as people write points: 7.5, 80, -2.25."""
    whole, part = divmod(abs(points), POINT)
    text = f"{whole}.{part:02}".rstrip("0").rstrip(".") if part else str(whole)
    return f"-{text}" if points < 0 else text
