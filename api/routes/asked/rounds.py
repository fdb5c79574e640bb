"""Campaigns, rounds and what is asked of a unit in a year, in JSON; a round's forms in one zip."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from api.bodies import Word
from api.entrance.caller import WhoAsks
from api.guards import writes_an_entry
from api.routes.evidence import disposition
from api.routes.exports import pieces
from api.site import Here, Site
from desk.blanks.many import round_sheets
from desk.caller import Caller
from desk.registers.my_year import ShownRequest, my_year
from desk.registers.reports import ReportPage, read_report
from desk.registers.rounds import ShownCampaign, shown_campaigns
from desk.registers.rounds_shown import (
    RoundPage,
    RoundUnit,
    ShownRound,
    round_page,
    round_units,
    shown_rounds,
    to_call,
)
from ledger.rounds.counted import UNITS_SHOWN, RoundFilters
from rules.dates.calendar import local_date

router = APIRouter(prefix="/api/v1", tags=["周期工作"])
ROUNDS_LISTED = 50
SHEETS_WAITED_FOR = 2_000
"""So many files somebody may wait for in front of the site: some twenty seconds."""


@router.get("/campaigns", summary="周期工作")
def campaigns(site: Here) -> list[ShownCampaign]:
    """每项周期工作，和下一次哪天开放、到期、锁定。同 `duban campaigns --json`。"""
    with site.database.read() as connection:
        return shown_campaigns(connection, site.now())


@router.get("/rounds", summary="轮次")
def rounds(site: Here, campaign: Word = "", running: bool = False) -> list[ShownRound]:
    """各轮次应报、按期、逾期、未报各多少，后开放的在前，最多 50 个。"""
    with site.database.read() as connection:
        return shown_rounds(connection, site.now(), campaign=campaign, running=running, limit=ROUNDS_LISTED)


@router.get("/rounds/{campaign}/{period}", summary="一个轮次")
def round_(site: Here, campaign: Word, period: Word) -> RoundPage:
    """合计，按片组、按类别，和各版通报。"""
    with site.database.read() as connection:
        return round_page(connection, f"{campaign}/{period}", site.now())


@router.get("/rounds/{campaign}/{period}/units", summary="一个轮次的单位")
def units(
    site: Here,
    campaign: Word,
    period: Word,
    state: Literal["", "owing", "in", "late", "dropped"] = "",
    area: Word = "",
    kind: Word = "",
    overdue: Annotated[bool, Query(description="只要过了到期日还没有报的，各附可以找的人")] = False,
    after: Annotated[Word, Query(description="上一页最后一个单位的编号")] = "",
) -> list[RoundUnit]:
    """各单位怎样，按编号排，一页 100 个。"""
    name = f"{campaign}/{period}"
    with site.database.read() as connection:
        if overdue:
            return to_call(connection, name, site.now(), after=after, limit=UNITS_SHOWN)
        filters = RoundFilters(states=(state,) if state else (), area=area, kind=kind)
        return round_units(connection, name, filters, site.now(), after=after, limit=UNITS_SHOWN)


@router.get(
    "/rounds/{campaign}/{period}/reports/{revision}",
    summary="一版通报",
    dependencies=[Depends(writes_an_entry)],
)
def report(site: Here, campaign: Word, period: Word, revision: int, caller: WhoAsks) -> ReportPage:
    """那一版的数、逾期和未报的单位、与上一版的不同、谁看过；谁查阅了哪一版，先留痕再给。"""
    return read_report(site.database, f"{campaign}/{period}", revision, caller, site.now())


@router.get(
    "/rounds/{campaign}/{period}/sheets.zip",
    summary="一轮的填报表",
    response_class=Response,
    dependencies=[Depends(writes_an_entry)],
)
async def sheets(site: Here, campaign: Word, period: Word, caller: WhoAsks) -> Response:
    """各单位要填的表，一个单位一份 xlsx，装在一个 zip 里；谁取走的，先留痕再给。"""
    async with site.exports:
        return await run_in_threadpool(_sheets, site, f"{campaign}/{period}", caller)


def _sheets(site: Site, name: str, caller: Caller) -> Response:
    with round_sheets(site.database, name, caller, site.now(), most=SHEETS_WAITED_FOR) as made:
        # Opened before its folder goes: read to the end or not, it leaves nothing behind.
        file, size = made.path.open("rb"), made.path.stat().st_size
    headers = {
        "Content-Disposition": disposition(made.name),
        "Content-Length": str(size),
        "Cache-Control": "no-store",
    }
    return StreamingResponse(pieces(file), media_type="application/zip", headers=headers)


@router.get("/units/{unit}/year", summary="一个单位的一年")
def year(
    site: Here, unit: Word, year: Annotated[int | None, Query(ge=2000, le=2100, description="不写是今年")] = None
) -> list[ShownRequest]:
    """这一年到期的各期要它填什么，哪天开放、到期；已开放的怎样。"""
    with site.database.read() as connection:
        return my_year(connection, unit, year or local_date(site.now()).year, site.now())
