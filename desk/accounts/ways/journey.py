"""What is remembered between sending somebody away to say who they are and their coming back: in their browser alone.

The cookie holds a random secret, when it was made, and where to go on. `state`, `nonce` and PKCE's verifier are hashes
of the whole of it: who has only the address bar knows none of the others, and no other browser's cookie fits it. So
nothing is written for somebody who only sets out, and any process of the site can take them in.
"""

import base64
import hashlib
import re
import secrets
from binascii import Error as NoBase64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from urllib.parse import urlsplit

from rules.accounts.limits import SKEW

JOURNEY_LIFE = timedelta(minutes=10)
"""So long somebody may take to say elsewhere who they are."""
_PATH_BYTES = 2000
_SECRET = 43
_COOKIE = re.compile(r"[A-Za-z0-9_-]{43}\.[0-9]{10}\.[A-Za-z0-9_-]{0,2800}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """Somebody is away by that way. `cookie`: all of it; `back`: the path on this site to go on with."""

    way: str
    cookie: str
    begun: datetime
    back: str

    @property
    def secret(self) -> str:
        """What is used up when they come back."""
        return self.cookie[:_SECRET]

    @property
    def ends(self) -> datetime:
        """From then on they come too late."""
        return self.begun + JOURNEY_LIFE

    @property
    def state(self) -> str:
        """What goes with them and has to come back with them."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """What the provider has to put into what it signs."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """PKCE's: whose hash goes with them, and which only this browser's request shows."""
        return self._derived("verifier")

    def answered_by(self, state: str) -> bool:
        """Whether that came back from this journey."""
        return compare_digest(self.state.encode(), state.encode("utf-8", "surrogatepass"))

    def _derived(self, what: str) -> str:
        digest = hashlib.sha256(f"duban {what}\n{self.way}\n{self.cookie}".encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def set_out(way: str, back: str, now: datetime) -> Journey:
    """A new journey, from whose cookie nobody but its browser can come back."""
    path = own_path(back)
    coded = base64.urlsafe_b64encode(path.encode()).decode().rstrip("=")
    cookie = f"{secrets.token_urlsafe(32)}.{int(now.timestamp()):010d}.{coded}"
    return Journey(way=way, cookie=cookie, begun=_second(now.timestamp()), back=path)


def come_back(way: str, cookie: str, now: datetime) -> Journey | None:
    """The journey of a browser that shows that cookie; None: none, or one that ended or began in the future."""
    if not _COOKIE.fullmatch(cookie):
        return None
    _, begun, coded = cookie.split(".")
    try:
        back = base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)).decode()
        journey = Journey(way=way, cookie=cookie, begun=_second(int(begun)), back=own_path(back))
    except (NoBase64, UnicodeDecodeError, ValueError, OverflowError):
        return None
    return journey if journey.begun <= now + SKEW and now < journey.ends else None


def own_path(back: str) -> str:
    """The path, where it is one of this site, with its query; else the first page. What a browser takes for another
    site's address (//, backslashes, control characters it leaves out) is none."""
    try:
        parts = urlsplit(back)
    except ValueError:
        return "/"
    plain = back.isprintable() and " " not in back and "\\" not in back
    if (
        not plain
        or len(back.encode("utf-8", "replace")) > _PATH_BYTES
        or parts.scheme
        or parts.netloc
        or not back.startswith("/")
        or back.startswith("//")
    ):
        return "/"
    return back


def _second(at: float) -> datetime:
    return datetime.fromtimestamp(int(at), UTC)
