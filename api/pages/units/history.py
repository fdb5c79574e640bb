"""What a unit was and is, as a page: its spans and conditions, the documents behind them, what it has open."""

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from api.bodies import Word
from api.pages.me import Me
from api.pages.render import Pages
from api.site import Here
from desk.units.unit_shown import UNITS_LISTED, known_unit, show_unit, show_units

router = APIRouter(prefix="/units", include_in_schema=False)


@router.get("")
def units(site: Here, pages: Pages, me: Me, unit: Word = "") -> Response:
    """The units; or, where one is named by id, name or alias, the way to its page."""
    with site.database.read() as connection:
        if unit:
            return RedirectResponse(f"/units/{known_unit(connection, unit)}", 303)
        found = show_units(connection)
    return pages.page("units.html", me=me, here="/units", units=found[:UNITS_LISTED], count=len(found))


@router.get("/{unit}")
def history(site: Here, pages: Pages, me: Me, unit: Word) -> Response:
    """One unit."""
    with site.database.read() as connection:
        found = show_unit(connection, unit)
    return pages.page("unit.html", me=me, here=f"/units/{found.unit}", unit=found)
