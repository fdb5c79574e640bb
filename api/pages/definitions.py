"""The processes as pages: which versions there are, and one in pictures and words."""

from fastapi import APIRouter
from starlette.responses import Response

from api.bodies import Word
from api.pages.me import Me
from api.pages.render import Pages, link
from api.site import Here
from desk.showing.versions import old_words, show_process, show_versions

router = APIRouter(include_in_schema=False)


@router.get("/definitions")
def definitions(site: Here, pages: Pages, me: Me) -> Response:
    """Every version of every process."""
    with site.database.read() as connection:
        known = show_versions(connection)
    return pages.page("definitions.html", me=me, here="/definitions", known=known, old=old_words(known))


@router.get("/definitions/{process}")
def definition(site: Here, pages: Pages, me: Me, process: Word, version: Word = "", unit_kind: Word = "") -> Response:
    """One version of a process, for one kind of unit or for all."""
    with site.database.read() as connection:
        shown = show_process(connection, process, version=version, unit_kind=unit_kind)
    here = link(f"/definitions/{process}", version=version, unit_kind=unit_kind)
    return pages.page("definition.html", me=me, here=here, shown=shown, version=version, unit_kind=shown.unit_kind)
