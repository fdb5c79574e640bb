"""Scores as an extract: of one unit its sheet, a row for each line with its reason; of all of them a row for each
indicator of a unit. Printed it is the sheet that is handed out, with the checkpoint under which it stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from desk.scores.overview_shown import EVERY_AREA, overview
from desk.scores.sheet_shown import ShownIndicator, ShownSheet, score_sheet
from desk.scores.tables import score_table
from ledger.directory import people
from ledger.reading.extracts import Column, Extract, ExtractRow, clean
from ledger.scores.in_force import assessment_named
from ledger.scores.rows import lines_summed
from rules.assessment.sheets import points_text
from rules.rounds.periods import read_period

SHEET_COLUMNS = (
    Column(name="indicator", heading="指标", width=18, share=20),
    Column(name="standard", heading="标准", width=24, share=20),
    Column(name="weight", heading="折合满分", width=9, share=9),
    Column(name="counts", heading="计分", width=9, share=9),
    Column(name="period", heading="期", width=12, share=12),
    Column(name="points", heading="本期得分", width=9, share=9),
    Column(name="full", heading="本期满分", width=9, share=9),
    Column(name="why", heading="为什么", width=60, share=60),
    Column(name="basis", heading="依据", width=24, share=22),
)
OVERVIEW_COLUMNS = (
    Column(name="area", heading="片组", width=18, share=18),
    Column(name="unit", heading="单位编号", width=10),
    Column(name="unit_name", heading="单位", width=28, share=30),
    Column(name="indicator", heading="指标", width=20, share=22),
    Column(name="lines", heading="几期", width=6, share=8),
    Column(name="points", heading="得分合计", width=10, share=12),
    Column(name="full", heading="满分合计", width=10, share=12),
)

_COMPARED = "本考核经分管领导批准，单位之间可以比较"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSelection:
    """Which scores: the sheet of that unit over the period, or of all units (of that area) where none is named; as of
    `now`. Or another `table` (desk/scores/tables.py); of judging that of an `indicator`."""

    now: datetime
    unit: str = ""
    period: str = ""
    area: str = ""
    assessment: str = ""
    table: str = ""
    indicator: str = ""


def scores_extract(connection: Connection, asked: ScoreSelection) -> Extract:
    """Raises unknown_assessment, unknown_unit, field_invalid, score_refused."""
    if asked.table:
        said = {"indicator": asked.indicator, "period": asked.period, "assessment": asked.assessment}
        return score_table(connection, asked.table, asked.now, **said)
    return _of_unit(connection, asked) if asked.unit else _of_all(connection, asked)


def _of_unit(connection: Connection, asked: ScoreSelection) -> Extract:
    found = score_sheet(connection, asked.unit, asked.now, period=asked.period, assessment=asked.assessment)
    got = f"{found.score} 分，满分 {found.total}" if found.score else "还没有得分"
    scope = [
        ("考核", f"{found.name} {found.version}"),
        ("单位", found.unit_name),
        ("期", found.period_name),
        ("得分", got + ("，随报随算，还没有锁定" if found.provisional else "")),
        ("状况", found.tier),
        ("说明", _COMPARED if found.ranked else ""),
    ]
    return Extract(
        what="scores",
        title=f"{found.unit_name}{found.period_name}考核结果",
        scope=tuple((name, words) for name, words in scope if words),
        columns=SHEET_COLUMNS,
        total=sum(max(1, len(one.lines)) for one in found.indicators),
        rows=_sheet_rows(found),
    )


def _sheet_rows(found: ShownSheet) -> Iterator[ExtractRow]:
    for one in found.indicators:
        if not one.lines:
            yield _row(one, "", "", "", "；".join(one.left) or "这一期不算", "")
        for line in one.lines:
            basis = "、".join(f"{entry.no}#{entry.seq}" for entry in line.basis)
            yield _row(one, line.period, line.points, line.full, line.why, basis)


def _row(one: ShownIndicator, period: str, points: str, full: str, why: str, basis: str) -> ExtractRow:
    said = (one.name, one.standard, one.weight, one.counts, period, points, full, why, basis)
    return ExtractRow(tuple(clean(value) for value in said))


def _of_all(connection: Connection, asked: ScoreSelection) -> Extract:
    known = assessment_named(connection, asked.assessment, asked.now, asked.period)
    shown = overview(connection, asked.now, period=asked.period, area=asked.area, assessment=known.id)
    over = read_period(shown.period)
    areas = {row["id"]: row["name"] for row in people.all_areas(connection)}
    units = {
        row["id"]: (row["name"], areas.get(row["area"] or "", ""))
        for row in people.all_units(connection)
        if shown.area in ("", EVERY_AREA, row["area"])
    }
    names = {one.id: one.name for one in known.indicators}
    meant = [one for one in lines_summed(connection, known.id, over) if one.of in units]

    def each() -> Iterator[ExtractRow]:
        for one in meant:
            name, area = units[one.of]
            said = (area, one.of, name, names.get(one.indicator, one.indicator), str(one.lines))
            points = (points_text(one.points), points_text(one.full))
            yield ExtractRow((*(clean(value) for value in said), *points))

    said = _COMPARED if shown.ranked else ""
    scope = [("考核", f"{known.name}"), ("期", over.name), ("片组", shown.area_name), ("说明", said)]
    return Extract(
        what="scores",
        title=f"{over.name}考核得分",
        scope=tuple((name, words) for name, words in scope if words),
        columns=OVERVIEW_COLUMNS,
        total=len(meant),
        rows=each(),
    )
