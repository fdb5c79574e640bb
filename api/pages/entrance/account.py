"""One's own account: the password, where one is in, and the tokens of one's programs."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.entrance.caller import Session, WhoAsks
from api.entrance.cookies import drop_session
from api.pages.entrance.invited import check_typed_twice
from api.pages.entrance.sign_in import Typed
from api.pages.me import Me
from api.pages.render import Pages, Renderer
from api.refusals import Refusal, refusal_of
from api.site import Here, Site
from desk.accounts import keeping
from desk.accounts.accounts_shown import show_keys, show_sessions
from desk.caller import Caller
from desk.showing.values import ShownPerson
from ledger.accounts.tokens import TokenRights
from ledger.directory import people
from rules.errors import Code, RuleViolation

router = APIRouter(prefix="/account", include_in_schema=False)
_DONE = {
    "password": "密码已换，别处的登录都已结束。",
    "session": "那一处登录已结束。",
    "others": "别处的登录都已结束。",
    "revoked": "令牌已吊销。",
    "key": "安全密钥已登记，下次登录可以用它。",
}
"""What has just been done, in words."""
_DAYS = 90
_Words = Annotated[str, Form(max_length=2000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _RefusedForm:
    """A form of the page that was refused: which, and why."""

    form: str
    refusal: Refusal


@router.get("")
def account(caller: WhoAsks, session: Session, site: Here, pages: Pages, me: Me, done: str = "") -> Response:
    """What one has here."""
    return _page(caller, session, site, pages, me, done=_DONE.get(done, ""))


def _page(
    caller: Caller,
    session: Session,
    site: Site,
    pages: Renderer,
    me: ShownPerson,
    *,
    done: str = "",
    tried: _RefusedForm | None = None,
    secret: str = "",
) -> Response:
    now, limits = site.now(), site.entrance.limits
    here = session.id if session else ""
    tokens = keeping.tokens_shown(site.database, caller)
    with site.database.read() as connection:
        units = people.names_of_units(connection, sorted({unit for one in tokens for unit in one.rights.units}))
    return pages.page(
        "account.html",
        me=me,
        here="/account",
        status=tried.refusal.status if tried else 200,
        sessions=show_sessions(site.database, caller, limits, now, here=here),
        keys=show_keys(site.database, caller, limits),
        by_password=session is not None and session.how == "password",
        tokens=tokens,
        units=units,
        days=_DAYS,
        longest=limits.token.days,
        length=limits.length,
        done=done,
        tried=tried,
        secret=secret,
    )


@router.post("/password")
async def password(
    caller: WhoAsks,
    session: Session,
    site: Here,
    pages: Pages,
    me: Me,
    old: Typed = "",
    new: Typed = "",
    again: Typed = "",
) -> Response:
    """Another password; every other session of the person ends."""
    try:
        if session is None:
            raise RuleViolation(Code.SIGNED_OUT)
        check_typed_twice(new, again)
        await run_in_threadpool(lambda: site.entrance.change_password(session, old, new, now=site.now()))
    except RuleViolation as violation:
        tried = _RefusedForm(form="password", refusal=refusal_of(violation))
        return await run_in_threadpool(lambda: _page(caller, session, site, pages, me, tried=tried))
    return RedirectResponse("/account?done=password", 303)


@router.post("/sessions")
def out(caller: WhoAsks, session: Session, site: Here, id: _Words = "", which: _Words = "one") -> Response:
    """One session ended, or all but this (`others`), or all (`all`); one's own among them leads to the entrance."""
    here, now = session.id if session else "", site.now()
    if which == "others":
        keeping.sign_out(site.database, caller, now, keep=here)
        return RedirectResponse("/account?done=others", 303)
    if which != "all" and id:
        keeping.sign_out(site.database, caller, now, session=id)
        if id != here:
            return RedirectResponse("/account?done=session", 303)
    else:
        keeping.sign_out(site.database, caller, now)
    answer = RedirectResponse("/sign-in", 303)
    drop_session(answer, site.reached.secure)
    return answer


@router.post("/tokens")
def issue(
    caller: WhoAsks,
    session: Session,
    site: Here,
    pages: Pages,
    me: Me,
    name: _Words = "",
    days: Annotated[str, Form(max_length=5)] = "",
    writes: Annotated[bool, Form()] = False,
    units: _Words = "",
    scopes: _Words = "",
) -> Response:
    """A token, shown on this page once."""
    now = site.now()
    try:
        if not (days.isascii() and days.isdigit()):
            raise RuleViolation(Code.FIELD_INVALID, field="几天有效", actual=days or "没有写", expected="整数")
        rights = TokenRights(reads_only=not writes, units=_listed(units), scopes=_listed(scopes))
        expires = now + timedelta(days=int(days))
        secret, _ = keeping.issue_token(site.database, caller, name, rights, expires, site.entrance.limits, now)
    except RuleViolation as violation:
        return _page(caller, session, site, pages, me, tried=_RefusedForm(form="token", refusal=refusal_of(violation)))
    return _page(caller, session, site, pages, me, secret=secret)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.replace("、", " ").replace("，", " ").replace(",", " ").split())


@router.post("/tokens/{token}")
def revoke(caller: WhoAsks, site: Here, token: str) -> Response:
    """The token works no more."""
    keeping.revoke_token(site.database, caller, token, site.now())
    return RedirectResponse("/account?done=revoked", 303)
