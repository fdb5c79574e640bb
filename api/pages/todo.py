"""The first page: what waits for whoever is chosen, and where to choose; the register for whoever only looks."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.caller import Chosen
from api.pages import register
from api.pages.me import Me
from api.pages.render import Pages
from api.site import Here
from desk.personal.todo import show_todo

router = APIRouter(include_in_schema=False)


@router.get("/")
def first(request: Request, caller: Chosen, site: Here, pages: Pages, me: Me) -> Response:
    """What waits for the chosen person; without one, the register."""
    if me is None:
        return register.register(request, site, pages, me)
    with site.database.read() as connection:
        todo = show_todo(connection, caller, site.now())
    return pages.page("todo.html", me=me, here="/", todo=todo)
