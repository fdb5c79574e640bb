"""The session's cookie: what it is called, how it is set, read and taken back. It holds a secret and says nothing."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from desk.accounts.entrance import Admitted

JOURNEY_COOKIE, HALF_COOKIE = "duban_journey", "duban_half"
"""What a browser keeps while somebody is away to say who they are, and until they have shown a security key."""
PLAIN_COOKIE, SECURE_COOKIE = "duban_session", "__Host-duban_session"
"""By plain HTTP, which only this machine speaks, and by HTTPS: browsers take the second from this very host alone."""


def session_cookie(secure: bool) -> str:
    """What the cookie is called."""
    return SECURE_COOKIE if secure else PLAIN_COOKIE


def secret_in(cookies: Mapping[str, str], secure: bool) -> str:
    """The secret that the browser holds; empty for none."""
    return cookies.get(session_cookie(secure), "")[:200]


def set_session(answer: Response, admitted: Admitted, secure: bool, now: datetime) -> None:
    """The browser that gets this answer is in, until the session ends in any case."""
    answer.set_cookie(
        session_cookie(secure),
        admitted.secret,
        max_age=max(0, int((admitted.until - now).total_seconds())),
        path="/",
        httponly=True,
        secure=secure,
        samesite="lax",
    )


def drop_session(answer: Response, secure: bool) -> None:
    """The browser that gets this answer holds none any more."""
    answer.delete_cookie(session_cookie(secure), path="/", httponly=True, secure=secure, samesite="lax")


def keep(answer: Response, name: str, value: str, secure: bool, life: timedelta) -> None:
    """The browser keeps that for a while, as it keeps a session."""
    seconds = int(life.total_seconds())
    answer.set_cookie(
        _named(name, secure), value, max_age=seconds, path="/", httponly=True, secure=secure, samesite="lax"
    )


def kept_in(request: Request, name: str, secure: bool) -> str:
    """What the browser keeps under that name; empty for nothing."""
    return request.cookies.get(_named(name, secure), "")


def session_in(request: Request, secure: bool) -> str:
    """The session's secret that came with the request; empty for none."""
    return secret_in(request.cookies, secure)


def drop_kept(answer: Response, name: str, secure: bool) -> None:
    """The browser keeps it no more."""
    answer.delete_cookie(_named(name, secure), path="/", httponly=True, secure=secure, samesite="lax")


def _named(name: str, secure: bool) -> str:
    return f"__Host-{name}" if secure else name
