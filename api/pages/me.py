"""As whom one acts: the person chosen from a list, kept in a cookie. It proves nothing: sign-in comes later."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form
from sqlalchemy import RowMapping
from starlette.responses import RedirectResponse, Response

from api.caller import COOKIE, Chosen
from api.pages.render import Pages, safe_back
from api.site import Here, Site
from desk.caller import Caller
from desk.showing.item_rows import show_person
from desk.showing.values import ShownPerson
from ledger.directory import people
from ledger.directory.people import Somebody, known
from rules.permitting import OF_BODY, OfficeAct, roles_for

router = APIRouter(include_in_schema=False)
COOKIE_SECONDS = 180 * 24 * 3600
_LISTED = 500
"""People shown at once; of more, the first, and the search finds the others."""


def me_of(caller: Chosen, site: Here) -> ShownPerson | None:
    """The chosen person, as pages show them."""
    with site.database.read() as connection:
        who = known(connection, caller.person)
    return show_person(who) if who else None


def may(me: ShownPerson | None, act: OfficeAct) -> bool:
    """Whether that person holds a post in which one does that."""
    return me is not None and any(post.role in roles_for(act) for post in me.posts)


Me = Annotated[ShownPerson | None, Depends(me_of)]


@router.get("/people")
def choose(site: Here, pages: Pages, me: Me, q: str = "", back: str = "/") -> Response:
    """Everybody, by role and unit, to choose from."""
    wanted = q.strip()[:50]
    with site.database.read() as connection:
        everybody = [show_person(who) for who in people.everybody(connection)]
        areas = people.all_areas(connection)
        units = people.all_units(connection)
    names = {unit["id"]: unit["name"] for unit in units}
    matching = [p for p in everybody if _matches(p, wanted, names)]
    found = matching[:_LISTED]
    return pages.page(
        "people.html",
        me=me,
        here="/people",
        q=wanted,
        back=safe_back(back),
        committee=[(p, _of_body(p)) for p in found if _of_body(p)],
        areas=_by_area(found, areas, units),
        count=len(matching),
        listed=len(found),
        known=len(everybody),
    )


def _matches(person: ShownPerson, wanted: str, names: dict[str, str]) -> bool:
    said = [person.id, person.name, person.unit_name or "", *(post.role_name for post in person.posts)]
    said += [names.get(post.unit or "", "") for post in person.posts]
    return any(wanted in text for text in said)


def _of_body(person: ShownPerson) -> str:
    return "、".join(post.role_name for post in person.posts if post.role in OF_BODY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """An area on the page: its own people, and its units with theirs; each person with the role held there."""

    name: str
    people: list[tuple[ShownPerson, str]]
    units: list[tuple[str, list[tuple[ShownPerson, str]]]]


def _by_area(found: list[ShownPerson], areas: list[RowMapping], units: list[RowMapping]) -> list[Group]:
    """The areas in order, then the units that belong to none; without those where nobody was found."""
    held = [(person, post) for person in found for post in person.posts]
    groups = []
    for area, name in [*((a["id"], a["name"]) for a in areas), (None, "不属于任何片组的单位")]:
        own = [(person, post.role_name) for person, post in held if area and post.area == area]
        of_units = [
            (unit["name"], [(person, post.role_name) for person, post in held if post.unit == unit["id"]])
            for unit in units
            if unit["area"] == area
        ]
        groups.append(Group(name=name, people=own, units=[unit for unit in of_units if unit[1]]))
    return [group for group in groups if group.people or group.units]


@router.post("/people")
def chosen(site: Here, person: Annotated[str, Form()], back: Annotated[str, Form()] = "/") -> Response:
    """From now on this browser acts as that person."""
    with site.database.read() as connection:
        who = people.somebody(connection, person)
    answer = RedirectResponse(safe_back(back), 303)
    answer.set_cookie(COOKIE, quote(who.id), max_age=COOKIE_SECONDS, httponly=True, samesite="lax", path="/")
    return answer


@router.post("/people/nobody")
def nobody(back: Annotated[str, Form()] = "/") -> Response:
    """From now on this browser only looks."""
    answer = RedirectResponse(safe_back(back), 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="lax", path="/")
    return answer


def need_me(site: Site, caller: Caller) -> Somebody | None:
    """The chosen person with all posts, for pages that act."""
    with site.database.read() as connection:
        return known(connection, caller.person)
