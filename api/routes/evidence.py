"""Evidence files in JSON: stored by hash, given back as downloads that no browser opens in the site's name."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, File, Form, Response, UploadFile
from starlette.concurrency import run_in_threadpool

from api.shown import ShownEvidence
from api.site import Here, Site
from api.uploads import attach
from ledger import evidence as files

router = APIRouter(prefix="/api/v1/evidence", tags=["佐证材料"])


@router.post("", summary="上传", status_code=201)
async def upload(site: Here, file: Annotated[UploadFile, File()], person: Annotated[str, Form()]) -> ShownEvidence:
    """文件按内容的 SHA-256 存放；同样的内容只存一份。把返回的 id 写进办理时的 `evidence`。"""
    stored = await attach(site, file, person)
    return await run_in_threadpool(_known, site, stored)


def _known(site: Site, stored: str) -> ShownEvidence:
    with site.database.read() as connection:
        row = files.known(connection, (stored,))[stored]
    kept = {name: row[name] for name in ("id", "name", "size", "media_type")}
    return ShownEvidence(**kept, url=f"/api/v1/evidence/{stored}")


@router.get("/{evidence}", summary="下载", response_class=Response)
def download(site: Here, evidence: str) -> Response:
    """文件本身；只下载，不在浏览器里打开。内容与编号不符时拒绝。"""
    with site.database.read() as connection:
        row = files.known(connection, (evidence,))[evidence]
    data = site.files.get(evidence)
    return Response(
        data,
        media_type="application/octet-stream",
        headers={
            "Content-Disposition": disposition(row["name"]),
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, max-age=31536000, immutable",
            "ETag": f'"{evidence}"',
        },
    )


def disposition(name: str) -> str:
    """A Content-Disposition that carries any file name: plain for old programs, UTF-8 for others (RFC 6266)."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._- ") else "_" for c in name).strip() or "file"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
