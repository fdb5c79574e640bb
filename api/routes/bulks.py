"""One command for many items in JSON: looked at first, given when confirmed, looked at later."""

from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

from api.bodies import BulkBody, BulkConfirmBody, IdempotencyKey
from api.entrance.caller import WhoAsks
from api.going_on import going_name, within_patience
from api.site import Here
from desk.bulk.shown import ShownBulk

router = APIRouter(prefix="/api/v1/bulk", tags=["成批办理"])


@router.post("", summary="选好事项，先看哪些能办")
def preview(site: Here, body: BulkBody, caller: WhoAsks, idempotency_key: IdempotencyKey = "") -> ShownBulk:
    """逐项说明哪些能办、哪些会被拒绝、为什么。确认之前什么也不办；没有确认的两天后不再保留。"""
    return site.bulks.shown(site.bulks.preview(body.request(caller, idempotency_key), site.now()))


@router.post("/{bulk}/confirm", summary="确认办理")
async def confirm(site: Here, bulk: str, body: BulkConfirmBody, caller: WhoAsks, response: Response) -> ShownBulk:
    """逐项办理。几秒内办完的答 200，还在办的答 202；再确认一次等于接着办，不会重复。"""
    going = going_name(bulk, caller)
    finished = await within_patience(site, going, lambda: site.bulks.confirm(bulk, caller, site.now()))
    response.status_code = 200 if finished else 202
    return await run_in_threadpool(site.bulks.shown, bulk)


@router.get("/{bulk}", summary="一批办得怎样")
def bulk(site: Here, bulk: str) -> ShownBulk:
    """办了多少，哪些没有办、为什么。"""
    return site.bulks.shown(bulk)
