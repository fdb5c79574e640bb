"""How units stand in assessments as rows: what the entries lead to, written in their transaction."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, RowMapping, Text, bindparam, delete, func, select, update

from ledger.store.aside_tables import ScoreHalfRow, ScoreRow, ScoreSumRow, TierRow
from ledger.store.canonical import canonical, parse
from ledger.store.driver import PreparedQuery, PreparedUpdate, among, insert_many, texts
from ledger.store.tables import table_of
from rules.assessment.assessment import Assessment, months_of, parts_of
from rules.assessment.facts import Scored
from rules.assessment.state import ScoreState
from rules.codec import Plain
from rules.rounds.periods import MONTHS_OF_PERIOD, Period, Rhythm, period_of, read_period

SCORE_ROW = table_of(ScoreRow)
SCORE_SUM = table_of(ScoreSumRow)
SCORE_HALF = table_of(ScoreHalfRow)
TIER = table_of(TierRow)


def version_over(connection: Connection, assessment: str, period: Period) -> str:
    """The version of the file by which the last month in the period was scored that was; empty where none was."""
    of = (SCORE_ROW.c.assessment == assessment, among(SCORE_ROW.c.month, months_in(period)))
    last = select(func.max(SCORE_ROW.c.month)).where(*of).scalar_subquery()
    query = select(SCORE_ROW.c.version).where(SCORE_ROW.c.assessment == assessment, SCORE_ROW.c.month == last).limit(1)
    return str(connection.execute(query).scalar() or "")


def scored_for(connection: Connection, units: Collection[str], months: Collection[str]) -> set[str]:
    """Those of the units that have a score for one of these months, in any assessment."""
    query = select(SCORE_ROW.c.unit).where(among(SCORE_ROW.c.unit, units), among(SCORE_ROW.c.month, months)).distinct()
    return set(connection.execute(query).scalars())


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
    rows, sums, halves = list[Plain](), _Sums(), _Halves(connection, first, [one.fact.unit for one in scored])
    for one in scored:
        row = known.get(one.fact.unit)
        area, lines = (row["area"], parse(row["lines"])) if row else (one.area, {})
        half = halves.of(one.fact.unit)
        for line in one.fact.lines:
            before = lines.get(line.indicator)
            months = MONTHS_OF_PERIOD[read_period(line.period).rhythm]
            lines[line.indicator] = now = [line.points, line.full, months]
            sums.change(area, line.indicator, before, now)
            _change(half, line.indicator, before, now)
        for left in one.fact.left:
            before = lines.pop(left.indicator, None)
            sums.change(area, left.indicator, before, None)
            _change(half, left.indicator, before, None)
        rows.append(_score_row(one.fact, one.seq, area, lines))
    if known:
        connection.execute(delete(SCORE_ROW).where(*of, SCORE_ROW.c.unit.in_(sorted(known))))
    insert_many(connection, SCORE_ROW, rows)
    sums.put(connection, first.score_of, first.month)
    halves.put(connection)


def _score_row(fact: Scored, seq: int, area: str, lines: dict[str, list[int]]) -> Plain:
    return {
        "assessment": fact.score_of,
        "unit": fact.unit,
        "month": fact.month,
        "area": area,
        "kind": fact.kind,
        "version": fact.version,
        "revision": fact.revision,
        "seq": seq,
        "score": fact.score,
        "lines": canonical(lines).decode(),
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


RowLine = list[int]
"""A line in a row: its points, its full points, and how many months its period has."""


def _change(sums: dict[str, list[int]], indicator: str, before: RowLine | None, now: RowLine | None) -> None:
    """In the sums of a unit (points, full points, lines, months) a line stands in another's place; either may be
    none."""
    found = sums.get(indicator)
    if found is None:
        if now:
            sums[indicator] = [now[0], now[1], 1, now[2]]
        return
    for line, sign in ((before, -1), (now, 1)):
        if line:
            found[0] += sign * line[0]
            found[1] += sign * line[1]
            found[2] += sign
    if not found[2]:
        del sums[indicator]


class _Halves:
    """The sums of these units for the half-year in which the month lies."""

    def __init__(self, connection: Connection, fact: Scored, units: Sequence[str]) -> None:
        self._assessment, self._half = fact.score_of, period_of(Rhythm.HALF_YEAR, read_period(fact.month).last).id
        asked = {"of": self._assessment, "halves": texts([self._half]), "units": texts(units)}
        self._known = {unit: parse(sums) for unit, sums in _HALF_OF_UNITS.tuples(connection, **asked)}
        self._before = set(self._known)

    def of(self, unit: str) -> dict[str, list[int]]:
        found: dict[str, list[int]] = self._known.setdefault(unit, {})
        return found

    def put(self, connection: Connection) -> None:
        new, changed = list[Plain](), list[Plain]()
        for unit, sums in self._known.items():
            said = canonical(sums).decode()
            if unit in self._before:
                changed.append({"of": self._assessment, "in_half": self._half, "of_unit": unit, "now": said})
            else:
                new.append({"assessment": self._assessment, "half": self._half, "unit": unit, "sums": said})
        if changed:
            _RENEWED.make(connection, changed)
        if new:
            insert_many(connection, SCORE_HALF, new)


_HALF_OF_ALL = select(SCORE_HALF.c.unit, SCORE_HALF.c.sums).where(
    SCORE_HALF.c.assessment == bindparam("of"), among(SCORE_HALF.c.half, bindparam("halves", type_=Text()))
)
_HALF_OF_UNITS = PreparedQuery(_HALF_OF_ALL.where(among(SCORE_HALF.c.unit, bindparam("units", type_=Text()))))
_HALVES = PreparedQuery(_HALF_OF_ALL)


_RENEWED = PreparedUpdate(
    update(SCORE_HALF)
    .where(
        SCORE_HALF.c.assessment == bindparam("of"),
        SCORE_HALF.c.unit == bindparam("of_unit"),
        SCORE_HALF.c.half == bindparam("in_half"),
    )
    .values(sums=bindparam("now"))
)


class _Sums:
    """What is added to the sums of areas and indicators."""

    def __init__(self) -> None:
        self._of: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])

    def change(self, area: str, indicator: str, before: RowLine | None, now: RowLine | None) -> None:
        found = self._of[area, indicator]
        for line, sign in ((before, -1), (now, 1)):
            if line:
                found[0] += sign * line[0]
                found[1] += sign * line[1]
                found[2] += sign

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
    """By unit the lines of its sheet over that period."""
    found, longest = defaultdict[str, list[StoredLine]](list), _longest(over)
    for unit, lines in _stored(connection, assessment, over, units):
        said = parse(lines).items()
        found[unit] += [StoredLine(id_, points, full) for id_, (points, full, many) in said if many <= longest]
    return found


def _stored(
    connection: Connection, assessment: str, over: Period, units: Collection[str] | None
) -> Sequence[tuple[str, str]]:
    """Of these `units`, or of all, month by month, what their rows say of their lines."""
    asked = _OF_ALL if units is None else _OF_UNITS
    named = {} if units is None else {"units": texts(units)}
    return asked.tuples(connection, of=assessment, months=texts(months_in(over)), **named)


_ALL = select(SCORE_ROW.c.unit, SCORE_ROW.c.lines).where(
    SCORE_ROW.c.assessment == bindparam("of"), among(SCORE_ROW.c.month, bindparam("months", type_=Text()))
)
_OF_ALL = PreparedQuery(_ALL)
_OF_UNITS = PreparedQuery(_ALL.where(among(SCORE_ROW.c.unit, bindparam("units", type_=Text()))))


class SummedLines(NamedTuple):
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
    """By unit and indicator the lines of its sheet over that period, of these `units` or of all."""
    sums, longest = dict[str, dict[str, list[int]]](), _longest(over)
    for unit, lines in _summed(connection, assessment, over, units):
        of = sums.setdefault(unit, {})
        for indicator, (points, full, many, months) in lines.items():
            if months > longest:
                continue
            found = of.get(indicator)
            if found is None:
                of[indicator] = [points, full, many]
            else:
                found[0] += points
                found[1] += full
                found[2] += many
    return [
        SummedLines(unit, indicator, *found) for unit in sorted(sums) for indicator, found in sorted(sums[unit].items())
    ]


def _summed(
    connection: Connection, assessment: str, over: Period, units: Collection[str] | None
) -> Iterator[tuple[str, dict[str, tuple[int, int, int, int]]]]:
    """By unit and indicator points, full points, how many lines and months; of a year or half by what is summed."""
    if over.rhythm in (Rhythm.YEAR, Rhythm.HALF_YEAR):
        named = {} if units is None else {"units": texts(units)}
        halves = texts([half.id for half in parts_of(over, Rhythm.HALF_YEAR)])
        asked = _HALVES if units is None else _HALF_OF_UNITS
        for unit, sums in asked.tuples(connection, of=assessment, halves=halves, **named):
            yield unit, parse(sums)
        return
    for unit, lines in _stored(connection, assessment, over, units):
        yield unit, {id_: (points, full, 1, months) for id_, (points, full, months) in parse(lines).items()}


def areas_summed(connection: Connection, assessment: Assessment, over: Period) -> list[SummedLines]:
    """By area and indicator the lines of the sheets of all its units over that period; without what single units have
    of their own."""
    common = [one.id for one in assessment.indicators if scored_within(one.every, over)]
    of = SCORE_SUM.c
    query = select(of.area, of.indicator, func.sum(of.points), func.sum(of.full), func.sum(of.lines))
    query = query.where(of.assessment == assessment.id, of.month.in_(months_in(over)), of.indicator.in_(common))
    return [
        SummedLines(area, indicator, points, full, lines)
        for area, indicator, points, full, lines in connection.execute(query.group_by(of.area, of.indicator))
    ]


def months_in(over: Period) -> list[str]:
    """The months of a period, by which rows are known."""
    return [one.id for one in months_of(over)] if over.rhythm is not Rhythm.ONCE else []


def scored_within(every: Rhythm, over: Period) -> bool:
    """What is scored so often stands on the sheet over that period: with its last month a longer one may end too."""
    return MONTHS_OF_PERIOD[every] <= _longest(over)


def _longest(over: Period) -> int:
    """So many months has the longest period on the sheet over that one (`on_sheet`, by the month of a line's end)."""
    return MONTHS_OF_PERIOD[Rhythm.YEAR if over.rhythm is Rhythm.MONTH else over.rhythm]


def _scores_of(connection: Connection, assessment: str, month: str, units: Sequence[str]) -> dict[str, RowMapping]:
    of = (SCORE_ROW.c.assessment == assessment, SCORE_ROW.c.month == month)
    query = select(SCORE_ROW).where(*of, among(SCORE_ROW.c.unit, units))
    return {row["unit"]: row for row in connection.execute(query).mappings()}
