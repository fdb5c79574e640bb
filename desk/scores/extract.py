"""Scores as an extract: of one unit its sheet, a row for each line with its reason and one for their sum; of all a row
for each unit, as their page has it. Printed it is what is handed out, with the checkpoint under which it stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from desk.figures.drawing import as_svg
from desk.scores.overview_shown import HEAT_LEVELS, ShownHeatRow, overview
from desk.scores.sheet_shown import ShownSheet, score_sheet
from desk.scores.tables import score_table
from ledger.directory import people
from ledger.reading.extracts import CellValue, Column, ColumnKind, Extract, ExtractRow, clean
from ledger.store.sight import scopes_in

SHEET_COLUMNS = (
    Column(name="indicator", heading="指标", width=18, share=20),
    Column(name="standard", heading="标准", width=24, share=20),
    Column(name="weight", heading="折合满分", width=9, share=9),
    Column(name="counts", heading="计分", width=9, share=9),
    Column(name="period", heading="期", width=12, share=12),
    Column(name="points", heading="本期得分", width=9, share=9),
    Column(name="full", heading="本期满分", width=9, share=9),
    Column(name="why", heading="为什么", width=60, share=58),
    Column(name="before", heading="比上一期", width=9, share=9),
    Column(name="difference", heading="更正", width=8, share=8),
    Column(name="basis", heading="依据", width=24, share=22),
)
OVERVIEW_COLUMNS = (
    Column(name="area", heading="片组", width=18, share=18),
    Column(name="unit", heading="单位编号", width=10),
    Column(name="unit_name", heading="单位", width=28, share=30),
    Column(name="place", heading="名次", kind=ColumnKind.NUMBER, width=6, share=8),
    Column(name="score", heading="得分", width=8, share=10),
    Column(name="share", heading="得分率（%）", kind=ColumnKind.NUMBER, width=10, share=12),
    Column(name="level", heading="等第", width=6, share=8),
    Column(name="tier", heading="状况", width=10, share=12),
)
"""What stands before the indicators of an assessment, each of which has a column of its own: its share. The place
only where units are compared."""

SUM_ROW = "合计"
"""The row that says what a sheet comes to."""
_COMPARED = "本考核经分管领导批准，单位之间可以比较"
_LEVELS = "，".join(f"{letter} {least // 100} 以上" if least else f"{letter}是其余" for least, letter in HEAT_LEVELS)


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
        total=sum(max(1, len(one.lines)) for one in found.indicators) + bool(found.score),
        rows=_sheet_rows(found),
        drawn=as_svg(found.chart) if found.chart else "",
        beside=tuple((heading, tuple(clean(line) for line in lines)) for heading, lines in _beside(found)),
    )


def _beside(found: ShownSheet) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What the page tells below the table, as its lines."""
    if found.proposed:
        yield "建议", (f"{found.proposed}。",)
    if found.tiers:
        yield "状况的来历", tuple(one.words for one in found.tiers)
    if found.appeals:
        yield "申诉", tuple(f"{one.no}　{one.period_name}的{one.name}，{one.status}" for one in found.appeals)
    if found.guided:
        yield "分类指导", tuple(f"{no}　{title}" for no, title in found.guided)
    if found.uses:
        yield "结果用在哪里", found.uses


def _sheet_rows(found: ShownSheet) -> Iterator[ExtractRow]:
    """What an indicator counts stands on its first line alone: so the column adds up to the last row."""
    for one in found.indicators:
        if not one.lines:
            yield _said(one.name, one.standard, why="；".join(one.left) or "这一期不算")
        for n, line in enumerate(one.lines):
            once = {"weight": one.weight, "counts": one.counts} if not n else {}
            yield _said(
                one.name,
                one.standard,
                **once,
                period=line.period,
                points=line.points,
                full=line.full,
                why=line.why,
                before=line.before,
                difference=line.difference,
                basis="、".join(f"{entry.no}#{entry.seq}" for entry in line.basis),
            )
    if found.score:
        yield _said(SUM_ROW, "", weight=found.total, counts=found.score, why="各项计分相加")


def _said(indicator: str, standard: str, **said: str) -> ExtractRow:
    values = {"indicator": indicator, "standard": standard, **said}
    return ExtractRow(tuple(clean(values.get(column.name, "")) for column in SHEET_COLUMNS))


def _of_all(connection: Connection, asked: ScoreSelection) -> Extract:
    """The units as the page shows them, of every area where none is asked for; of whoever sees few those few."""
    shown = overview(
        connection, asked.now, period=asked.period, area=asked.area, assessment=asked.assessment, of_units=True
    )
    areas = {row["id"]: row["name"] for row in people.all_areas(connection)}
    in_area = {row["id"]: row["area"] for row in people.all_units(connection)}
    scopes = scopes_in(connection)
    rows = [row for row in shown.rows if all(scope.holds(row.id, in_area.get(row.id)) for scope in scopes)]
    scope = [
        ("考核", f"{shown.name}"),
        ("期", shown.period_name),
        ("片组", shown.area_name),
        ("得分率", f"各项按分值合起来占满分的百分之几，不含加减分；{_LEVELS}"),
        ("说明", _COMPARED if shown.ranked else ""),
    ]
    each = (Column(name=f"indicator_{id_}", heading=name, kind=ColumnKind.NUMBER) for id_, name, _ in shown.indicators)
    return Extract(
        what="scores",
        title=f"{shown.period_name}考核得分",
        scope=tuple((name, words) for name, words in scope if words),
        columns=(*(one for one in OVERVIEW_COLUMNS if shown.ranked or one.name != "place"), *each),
        total=len(rows),
        rows=(_unit_row(row, areas.get(in_area.get(row.id) or "", ""), ranked=shown.ranked) for row in rows),
    )


def _unit_row(row: ShownHeatRow, area: str, *, ranked: bool) -> ExtractRow:
    place = (_number(row.place),) if ranked else ()
    whole = (row.score, _number(row.whole.percent), row.whole.level, clean(row.tier))
    cells = (_number(cell.percent) for cell in row.cells)
    return ExtractRow((clean(area), row.id, clean(row.name), *place, *whole, *cells))


def _number(text: str) -> CellValue:
    return int(text) if text else ""
