"""How units stand in assessments as rows: what the entries lead to, written in their transaction."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, RowMapping, bindparam, delete, func, select, tuple_, update

from ledger.store.among import among
from ledger.store.aside_tables import ScoreLineRow, ScoreRow, ScoreSumRow, TierRow
from ledger.store.driver import PreparedUpdate, insert_many
from ledger.store.tables import table_of
from rules.assessment.assessment import Assessment, months_of
from rules.assessment.facts import Scored
from rules.assessment.state import ScoreState
from rules.codec import Plain
from rules.rounds.periods import MONTHS_OF_PERIOD, Period, Rhythm, read_period

SCORE_ROW = table_of(ScoreRow)
SCORE_LINE = table_of(ScoreLineRow)
SCORE_SUM = table_of(ScoreSumRow)
TIER = table_of(TierRow)
_FEW = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredUnit:
    """What was recorded of a unit of that area: `before`, how it stood; the fact, and the number of its entry."""

    area: str
    before: ScoreState
    fact: Scored
    seq: int


def put_scores(connection: Connection, scored: Sequence[ScoredUnit]) -> None:
    """The rows follow these facts, of one assessment and month."""
    if not scored:
        return
    first = scored[0].fact
    of = (SCORE_ROW.c.assessment == first.score_of, SCORE_ROW.c.month == first.month)
    known = _scores_of(connection, first.score_of, first.month, [one.fact.unit for one in scored])
    rows, lines, gone, sums = list[Plain](), list[Plain](), list[tuple[str, str, str, str]](), _Sums()
    for one in scored:
        fact, area = one.fact, known[one.fact.unit]["area"] if one.fact.unit in known else one.area
        rows.append(_score_row(one, area))
        for line in fact.lines:
            before = one.before.lines.get((line.indicator, line.period))
            sums.add(area, line.indicator, line.points - (before.points if before else 0), line.full, before is None)
            if before is not None:
                gone.append((fact.score_of, fact.unit, line.indicator, line.period))
                sums.full(area, line.indicator, -before.full)
            lines.append(
                {
                    "assessment": fact.score_of,
                    "unit": fact.unit,
                    "indicator": line.indicator,
                    "period": line.period,
                    "month": fact.month,
                    "points": line.points,
                    "full": line.full,
                }
            )
        for left in fact.left:
            before = one.before.lines.get((left.indicator, left.period))
            if before is not None:
                gone.append((fact.score_of, fact.unit, left.indicator, left.period))
                sums.take(area, left.indicator, before.points, before.full)
    if known:
        connection.execute(delete(SCORE_ROW).where(*of, SCORE_ROW.c.unit.in_(sorted(known))))
    insert_many(connection, SCORE_ROW, rows)
    key = tuple_(*(SCORE_LINE.c[name] for name in ("assessment", "unit", "indicator", "period")))
    for n in range(0, len(gone), _FEW):
        connection.execute(delete(SCORE_LINE).where(key.in_(gone[n : n + _FEW])))
    if lines:
        insert_many(connection, SCORE_LINE, lines)
    sums.put(connection, first.score_of, first.month)


def _score_row(one: ScoredUnit, area: str) -> Plain:
    fact = one.fact
    return {
        "assessment": fact.score_of,
        "unit": fact.unit,
        "month": fact.month,
        "area": area,
        "kind": fact.kind,
        "version": fact.version,
        "revision": fact.revision,
        "seq": one.seq,
        "score": fact.score,
    }


_ADDED = PreparedUpdate(
    update(SCORE_SUM)
    .where(
        SCORE_SUM.c.assessment == bindparam("of"),
        SCORE_SUM.c.month == bindparam("in_month"),
        SCORE_SUM.c.area == bindparam("of_area"),
        SCORE_SUM.c.indicator == bindparam("by"),
    )
    .values(
        points=SCORE_SUM.c.points + bindparam("more_points"),
        full=SCORE_SUM.c.full + bindparam("more_full"),
        lines=SCORE_SUM.c.lines + bindparam("more_lines"),
    )
)


class _Sums:
    """What is added to the sums of areas and indicators."""

    def __init__(self) -> None:
        self._of: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])

    def add(self, area: str, indicator: str, points: int, full: int, new: bool) -> None:
        found = self._of[area, indicator]
        found[0] += points
        found[1] += full
        found[2] += new

    def full(self, area: str, indicator: str, full: int) -> None:
        self._of[area, indicator][1] += full

    def take(self, area: str, indicator: str, points: int, full: int) -> None:
        found = self._of[area, indicator]
        found[0] -= points
        found[1] -= full
        found[2] -= 1

    def put(self, connection: Connection, assessment: str, month: str) -> None:
        of = (SCORE_SUM.c.assessment == assessment, SCORE_SUM.c.month == month)
        query = select(SCORE_SUM.c.area, SCORE_SUM.c.indicator).where(*of)
        known = {(area, indicator) for area, indicator in connection.execute(query).all()}
        new, more = list[Plain](), list[Plain]()
        for (area, indicator), (points, full, lines) in self._of.items():
            if (area, indicator) not in known:
                own = {"assessment": assessment, "month": month, "area": area, "indicator": indicator}
                new.append({**own, "points": points, "full": full, "lines": lines})
            elif points or full or lines:
                own = {"of": assessment, "in_month": month, "of_area": area, "by": indicator}
                more.append({**own, "more_points": points, "more_full": full, "more_lines": lines})
        if more:
            _ADDED.make(connection, more)
        if new:
            insert_many(connection, SCORE_SUM, new)


def put_tiers(connection: Connection, assessment: str, standing: Mapping[str, tuple[str, ScoreState]]) -> None:
    """The rows of these units (with their areas) follow how they stand."""
    if not standing:
        return
    connection.execute(delete(TIER).where(TIER.c.assessment == assessment, TIER.c.unit.in_(sorted(standing))))
    rows: list[Plain] = []
    for unit, (area, state) in standing.items():
        waits = state.proposed
        rows.append(
            {
                "assessment": assessment,
                "unit": unit,
                "area": area,
                "tier": state.stands,
                "proposed": waits.to if waits else "",
                "period": waits.period if waits else "",
                "score": waits.score if waits else 0,
                "below": state.below,
                "seq": state.seq,
            }
        )
    insert_many(connection, TIER, rows)


def months_scored(connection: Connection, assessment: str, unit: str) -> list[str]:
    """The months for which the unit was scored, the first first."""
    query = select(SCORE_ROW.c.month).where(SCORE_ROW.c.assessment == assessment, SCORE_ROW.c.unit == unit)
    return list(connection.execute(query.order_by(SCORE_ROW.c.month)).scalars())


class StoredLine(NamedTuple):
    """What a unit got for an indicator in one of its periods, as it stands."""

    indicator: str
    points: int
    full: int


def lines_stored(
    connection: Connection, assessment: str, units: Sequence[str], over: Period
) -> dict[str, list[StoredLine]]:
    """By unit the lines whose own periods lie in that one."""
    of = SCORE_LINE.c
    found: defaultdict[str, list[StoredLine]] = defaultdict(list)
    query = select(of.unit, of.indicator, of.points, of.full, of.period).where(
        of.assessment == assessment, among(of.unit, units), of.month.in_(months_in(over))
    )
    for unit, indicator, points, full, period in connection.execute(query).all():
        if scored_within(read_period(period).rhythm, over):
            found[unit].append(StoredLine(indicator, points, full))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class SummedLines:
    """The lines of a unit, or of all units of an area (`of`), for an indicator over a period: their points and full
    points, and how many they are."""

    of: str
    indicator: str
    points: int
    full: int
    lines: int


def lines_summed(
    connection: Connection, assessment: str, over: Period, units: Collection[str] | None = None
) -> list[SummedLines]:
    """By unit and indicator the lines whose own periods lie in that one, of these `units` or of all."""
    of = SCORE_LINE.c
    query = select(of.unit, of.indicator, func.sum(of.points), func.sum(of.full), func.count(), func.max(of.period))
    query = query.where(of.assessment == assessment, of.month.in_(months_in(over)))
    if units is not None:
        query = query.where(among(of.unit, units))
    rows = connection.execute(query.group_by(of.unit, of.indicator).order_by(of.unit, of.indicator))
    return [
        SummedLines(of=unit, indicator=indicator, points=points, full=full, lines=lines)
        for unit, indicator, points, full, lines, last in rows
        if scored_within(read_period(last).rhythm, over)
    ]


def areas_summed(connection: Connection, assessment: Assessment, over: Period) -> list[SummedLines]:
    """By area and indicator the lines of all its units whose own periods lie in that one; without what single units
    have of their own."""
    common = [one.id for one in assessment.indicators if scored_within(one.every, over)]
    of = SCORE_SUM.c
    query = select(of.area, of.indicator, func.sum(of.points), func.sum(of.full), func.sum(of.lines))
    query = query.where(of.assessment == assessment.id, of.month.in_(months_in(over)), of.indicator.in_(common))
    return [
        SummedLines(of=area, indicator=indicator, points=points, full=full, lines=lines)
        for area, indicator, points, full, lines in connection.execute(query.group_by(of.area, of.indicator))
    ]


def months_in(over: Period) -> list[str]:
    """The months of a period, by which rows are known."""
    return [one.id for one in months_of(over)] if over.rhythm is not Rhythm.ONCE else []


def scored_within(every: Rhythm, over: Period) -> bool:
    """What is scored so often is scored within that period: with its last month a longer one may end too."""
    return MONTHS_OF_PERIOD[every] <= MONTHS_OF_PERIOD[over.rhythm]


def _scores_of(connection: Connection, assessment: str, month: str, units: Sequence[str]) -> dict[str, RowMapping]:
    of = (SCORE_ROW.c.assessment == assessment, SCORE_ROW.c.month == month)
    query = select(SCORE_ROW).where(*of, among(SCORE_ROW.c.unit, units))
    return {row["unit"]: row for row in connection.execute(query).mappings()}
