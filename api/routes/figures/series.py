"""Figures in JSON: which there are, and the series of one; their values as a file."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from api.bodies import Word
from api.entrance.caller import WhoAsks
from api.guards import writes_an_entry
from api.routes.exports import FILES, taken
from api.site import Here
from desk.exporting import Format
from desk.figures.extract import FigureSelection
from desk.figures.showing import (
    MOST_PERIODS,
    PERIODS,
    SeriesWanted,
    ShownFigure,
    ShownSeries,
    shown_figures,
    shown_series,
)

router = APIRouter(prefix="/api/v1", tags=["数据项"])
OfUnit = Annotated[Word, Query(description="只看这个单位：编号、名称或简称")]
InArea = Annotated[Word, Query(description="只看这个片组的单位")]
OfKind = Annotated[Word, Query(description="只看这一类单位")]
LastPeriods = Annotated[int, Query(ge=1, le=MOST_PERIODS, description="最近几期")]


@router.get("/figures", summary="数据项登记")
def figures(site: Here) -> tuple[ShownFigure, ...]:
    """有哪些数据项：周期、出处、归口、谁在问。同 `duban figures list --json`。"""
    with site.database.read() as connection:
        return shown_figures(connection)


@router.get("/figures/{figure}", summary="一个数据项逐期的数")
def series(
    site: Here, figure: str, unit: OfUnit = "", area: InArea = "", kind: OfKind = "", last: LastPeriods = PERIODS
) -> ShownSeries:
    """没有的期空着，不补不猜，各单位的不相加。同 `duban figures show --json`。"""
    with site.database.read() as connection:
        wanted = SeriesWanted(figure=figure, unit=unit, area=area, kind=kind, last=last)
        return shown_series(connection, wanted, site.now())


@router.get(
    "/export/figures.{format}",
    summary="导出数据项",
    response_class=Response,
    responses=FILES,
    dependencies=[Depends(writes_an_entry)],
)
async def export_figures(
    site: Here,
    format: Format,
    caller: WhoAsks,
    figure: Annotated[Word, Query(description="编号或名称；不写是全部")] = "",
    unit: OfUnit = "",
    area: InArea = "",
    kind: OfKind = "",
    last: LastPeriods = PERIODS,
) -> Response:
    """一个数一行。谁导出了什么，先留痕再给文件。"""
    wanted = SeriesWanted(figure=figure, unit=unit, area=area, kind=kind, last=last)
    return await taken(site, FigureSelection(wanted=wanted, now=site.now()), format, caller)
