"""How long and how often: the limits of passwords, failures, links, sessions and tokens. A site sets them."""

from dataclasses import dataclass
from datetime import timedelta

from rules.process import Role

KEY_SHOWN_BY = (Role.ADMINISTRATOR, Role.SECURITY)
"""Who shows a security key besides, where the site says so."""
MINUTE = timedelta(minutes=1)
"""Last-seen is written, and repeated failures of one account or address are entered, at most this often."""
SKEW = timedelta(minutes=2)
"""So far may the clocks of two machines be apart. What began later than that in the future began when the clock was
wrong, and is not recognised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TryLimit:
    """So many failures within `window` hold whoever it is up for `hold`, counted from the last of them."""

    tries: int
    window: timedelta
    hold: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLimits:
    """The limits in force. `idle`: a session ends when nothing is asked for so long, and `life` after its beginning in
    any case. `length`: of a password, in characters; `local`: whether passwords kept here let in at all;
    `second_factor`: whether those of KEY_SHOWN_BY show a security key besides."""

    length: int = 12
    local: bool = True
    second_factor: bool = False
    account: TryLimit = TryLimit(tries=5, window=timedelta(minutes=15), hold=timedelta(minutes=15))
    address: TryLimit = TryLimit(tries=100, window=timedelta(minutes=15), hold=timedelta(minutes=5))
    idle: timedelta = timedelta(minutes=60)
    life: timedelta = timedelta(hours=12)
    link: timedelta = timedelta(days=7)
    token: timedelta = timedelta(days=365)
