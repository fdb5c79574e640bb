"""Clock health in JSON: every open item's next alarm, page by page."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.bodies import Word
from api.site import Here
from desk.showing.clocks import ShownClocks, show_clocks
from ledger.reading.alarms import PAGE

router = APIRouter(prefix="/api/v1/clocks", tags=["状态"])


@router.get("", summary="时钟")
def clocks(site: Here, after: Word = "", size: Annotated[int, Query(ge=1, le=500)] = PAGE) -> ShownClocks:
    """每个未办结事项的下一次到点和原因；没有的在前，早的在前。翻页把 `next` 放进 `after`。

    `compared` 是上一次与流程引擎的定时逐项核对（duban doctor --clocks）的结果；从未核对过则为空。
    """
    compared = site.compared() if site.compared else None
    with site.database.read() as connection:
        return show_clocks(connection, site.now(), compared, after=after, size=size)
