"""What the sheets of many units come to, side by side, without reading them line by line where sums say as much."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from ledger.scores.rows import StoredLine, SummedLines, lines_stored
from ledger.scores.streams import states_of
from rules.assessment.assessment import Assessment, Indicator, IndicatorKind
from rules.assessment.sheets import score_of
from rules.rounds.periods import Period, Rhythm


def scores_summed(
    connection: Connection, assessment: Assessment, over: Period, sums: Mapping[str, Mapping[str, SummedLines]]
) -> dict[str, int]:
    """What the sheet over that period comes to, of each unit that has any line. `sums`: by unit and indicator."""
    common, found, mixed = {one.id: one for one in assessment.indicators}, dict[str, int](), list[str]()
    for unit, of in sums.items():
        if not all(_alike(common.get(one.indicator), one) for one in of.values()):
            mixed.append(unit)
            continue
        lines = [StoredLine(one.indicator, one.points, one.full) for one in of.values()]
        own = [_of_its_own(one) for one in of.values() if one.indicator not in common]
        indicators = (*assessment.indicators, *sorted(own, key=lambda one: (len(one.id), one.id)))
        score = score_of(assessment, indicators, lines)
        if score is not None:
            found[unit] = score
    return found | (_line_by_line(connection, assessment, over, mixed) if mixed else {})


def _alike(indicator: Indicator | None, one: SummedLines) -> bool:
    """Each line has the same full points: then the mean of the shares is the share of the sums. Where the file was
    changed in between, or an indicator is no more in it, that is not so."""
    if indicator is None:
        return one.full > 0 and one.full % one.lines == 0
    return one.full == one.lines * indicator.full if indicator.of_base else not one.full


def _of_its_own(one: SummedLines) -> Indicator:
    """What a unit declared, as far as its lines tell: how much it weighs."""
    kind = IndicatorKind.JUDGED
    return Indicator(id=one.indicator, name="", kind=kind, every=Rhythm.YEAR, full=one.full // one.lines)


def _line_by_line(connection: Connection, assessment: Assessment, over: Period, units: Sequence[str]) -> dict[str, int]:
    states, found = states_of(connection, assessment.id, units, lines=False), dict[str, int]()
    for unit, lines in lines_stored(connection, assessment.id, units, over).items():
        score = score_of(assessment, (*assessment.indicators, *states[unit].own), lines)
        if score is not None:
            found[unit] = score
    return found
