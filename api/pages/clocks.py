"""Clock health as a page: every open item with its next alarm and why, and the last comparison with the engine."""

from fastapi import APIRouter
from starlette.responses import Response

from api.bodies import Word
from api.pages.me import Me
from api.pages.render import Pages, link
from api.site import Here
from desk.showing.clocks import show_clocks

router = APIRouter(include_in_schema=False)


@router.get("/clocks")
def clocks(site: Here, pages: Pages, me: Me, after: Word = "") -> Response:
    """A page of alarms."""
    compared = site.compared() if site.compared else None
    with site.database.read() as connection:
        page = show_clocks(connection, site.now(), compared, after=after)
    following = link("/clocks", after=page.next) if page.next else ""
    return pages.page("clocks.html", me=me, here=link("/clocks", after=after), page=page, after=after, next=following)
