"""What stands before every route: the host, the origin, the size of what is sent, and headers on every answer.

Plain ASGI, so that a refusal is made before the body is read.
"""

from collections.abc import Awaitable, Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.reached import Reached, origin_in
from api.refusals import Refusal, WebCode, WebRefused, web_refusal

MEGABYTE = 1024 * 1024
BODY_LIMIT = MEGABYTE
REGISTER_LIMIT = 10 * MEGABYTE
EVIDENCE_LIMIT = 50 * MEGABYTE
FORM_LIMIT = 1024 * MEGABYTE
"""A form with files is read to its end, so that it can come back with what was written in it; what is more than
EVIDENCE_LIMIT of its files is dropped as it comes."""
_ROOM = 64 * 1024
"""What a form may need around its file."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

HSTS = {"Strict-Transport-Security": "max-age=31536000"}
"""A browser that came by HTTPS once comes in no other way for a year (RFC 6797). It says nothing of the names below
ours: those may be other people's sites."""

ShowRefusal = Callable[[Scope, Refusal], Response]


def headers_of(reached: Reached) -> dict[str, str]:
    """What every answer carries."""
    return HEADERS | HSTS if reached.secure else HEADERS


def body_limit(path: str) -> int:
    """The most that may be sent to that path, in bytes."""
    if path.startswith("/items/"):
        return FORM_LIMIT
    if path.startswith("/api/v1/evidence"):
        return EVIDENCE_LIMIT + _ROOM
    if path in ("/api/v1/registers", "/import") or path.endswith(("/blank", "/sheets")):
        return REGISTER_LIMIT + _ROOM
    return BODY_LIMIT


class Guards:
    """The guard of the whole application, which is `reached` so; `show` turns a refusal into the answer that fits the
    path."""

    def __init__(self, app: ASGIApp, reached: Reached, show: ShowRefusal) -> None:
        self._app, self._reached, self._show = app, reached, show
        self._headers = headers_of(reached)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        send = _with_headers(send, self._headers)
        limit, reached = body_limit(scope["path"]), self._reached
        refusal = refused_host(scope["path"], headers, reached) or refused_origin(scope["method"], headers, reached)
        refusal = refusal or refused_size(headers, limit)
        if refusal:
            response = self._show(scope, refusal)
            if refusal.code is WebCode.BODY_TOO_LARGE:
                response.headers["Connection"] = "close"
            await response(scope, receive, send)
            return
        await self._app(scope, _counted(receive, limit), send)


def refused_host(path: str, headers: Headers, reached: Reached) -> Refusal | None:
    """The request names this site once, in its Host, or is refused: a whole address as the target names another one."""
    (host, *more) = headers.getlist("host") or [""]
    if not more and reached.answers_to(host) and path.startswith("/"):
        return None
    return web_refusal(WebCode.FOREIGN_HOST, address=reached.address)


def refused_origin(method: str, headers: Headers, reached: Reached) -> Refusal | None:
    """A request that changes something comes from this site's own pages, or from a program that carries no cookie.

    Sec-Fetch-Site says so where the browser sends it (it does not on plain HTTP under an intranet name), Origin else.
    """
    if method in ("GET", "HEAD", "OPTIONS"):
        return None
    return _refused_foreign(headers, reached)


def writes_an_entry(request: Request) -> None:
    """A dependency of every GET that writes an entry in somebody's name (tests/api/test_guards.py walks over all GETs):
    it comes from this site's own pages or from a program, as what changes something does. Raises Refused. What is
    fetched before anybody has asked for it is noted nowhere, and nor does asking for the head alone.
    """
    if request.scope.get("head"):
        raise HTTPException(405)
    if request.method != "GET":
        raise WebRefused(web_refusal(WebCode.WRONG_METHOD))
    if not meant(request):
        raise WebRefused(web_refusal(WebCode.FOREIGN_ORIGIN))


def meant(request: Request) -> bool:
    """Whether whoever is in has asked for this: it comes from this site's own pages or from a program, and nothing
    fetches it beforehand.

    A browser that sends no Sec-Fetch-Site sends no Origin with a GET either, but where it comes from, unless the page
    there forbids it, and the languages that its user reads; a program does neither.
    """
    headers, reached = request.headers, request.app.state.site.reached
    if "prefetch" in f"{headers.get('sec-purpose', '')} {headers.get('purpose', '')} {headers.get('x-moz', '')}":
        return False
    if "sec-fetch-site" in headers or "origin" in headers:
        return _refused_foreign(headers, reached) is None
    if "referer" in headers:
        return bool(reached.own(origin_in(headers["referer"]), headers.get("host", "")))
    return "cookie" not in headers and "accept-language" not in headers


def _refused_foreign(headers: Headers, reached: Reached) -> Refusal | None:
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        own = site in ("same-origin", "none")
    elif origin is not None:
        own = reached.own(origin, headers.get("host", ""))
    else:
        own = "cookie" not in headers
    return None if own else web_refusal(WebCode.FOREIGN_ORIGIN)


def refused_size(headers: Headers, limit: int) -> Refusal | None:
    """What is announced to be sent is small enough; what is not announced is counted while it comes."""
    length = headers.get("content-length", "0")
    if length.isascii() and length.isdigit() and len(length) <= 12 and int(length) <= limit:
        return None
    return web_refusal(WebCode.BODY_TOO_LARGE, limit=_megabytes(limit))


def _counted(receive: Receive, limit: int) -> Receive:
    left = limit

    async def counted() -> Message:
        nonlocal left
        message = await receive()
        if message["type"] == "http.request":
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413, _megabytes(limit), headers={"Connection": "close"})
        return message

    return counted


def _megabytes(limit: int) -> str:
    return f"{limit // MEGABYTE} MB"


def _with_headers(send: Send, every: dict[str, str]) -> Callable[[Message], Awaitable[None]]:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in every.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
