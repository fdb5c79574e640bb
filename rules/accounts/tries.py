"""Failures at the entrance, counted: when an account or an address is held up, and what of it is entered."""

from dataclasses import dataclass, replace
from datetime import datetime

from rules.accounts.limits import MINUTE, TryLimit


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """Failures of one account, name or address. `begun`: when the window began; `held`: up to when nobody is let in;
    `noted`: when the last entry was made; `unnoted`: failures since that one."""

    begun: datetime
    count: int = 0
    held: datetime | None = None
    noted: datetime | None = None
    unnoted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """What one more failure leads to. `enter`: failures that an entry has to say, 0: none is due; `holds`: this one
    brought the hold about."""

    tries: Tries
    enter: int
    holds: bool


def is_held(tries: Tries | None, now: datetime) -> bool:
    """Whether nobody is let in."""
    return tries is not None and tries.held is not None and now < tries.held


def failed(tries: Tries | None, now: datetime, limit: TryLimit, *, enters: bool = True) -> Failed:
    """One more failure. `enters`: entries tell of it; the others only count. While somebody is held up, a failure makes
    that no longer: otherwise anybody could keep anybody out for ever with a try now and then. A clock set back begins a
    new window, and does not end a hold."""
    if tries is None:
        tries = Tries(begun=now)
    elif not is_held(tries, now) and (tries.held is not None or not tries.begun <= now < tries.begun + limit.window):
        tries = replace(tries, begun=now, count=0, held=None)
    tries = replace(tries, count=tries.count + 1)
    holds = tries.held is None and tries.count >= limit.tries
    if holds:
        tries = replace(tries, held=now + limit.hold)
    tries = replace(tries, unnoted=tries.unnoted + enters)
    enter = tries.unnoted if entry_is_due(tries, now) else 0
    return Failed(tries=entered(tries, now) if enter else tries, enter=enter, holds=holds)


def entry_is_due(tries: Tries, now: datetime) -> bool:
    """Whether failures wait for an entry and may have one: one a minute."""
    return tries.unnoted > 0 and (tries.noted is None or not tries.noted <= now < tries.noted + MINUTE)


def entered(tries: Tries, now: datetime) -> Tries:
    """An entry was made for what had none."""
    return replace(tries, noted=now, unnoted=0)
