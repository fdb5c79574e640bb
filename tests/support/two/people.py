"""What takes two people, in tests: tried, asked for, confirmed by another, done."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from desk.caller import on_site
from desk.joint import confirming
from ledger.directory import loading, people
from ledger.directory.joint.acts import JointWanted, SecondNeeded, carry_out
from ledger.store.database import Database
from rules.codec import Plain
from rules.dates.calendar import Calendar
from rules.joint.acts import GRANTED, JointAct, JointState
from rules.joint.facts import JointDetail
from rules.machine.commands import Actor, Via
from rules.process import Role
from tests.support.factories import LEADER

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


def posted(database: Database, person: Plain, posts: Sequence[Plain], now: datetime) -> None:
    """The person of tests/support/world holds just these posts; an administrator's is given by two leaders."""

    def load(joint: int) -> None:
        with database.by(LEADER).write() as connection:
            if joint:
                joint = carry_out(connection, _GRANT, LEADER, now).number
            people.load(connection, areas=[], units=[], people=[person], posts=posts, now=now, joint=joint)

    if any(post["role"] in GRANTED for post in posts):
        by_two(database, lambda: load(1), "fen2", now)
    else:
        load(0)


_GRANT = JointWanted(act=JointAct.GRANT, details=(JointDetail(name="谁", value="职务"),))


def adopted_by_two(database: Database, calendar: Calendar, now: datetime, administrator: str, leader: str) -> None:
    """New items are reckoned by that calendar, as two people want it."""
    actor = Actor(id=administrator, role=Role.ADMINISTRATOR, via=Via.SITE)

    def adopt() -> None:
        with database.by(actor).write() as connection:
            loading.load_calendar(connection, calendar, now=now, by=actor)

    by_two(database, adopt, leader, now)
