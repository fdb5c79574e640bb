"""Who stands in for whom: on their days only, never round in a circle, and both names in the ledger for good."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from ledger.directory import substitutes
from ledger.proof import verify
from ledger.proof.verifying.streams import EntryRow
from ledger.reading import queries
from ledger.store.canonical import entry_hash
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor, CommandKind, Via
from rules.machine.folding import evolve
from rules.process import Role
from tests.support import world
from tests.support.factories import PROCESS, at
from tests.support.world import NOW

K = CommandKind
HASHED = tuple(name for name in EntryRow._fields if name != "hash")
NO = "XX2026-0001"
MONDAY, FRIDAY = date(2026, 3, 2), date(2026, 3, 6)


def _self(person: str) -> Actor:
    return Actor(id=person, role=Role.LIAISON, unit="u1", via=Via.SITE)


def _name(
    database: Database,
    person: str,
    stand_in: str,
    first: date = MONDAY,
    last: date = FRIDAY,
    now: datetime = NOW,
) -> None:
    with database.write() as connection:
        substitutes.name(
            connection, person=person, stand_in=stand_in, first=first, last=last, named_by=_self(person), now=now
        )


def _standing(database: Database, day: date = MONDAY) -> dict[str, str]:
    with database.read() as connection:
        return substitutes.standing_in(connection, day)


def _refused(database: Database, person: str, stand_in: str, first: date = MONDAY, last: date = FRIDAY) -> Code:
    with pytest.raises(RuleViolation) as refusal:
        _name(database, person, stand_in, first, last)
    return refusal.value.code


def _actor(database: Database, person: str, kind: CommandKind, behalf: str = "", day: date = MONDAY) -> Actor:
    with database.read() as connection:
        state = evolve(None, world.issued())
        return substitutes.actor_for(connection, person, kind, PROCESS, state, day=day, behalf=behalf)


def test_a_substitution_holds_from_its_first_day_to_its_last(database: Database) -> None:
    _name(database, "lian", "dang")
    days = [date(2026, 3, 1), MONDAY, FRIDAY, date(2026, 3, 7)]
    assert [_standing(database, day) for day in days] == [{}, {"lian": "dang"}, {"lian": "dang"}, {}]


def test_a_chain_is_followed_to_its_end_and_everybody_on_it_may_act(database: Database) -> None:
    _name(database, "lian", "dang")
    _name(database, "dang", "xie")
    named = _standing(database)
    assert substitutes.last_of(named, "lian") == "xie"
    assert substitutes.represented(named, "xie") == ("dang", "lian")
    assert substitutes.represented(named, "dang") == ("lian",)
    assert substitutes.represented(named, "lian") == ()


def test_a_chain_has_three_links_at_most_wherever_the_fourth_is_added(database: Database) -> None:
    for person, stand_in in (("lian", "dang"), ("dang", "xie"), ("xie", "zhang")):
        _name(database, person, stand_in)
    assert _refused(database, "zhang", "zhi") is Code.STAND_IN_CHAIN
    assert _refused(database, "pian", "lian") is Code.STAND_IN_CHAIN


def test_a_circle_is_refused_and_shown(database: Database) -> None:
    _name(database, "lian", "dang")
    _name(database, "dang", "xie")
    with pytest.raises(RuleViolation, match="李安 → 党安 → 谢协 → 李安") as refusal:
        _name(database, "xie", "lian")
    assert refusal.value.code is Code.STAND_IN_CYCLE
    assert _refused(database, "zhi", "zhi") is Code.STAND_IN_CYCLE


def test_a_circle_that_would_close_only_later_is_refused_now(database: Database) -> None:
    _name(database, "dang", "lian", first=FRIDAY, last=date(2026, 3, 13))
    assert _refused(database, "lian", "dang") is Code.STAND_IN_CYCLE
    _name(database, "lian", "dang", last=date(2026, 3, 5))


def test_one_person_has_one_substitute_a_day(database: Database) -> None:
    _name(database, "lian", "dang")
    assert _refused(database, "lian", "xie", FRIDAY, date(2026, 3, 9)) is Code.STAND_IN_OVERLAP
    _name(database, "lian", "xie", date(2026, 3, 7), date(2026, 3, 9))


def test_a_period_that_ends_before_it_begins_is_refused(database: Database) -> None:
    assert _refused(database, "lian", "dang", FRIDAY, MONDAY) is Code.FIELD_INVALID


def test_called_off_it_no_longer_holds_and_may_be_named_anew(database: Database) -> None:
    _name(database, "lian", "dang")
    with database.write() as connection:
        assert substitutes.call_off(connection, "lian", _self("lian"), NOW) == 1
    assert _standing(database) == {}
    _name(database, "lian", "xie", now=at("2026-03-02", "12:00"))
    assert _standing(database) == {"lian": "xie"}


def test_a_substitute_acts_in_the_post_of_the_one_who_is_away(database: Database) -> None:
    _name(database, "lian", "dang")
    assert _actor(database, "dang", K.SIGN) == Actor(id="dang", role=Role.LIAISON, unit="u1", behalf="lian")


def test_ones_own_post_comes_first_unless_the_other_is_named(database: Database) -> None:
    _name(database, "zhang", "lian")
    assert _actor(database, "lian", K.SIGN).behalf == ""
    assert _actor(database, "lian", K.SIGN, behalf="zhang") == Actor(
        id="lian", role=Role.UNIT_HEAD, unit="u1", behalf="zhang"
    )


def test_nobody_acts_for_somebody_who_named_another_or_on_another_day(database: Database) -> None:
    _name(database, "lian", "dang")
    for person, day in (("xie", MONDAY), ("dang", date(2026, 3, 9))):
        with pytest.raises(RuleViolation) as refusal:
            _actor(database, person, K.SIGN, behalf="lian", day=day)
        assert refusal.value.code is Code.NOT_STAND_IN
    assert _actor(database, "dang", K.SIGN, day=date(2026, 3, 9)).unit == "u2"


def test_both_names_stand_in_the_entry_and_its_hash_covers_them(database: Database) -> None:
    _name(database, "lian", "dang")
    world.store_issued(database, world.issued())
    world.give(database, NO, K.SIGN, NOW, "c1", by=replace(_actor(database, "dang", K.SIGN), via=Via.SITE))
    with database.read() as connection:
        issued, signed = queries.item(connection, NO).entries
        event = queries.item(connection, NO).events[1]
    assert (issued["behalf"], signed["actor"], signed["behalf"]) == (None, "dang", "lian")
    assert event.actor == Actor(id="dang", role=Role.LIAISON, unit="u1", behalf="lian", via=Via.SITE)
    hashed = {name: signed[name] for name in HASHED}
    assert signed["hash"] == entry_hash(**hashed) != entry_hash(**{**hashed, "behalf": None})
    assert verify.verify(database).wrong == ()


def test_an_entry_without_behalf_hashes_as_it_always_did(database: Database) -> None:
    world.store_issued(database, world.issued())
    with database.read() as connection:
        (issued,) = queries.item(connection, NO).entries
    without = {name: issued[name] for name in HASHED if name != "behalf"}
    assert entry_hash(**without) == issued["hash"]
