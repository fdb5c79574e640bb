"""Units over time, stored: what stands in the tables is what the entries lead to, and any day can be asked for."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from ledger.chain import journal
from ledger.directory import people, units
from ledger.proof.verify import verify
from ledger.store.database import Database
from rules.errors import RuleViolation
from rules.units.comparing import merge
from rules.units.facts import (
    ConditionsGiven,
    GivenCondition,
    KnownUnit,
    UnitFact,
    UnitsEnded,
    UnitsMoved,
    UnitsOpened,
    UnitsSettled,
)
from rules.units.selecting import Selector, selected
from rules.units.spans import as_of
from tests.support import world
from tests.support.world import LOADED_AT, NOW

TODAY = NOW.date()
SELECTORS = (
    Selector(),
    Selector(everybody=True, excepted=("u3",)),
    Selector(everybody=True, kinds=("organ",)),
    Selector(kinds=("research",)),
    Selector(kinds=("research",), areas=("a2",)),
    Selector(conditions=("weak",)),
    Selector(units=("u2", "u4")),
    Selector(units=("u2", "u4"), conditions=("slack", "weak"), excepted=("u4",)),
)


def _load(database: Database, rows: list[dict[str, Any]], **other: Any) -> None:
    with database.write() as connection:
        people.load(connection, areas=[], units=rows, people=[], posts=[], **{"now": NOW, **other})


def _record(database: Database, *facts: UnitFact, now: Any = NOW) -> None:
    with database.write() as connection:
        units.record(connection, facts, now)


def _chosen(database: Database, selector: Selector, day: date) -> list[str]:
    with database.read() as connection:
        return [one.id for one in units.chosen(connection, selector, day)]


def test_units_are_chosen_as_of_a_day_and_as_the_rules_choose_them(database: Database) -> None:
    changed = [{**world.UNITS[0], "area": "a2", "condition": "weak"}, {**world.UNITS[2], "name": "林研所"}]
    _load(database, changed, first=TODAY + timedelta(days=3), document="县编〔2026〕3号")
    _record(database, UnitsEnded(day=TODAY + timedelta(days=5), units=("u2",)))
    given = GivenCondition(unit="u4", condition="slack")
    _record(database, ConditionsGiven(day=TODAY + timedelta(days=4), units=(given,)))
    with database.read() as connection:
        lives = units.lives(connection)
        for n in range(-3, 8):
            day = TODAY + timedelta(days=n)
            for selector in SELECTORS:
                meant = units.chosen(connection, selector, day)
                assert meant == selected(as_of(lives, day), selector)
                for kinds in ((), ("research",), ("organ", "soe")):
                    of_kinds = sum(not kinds or one.known.kind in kinds for one in meant)
                    assert units.how_many(connection, selector, kinds, day) == of_kinds
    assert _chosen(database, Selector(everybody=True), LOADED_AT.date() - timedelta(days=1)) == []
    assert _chosen(database, Selector(conditions=("weak",)), TODAY + timedelta(days=3)) == ["u1"]
    assert verify(database).wrong == ()


def test_what_is_to_hold_from_a_day_on_holds_when_it_has_come(database: Database) -> None:
    due = NOW + timedelta(days=3)
    _load(database, [{**world.UNITS[0], "name": "农研院"}], first=due.date())
    with database.read() as connection:
        assert people.unit_ref(connection, "u1").name == "农科院"
    with database.write() as connection:
        assert units.settle(connection, due - timedelta(days=1)) == ()
        assert units.settle(connection, due) == ("u1",)
        assert units.settle(connection, due) == (), "once"
    with database.read() as connection:
        assert people.unit_ref(connection, "u1").name == "农研院"
        assert [fact.day for _, fact in journal.facts(connection, UnitsSettled)] == [due.date()]
    assert verify(database).wrong == ()


def test_a_merged_unit_is_refused_with_the_one_it_became(database: Database) -> None:
    with database.write() as connection:
        units.record(connection, merge(units.lives(connection), ["u1"], "u3", TODAY, document="县编〔2026〕3号"), NOW)
    with database.read() as connection, pytest.raises(RuleViolation, match="起已并入或分为林科所"):
        people.unit_ref(connection, "农科院")
    assert _chosen(database, Selector(kinds=("research",)), TODAY) == ["u3"]
    assert _chosen(database, Selector(kinds=("research",)), LOADED_AT.date()) == ["u1", "u3"]
    assert verify(database).wrong == ()


def test_a_new_unit_may_be_called_as_one_that_has_ended(database: Database) -> None:
    _record(database, UnitsEnded(day=TODAY, units=("u1",)))
    _load(database, [{"id": "u9", "name": "农科院", "kind": "research", "area": "a1", "aliases": ""}])
    with database.read() as connection:
        assert people.unit_ref(connection, "农科院").id == "u9"
    assert verify(database).wrong == ()


def test_what_is_refused_stores_nothing(database: Database) -> None:
    with database.read() as connection:
        before = units.lives(connection)
    ring = [{**world.UNITS[0], "parent": "u3"}, {**world.UNITS[2], "parent": "u1"}]
    with pytest.raises(RuleViolation, match="上级绕回了自己"):
        _load(database, ring)
    with database.read() as connection:
        assert units.lives(connection) == before


def test_many_units_are_entries_of_so_many_rows_and_fold_to_the_same(database: Database) -> None:
    many = tuple(KnownUnit(id=f"b{n:04}", name=f"第{n}支部", kind="organ", parent="u1") for n in range(700))
    _record(database, UnitsOpened(day=TODAY, units=many))
    moved = [{"id": one.id, "name": one.name, "kind": one.kind, "aliases": "", "parent": "u2"} for one in many]
    _load(database, moved, first=TODAY + timedelta(days=1))
    with database.read() as connection:
        opened = [len(fact.units) for _, fact in journal.facts(connection, UnitsOpened)]
        assert [len(fact.units) for _, fact in journal.facts(connection, UnitsMoved)] == [300, 300, 100]
        assert opened[-3:] == [300, 300, 100]
        assert units.lives(connection)["b0699"].as_of(TODAY + timedelta(days=1)) is not None
        spans = connection.execute(select(func.count()).select_from(units.UNIT_SPAN)).scalar_one()
    assert spans == len(world.UNITS) + 1400
    assert verify(database).wrong == ()


def test_a_later_name_does_not_reach_back(database: Database) -> None:
    _load(database, [{**world.UNITS[0], "name": "农研院"}])
    with database.read() as connection:
        (then,) = units.chosen(connection, Selector(units=("u1",)), LOADED_AT.date())
        (now,) = units.chosen(connection, Selector(units=("u1",)), TODAY)
    assert (then.ref.name, now.ref.name) == ("农科院", "农研院")
    assert now.known == replace(then.known, name="农研院")
