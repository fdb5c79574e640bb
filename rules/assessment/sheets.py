"""From lines to a score: the mean of each indicator over its periods, of weights that make up the total, summed.

Weights are whole hundredths by largest remainder, so that full points give the total exactly; what an indicator counts
is rounded half up once; the sum of what they count is the score. Nothing that adds lifts it above the total and all
that can be added, and nothing that deducts takes it below 0.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from rules.assessment.assessment import POINT, Assessment, Indicator
from rules.assessment.lines import ScoreLine, ScoreSheet, SheetLine


def sheet(assessment: Assessment, indicators: Sequence[Indicator], lines: Iterable[ScoreLine]) -> ScoreSheet:
    """The sheet that these lines of one unit make, in the order of the `indicators` (its own are among them)."""
    of: defaultdict[str, list[ScoreLine]] = defaultdict(list)
    for line in lines:
        of[line.indicator].append(line)
    base = [one for one in indicators if one.of_base and of[one.id]]
    weights = shares({one.id: one.full for one in base}, assessment.total)
    found = [
        SheetLine(
            indicator=one.id,
            weight=weights[one.id],
            counts=half_up(weights[one.id] * mean(Fraction(line.points, line.full) for line in of[one.id])),
            lines=tuple(of[one.id]),
        )
        for one in base
    ]
    if not found:
        return ScoreSheet(lines=())
    left = sum(line.counts for line in found)
    beside = [(one, _within(one, sum(line.points for line in of[one.id]))) for one in indicators if of[one.id]]
    for one, points in sorted(((o, p) for o, p in beside if not o.of_base), key=lambda pair: pair[1] < 0):
        counts = max(points, -left)
        left += counts
        found.append(SheetLine(indicator=one.id, weight=0, counts=counts, lines=tuple(of[one.id])))
    place = {one.id: n for n, one in enumerate(indicators)}
    return ScoreSheet(lines=tuple(sorted(found, key=lambda line: place[line.indicator])))


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


def half_up(value: Fraction | int) -> int:
    """The nearest whole number; of two as near the greater."""
    return (Fraction(value) + Fraction(1, 2)).__floor__()


def mean(values: Iterable[Fraction]) -> Fraction:
    """The mean of these; there is at least one."""
    known = tuple(values)
    return Fraction(sum(known, Fraction(0)), len(known))


def _within(indicator: Indicator, points: int) -> int:
    return max(-indicator.deduct, min(indicator.add, points))


def points_text(points: int) -> str:
    """Hundredths as people write points: 7.5, 80, -2.25."""
    whole, part = divmod(abs(points), POINT)
    text = f"{whole}.{part:02}".rstrip("0").rstrip(".") if part else str(whole)
    return f"-{text}" if points < 0 else text
