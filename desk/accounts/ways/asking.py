"""Asking another service who somebody is: bounded in time and in bytes, with nothing of what is secret in a log."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2

ASKED_SECONDS = 10.0
"""So long one may take to say who somebody is, whatever it has to be asked for that."""
CONNECT_SECONDS = 4.0
ANSWER_BYTES = 256 * 1024
"""More is no answer."""


class WayUnanswered(Exception):
    """The service did not answer, or not in time: nobody knows who it was, and nobody did anything wrong."""


class WayDenied(Exception):
    """What came back says of nobody who it is. The text is for the log of the site: no code, no token, no secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidToBe:
    """Whom a service says it was. `subject`: what they are called there for ever; `claimed`: by what they are found
    here the first time; empty: by nothing."""

    subject: str
    claimed: str


class Service:
    """One service to ask. Each question is one connection: they are few, and none is kept that has died."""

    def __init__(self, name: str, ca_file: Path | None) -> None:
        self.name = name
        self._ca_file = ca_file

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self._ca_file) if self._ca_file else None)

    def transport(self) -> "BoundedTransport":
        """For clients that ask by themselves."""
        return BoundedTransport(httpx2.AsyncHTTPTransport(verify=self._trust, trust_env=False))

    @asynccontextmanager
    async def in_time(self) -> AsyncIterator[None]:
        """Whatever is asked in here together is answered in time. Raises WayUnanswered."""
        try:
            async with asyncio.timeout(ASKED_SECONDS):
                yield
        except TimeoutError as late:
            raise WayUnanswered(f"{self.name}: no answer in {ASKED_SECONDS:.0f} s") from late
        except (httpx2.HTTPError, ssl.SSLError, OSError) as failure:
            # Not the failure's own words: they may hold the address, and with it a secret.
            raise WayUnanswered(f"{self.name}: {type(failure).__name__}") from None

    async def get(self, url: str, query: Mapping[str, str], headers: Mapping[str, str] | None = None) -> bytes:
        """What stands there. Raises WayUnanswered, WayDenied, httpx2.HTTPError."""
        asked = f"{url}?{urlencode(query)}" if query else url
        return await self._sent(httpx2.Request("GET", asked, headers=dict(headers or {})))

    async def get_json(
        self, url: str, query: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """The object that stands there. Raises as get."""
        return self._object(await self.get(url, query, headers))

    async def post_json(self, url: str, body: Mapping[str, str], query: Mapping[str, str]) -> dict[str, Any]:
        """The object that is answered. Raises as get."""
        asked = f"{url}?{urlencode(query)}" if query else url
        return self._object(await self._sent(httpx2.Request("POST", asked, json=dict(body))))

    async def _sent(self, request: httpx2.Request) -> bytes:
        # Past a client, which would write the address, and with it what stands in its query, into the log.
        async with self.transport() as transport:
            answer = await transport.handle_async_request(request)
        if answer.status_code >= 500:
            raise WayUnanswered(f"{self.name}: HTTP {answer.status_code}")
        if answer.status_code != 200:
            raise WayDenied(f"{self.name}: HTTP {answer.status_code}")
        return answer.content

    def _object(self, content: bytes) -> dict[str, Any]:
        try:
            found = json.loads(content)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise WayDenied(f"{self.name}: the answer is no JSON object")
        return found


class BoundedTransport(httpx2.AsyncBaseTransport):
    """Answers of bounded size, as they were sent: what is packed could be a thousand times as large."""

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The whole answer. Raises httpx2.HTTPError."""
        request.headers["Accept-Encoding"] = "identity"
        request.extensions = {
            **request.extensions,
            "timeout": dict.fromkeys(("read", "write", "pool"), ASKED_SECONDS) | {"connect": CONNECT_SECONDS},
        }
        answer = await self._inner.handle_async_request(request)
        try:
            if answer.headers.get("Content-Encoding", "identity") != "identity":
                raise httpx2.DecodingError("packed", request=request)
            content = bytearray()
            assert isinstance(answer.stream, httpx2.AsyncByteStream)
            async for chunk in answer.stream:
                content += chunk
                if len(content) > ANSWER_BYTES:
                    raise httpx2.ReadError("too long", request=request)
        finally:
            await answer.aclose()
        return httpx2.Response(
            answer.status_code, headers={"Content-Type": answer.headers.get("Content-Type", "")}, content=bytes(content)
        )

    async def aclose(self) -> None:
        """No connection is left."""
        await self._inner.aclose()


def text_of(found: object) -> str:
    """A value of an answer as text: of a whole number its digits, of anything else that is no text nothing."""
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    return found if isinstance(found, str) else ""
