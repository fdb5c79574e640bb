"""The register of figures as a page, and the series of one."""

from fastapi import APIRouter
from starlette.responses import Response

from api.bodies import Word
from api.pages.me import Me
from api.pages.render import Pages, link
from api.site import Here
from definitions.directory import UNIT_KINDS
from desk.figures.showing import PERIODS, SeriesWanted, shown_figures, shown_series
from ledger.directory import people

SERIES_LISTED = 200
"""Units of which the page shows the series; of more it says so, and area, kind or name narrow."""
router = APIRouter(include_in_schema=False)


@router.get("/figures")
def figures(site: Here, pages: Pages, me: Me) -> Response:
    """Every figure: its source, its period, whose it is."""
    with site.database.read() as connection:
        found = shown_figures(connection)
    return pages.page("figures.html", me=me, here="/figures", figures=found)


@router.get("/figures/{figure}")
def series(
    site: Here,
    pages: Pages,
    me: Me,
    figure: str,
    unit: Word = "",
    area: Word = "",
    kind: Word = "",
    last: int = PERIODS,
) -> Response:
    """One figure over periods; of one unit with a chart, else a strip for each."""
    with site.database.read() as connection:
        wanted = SeriesWanted(figure=figure, unit=unit, area=area, kind=kind, last=last, most=SERIES_LISTED)
        found = shown_series(connection, wanted, site.now())
        areas = {row["id"]: row["name"] for row in people.all_areas(connection)}
    here = link(f"/figures/{found.figure.id}", unit=unit, area=area, kind=kind)
    return pages.page(
        "figure.html", me=me, here=here, shown=found, wanted=wanted, areas=areas, kinds=UNIT_KINDS, last=last
    )
