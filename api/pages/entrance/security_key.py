"""Showing a security key: those who keep accounts are half in until one has answered, and may have several."""

import json
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.entrance.caller import WhoAsks
from api.entrance.cookies import HALF_COOKIE, JOURNEY_COOKIE, drop_kept, keep, kept_in, session_in
from api.pages.entrance.sign_in import come_in, coming_from
from api.pages.render import Pages, PlainPages, Renderer, link, safe_back
from api.refusals import Refusal, refusal_of
from api.site import Here, Open, Site, origin_of
from desk.accounts.entrance import KeyAsked
from desk.accounts.second_factor import SHOWN_MOST, SecondFactor
from ledger.accounts.security_keys import HALF_LIFE
from rules.errors import RuleViolation

router = APIRouter(include_in_schema=False)
FromKey = Annotated[str, Form(max_length=SHOWN_MOST)]


def ask_for_key(request: Request, asked: Exception) -> Response:
    """The answer to somebody who has said who they are and has still to show a key: the way to the page that asks."""
    assert isinstance(asked, KeyAsked)
    secure = request.app.state.site.reached.secure
    answer = RedirectResponse(link("/sign-in/key", back=safe_back(getattr(request.state, "back", "/"))), 303)
    answer.headers["Cache-Control"] = "no-store"
    keep(answer, HALF_COOKIE, asked.secret, secure, HALF_LIFE)
    drop_kept(answer, JOURNEY_COOKIE, secure)
    return answer


@router.get("/sign-in/key")
def question(request: Request, site: Open, pages: PlainPages, back: str = "/") -> Response:
    """What to ask of whoever is half in; nobody is: the sign-in page."""
    try:
        return _page(request, site, pages, safe_back(back))
    except RuleViolation:
        return RedirectResponse(link("/sign-in", back=safe_back(back)), 303)


@router.post("/sign-in/key")
async def answered(
    request: Request,
    site: Open,
    pages: PlainPages,
    shown: FromKey = "",
    back: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    """Whoever is half in with this browser is in, by the key that answered."""
    secret, coming = kept_in(request, HALF_COOKIE, site.reached.secure), coming_from(request, site)
    try:
        admitted = await run_in_threadpool(
            lambda: _factor(request, site).answer(secret, shown, now=site.now(), **coming)
        )
    except RuleViolation as violation:
        refusal = refusal_of(violation)
        try:
            return await run_in_threadpool(lambda: _page(request, site, pages, safe_back(back), refusal))
        except RuleViolation:
            return pages.plain("security_key.html", refusal=refusal, question=None, options="", back=safe_back(back))
    answer = come_in(site, admitted, back)
    drop_kept(answer, HALF_COOKIE, site.reached.secure)
    return answer


@router.get("/account/key")
def another(request: Request, caller: WhoAsks, site: Here, pages: Pages) -> Response:
    """Where one more key is added."""
    return _adding(request, caller, site, pages)


@router.post("/account/key")
def added(
    request: Request, caller: WhoAsks, site: Here, pages: Pages, shown: FromKey = "", name: str = Form("")
) -> Response:
    """The caller has one more key."""
    secret = session_in(request, site.reached.secure)
    try:
        _factor(request, site).add(caller, secret, name[:100], shown, site.now())
    except RuleViolation as violation:
        return _adding(request, caller, site, pages, refusal_of(violation))
    return RedirectResponse("/account?done=key", 303)


def _adding(request: Request, caller: WhoAsks, site: Site, pages: Renderer, refusal: Refusal | None = None) -> Response:
    options = _factor(request, site).adding(caller, session_in(request, site.reached.secure))
    return pages.plain("another_key.html", refusal=refusal, options=json.dumps(options))


def _page(request: Request, site: Site, pages: Renderer, back: str, refusal: Refusal | None = None) -> Response:
    secret = kept_in(request, HALF_COOKIE, site.reached.secure)
    asked = _factor(request, site).question(secret, site.now())
    return pages.plain(
        "security_key.html", refusal=refusal, question=asked, options=json.dumps(asked.options), back=back
    )


def _factor(request: Request, site: Site) -> SecondFactor:
    return SecondFactor(entrance=site.entrance, origin=origin_of(request, site))
