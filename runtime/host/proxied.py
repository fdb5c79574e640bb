"""Who came, where a proxy stands before the site: its word is taken on the address, nobody else's, and without TLS of
our own nobody else is answered, so that no password goes over the network in the clear.

Plain ASGI, outermost: everything inside sees the client's address and scheme as the browser has them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

_FOR, _PROTO = b"x-forwarded-for", b"x-forwarded-proto"
_LONGEST = 4096
"""Of what is said about where a request came from no more is looked at, in bytes from its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxied:
    """The application behind those proxies, which browsers reach at `origin`. `direct`: others are answered too, since
    we speak TLS ourselves; this machine is answered always."""

    app: ASGIApp
    proxies: tuple[Network, ...]
    origin: str
    direct: bool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        peer = address_in(scope["client"][0]) if scope.get("client") else None
        if peer is None or not self._named(peer):
            if not self.direct and (peer is None or not peer.is_loopback):
                await _elsewhere(scope, send, self.origin)
                return
            await self.app(scope, receive, send)
            return
        if _last(scope, _PROTO) == "http":  # the proxy lets plain HTTP through to us
            await _elsewhere(scope, send, self.origin)
            return
        client = self._client(peer, _all(scope, _FOR))
        await self.app({**scope, "client": (str(client), 0), "scheme": "https"}, receive, send)

    def _named(self, address: Address) -> bool:
        return any(address in network for network in self.proxies)

    def _client(self, peer: Address, said: str) -> Address:
        """The address that the outermost of our proxies saw. Each adds at the end whom it saw, so from there backwards:
        what stands before the first that is no proxy of ours is only what that one says about itself."""
        seen = peer
        for one in reversed(said.split(",")):
            address = address_in(one.strip())
            if address is None:
                return seen
            seen = address
            if not self._named(address):
                return seen
        return seen


def address_in(text: str) -> Address | None:
    """The address in that text, with a port or without; an IPv4 one that came in the dress of IPv6 as itself."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _values(scope: Scope, name: bytes) -> Iterable[str]:
    return (value.decode("latin-1") for key, value in scope["headers"] if key == name)


def _all(scope: Scope, name: bytes) -> str:
    return ",".join(_values(scope, name))[-_LONGEST:]


def _last(scope: Scope, name: bytes) -> str:
    return _all(scope, name).rpartition(",")[2].strip().lower()


async def _elsewhere(scope: Scope, send: Send, origin: str) -> None:
    """Whoever came in the clear is sent to the public address; what was to change something is not: it was read by
    whoever listened."""
    status, headers = 421, [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    body = f"请用 {origin} 打开本系统。\n".encode()
    if scope["method"] in ("GET", "HEAD") and scope["raw_path"].startswith(b"/"):
        status = 308
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        headers.append((b"location", origin.encode() + scope["raw_path"] + query))
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
