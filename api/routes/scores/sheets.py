"""Scores in JSON: how units stand, and the sheet of one with its reasons."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.bodies import Word
from api.site import Here
from desk.scores.overview_shown import ShownOverview, overview
from desk.scores.sheet_shown import ShownSheet, score_sheet

router = APIRouter(prefix="/api/v1/scores", tags=["考核"])
OfPeriod = Annotated[Word, Query(description="期：2026-03、2026-Q1、2026-H1、2026；不写是最近有得分的半年")]
OfAssessment = Annotated[Word, Query(description="考核的编号或名称；只有一份时不用写")]


@router.get("", summary="各单位的得分")
def scores(
    site: Here,
    period: OfPeriod = "",
    area: Annotated[Word, Query(description="看这个片组的各单位；不写是各片组")] = "",
    assessment: OfAssessment = "",
) -> ShownOverview:
    """每一格是得分占满分的百分之几；锁定以后的。"""
    with site.database.read() as connection:
        return overview(connection, site.now(), period=period, area=area, assessment=assessment)


@router.get("/units/{unit}", summary="一个单位的得分表")
def unit_sheet(site: Here, unit: str, period: OfPeriod = "", assessment: OfAssessment = "") -> ShownSheet:
    """每一分为什么：标准、计了什么、依据哪条记录、差多少。同 `duban score 单位 --json`。"""
    with site.database.read() as connection:
        return score_sheet(connection, unit, site.now(), period=period, assessment=assessment)
