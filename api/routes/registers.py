"""Registers in JSON: a file is read and shown row by row; what somebody confirms is issued."""

from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Response, UploadFile
from pydantic import Field

from api import importing
from api.bodies import ConfirmBody
from api.entrance.caller import WhoAsks
from api.site import Here
from desk.gathering.dry_run import full_json
from desk.showing.values import Shown, ShownDraft
from documents.sheets.files.limits import READABLE

router = APIRouter(prefix="/api/v1/registers", tags=["导入台账"])


class ShownBatch(Shown):
    """A batch and how far it is. `state`: draft, confirmed, issued. `items`: refused ones first, at most 1,000."""

    batch: str
    state: str
    filename: str
    title: str = ""
    total: int
    issued: int
    duplicate: int
    refused: int
    passed: int = 0
    reopened: int = 0
    started: int
    left: int
    items: tuple[ShownDraft, ...] = ()


class ShownReading(Shown):
    """A register as understood. `batch` stands when it was stored, to be confirmed."""

    batch: str | None = None
    items: int = 0
    issued_before: tuple[str, ...] = ()
    reading: dict[str, Any] = Field(description="与 duban import --dry-run --json 相同，另有表头、说明和忽略的行")


@router.post("", summary="读一份台账")
async def read(
    site: Here,
    caller: WhoAsks,
    file: Annotated[UploadFile, File(description=f"{'、'.join(READABLE)}，最多 10 MB")],
    process: Annotated[str, Form(description="交办成哪个流程：编号或名称；不写是写明了台账表头的那一个")] = "",
    sheet: Annotated[str, Form(description="读哪一张工作表；“全部”是所有像台账的；不写读第一张")] = "",
    dry: Annotated[bool, Form(description="只读懂，什么也不存")] = False,
) -> ShownReading:
    """逐行说明读懂了什么、猜了什么、哪里有误（单元格）。确认之前什么也不交办。"""
    reading = await importing.read(site, file, sheet, process=process)
    if dry:
        items = await importing.in_thread(site.intake.compare, reading)
        return ShownReading(reading=full_json(reading, items))
    proposal = await importing.propose(site, reading, filename=file.filename or "", caller=caller)
    return ShownReading(
        batch=proposal.batch,
        items=proposal.items,
        issued_before=proposal.issued_before,
        reading=full_json(reading, proposal.drafts),
    )


@router.post("/{batch}/confirm", summary="确认交办")
async def confirm(site: Here, batch: str, body: ConfirmBody, caller: WhoAsks, response: Response) -> ShownBatch:
    """整批交办。几秒内办完的答 200，还在办的答 202；再确认一次等于接着办，不会重复。"""
    finished = await importing.confirm(site, batch, caller=caller, choices=body.choices)
    response.status_code = 200 if finished else 202
    return await importing.in_thread(shown_batch, site, batch)


@router.get("/{batch}", summary="一批的进度")
def batch(site: Here, batch: str) -> ShownBatch:
    """交办到哪里了，每一项的结果。"""
    return shown_batch(site, batch)


def shown_batch(site: Here, batch: str) -> ShownBatch:
    """The batch as it stands. Raises unknown_batch."""
    found = importing.batch_of(site, batch)
    names = ("total", "issued", "duplicate", "refused", "passed", "reopened", "started")
    counts = {name: getattr(found.progress, name) for name in names}
    return ShownBatch(
        batch=batch,
        **{name: found.row[name] for name in ("state", "filename", "title")},
        **counts,
        left=found.progress.left,
        items=tuple(found.drafts),
    )
