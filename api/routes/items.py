"""Items in JSON: the register, one item with its dates and timeline, and every command."""

from fastapi import APIRouter

from api.bodies import CommandBody, IdempotencyKey, Narrowed
from api.entrance.caller import WhoAsks
from api.site import Here
from desk.requests import Receipt
from desk.showing.detail import ShownDetail, detail
from desk.showing.entries import timeline
from desk.showing.item_rows import ShownPage, sheet
from desk.showing.item_view import show_notices, why
from desk.showing.values import ShownEntry, ShownNotice, ShownWhy
from ledger.chain import lookup
from ledger.reading import queries
from ledger.reading.filters import understood

router = APIRouter(prefix="/api/v1/items", tags=["事项"])


@router.get("", summary="台账")
def register(site: Here, query: Narrowed) -> ShownPage:
    """一页台账：未办结的在前，灯重的在前，到期早的在前。翻页把 `next` 放进 `after`；`sort` 换一种次序。

    同 `duban items --json`。
    """
    with site.database.read() as connection:
        filters = understood(connection, query.filters())
        after, order = query.after or None, query.order()
        return sheet(connection, filters, after=after, size=query.size, now=site.now(), order=order).shown()


@router.get("/{no}", summary="一个事项")
def item(site: Here, no: str, caller: WhoAsks) -> ShownDetail:
    """事项的现状、日期、环节、办理过程，以及现在能办的操作。同 `duban item 编号 --json`。"""
    with site.database.read() as connection:
        return detail(connection, queries.item(connection, no), site.now(), caller=caller)


@router.get("/{no}/timeline", summary="办理过程")
def item_timeline(site: Here, no: str) -> tuple[ShownEntry, ...]:
    """留痕链上的每一条记录，从交办开始。"""
    with site.database.read() as connection:
        return timeline(connection, queries.item(connection, no))


@router.get("/{no}/why", summary="为何是这一天")
def item_why(site: Here, no: str) -> ShownWhy:
    """现在的每个日期是怎样推算出来的。"""
    with site.database.read() as connection:
        return why(connection, queries.item(connection, no).state, site.now())


@router.get("/{no}/notices", summary="谁听到了什么")
def item_notices(site: Here, no: str) -> tuple[ShownNotice, ...]:
    """由这个事项产生的通知，新的在前，最多 500 条。"""
    with site.database.read() as connection:
        lookup.item_row(connection, no)
        return show_notices(connection, queries.notices_of(connection, no=no))


@router.post("/{no}/commands/{command}", summary="办理")
async def command(
    site: Here, no: str, command: str, body: CommandBody, caller: WhoAsks, idempotency_key: IdempotencyKey = ""
) -> Receipt:
    """签收、上报、审核……：答复时已经留痕。

    用同一操作编号重发不会重复办理；503 时结果未知，请用同一编号重试；被拒绝之后再办，请换一个编号。
    """
    return await site.desk.give(body.request(caller, no, command, idempotency_key))
