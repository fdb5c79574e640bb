"""Values of figures as an extract: a row for each value, so that any program can pivot it; nothing is added up."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from desk.figures.showing import SeriesWanted, ShownSeries, shown_figures, shown_series
from ledger.reading.extracts import Column, Extract, ExtractRow, clean

FIGURE_COLUMNS = (
    Column(name="figure", heading="数据项编号", width=16),
    Column(name="name", heading="数据项", width=24, share=24),
    Column(name="unit", heading="单位编号", width=10),
    Column(name="unit_name", heading="单位", width=24, share=28),
    Column(name="period", heading="期", width=10, share=12),
    Column(name="value", heading="数", width=14, share=14),
    Column(name="source", heading="出处", width=8, share=10),
    Column(name="no", heading="事项", width=15, share=12),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureSelection:
    """Which values: of that figure (of all, where none is said), as a series is narrowed; as of `now`."""

    wanted: SeriesWanted
    now: datetime


def figures_extract(connection: Connection, asked: FigureSelection) -> Extract:
    """Every value there is. Raises unknown_figure, unknown_unit, field_invalid."""
    ids = [asked.wanted.figure] if asked.wanted.figure else [one.id for one in shown_figures(connection)]
    series = [shown_series(connection, _of(asked.wanted, id_), asked.now) for id_ in ids]
    said = (("数据项", asked.wanted.figure), ("单位", asked.wanted.unit), ("片组", asked.wanted.area))
    scope = (*said, ("单位类型", asked.wanted.kind), ("期数", str(asked.wanted.last)))
    return Extract(
        what="figures",
        title="数据项",
        scope=tuple((name, words) for name, words in scope if words),
        columns=FIGURE_COLUMNS,
        total=sum(one.known for one in series),
        rows=_rows(series),
    )


def _of(wanted: SeriesWanted, figure: str) -> SeriesWanted:
    return SeriesWanted(figure=figure, unit=wanted.unit, area=wanted.area, kind=wanted.kind, last=wanted.last)


def _rows(series: list[ShownSeries]) -> Iterator[ExtractRow]:
    for one in series:
        for row in one.rows:
            for cell in row.cells:
                if cell.words:
                    yield ExtractRow(
                        (
                            one.figure.id,
                            clean(one.figure.name),
                            row.unit,
                            clean(row.unit_name),
                            cell.period,
                            clean(cell.value),
                            cell.source,
                            cell.no,
                        )
                    )
