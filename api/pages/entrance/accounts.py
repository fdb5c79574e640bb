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
    "open": "已开立账号，可由别的登录方式进来。",
    "local-off": "已停用本地密码，登录着的已结束。",
    "local-on": "已启用本地密码。",
    "unbind": "已解除绑定，登录着的已结束。",
    "key-off": "已移除安全密钥，登录着的已结束。",
    "revoked": "令牌已吊销。",
}
"""What has just been done, in words."""
_VERBS = "open、off、on、local-off、local-on、unbind、key-off、out"


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
        other_ways=bool(site.ways.offered),
        local=site.entrance.limits.local,
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
def keep(
    caller: WhoAsks,
    site: Here,
    pages: Pages,
    me: Me,
    person: str,
    verb: str,
    reason: _Words = "",
    way: _Words = "",
    key: _Words = "",
) -> Response:
    """What becomes of the account: opened for other ways in (`open`), switched off with a reason or on (`off`, `on`);
    the password kept here likewise (`local-off`, `local-on`); a `way` bound no more (`unbind`), a security `key` gone
    with a reason (`key-off`; empty: all of them); the person signed out everywhere (`out`)."""
    now, database = site.now(), site.database
    try:
        match verb:
            case "open":
                keeping.open_for(database, caller, person, "", now)
            case "off" | "on":
                keeping.switch(database, caller, person, active=verb == "on", reason=reason, now=now)
            case "local-off" | "local-on":
                keeping.switch_local(database, caller, person, active=verb == "local-on", reason=reason, now=now)
            case "unbind":
                keeping.unbind(database, caller, person, way, now)
            case "key-off":
                keeping.remove_key(database, caller, person, key, reason, now)
            case "out":
                keeping.sign_out_other(database, caller, person, now)
            case _:
                raise RuleViolation(Code.UNKNOWN_COMMAND, actual=verb[:40], expected=_VERBS)
    except RuleViolation as violation:
        return _page(caller, site, pages, me, q=person, refusal=refusal_of(violation))
    return RedirectResponse(link("/accounts", q=person, done=verb), 303)
