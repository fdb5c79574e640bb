"""Draws in JSON, and what others recompute them from, for whoever may see them."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from api.site import Here
from desk.registers.draws import ShownDraw, exported_draw, show_draw
from desk.registers.draws_shown import ShownDrawLine, show_draws

router = APIRouter(prefix="/api/v1/draws", tags=["抽取"])


@router.get("", summary="各次抽取")
def draws(site: Here) -> tuple[ShownDrawLine, ...]:
    """各次抽取到了哪一步，后封存的在前，最多 100 次；单位的人看不到。"""
    with site.database.read() as connection:
        return show_draws(connection)


@router.get("/{draw}", summary="一次抽取")
def draw(site: Here, draw: str) -> ShownDraw:
    """名单、分层、见证人的数、种子、抽中的单位和检查人。同 `duban draw show 编号 --json`；单位的人看不到。"""
    with site.database.read() as connection:
        return show_draw(connection, draw)


@router.get("/{draw}/population.txt", summary="封存的名单", response_class=PlainTextResponse)
def population(site: Here, draw: str) -> PlainTextResponse:
    """名单的原文，它的 SHA-256 就是封存的哈希。"""
    with site.database.read() as connection:
        text = show_draw(connection, draw).text
    return PlainTextResponse(text, headers={"content-disposition": "attachment; filename=population.txt"})


@router.get("/{draw}/draw.json", summary="可以重算的文件")
def exported(site: Here, draw: str) -> dict[str, Any]:
    """各条记录和名单：用 `duban audit check`、`docs/verify/draw.go` 重算。同 `duban draw export`。"""
    with site.database.read() as connection:
        return exported_draw(connection, draw)
