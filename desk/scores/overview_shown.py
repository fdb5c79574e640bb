"""All units side by side: areas, or the units of one, against indicators; each cell so much of its full points."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, RowMapping, distinct, func, select

from desk.showing.values import Shown
from ledger.directory import people
from ledger.scores.gathering import read_month
from ledger.scores.in_force import assessment_named, compared
from ledger.scores.recording import year_of
from ledger.scores.rows import SCORE_ROW, TIER, SummedLines, areas_summed, lines_summed, months_in
from ledger.store.sight import scopes_in
from rules.assessment.assessment import Assessment
from rules.assessment.sheets import together
from rules.assessment.story import tier_name
from rules.dates.calendar import local_date
from rules.rounds.periods import Period, Rhythm, period_of, read_period

HEAT_LEVELS = ((9000, "甲"), (7500, "乙"), (6000, "丙"), (0, "丁"))
"""From so many hundredths of a percent on, the letter with which a cell can be read without its colour."""


EVERY_AREA = "every"
"""What stands in place of an area where the units of all areas are compared."""


class ShownHeat(Shown):
    """A cell: so many percent of the full points of its lines; `level`: its letter, empty where there is no line;
    `share`: in hundredths of a percent, below 0 where there is none."""

    percent: str
    level: str
    words: str
    share: int = -1


class ShownHeatRow(Shown):
    """An area or a unit, with its cells in the order of the indicators; `whole`: all indicators of the total
    together, weighed as on a unit's sheet; `place`: of a unit that is compared with the others here, the first is 1."""

    id: str
    name: str
    href: str
    whole: ShownHeat
    cells: tuple[ShownHeat, ...]
    tier: str = ""
    place: str = ""


class ShownOverview(Shown):
    """How the units stand. `of_units`: the rows are units, those of the `area` or those that somebody sees; else they
    are areas. `scored`: so many units have a score in the period. `ranked`: the leader has agreed that units are
    compared, and they stand in that order; `may_rank`: the file allows it."""

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
    connection: Connection, now: datetime, *, period: str = "", area: str = "", assessment: str = ""
) -> ShownOverview:
    """Areas against indicators; of one area its units; where units are compared, of EVERY_AREA all. Raises
    unknown_assessment, field_invalid."""
    known = assessment_named(connection, assessment)
    over = read_period(period) if period else _latest(connection, known, now)
    areas = {row["id"]: row["name"] for row in people.all_areas(connection)}
    own = {unit for scope in scopes_in(connection) if not scope.areas for unit in (*scope.units, *scope.below)}
    ranked = compared(connection, known)
    if own:  # whoever sees single units sees them, and no area
        area, rows = "", _units(connection, known, over, lambda row: row["id"] in own)
    elif area in areas:
        rows = _units(connection, known, over, lambda row: row["area"] == area)
    elif area == EVERY_AREA and ranked:
        rows = _units(connection, known, over, lambda row: True)
    else:
        area, rows = "", _areas(connection, known, over, areas)
    if ranked and area:
        rows = _in_order(rows)
    query = select(func.count(distinct(SCORE_ROW.c.unit))).where(
        SCORE_ROW.c.assessment == known.id, SCORE_ROW.c.month.in_(months_in(over))
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
        indicators=tuple((one.id, one.name, one.kind) for one in known.indicators if one.of_base),
        rows=rows,
        scored=scored,
        periods=tuple((one.id, one.name) for one in _offered(connection, known)),
        ranked=ranked,
        may_rank=known.ranking,
    )


def _latest(connection: Connection, assessment: Assessment, now: datetime) -> Period:
    query = select(func.max(SCORE_ROW.c.month)).where(SCORE_ROW.c.assessment == assessment.id)
    month = connection.execute(query).scalar()
    day = read_month(month).last if month else local_date(now)
    return period_of(Rhythm.HALF_YEAR, day) if day.year == assessment.year else year_of(assessment)


def _offered(connection: Connection, assessment: Assessment) -> list[Period]:
    query = select(SCORE_ROW.c.month).distinct().where(SCORE_ROW.c.assessment == assessment.id)
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
    connection: Connection, assessment: Assessment, over: Period, meant: Callable[[RowMapping], bool]
) -> tuple[ShownHeatRow, ...]:
    units = [row for row in people.all_units(connection) if meant(row)]
    names = {row["id"]: row["name"] for row in units}
    sums = _by_row(lines_summed(connection, assessment.id, over, names))
    tiers = {
        row.unit: row.tier
        for row in connection.execute(select(TIER.c.unit, TIER.c.tier).where(TIER.c.assessment == assessment.id))
    }
    return tuple(
        _row(assessment, id_, name, "", sums[id_], tier_name(tiers.get(id_, "")) if assessment.tiers else "")
        for id_, name in names.items()
    )


def _in_order(rows: tuple[ShownHeatRow, ...]) -> tuple[ShownHeatRow, ...]:
    """The best first, each with its place; of as many points as another the same. What has no score has none."""
    found, place, before = list[ShownHeatRow](), 0, -1
    for n, row in enumerate(sorted(rows, key=lambda row: (-row.whole.share, row.id)), start=1):
        if row.whole.share != before:
            place, before = n, row.whole.share
        found.append(row.model_copy(update={"place": str(place)}) if row.whole.share >= 0 else row)
    return tuple(found)


def _by_row(lines: Iterable[SummedLines]) -> defaultdict[str, dict[str, SummedLines]]:
    found: defaultdict[str, dict[str, SummedLines]] = defaultdict(dict)
    for one in lines:
        found[one.of][one.indicator] = one
    return found


def _row(
    assessment: Assessment, id_: str, name: str, query: str, sums: Mapping[str, SummedLines], tier: str = ""
) -> ShownHeatRow:
    whole = together((one.points, one.full, one.lines) for one in sums.values())
    cells = []
    for one in assessment.indicators:
        if one.of_base:
            found = sums.get(one.id)
            cells.append(_cell(found.points if found else 0, found.full if found else 0, f"{name}{one.name}"))
    return ShownHeatRow(
        id=id_, name=name, href=query, whole=_cell(*whole, f"{name}合计"), cells=tuple(cells), tier=tier
    )


def _cell(points: int, full: int, words: str) -> ShownHeat:
    if not full:
        return ShownHeat(percent="", level="", words=f"{words}：没有")
    share = points * 10_000 // full
    level = next(letter for least, letter in HEAT_LEVELS if share >= least)
    words = f"{words}：满分的 {share // 100}%，{level}"
    return ShownHeat(percent=f"{share // 100}", level=level, words=words, share=share)
