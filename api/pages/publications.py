"""The register of publications as a page."""

from fastapi import APIRouter
from starlette.responses import Response

from api.bodies import Word
from api.pages.me import Me
from api.pages.render import Pages, link
from api.site import Here
from desk.registers.publications import show_publications

router = APIRouter(include_in_schema=False)


@router.get("/publications")
def publications(site: Here, pages: Pages, me: Me, unit: Word = "", after: Word = "") -> Response:
    """A page of publications, of one unit where it is named."""
    with site.database.read() as connection:
        page = show_publications(connection, unit=unit, after=after)
    following = link("/publications", unit=unit, after=page.next) if page.next else ""
    here = link("/publications", unit=unit, after=after)
    return pages.page("publications.html", me=me, here=here, page=page, unit=unit, after=after, next=following)
