"""Who asks, at the one entrance of the site: by the session of a cookie, or, of a program, by a token. No address, body
or form says it, so that nobody asks as somebody else."""

from typing import Annotated

from fastapi import Depends, Request

from api.entrance.cookies import secret_in
from desk.caller import Caller, by_token, on_site
from ledger.accounts.sessions import LiveSession
from ledger.accounts.tokens import TokenRights
from rules.errors import Code, RuleViolation

API = "/api/"
"""Where programs come to. A token is taken there and nowhere else, so that it is never as good as a cookie."""
_BEARER = "Bearer "
_READING = ("GET", "HEAD")
_OF_ONE_UNIT = ("items", "evidence")
"""Where what is done is done to an item or for one, so that the unit is known; elsewhere it may concern any."""


def caller_of(request: Request) -> Caller:
    """Who asks. Raises signed_out, token_refused; wrong_role for what a token leaves out of its owner's rights."""
    shown = request.headers.get("authorization", "")
    if shown and request.url.path.startswith(API):
        return _by_token(request, shown)
    session = session_of(request)
    if session is None:
        raise RuleViolation(Code.SIGNED_OUT)
    caller = on_site(session.person)
    request.state.caller = caller
    return caller


def session_of(request: Request) -> LiveSession | None:
    """The session whose cookie came with the request; none, where nobody is in."""
    site = request.app.state.site
    secret = secret_in(request.cookies, site.reached.secure)
    found: LiveSession | None = site.entrance.recognise(secret, site.now()) if secret else None
    return found


def _by_token(request: Request, shown: str) -> Caller:
    site = request.app.state.site
    secret = shown.removeprefix(_BEARER).strip() if shown.startswith(_BEARER) else ""
    token = site.entrance.recognise_token(secret, site.now()) if secret else None
    if token is None:
        raise RuleViolation(Code.TOKEN_REFUSED)
    caller = by_token(token.person, token.id, token.rights.units)
    request.state.caller = caller
    _check_rights(token.rights, request.method, request.url.path.removeprefix(API).partition("/")[2])
    return caller


def _check_rights(rights: TokenRights, method: str, path: str) -> None:
    """The token is for that. Raises wrong_role."""
    part = path.partition("/")[0]
    if rights.scopes and part not in rights.scopes:
        raise _not_for("、".join(rights.scopes), f"使用“{part}”")
    if method in _READING:
        return
    if rights.reads_only:
        raise _not_for("查阅", "办理")
    if rights.units and part not in _OF_ONE_UNIT:
        raise _not_for("几个单位", "办理不属于一个单位的事")


def _not_for(only: str, asked: str) -> RuleViolation:
    return RuleViolation(
        Code.WRONG_ROLE, role=f"只限{only}的令牌", command=asked, allowed="登录的本人，或没有这项限制的令牌"
    )


WhoAsks = Annotated[Caller, Depends(caller_of)]
Session = Annotated[LiveSession | None, Depends(session_of)]
