"""Whether the site lives, and whether everything it needs answers."""

from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from api.entrance.caller import WhoAsks, caller_of
from api.reached import LOOPBACK_NAMES
from api.site import Open

router = APIRouter(prefix="/api/v1", tags=["状态"])


@router.get("/health", summary="活着")
async def health() -> dict[str, str]:
    """网站进程在应答。"""
    return {"status": "ok"}


@router.get("/ready", summary="就绪", responses={503: {"description": "有部件没有应答"}})
async def ready(site: Open, request: Request, response: Response) -> dict[str, Any]:
    """现在的操作能不能办成：留痕库可写且有余地（`ledger`）、材料存得下（`evidence`）、流程引擎应答（`engine`）、
    工作进程在领任务（`worker`）；有一项为假，`ready` 为假、答 503，`said` 写明原因和办法。本机以外的，登录或用令牌。"""
    if request.client is None or request.client.host not in LOOPBACK_NAMES:
        await run_in_threadpool(caller_of, request)
    report = await site.ready() if site.ready else {"ready": True}
    if not report.get("ready", True):
        response.status_code = 503
    return report


interface = APIRouter(include_in_schema=False)


@interface.get("/openapi.json")
def openapi(request: Request, caller: WhoAsks) -> JSONResponse:
    """The interface's description, for whoever is in."""
    return JSONResponse(request.app.openapi())
