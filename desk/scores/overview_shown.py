"""All units side by side: areas, or the units of one, against indicators; each cell so much of its full points."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import ColumnElement, Connection, func, select, true

from desk.showing.values import Shown
from ledger.directory import people
from ledger.directory.people import UNIT
from ledger.scores.comparing import scores_summed
from ledger.scores.gathering import read_month
from ledger.scores.in_force import assessment_named, assessment_then, compared
from ledger.scores.recording import year_of
from ledger.scores.rows import (
    SCORE_ROW,
    SCORE_SUM,
    TIER,
    SummedLines,
    areas_summed,
    lines_summed,
    months_in,
    version_over,
)
from ledger.store.driver import among
from ledger.store.sight import scopes_in
from rules.assessment.assessment import Assessment
from rules.assessment.sheets import points_text, together
from rules.assessment.story import tier_name
from rules.dates.calendar import local_date
from rules.errors import Code, RuleViolation
from rules.rounds.periods import Period, Rhythm, period_of, read_period

HEAT_LEVELS = ((9000, "甲"), (7500, "乙"), (6000, "丙"), (0, "丁"))
"""From so many hundredths of a percent on, the letter with which a cell can be read without its colour."""


EVERY_AREA = "every"
"""What stands in place of an area where the units of all areas are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownHeat:
    """A cell: so many percent of the full points of its lines; `level`: its letter, empty where there is no line;
    `share`: in hundredths of a percent, below 0 where there is none. No model: a page has thousands of them."""

    percent: str = ""
    level: str = ""
    share: int = -1


class ShownHeatRow(Shown):
    """An area or a unit, with its cells in the order of the indicators; `whole`: all indicators of the total
    together, weighed as on a unit's sheet, without what is added and deducted; `score`: what a unit's sheet comes to,
    with that; `place`: of a unit that is compared with the others here, by its score, the first is 1."""

    id: str
    name: str
    href: str
    whole: ShownHeat
    cells: tuple[ShownHeat, ...]
    score: str = ""
    tier: str = ""
    place: str = ""


class ShownOverview(Shown):
    """How the units stand. `of_units`: the rows are units, those of the `area` or those that somebody sees; else they
    are areas. `scored`: so many units have a score for the last month of the period that was scored. `ranked`: the
    leader has agreed that units are compared, and they stand in that order; `may_rank`: the file allows it."""

    assessment: str
    name: str
    period: str
    period_name: str
    area: str
    area_name: str
    of_units: bool
    indicators: tuple[tuple[str, str, str], ...]
    rows: tuple[ShownHeatRow, ...]
    scored: int
    periods: tuple[tuple[str, str], ...]
    ranked: bool = False
    may_rank: bool = False


def overview(
    connection: Connection,
    now: datetime,
    *,
    period: str = "",
    area: str = "",
    assessment: str = "",
    of_units: bool = False,
) -> ShownOverview:
    """Areas against indicators; of one area its units; where units are compared, or only the units are wanted
    (`of_units`), of EVERY_AREA all. Raises unknown_assessment, field_invalid."""
    known = assessment_named(connection, assessment, now, period)
    over = _period(connection, known, period, now)
    then = assessment_then(connection, known, version_over(connection, known.id, over))
    areas = {row["id"]: row["name"] for row in people.all_areas(connection)}
    scores = dict[str, int]()
    own = {unit for scope in scopes_in(connection) if not scope.areas for unit in (*scope.units, *scope.below)}
    ranked = compared(connection, known)
    if own:  # whoever sees single units sees them, and no area
        area, rows = "", _units(connection, then, over, among(UNIT.c.id, own), scores)
    elif area in areas:
        rows = _units(connection, then, over, UNIT.c.area == area, scores)
    elif of_units or (area == EVERY_AREA and ranked):
        area = EVERY_AREA
        rows = _units(connection, then, over, true(), scores)
    else:
        area, rows = "", _areas(connection, then, over, areas)
    if ranked and area:
        rows = _in_order(rows, scores)
    last = select(func.max(SCORE_ROW.c.month)).where(
        SCORE_ROW.c.assessment == known.id, SCORE_ROW.c.month.in_(months_in(over))
    )
    query = select(func.count()).where(
        SCORE_ROW.c.assessment == known.id, SCORE_ROW.c.month == connection.execute(last).scalar()
    )
    scored = connection.execute(query).scalar_one()
    return ShownOverview(
        assessment=known.id,
        name=known.name,
        period=over.id,
        period_name=over.name,
        area=area,
        area_name="各片组" if area == EVERY_AREA else areas.get(area, ""),
        of_units=bool(area or own),
        indicators=tuple((one.id, one.name, one.kind) for one in then.indicators if one.of_base),
        rows=rows,
        scored=scored,
        periods=tuple((one.id, one.name) for one in _offered(connection, known)),
        ranked=ranked,
        may_rank=known.ranking,
    )


def _period(connection: Connection, assessment: Assessment, period: str, now: datetime) -> Period:
    if period:
        found = read_period(period)
        if found.rhythm is Rhythm.ONCE:
            expected = f"{assessment.year} 年的月、季、半年、年"
            raise RuleViolation(Code.FIELD_INVALID, field="期", actual=period[:20], expected=expected)
        return found
    query = select(func.max(SCORE_ROW.c.month)).where(SCORE_ROW.c.assessment == assessment.id)
    month = connection.execute(query).scalar()
    day = read_month(month).last if month else local_date(now)
    return period_of(Rhythm.HALF_YEAR, day) if day.year == assessment.year else year_of(assessment)


def _offered(connection: Connection, assessment: Assessment) -> list[Period]:
    # The sums are few, however many units there are; but whoever sees single units sees none of them.
    of = SCORE_ROW if scopes_in(connection) else SCORE_SUM
    query = select(of.c.month).distinct().where(of.c.assessment == assessment.id)
    months = [read_period(one) for one in sorted(connection.execute(query).scalars())]
    found = {
        period_of(rhythm, month.last): None
        for rhythm in (Rhythm.YEAR, Rhythm.HALF_YEAR, Rhythm.QUARTER, Rhythm.MONTH)
        for month in months
    }
    return list(found)


def _areas(
    connection: Connection, assessment: Assessment, over: Period, areas: Mapping[str, str]
) -> tuple[ShownHeatRow, ...]:
    sums = _by_row(areas_summed(connection, assessment, over))
    return tuple(
        _row(assessment, id_, areas.get(id_, id_ or "不属片组"), f"area={id_}", sums[id_])
        for id_ in sorted(sums, key=lambda one: (one not in areas, one))
    )


def _units(
    connection: Connection,
    assessment: Assessment,
    over: Period,
    meant: ColumnElement[bool],
    scores: dict[str, int],
) -> tuple[ShownHeatRow, ...]:
    """The units that are meant; `scores` comes to have what each one's sheet comes to."""
    query = select(UNIT.c.id, UNIT.c.name).where(UNIT.c.ended.is_(None), meant).order_by(UNIT.c.id)
    names = {id_: name for id_, name in connection.execute(query).all()}
    sums = _by_row(lines_summed(connection, assessment.id, over, names))
    standing = select(TIER.c.unit, TIER.c.tier).where(TIER.c.assessment == assessment.id, among(TIER.c.unit, names))
    tiers = {unit: tier for unit, tier in connection.execute(standing).all()}
    scores.update(scores_summed(connection, assessment, over, sums))
    return tuple(
        _row(
            assessment,
            id_,
            name,
            "",
            sums[id_],
            score=points_text(scores[id_]) if id_ in scores else "",
            tier=tier_name(tiers.get(id_, "")) if assessment.tiers else "",
        )
        for id_, name in names.items()
    )


def _in_order(rows: tuple[ShownHeatRow, ...], scores: Mapping[str, int]) -> tuple[ShownHeatRow, ...]:
    """The best first, each with its place; of as many points as another the same. What has no score has none."""
    found, place, before = list[ShownHeatRow](), 0, -1
    for n, row in enumerate(sorted(rows, key=lambda row: (-scores.get(row.id, -1), row.id)), start=1):
        score = scores.get(row.id, -1)
        if score != before:
            place, before = n, score
        found.append(row.model_copy(update={"place": str(place)}) if score >= 0 else row)
    return tuple(found)


def _by_row(lines: Iterable[SummedLines]) -> defaultdict[str, dict[str, SummedLines]]:
    found: defaultdict[str, dict[str, SummedLines]] = defaultdict(dict)
    for one in lines:
        found[one.of][one.indicator] = one
    return found


def _row(
    assessment: Assessment,
    id_: str,
    name: str,
    query: str,
    sums: Mapping[str, SummedLines],
    *,
    score: str = "",
    tier: str = "",
) -> ShownHeatRow:
    whole = together([(one.points, one.full, one.lines) for one in sums.values()])
    cells = tuple([_of(sums.get(one.id)) for one in assessment.indicators if one.of_base])
    return ShownHeatRow(id=id_, name=name, href=query, whole=_cell(*whole), cells=cells, score=score, tier=tier)


def _of(found: SummedLines | None) -> ShownHeat:
    return _cell(found.points, found.full) if found else _NONE


def _cell(points: int, full: int) -> ShownHeat:
    return _shown(points * 10_000 // full) if full else _NONE


_NONE = ShownHeat()


# Remembered: there are ten thousand of them at most, and a page has thousands of cells.
@lru_cache(maxsize=16_384)
def _shown(share: int) -> ShownHeat:
    level = next(letter for least, letter in HEAT_LEVELS if share >= least)
    return ShownHeat(percent=f"{share // 100}", level=level, share=share)
