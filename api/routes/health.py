"""Whether the site lives, and whether everything it needs answers."""

from typing import Any

from fastapi import APIRouter, Response

from api.site import Here

router = APIRouter(prefix="/api/v1", tags=["状态"])


@router.get("/health", summary="活着")
async def health() -> dict[str, str]:
    """网站进程在应答。"""
    return {"status": "ok"}


@router.get("/ready", summary="就绪", responses={503: {"description": "有部件没有应答"}})
async def ready(site: Here, response: Response) -> dict[str, Any]:
    """现在的操作能不能办成：留痕库可写且有余地（`ledger`）、材料存得下（`evidence`）、流程引擎应答（`engine`）、
    工作进程在领任务（`worker`）；有一项为假，`ready` 为假、答 503，`said` 写明原因和办法。"""
    report = await site.ready() if site.ready else {"ready": True}
    if not report.get("ready", True):
        response.status_code = 503
    return report
