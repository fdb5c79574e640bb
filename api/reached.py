"""By which names the site is reached, and whether browsers come by HTTPS. A value that whoever composes the site gives
to it: nothing that a request says about itself (a Host, a forwarded name) takes part in it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
HTTPS = "https://"
_PLAIN = "http://"
_USUAL = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How people reach the site. `origin`: its public address as a browser says it (scheme, name, the port where it is
    not the usual one), such as `https://duban.example.gov.cn`; empty: this machine only. `here`: it listens on this
    machine's own address, so that programs beside it (a check of health, a proxy) may name it so."""

    origin: str = ""
    here: bool = True

    @property
    def secure(self) -> bool:
        """Browsers come by HTTPS: cookies may say so, and browsers are told to come in no other way."""
        return self.origin.startswith(HTTPS)

    @property
    def loopback(self) -> bool:
        """Nobody comes over a network: what is meant for one machine alone (the demo's people) may be offered."""
        return not self.origin

    @property
    def name(self) -> str:
        """The public name, in small letters, without a port; empty where there is none."""
        return (urlsplit(self.origin).hostname or "") if self.origin else ""

    @property
    def address(self) -> str:
        """Where to point somebody who came by another name."""
        return self.origin or f"{_PLAIN}127.0.0.1 或 {_PLAIN}localhost"

    def answers_to(self, host: str) -> bool:
        """Whether a Host header names this site. A page elsewhere whose name was made to point here (DNS rebinding)
        sends its own name, and is refused. The port is not looked at: a proxy may leave it out."""
        named = _name_in(host)
        return bool(named) and (named == self.name or (self.here and named in LOOPBACK_NAMES))

    def own(self, origin: str, host: str) -> bool:
        """Whether a page of that origin is one of this site's own, where `host` is what the request calls the site:
        the public origin, or this machine under the very name and port that the request was sent to."""
        if self.origin and origin == self.origin:
            return True
        named = _name_in(host)
        return self.here and named in LOOPBACK_NAMES and origin == f"{_PLAIN}{host}"


THIS_MACHINE = Reached()
"""Nobody comes over a network."""


def origin_in(address: str) -> str:
    """The origin of an absolute address, as a browser says it; empty where it has none."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return ""
    if not parts.scheme or not parts.hostname:
        return ""
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{name}" + (f":{port}" if port and port != _USUAL.get(parts.scheme) else "")


def _name_in(host: str) -> str:
    """The name in a Host header, without its port; empty where it is none: nothing but name and port stands there."""
    try:
        parts = urlsplit(f"//{host}")
        parts.port  # noqa: B018  a port that is none raises
    except ValueError:
        return ""
    return (parts.hostname or "") if parts.netloc == host and "@" not in host else ""
