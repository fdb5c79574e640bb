"""Exports as downloads: the register as narrowed, an item's entries. Who takes them stands in the ledger first."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from api.bodies import ExportWanted
from api.entrance.caller import WhoAsks
from api.guards import writes_an_entry
from api.routes.evidence import disposition
from api.site import PRINTED, Here, Site
from desk.caller import Caller
from desk.exporting import MEDIA_TYPES, Format, What, exported
from ledger.reading.entries_extract import EntrySelection
from ledger.reading.sorting import OWN, Sorting

router = APIRouter(prefix="/api/v1", tags=["导出"], dependencies=[Depends(writes_an_entry)])
PIECE = 1 << 16
FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "文件；Duban-Content-Hash 是内容的哈希",
        "content": {kind: {} for kind in MEDIA_TYPES.values()},
    }
}
"""What an export is answered with."""


@router.get("/export/register.{format}", summary="导出台账", response_class=Response, responses=FILES)
async def export_register(site: Here, format: Format, query: ExportWanted, caller: WhoAsks) -> Response:
    """与台账同样的条件和次序，全部行。谁导出了什么，先留痕再给文件。"""
    return await taken(site, query.filters(), format, caller, query.order())


@router.get("/items/{no}/export.{format}", summary="导出一个事项的留痕", response_class=Response, responses=FILES)
async def export_item(site: Here, no: str, format: Format, caller: WhoAsks) -> Response:
    """从交办开始的每一条记录；PDF 是可读的办理过程。谁导出了什么，先留痕再给文件。"""
    return await taken(site, EntrySelection(no=no), format, caller)


async def taken(site: Site, what: What, form: Format, caller: Caller, order: Sorting = OWN) -> Response:
    """The file as an answer, when the ledger knows who takes it."""
    async with site.exports:
        return await run_in_threadpool(_download, site, what, form, caller, order)


def _download(site: Site, what: What, form: Format, caller: Caller, order: Sorting) -> Response:
    taking = exported(site.database, what, form, caller=caller, now=site.now(), printed=PRINTED, order=order)
    with taking as made:
        # Opened before its folder goes: read to the end or not, it leaves nothing behind.
        file = made.path.open("rb")
        size = made.path.stat().st_size
    headers = {
        "Content-Disposition": disposition(made.name),
        "Content-Length": str(size),
        "Cache-Control": "no-store",
        "Duban-Content-Hash": f"{made.algorithm}={made.content_hash}",
        "Duban-File-Hash": f"{made.algorithm}={made.file_hash}",
    }
    return StreamingResponse(pieces(file), media_type=MEDIA_TYPES[form], headers=headers)


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """The file piece by piece; closed when it is read or let go."""
    with file:
        while piece := file.read(PIECE):
            yield piece
