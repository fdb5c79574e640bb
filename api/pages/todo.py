"""The first page: what waits for whoever is in."""

from fastapi import APIRouter
from starlette.responses import Response

from api.entrance.caller import WhoAsks
from api.pages.me import Me
from api.pages.render import Pages
from api.site import Here
from desk.personal.todo import show_todo

router = APIRouter(include_in_schema=False)


@router.get("/")
def first(caller: WhoAsks, site: Here, pages: Pages, me: Me) -> Response:
    """What waits for the person."""
    with site.database.read() as connection:
        todo = show_todo(connection, caller, site.now())
    return pages.page("todo.html", me=me, here="/", todo=todo)
