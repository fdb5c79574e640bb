"""Uploaded files: bounded while they are read, and stored as evidence in somebody's name."""

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from api.guards import EVIDENCE_LIMIT
from api.site import Site
from desk.caller import Caller
from rules.errors import Code, RuleViolation


async def taken(upload: UploadFile, limit: int, field: str) -> bytes:
    """The whole upload, if it is not larger than `limit` bytes. Raises field_too_long."""
    data = await upload.read(limit + 1)
    if len(data) > limit:
        raise RuleViolation(Code.FIELD_TOO_LONG, field=field, limit=f"{limit >> 20} MB", actual="更大")
    return data


async def attach(site: Site, upload: UploadFile, caller: Caller) -> str:
    """The upload is stored in the caller's name; returns its id."""
    async with site.uploads:
        data = await taken(upload, EVIDENCE_LIMIT, "佐证材料")
        name = (upload.filename or "").replace("\\", "/").rpartition("/")[2].strip() or "未命名"
        kind = (upload.content_type or "")[:100]
        return await run_in_threadpool(site.desk.attach, data=data, name=name, media_type=kind, caller=caller)
