"""Signing in and out; in a demo, as one of its invented people, by a click."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy import RowMapping
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.entrance.caller import Session
from api.entrance.cookies import drop_session, secret_in, set_session
from api.pages.render import PlainPages, Renderer, link, safe_back
from api.refusals import Refusal, refusal_of
from api.site import Open, Site
from desk.accounts.demo import admit_in_demo, lets_choose
from desk.accounts.entrance import Admitted
from desk.showing.item_rows import show_person
from desk.showing.values import ShownPerson
from ledger.directory import people
from rules.errors import RuleViolation
from rules.permitting import OF_BODY

router = APIRouter(include_in_schema=False)
PASSWORD_SENT = 1000
"""Longer than any password that is taken; what is longer was no password."""
_LISTED = 500
"""Invented people shown at once; of more, the first, and the search finds the others."""
Typed = Annotated[str, Form(max_length=PASSWORD_SENT)]


@router.get("/sign-in")
def sign_in(site: Open, pages: PlainPages, session: Session, back: str = "/", q: str = "", left: str = "") -> Response:
    """The form; whoever is in goes on to where they wanted to. `left`: the way in by which they just were."""
    if session is not None and not q:
        return RedirectResponse(safe_back(back), 303)
    return form(site, pages, safe_back(back), q=q, left=left)


def form(
    site: Site,
    pages: Renderer,
    back: str,
    refusal: Refusal | None = None,
    *,
    name: str = "",
    q: str = "",
    left: str = "",
) -> Response:
    """The page on which somebody signs in, with what was refused to them."""
    crowd = _crowd(site, q.strip()[:50]) if site.demo and lets_choose(site.database) else None
    return pages.plain(
        "sign_in.html",
        refusal=refusal,
        back=back,
        name=name,
        crowd=crowd,
        local=site.entrance.limits.local,
        ways=site.ways.offered,
        left=next((way for way in site.ways.offered if way.id == left), None),
    )


@router.post("/sign-in")
async def signed_in(
    request: Request,
    site: Open,
    pages: PlainPages,
    name: Annotated[str, Form(max_length=200)] = "",
    password: Typed = "",
    back: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    """Who they say they are, by name and password; then where they wanted to go."""
    coming = coming_from(request, site)
    request.state.back = back  # for a security key that is asked for besides
    try:
        admitted = await run_in_threadpool(lambda: site.entrance.sign_in(name, password, now=site.now(), **coming))
    except RuleViolation as violation:
        refusal = refusal_of(violation)
        return await run_in_threadpool(lambda: form(site, pages, safe_back(back), refusal, name=name))
    return come_in(site, admitted, back)


@router.post("/sign-in/demo")
async def demo(
    request: Request,
    site: Open,
    pages: PlainPages,
    person: Annotated[str, Form(max_length=200)],
    back: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    """One of the demo's invented people is in; where there is no demo, there is no such address."""
    if not site.demo:
        return pages.nowhere()
    coming = coming_from(request, site)
    try:
        admitted = await run_in_threadpool(lambda: admit_in_demo(site.entrance, person, now=site.now(), **coming))
    except RuleViolation as violation:
        refusal = refusal_of(violation)
        return await run_in_threadpool(lambda: form(site, pages, safe_back(back), refusal))
    return come_in(site, admitted, back)


@router.post("/sign-out")
def signed_out(request: Request, site: Open) -> Response:
    """Nobody is in with this browser any more."""
    secret, now = secret_in(request.cookies, site.reached.secure), site.now()
    session = site.entrance.recognise(secret, now) if secret else None
    site.entrance.sign_out(secret, now)
    way = site.ways.led_out(session.how) if session else None
    answer = RedirectResponse(link("/sign-in", left=way.id if way else ""), 303)
    drop_session(answer, site.reached.secure)
    answer.headers["Clear-Site-Data"] = '"cache"'  # what the back button would show
    return answer


def coming_from(request: Request, site: Site) -> dict[str, str]:
    """What the entrance is told of whoever comes: `address`, `agent`, and the secret of the `old` session."""
    return {
        "address": request.client.host if request.client else "",
        "agent": request.headers.get("user-agent", ""),
        "old": secret_in(request.cookies, site.reached.secure),
    }


def come_in(site: Site, admitted: Admitted, back: str) -> Response:
    """The answer to whoever has come in: the cookie, and on to where they wanted to go."""
    answer = RedirectResponse(safe_back(back), 303)
    set_session(answer, admitted, site.reached.secure, site.now())
    return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """An area on the page: its own people, and its units with theirs; each person with the role held there."""

    name: str
    people: list[tuple[ShownPerson, str]]
    units: list[tuple[str, list[tuple[ShownPerson, str]]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """The invented people that `q` finds: of the committee, and by area; `listed` of `count`, of whom there are so many
    (`known`)."""

    q: str
    committee: list[tuple[ShownPerson, str]]
    areas: list[Group]
    count: int
    listed: int
    known: int


def _crowd(site: Site, wanted: str) -> Crowd:
    with site.database.read() as connection:
        everybody = [show_person(who) for who in people.everybody(connection) if who.posts]
        areas, units = people.all_areas(connection), people.all_units(connection)
    names = {unit["id"]: unit["name"] for unit in units}
    matching = [p for p in everybody if _matches(p, wanted, names)]
    found = matching[:_LISTED]
    return Crowd(
        q=wanted,
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
