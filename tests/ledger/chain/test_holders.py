"""Who holds a post is asked when it is needed: above a unit, at the site, of a supervisor who has left."""

from dataclasses import replace

import pytest
from sqlalchemy import delete, insert, update

from ledger.chain import entries
from ledger.chain.holders import POST, UNIT, Holders, above
from ledger.directory import leaving, substitutes
from ledger.proof.verify import verify
from ledger.reading import queries
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor, Via
from rules.machine.commands import CommandKind as K
from rules.machine.facts import HandedOver
from rules.process import Role
from tests.support import world
from tests.support.factories import SECOND_SUPERVISOR
from tests.support.world import NOW

NO = "XX2026-0001"


def under(database: Database, **parents: str | None) -> None:
    with database.write() as connection:
        for unit, parent in parents.items():
            connection.execute(update(UNIT).where(UNIT.c.id == unit).values(parent=parent))


def superior(database: Database, unit: str = "u1") -> tuple[Role, str | None]:
    with database.read() as connection:
        return Holders.superiors(connection, unit).superior(unit)


def heads(database: Database, *posts: tuple[str, str]) -> None:
    with database.write() as connection:
        connection.execute(delete(POST).where(POST.c.role == "unit_head"))
        for person, unit in posts:
            connection.execute(delete(POST).where(POST.c.person == person))
            connection.execute(insert(POST).values(person=person, role="unit_head", unit=unit))


def test_above_a_unit_is_the_nearest_head_and_where_there_is_none_the_site(database: Database) -> None:
    assert superior(database) == (Role.SUPERVISOR, None), "no unit stands above"
    under(database, u1="u3", u3="u2")
    assert superior(database) == (Role.UNIT_HEAD, "u2"), "u3 has no head"
    heads(database, ("guan2", "u3"), ("fen2", "u2"))
    assert superior(database) == (Role.UNIT_HEAD, "u3")
    with database.write() as connection:
        connection.execute(insert(POST).values(person="guan2", role="liaison", unit="u1"))
    assert superior(database) == (Role.UNIT_HEAD, "u2"), "somebody of the unit itself is no superior"
    heads(database)
    assert superior(database) == (Role.SUPERVISOR, None)
    under(database, u2="u1")
    with database.read() as connection:
        assert above(connection, ("u1",)) == {"u1": ("u3", "u2", "u1")}, "a ring that somebody wrote has an end"


def told(database: Database, kind: str) -> list[str]:
    with database.read() as connection:
        return sorted(n["person"] for n in queries.notices_of(connection, no=NO) if n["kind"] == kind)


def test_a_supervisor_who_leaves_takes_nothing_along(database: Database) -> None:
    world.store_issued(database, world.issued())
    world.give(database, NO, K.SIGN, NOW, "c1")
    with database.write() as connection:
        gone = next(post for post in leaving._held(connection) if post.person == "du")
        leaving.end_posts(connection, [gone], NOW)
    world.give(database, NO, K.SUBMIT, NOW, "c2")
    assert told(database, "submitted") == ["du2"], "whoever holds the post now hears"
    assert verify(database).wrong == ()


def test_handed_over_the_other_one_hears_and_has_it_in_hand(database: Database) -> None:
    world.store_issued(database, world.issued())
    world.give(database, NO, K.HAND_OVER, NOW, "c1")
    world.give(database, NO, K.DECLINE, NOW, "c2")
    assert (told(database, "handed_over"), told(database, "declined")) == (["du", "du2"], ["du2"])
    with database.read() as connection:
        view = queries.item(connection, NO)
    assert view.events[1].fact == HandedOver(successor="du2", former="du", reason="调离")
    assert view.row["supervisor"] == view.state.supervisor == "du2"
    with pytest.raises(RuleViolation) as refused:
        world.give(database, NO, K.HAND_OVER, NOW, "c3")
    assert refused.value.code is Code.SAME_SUPERVISOR
    assert verify(database).wrong == ()


def test_nothing_is_handed_over_to_somebody_who_is_no_supervisor(database: Database) -> None:
    """Neither by the command's own word, nor by what its sender says of the other's post."""
    world.store_issued(database, world.issued())
    with pytest.raises(RuleViolation) as refused:
        world.give(database, NO, K.HAND_OVER, NOW, "c1", successor=Actor(id="fen", role=Role.LEADER, via=Via.SITE))
    assert refused.value.code is Code.FIELD_INVALID
    state = world.state_of(database, NO)
    command = world.command(K.HAND_OVER, state, "c1", successor=replace(SECOND_SUPERVISOR, id="fen"))
    events = world.events_of(state, command, NOW)
    with pytest.raises(RuleViolation) as refused:
        entries.append(database, NO, state.seq, "c1", events, check=substitutes.check_events)
    assert refused.value.code is Code.POST_NOT_HELD
