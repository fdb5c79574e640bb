"""How answers travel: compressed where that helps, and without their body where only the head was asked for."""

from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SMALLEST = 1024
LEVEL = 4
"""A page of the register: from 75 to 9 KB in half a millisecond; level 9 takes three times as long for a tenth less."""
_TAKEN_AWAY = (
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/octet-stream",
    "application/x-ndjson",
    "text/csv",
)
"""Files that somebody keeps: as they are, with their length."""


class Compressed(GZipMiddleware):
    """Answers in gzip, for whoever takes it."""

    def __init__(self, app: ASGIApp) -> None:
        excluded = (*DEFAULT_EXCLUDED_CONTENT_TYPES, *_TAKEN_AWAY)
        super().__init__(app, SMALLEST, LEVEL, exclude_content_types=excluded)


class Heads:
    """HEAD is answered like GET, without the body, at every address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def head(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app({**scope, "method": "GET", "head": True}, receive, head)
