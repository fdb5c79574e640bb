"""A draw in JSON, for whoever may see it."""

from fastapi import APIRouter

from api.site import Here
from desk.registers.draws import ShownDraw, show_draw

router = APIRouter(prefix="/api/v1/draws", tags=["抽取"])


@router.get("/{draw}", summary="一次抽取")
def draw(site: Here, draw: str) -> ShownDraw:
    """名单、分层、见证人的数、种子、抽中的单位和检查人。同 `duban draw show 编号 --json`；单位的人看不到。"""
    with site.database.read() as connection:
        return show_draw(connection, draw)
