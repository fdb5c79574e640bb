"""A step's form as a file, out and back in. Coming back it fills a draft and submits nothing."""

from typing import Annotated

from fastapi import APIRouter, File, UploadFile
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.blanks import blank_response, filled_from
from api.bodies import Word
from api.entrance.caller import WhoAsks
from api.site import Here, Site
from desk import unfinished
from desk.blanks.one import BlankFile, FilledDraft, blank_for
from desk.caller import Caller
from desk.showing.values import Shown
from ledger.directory import people

router = APIRouter(prefix="/api/v1/items", tags=["离线填报"])


class ShownFilled(Shown):
    """A draft that was filled from a file: of which item and command, with so many answers, in place of a draft that
    was kept at `over`."""

    no: str
    command: str
    answers: int
    over: str = ""


@router.get("/{no}/blank.xlsx", summary="下载填报表", response_class=Response)
async def blank(site: Here, no: str, caller: WhoAsks, command: Word = "submit") -> Response:
    """这一环节的表单，带着草稿和以前填过的；可以办这个操作的人才能下载。"""
    return blank_response(await run_in_threadpool(_made, site, no, caller, command))


def _made(site: Site, no: str, caller: Caller, command: str) -> BlankFile:
    with site.database.read() as connection:
        return blank_for(connection, no, caller.person, unfinished.slot_of(command), site.now())


@router.post("/{no}/blank", summary="上传填好的填报表")
async def fill_blank(site: Here, no: str, caller: WhoAsks, file: Annotated[UploadFile, File()]) -> ShownFilled:
    """填好的表成为本人的草稿，不提交；过时的、别的事项的、填错的，逐格说明（faults 的 at 是单元格），一格都不收。"""
    filled: FilledDraft = await filled_from(site, no, file, await run_in_threadpool(_person, site, caller))
    return ShownFilled(no=filled.no, command=filled.command, answers=filled.answers, over=filled.over)


def _person(site: Site, caller: Caller) -> str:
    with site.database.read() as connection:
        return people.somebody(connection, caller.person).id
