"""What takes two people, in tests: tried, asked for, confirmed by another, done."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from desk.caller import on_site
from desk.joint import confirming
from ledger.directory.joint.acts import SecondNeeded
from ledger.store.database import Database
from rules.joint.acts import JointState

T = TypeVar("T")
LEADER_OF_WORLD = "fen"
"""Who confirms in tests/support/world."""


def asked(database: Database, act: Callable[[], object], now: datetime | None = None) -> JointState:
    """The act, which somebody tried, waits for another."""
    try:
        act()
    except SecondNeeded as needed:
        return confirming.ask(database, needed, now or datetime.now(UTC))
    raise AssertionError("it was done by one alone")


def by_two(
    database: Database, act: Callable[[], T], confirmer: str = LEADER_OF_WORLD, now: datetime | None = None
) -> T:
    """The act as two people do it; what has been done already is done by one."""
    try:
        return act()
    except SecondNeeded as needed:
        at = now or datetime.now(UTC)
        state = confirming.ask(database, needed, at)
        confirming.confirm(database, on_site(confirmer), state.number, state.asked.digest, at)
    return act()
