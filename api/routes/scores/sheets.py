"""Scores in JSON: how units stand, and the sheet of one with its reasons."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from api.bodies import WithdrawBody, Word
from api.entrance.caller import WhoAsks
from api.guards import writes_an_entry
from api.routes.exports import FILES, taken
from api.site import Here
from desk.exporting import Format
from desk.scores import keeping
from desk.scores.extract import ScoreSelection
from desk.scores.overview_shown import ShownOverview, overview
from desk.scores.sheet_read import read_sheet
from desk.scores.sheet_shown import ShownSheet

router = APIRouter(prefix="/api/v1", tags=["考核"])
OfPeriod = Annotated[Word, Query(description="期：2026-03、2026-Q1、2026-H1、2026；不写是最近有得分的半年")]
OfAssessment = Annotated[Word, Query(description="考核的编号或名称；不写是那一期的年度的，没有写期是今年的")]


@router.get("/scores", summary="各单位的得分")
def scores(
    site: Here,
    period: OfPeriod = "",
    area: Annotated[Word, Query(description="看这个片组的各单位；不写是各片组")] = "",
    assessment: OfAssessment = "",
) -> ShownOverview:
    """每一格是得分占满分的百分之几；锁定以后的。"""
    with site.database.read() as connection:
        return overview(connection, site.now(), period=period, area=area, assessment=assessment)


@router.get("/scores/units/{unit}", summary="一个单位的得分表", dependencies=[Depends(writes_an_entry)])
def unit_sheet(
    caller: WhoAsks, site: Here, unit: str, period: OfPeriod = "", assessment: OfAssessment = ""
) -> ShownSheet:
    """每一分为什么：标准、计了什么、依据哪条记录、差多少；看没有锁定的可能记一笔。同 `duban score 单位 --json`。"""
    return read_sheet(site.database, caller, unit, site.now(), period=period, assessment=assessment)


@router.post("/scores/units/{unit}/merits/{seq}/withdraw", summary="撤回一笔加减分")
def withdraw_merit(caller: WhoAsks, site: Here, unit: str, seq: int, body: WithdrawBody) -> ShownSheet:
    """`seq` 是得分表上写的那一条得分记录；写明理由，已算的随之改记。返回改过的得分表。"""
    keeping.withdraw(site.database, caller, unit, seq, body.reason, site.now(), assessment=body.assessment)
    return read_sheet(site.database, caller, unit, site.now(), assessment=body.assessment)


@router.get(
    "/export/scores.{format}",
    summary="导出得分",
    response_class=Response,
    responses=FILES,
    dependencies=[Depends(writes_an_entry)],
)
async def export_scores(
    site: Here,
    format: Format,
    caller: WhoAsks,
    unit: Annotated[Word, Query(description="一个单位的结果单；不写是各单位的各项")] = "",
    period: OfPeriod = "",
    area: Annotated[Word, Query(description="只要这个片组的")] = "",
    assessment: OfAssessment = "",
    table: Annotated[Word, Query(description="另一张表：tiers 状况、judging 评定、honours 评先评优")] = "",
    indicator: Annotated[Word, Query(description="judging 的：哪一项指标")] = "",
) -> Response:
    """一个单位的是结果单：逐项逐期为什么是这个分，印出来带着封存点。谁导出了什么，先留痕再给文件。"""
    asked = ScoreSelection(
        now=site.now(), unit=unit, period=period, area=area, assessment=assessment, table=table, indicator=indicator
    )
    return await taken(site, asked, format, caller)
