"""What an entry says of how it came: of whom that can be true, and that it is what stands there."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from ledger.chain import journal
from ledger.chain.entries import ENTRY, read_events
from ledger.proof import verify
from ledger.store.canonical import acting_columns
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from rules.machine.commands import SYSTEM, Actor, Via
from rules.machine.commands import CommandKind as K
from rules.office.facts import SubstitutionEnded
from rules.process import Role
from tests.support import world
from tests.support.world import NOW

NO = "XX2026-0001"


def leader(via: Via | None, through: str = "", behalf: str = "") -> Actor:
    return Actor(id="fen", role=Role.LEADER, via=via, through=through, behalf=behalf)


def system(via: Via | None, through: str = "") -> Actor:
    return Actor(id="system", role=Role.SYSTEM, via=via, through=through)


@pytest.mark.parametrize(
    "actor",
    [
        leader(None),
        leader(Via.SYSTEM),
        leader(Via.CONSOLE),
        leader(Via.TOKEN),
        system(None),
        system(Via.SITE),
        system(Via.TOKEN, "t1"),
        system(Via.CONSOLE),
        Actor(id="system", role=Role.LEADER, via=Via.SITE),
    ],
    ids=repr,
)
def test_an_actor_of_whom_it_is_not_said_or_cannot_be_true_makes_no_entry(actor: Actor) -> None:
    with pytest.raises(RuleViolation) as refused:
        acting_columns(actor)
    assert refused.value.code is Code.NO_VIA


@pytest.mark.parametrize(
    "actor",
    [
        leader(Via.SITE),
        leader(Via.TOKEN, "t1"),
        leader(Via.CONSOLE, "root (0)", behalf="fen2"),
        leader(Via.SITE, "oidc"),
    ],
    ids=repr,
)
def test_who_acted_is_read_back_as_they_were(database: Database, actor: Actor) -> None:
    world.store_issued(database, world.issued())
    world.give(database, NO, K.REMARK, NOW + timedelta(hours=1), "c", by=actor)
    with database.read() as connection:
        assert read_events(connection, NO)[-1].actor == actor
    assert verify.verify(database).wrong == ()


@pytest.mark.parametrize("via", [Via.SYSTEM, Via.SITE])
def test_what_is_written_of_somebody_without_a_post_says_whether_they_did_it(via: Via) -> None:
    """A failed sign-in stands on an account, whoever tried; a password is changed by somebody who lost their post."""
    assert acting_columns(Actor(id="fen", role=Role.SYSTEM, via=via))["via"] == str(via)


def test_what_the_system_does_is_whoever_s_hand_does_it_here_and_nobody_else_s(database: Database) -> None:
    by_hand = database.by(system(Via.CONSOLE, "root (0)"))
    for of in (database, by_hand, database):
        with of.write() as connection:
            journal.note(connection, SubstitutionEnded(person="lian"), SYSTEM, NOW)
    with by_hand.write() as connection:
        journal.note(connection, SubstitutionEnded(person="lian"), leader(Via.SITE), NOW)
    query = select(ENTRY.c.actor, ENTRY.c.via, ENTRY.c.through).where(ENTRY.c.kind == "substitution_ended")
    with database.read() as connection:
        found = [tuple(row) for row in connection.execute(query.order_by(ENTRY.c.position))]
    assert found == [
        ("system", "system", None),
        ("system", "console", "root (0)"),
        ("system", "system", None),
        ("fen", "site", None),
    ]
