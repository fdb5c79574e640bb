"""The server's protocol over TLS: a connection is one of ours, with its bounds, from its first byte on, before it has
shown by its handshake that it means to ask anything."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Coroutine, Generator
from typing import Any

from uvicorn.protocols.http.flow_control import FlowControl

from runtime.host.bounded import BoundedHttp


class BoundedHttps(BoundedHttp):
    """One connection over TLS with that context. The time for a request's head begins with the connection."""

    def __init__(self, *args: Any, context: ssl.SSLContext, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._context = context
        self._secured = self._lost = False
        self._early: list[bytes] = []

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The handshake begins; nothing is read as a request before it has ended well."""
        super().connection_made(transport)
        # Begun here and now: the loop hands on the first bytes as soon as this returns, and they are the handshake's.
        began = _Begun(
            self.loop.start_tls(
                transport, self, self._context, server_side=True, ssl_handshake_timeout=self.bounds.head
            )
        )
        self._handshake = self.loop.create_task(self._secure(transport, began))

    async def _secure(self, plain: asyncio.Transport, began: _Begun) -> None:
        try:
            made = await began
        except (OSError, RuntimeError):  # of no interest: it was no TLS, or it went away
            made = None
        if made is None:
            plain.abort()
            self.connection_lost(None)
            return
        if self._lost:
            made.abort()
            return
        self.transport, self.flow, self.scheme = made, FlowControl(made), "https"
        self._secured = True
        early, self._early = self._early, []
        for data in early:
            if not made.is_closing():
                self.data_received(data)

    def data_received(self, data: bytes) -> None:
        """What comes together with the handshake's end waits until the answer's way is the secured one."""
        if self._secured:
            super().data_received(data)
        else:
            self._early.append(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing of it is left; told twice, where the handshake failed, once."""
        if not self._lost:
            self._lost = True
            super().connection_lost(exc)


class _Begun:
    """A coroutine that was begun outside a task and waits for something: awaited, it goes on from there."""

    def __init__(self, began: Coroutine[Any, Any, asyncio.Transport | None]) -> None:
        self._began, self._waiting = began, began.send(None)

    def __await__(self) -> Generator[Any, Any, asyncio.Transport | None]:
        waiting = self._waiting
        while True:
            thrown, sent = None, None
            try:
                sent = yield waiting
            except BaseException as failure:
                thrown = failure
            try:
                waiting = self._began.throw(thrown) if thrown else self._began.send(sent)
            except StopIteration as ended:
                made: asyncio.Transport | None = ended.value
                return made
