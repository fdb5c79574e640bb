"""Draws as pages: the list, and one with all that it is worked out from. Whoever may not see one does not find it."""

from fastapi import APIRouter
from starlette.responses import Response

from api.bodies import Word
from api.pages.me import Me
from api.pages.render import Pages
from api.site import Here
from desk.registers.draws_shown import DRAWS_LISTED, show_draw_page, show_draws

router = APIRouter(prefix="/draws", include_in_schema=False)


@router.get("")
def draws(site: Here, pages: Pages, me: Me) -> Response:
    """The draws, those sealed last first."""
    with site.database.read() as connection:
        found = show_draws(connection)
    return pages.page("draws.html", me=me, here="/draws", draws=found, more=len(found) == DRAWS_LISTED)


@router.get("/{draw}")
def draw(site: Here, pages: Pages, me: Me, draw: Word) -> Response:
    """One draw."""
    with site.database.read() as connection:
        found = show_draw_page(connection, draw)
    return pages.page("draw.html", me=me, here=f"/draws/{found.draw}", draw=found)
