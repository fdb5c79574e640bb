"""Who asks, at the entrances of the site: from the cookie, the query, the body or the form, and read nowhere else.

There is no sign-in yet: whoever it is says so. No dependency here asks the database, so that none fails when that is
away and what somebody wrote would be lost with it; whether there is such a person, is judged where they act.
"""

from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import Depends, Form, Query, Request

from api.bodies import AS_WHOM, Word
from desk.caller import Caller, on_site

COOKIE = "duban_person"
"""Whom the browser's user has chosen."""


def by_cookie(request: Request) -> Caller:
    """Whoever was chosen in this browser; nobody, when nobody was."""
    return on_site(unquote(request.cookies.get(COOKIE, ""))[:100])


def by_query(
    person: Annotated[Word, Query(min_length=1, description=AS_WHOM)],
) -> Caller:
    """Whom the address names."""
    return on_site(person)


def by_query_if_said(person: Annotated[Word, Query(description="给出此人现在能办的")] = "") -> Caller:
    """Whom the address names; nobody, when it names none."""
    return on_site(person)


def by_query_or_cookie(
    request: Request, person: Annotated[Word, Query(description="谁查阅；网页上是所选的身份")] = ""
) -> Caller:
    """Whom the address names, or else whoever was chosen in this browser."""
    return on_site(person) if person else by_cookie(request)


def calling_off(by: Annotated[Word, Query(description=AS_WHOM)]) -> Caller:
    """Whom the address of a substitution's end names."""
    return on_site(by)


_FINDS_PEOPLE = ("/audit", "/api/v1/audit")
"""Where the address names whose entries are looked for, and `by` whoever looks."""


def named_in(request: Request) -> tuple[Caller, ...]:
    """Everybody whom the request names outside its body: who was chosen in this browser, who stands in its address."""
    said = ("by",) if request.url.path.startswith(_FINDS_PEOPLE) else ("person", "by")
    names = [request.path_params.get("person"), *(request.query_params.get(name) for name in said)]
    return (by_cookie(request), *(on_site(name[:100]) for name in names if name))


async def by_body(request: Request) -> Caller:
    """Whom the JSON body names. What is wrong with the body, its own model says."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        return on_site("")
    try:
        sent: Any = await request.json()
    except ValueError:
        sent = None
    said = {name: str(sent.get(name) or "") for name in ("person", "behalf")} if isinstance(sent, dict) else {}
    return on_site(said.get("person", ""), said.get("behalf", ""))


def by_form(person: Annotated[str, Form(description=AS_WHOM)]) -> Caller:
    """Whom the form names."""
    return on_site(person)


def by_form_if_said(person: Annotated[str, Form(description="给出就存为待确认的一批")] = "") -> Caller:
    """Whom the form names; nobody, when it names none."""
    return on_site(person)


def by_path(person: str) -> Caller:
    """Whose own things the address is about."""
    return on_site(person)


Chosen = Annotated[Caller, Depends(by_cookie)]
InQuery = Annotated[Caller, Depends(by_query)]
InQueryIfSaid = Annotated[Caller, Depends(by_query_if_said)]
InQueryOrChosen = Annotated[Caller, Depends(by_query_or_cookie)]
CallingOff = Annotated[Caller, Depends(calling_off)]
InBody = Annotated[Caller, Depends(by_body)]
InForm = Annotated[Caller, Depends(by_form)]
InFormIfSaid = Annotated[Caller, Depends(by_form_if_said)]
InPath = Annotated[Caller, Depends(by_path)]
