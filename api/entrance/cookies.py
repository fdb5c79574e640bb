"""The session's cookie: what it is called, how it is set, read and taken back. It holds a secret and says nothing."""

from collections.abc import Mapping
from datetime import datetime

from starlette.responses import Response

from desk.accounts.entrance import Admitted

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
