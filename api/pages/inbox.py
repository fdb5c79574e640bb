"""The inbox as a page: what somebody is to hear, and marking it as seen."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from api.entrance.caller import WhoAsks
from api.pages.me import Me
from api.pages.render import Pages
from api.site import Here
from desk.inbox import mark_read
from desk.personal.inbox import show_inbox

router = APIRouter(include_in_schema=False)


@router.get("/inbox")
def inbox(caller: WhoAsks, site: Here, pages: Pages, me: Me) -> Response:
    """The notices of whoever looks."""
    with site.database.read() as connection:
        shown = show_inbox(connection, caller, site.now())
    return pages.page("inbox.html", me=me, here="/inbox", inbox=shown)


@router.post("/inbox")
def seen(caller: WhoAsks, site: Here, notice: Annotated[list[str] | None, Form()] = None) -> Response:
    """These were seen; without any, all that the page could have shown."""
    mark_read(site.database, caller, tuple(notice[:500]) if notice else None, site.now())
    return RedirectResponse("/inbox", 303)
