"""How long and how many connections may be open to the site without a whole request, in the protocol of the server.

A request's own limits (size, origin) stand in `api.guards`; here is only what never becomes a request.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from itertools import count
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from uvicorn.protocols.http.flow_control import FlowControl


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Seconds and counts. `head`: for a request's whole head. `body`: a window of its body, in which at least `rate`
    bytes a second come. `stalled`: nobody reads the answer. `per_address`: connections from one address; `look`: how
    often each connection is looked at."""

    head: float = 10
    body: float = 20
    rate: int = 1024
    stalled: float = 60
    per_address: int = 256
    look: float = 2


_arrivals = count()
"""Which came first: uvloop's time goes by milliseconds, and many connections come within one."""


class BoundedHttp(H11Protocol):
    """One connection, closed when it takes too long; a new one pushes out the oldest that is still to ask something.

    So whoever holds connections open without asking shuts nobody out, even from the same address.
    """

    bounds = Bounds()
    unbounded: tuple[IPv4Network | IPv6Network, ...] = ()
    """From here many people's connections come, those of a proxy that has bounds of its own."""

    transport: asyncio.Transport
    flow: FlowControl

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The connection is watched, and no address has more of them than its bound."""
        super().connection_made(transport)
        self._began: float | None = self.loop.time()
        self._arrived = next(_arrivals)
        self._window, self._came, self._asked = 0.0, 0, self.cycle
        self._stalled_since: float | None = None
        self._make_room()
        self._watch = self.loop.call_later(self.bounds.look, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing of it is left."""
        self._watch.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """What came belongs to a head or to a body, each with its time."""
        self._came += len(data)
        if self._began is None and self._between():
            self._began = self.loop.time()
        super().data_received(data)
        if self.cycle is not self._asked:
            self._asked, self._began = self.cycle, None
            self._window, self._came = self.loop.time(), 0

    def pause_writing(self) -> None:
        """The answer's reader is slow from now on."""
        self._stalled_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        """It reads again."""
        self._stalled_since = None
        super().resume_writing()

    def _between(self) -> bool:
        """No request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def _sending(self) -> bool:
        """The request's body is still to come, and not because we do not read it."""
        return not self._between() and self.cycle.more_body and not self.flow.read_paused

    def _make_room(self) -> None:
        if self.client is None or self._is_unbounded(self.client[0]):
            return
        connections: set[Any] = self.connections
        same = [c for c in connections if c.client and c.client[0] == self.client[0] and not c.transport.is_closing()]
        if len(same) <= self.bounds.per_address:
            return
        idle = [c for c in same if c is not self and c._between()]
        slow = idle or [c for c in same if c is not self and c._sending()]
        oldest = min(slow, key=lambda c: (c._window or c._began or 0.0, c._arrived), default=self)
        oldest.transport.abort()

    def _is_unbounded(self, host: str) -> bool:
        return bool(self.unbounded) and any(ip_address(host) in network for network in self.unbounded)

    def _look(self) -> None:
        now = self.loop.time()
        if not self._sending():
            self._window, self._came = now, 0
        elif now - self._window >= self.bounds.body:
            if self._came < self.bounds.rate * (now - self._window):
                self.transport.abort()
                return
            self._window, self._came = now, 0
        late = self._began is not None and now - self._began >= self.bounds.head
        stuck = self._stalled_since is not None and now - self._stalled_since >= self.bounds.stalled
        if late or stuck:
            self.transport.abort()
            return
        self._watch = self.loop.call_later(self.bounds.look, self._look)
