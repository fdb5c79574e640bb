"""Evidence files in JSON: stored by hash, given back as downloads that no browser opens in the site's name."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, File, Query, Response, UploadFile
from starlette.concurrency import run_in_threadpool

from api.bodies import Word
from api.entrance.caller import WhoAsks
from api.guards import writes_an_entry
from api.site import Here, Site
from api.uploads import attach
from desk.evidence import hand_out
from desk.showing.values import ShownEvidence
from ledger.store import evidence as files

router = APIRouter(prefix="/api/v1/evidence", tags=["佐证材料"])


@router.post("", summary="上传", status_code=201)
async def upload(site: Here, caller: WhoAsks, file: Annotated[UploadFile, File()]) -> ShownEvidence:
    """文件按内容的哈希存放（留痕库所用的算法：sha256 或 sm3）；同样的内容只存一份。把返回的 id 写进办理时的
    `evidence`。"""
    stored = await attach(site, file, caller)
    return await run_in_threadpool(_known, site, stored)


def _known(site: Site, stored: str) -> ShownEvidence:
    with site.database.read() as connection:
        row = files.known(connection, (stored,))[stored]
    kept = {name: row[name] for name in ("id", "name", "size", "media_type")}
    return ShownEvidence(**kept, url=f"/api/v1/evidence/{stored}")


@router.get("/{evidence}", summary="下载", response_class=Response, dependencies=[Depends(writes_an_entry)])
def download(
    caller: WhoAsks,
    site: Here,
    evidence: str,
    item: Annotated[Word, Query(description="从哪个事项查阅")] = "",
) -> Response:
    """文件本身；只下载，不在浏览器里打开。谁、从哪个事项查阅的，先记入查阅留痕，再给出内容；不存入浏览器的缓存，
    因此每次都有记录。内容与编号不符时拒绝。"""
    file = hand_out(site.database, site.files, evidence, item=item, caller=caller, now=site.now())
    return Response(
        file.data,
        media_type="application/octet-stream",
        headers={
            "Content-Disposition": disposition(file.name),
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "no-store",
        },
    )


def disposition(name: str) -> str:
    """A Content-Disposition that carries any file name: plain for old programs, UTF-8 for others (RFC 6266)."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._- ") else "_" for c in name).strip() or "file"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
