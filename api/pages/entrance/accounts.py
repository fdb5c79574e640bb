"""Everybody's accounts, for the administrator: who can come in, who is in; inviting, switching off, signing out."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from api.entrance.caller import WhoAsks
from api.pages.me import Me, may
from api.pages.render import Pages, Renderer, link
from api.refusals import Refusal, refusal_of
from api.site import Here, Site
from desk.accounts import keeping
from desk.accounts.accounts_shown import STATE_WORDS, show_accounts
from desk.accounts.keeping import Slip
from desk.caller import Caller
from desk.showing.values import ShownPerson
from ledger.directory import people
from rules.errors import Code, RuleViolation
from rules.permitting import OfficeAct

router = APIRouter(prefix="/accounts", include_in_schema=False)
_LISTED = 300
"""Accounts on the page; of more, the search finds the others."""
_Words = Annotated[str, Form(max_length=2000)]
_DONE = {
    "off": "账号已停用，登录着的已结束。",
    "on": "账号已启用。",
    "out": "已让其从各处退出。",
    "revoked": "令牌已吊销。",
}
"""What has just been done, in words."""


@router.get("")
def accounts(
    caller: WhoAsks, site: Here, pages: Pages, me: Me, q: str = "", state: str = "", done: str = ""
) -> Response:
    """Who can come in, and who is in."""
    return _page(caller, site, pages, me, q=q, state=state, done=_DONE.get(done, ""))


def _page(
    caller: Caller,
    site: Site,
    pages: Renderer,
    me: ShownPerson,
    *,
    q: str = "",
    state: str = "",
    done: str = "",
    refusal: Refusal | None = None,
    slip: Slip | None = None,
) -> Response:
    everybody = show_accounts(site.database, caller, site.entrance.limits, site.now())
    tokens = keeping.tokens_shown(site.database, caller, everybody=True)
    wanted = q.strip()[:50]
    found = [
        one
        for one in everybody
        if (not state or one.state == state)
        and (not wanted or any(wanted in text for text in (one.person, one.name, one.unit, one.sign_in_name)))
    ]
    with site.database.read() as connection:
        names = people.names_of(connection, {one.person for one in tokens})
    return pages.page(
        "accounts.html",
        me=me,
        here="/accounts",
        status=refusal.status if refusal else 200,
        accounts=found[:_LISTED],
        count=len(found),
        known=len(everybody),
        inside=sum(1 for one in everybody if one.sessions),
        states=STATE_WORDS,
        state=state,
        q=wanted,
        keeps=may(me, OfficeAct.ACCOUNTS),
        tokens=[one for one in tokens if not one.revoked_at],
        names=names,
        done=done,
        refusal=refusal,
        slip=asdict(slip) | {"path": slip.link("")} if slip else None,
    )


@router.post("/tokens/{token}")
def revoke(caller: WhoAsks, site: Here, token: str) -> Response:
    """That token works no more, whosever it is."""
    keeping.revoke_token(site.database, caller, token, site.now())
    return RedirectResponse("/accounts?done=revoked", 303)


@router.post("/{person}/invite")
def invite(caller: WhoAsks, site: Here, pages: Pages, me: Me, person: str, name: _Words = "") -> Response:
    """A link for the person, shown on this page once, to be handed to them."""
    try:
        slip = keeping.invite(site.database, caller, person, name, site.entrance.limits, site.now())
    except RuleViolation as violation:
        return _page(caller, site, pages, me, refusal=refusal_of(violation))
    return _page(caller, site, pages, me, q=slip.person, slip=slip)


@router.post("/{person}/{verb}")
def keep(caller: WhoAsks, site: Here, pages: Pages, me: Me, person: str, verb: str, reason: _Words = "") -> Response:
    """The account switched off (`off`, with a reason) or on, or the person signed out everywhere (`out`)."""
    now = site.now()
    try:
        if verb == "out":
            keeping.sign_out_other(site.database, caller, person, now)
        elif verb in ("off", "on"):
            keeping.switch(site.database, caller, person, active=verb == "on", reason=reason, now=now)
        else:
            raise RuleViolation(Code.UNKNOWN_COMMAND, actual=verb[:40], expected="invite、off、on、out")
    except RuleViolation as violation:
        return _page(caller, site, pages, me, q=person, refusal=refusal_of(violation))
    return RedirectResponse(link("/accounts", q=person, done=verb), 303)
