"""Who hears of what: by role, in the item's unit and area, once, in the same transaction as the entry."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import RowMapping

from ledger.chain.holders import Holders
from ledger.proof.verify import verify
from ledger.reading import queries
from ledger.store.database import Database
from rules.machine.commands import Assignment, EntryRef
from rules.machine.commands import CommandKind as K
from rules.process import Role
from tests.support import world
from tests.support.factories import LEADER, OTHER_LIAISON, OTHER_PROCESS, OTHER_UNIT, SUPERVISOR, UNIT, at
from tests.support.world import NOW

NO = "XX2026-0001"


def _notices(database: Database, no: str = NO) -> list[RowMapping]:
    with database.read() as connection:
        return sorted(queries.notices_of(connection, no=no), key=lambda n: (n["seq"], n["person"]))


def _heard(database: Database, kind: str, rung: str = "") -> list[str]:
    return [n["person"] for n in _notices(database) if n["kind"] == kind and n["rung"] == rung]


@pytest.fixture
def item(database: Database) -> Database:
    world.store_issued(database, world.issued())
    return database


def test_every_liaison_of_the_unit_hears_that_an_item_is_issued_and_nobody_else(item: Database) -> None:
    assert _heard(item, "issued") == ["lian", "lian1b"]


def test_a_co_units_liaison_hears_what_concerns_co_units_and_nothing_else(database: Database) -> None:
    world.store_issued(database, world.issued(co_units=("u3", "u2")))
    for n, kind in enumerate((K.SIGN, K.SUBMIT, K.RETURN, K.URGE, K.REMARK, K.ANNUL)):
        world.give(database, NO, kind, NOW, f"c{n}")
    assert _heard(database, "issued") == ["dang", "lian", "lian1b", "xie"]
    assert _heard(database, "returned") == ["lian", "lian1b"]
    assert _heard(database, "urged") == ["lian", "lian1b", "zhang"]
    assert _heard(database, "remarked") == ["dang", "du", "lian", "lian1b", "xie", "zhang"]
    assert _heard(database, "annulled") == ["dang", "lian", "lian1b", "xie"]
    assert {n["role"] for n in _notices(database) if n["person"] in ("xie", "dang")} == {"liaison"}
    assert verify(database).wrong == ()


def test_a_notice_is_named_by_its_cause_and_person_so_it_exists_once(item: Database) -> None:
    first = _notices(item)[0]
    assert first["id"] == f"{NO}/1/lian"
    assert (first["stream"], first["seq"], first["role"], first["state"]) == (NO, 1, "liaison", "pending")
    assert (first["immediate"], first["at"]) == (False, "2026-03-02T02:00:00.000000Z")


def test_what_the_unit_does_is_heard_by_the_supervisor_who_issued_it(item: Database) -> None:
    world.give(item, NO, K.DECLINE, NOW, "c1")
    assert _heard(item, "declined") == ["du"]


def test_signing_and_reporting_are_heard_by_nobody(item: Database) -> None:
    world.give(item, NO, K.SIGN, NOW, "c1")
    world.give(item, NO, K.REPORT, NOW, "c2")
    assert {n["kind"] for n in _notices(item)} == {"issued"}


def test_urging_and_a_leaders_remark_are_heard_at_once(item: Database) -> None:
    world.give(item, NO, K.URGE, NOW, "c1")
    world.give(item, NO, K.REMARK, NOW, "c2")
    assert _heard(item, "urged") == ["lian", "lian1b", "zhang"]
    assert _heard(item, "remarked") == ["du", "lian", "lian1b", "zhang"]
    assert {n["immediate"] for n in _notices(item) if n["seq"] > 1} == {True}


def test_a_long_extension_is_asked_of_the_leaders_even_of_one_who_belongs_to_a_unit(item: Database) -> None:
    world.give(item, NO, K.SIGN, NOW, "c1")
    world.give(item, NO, K.SUBMIT, NOW, "c2")
    world.give(item, NO, K.APPROVE, NOW, "c3")
    world.give(item, NO, K.ASK_EXTENSION, NOW, "c4", to=at("2026-05-22").date())
    assert world.state_of(item, NO).extension is not None
    assert _heard(item, "extension_asked") == ["fen", "fen2"]


def test_who_decides_a_correction_hears_that_it_is_asked_and_the_askers_side_hears_the_answer(item: Database) -> None:
    world.give(item, NO, K.SIGN, NOW, "c1")
    own = EntryRef(seq=2, kind="signed", unit="u1")
    world.give(item, NO, K.CORRECT, NOW, "c2", entry=own)
    assert _heard(item, "correction_asked") == ["du"]
    world.give(item, NO, K.DECIDE_CORRECTION, NOW, "c3", by=SUPERVISOR)
    assert _heard(item, "corrected") == ["lian", "lian1b"]
    world.give(item, NO, K.CORRECT, NOW, "c4", by=replace(SUPERVISOR, id="du2"))
    assert [n["person"] for n in _notices(item) if n["seq"] == 5] == ["fen", "fen2"]
    world.give(item, NO, K.DECIDE_CORRECTION, NOW, "c5", grant=False, reason="无误")
    assert _heard(item, "correction_refused") == ["du", "du2"]


def test_whoever_asked_about_an_item_that_has_gone_to_another_unit_hears_the_answer(item: Database) -> None:
    world.give(item, NO, K.SIGN, NOW, "c1")
    assignment = Assignment(unit=OTHER_UNIT, process=OTHER_PROCESS)
    world.give(item, NO, K.REASSIGN, NOW, "c2", assignment=assignment)
    world.give(item, NO, K.CORRECT, NOW, "c3", entry=EntryRef(seq=2, kind="signed", unit="u1"))
    world.give(item, NO, K.DECIDE_CORRECTION, NOW, "c4")
    assert _heard(item, "corrected") == ["dang", "lian"]


def test_a_rung_is_heard_by_its_audience(item: Database) -> None:
    world.give(item, NO, K.TICK, at("2026-03-20"), "t")
    found = [n for n in _notices(item) if n["rung"] == "circular"]
    assert [n["person"] for n in found] == ["zhang"]
    assert (found[0]["lamp"], found[0]["immediate"], found[0]["role"]) == ("red", True, "unit_head")
    assert _heard(item, "rung_reached", "overdue") == ["du", "lian", "lian1b"]


def test_a_reminder_that_comes_too_late_is_heard_by_nobody(item: Database) -> None:
    world.give(item, NO, K.TICK, at("2026-03-20"), "t")
    with item.read() as connection:
        rungs = [getattr(e.fact, "rung", "") for e in queries.item(connection, NO).events]
    assert "remind" in rungs
    assert _heard(item, "rung_reached", "remind") == []


def test_falling_due_itself_is_heard_by_nobody(item: Database) -> None:
    world.give(item, NO, K.TICK, at("2026-03-20"), "t")
    assert _heard(item, "fell_due") == []


def test_after_a_reassignment_the_new_unit_hears_and_what_was_due_before_goes_to_the_old_one(item: Database) -> None:
    """The rungs that a late command brings with it belong to the unit that had the item when they rang."""
    assignment = Assignment(unit=OTHER_UNIT, process=OTHER_PROCESS)
    world.give(item, NO, K.REASSIGN, at("2026-03-10"), "c1", assignment=assignment)
    assert _heard(item, "rung_reached", "overdue") == ["du", "lian", "lian1b"]
    assert _heard(item, "reassigned") == ["dang"]
    world.give(item, NO, K.DECLINE, at("2026-03-10"), "c2", by=OTHER_LIAISON)
    assert _heard(item, "declined") == ["du"]


def test_every_item_of_a_batch_tells_its_own_unit(database: Database) -> None:
    numbers = {UNIT: "XX2026-0001", OTHER_UNIT: "XX2026-0002", world.U3: "XX2026-0003"}
    world.store_issued(database, *(world.issued(no, unit=unit) for unit, no in numbers.items()))
    told = {no: [n["person"] for n in _notices(database, no)] for no in numbers.values()}
    assert told == {"XX2026-0001": ["lian", "lian1b"], "XX2026-0002": ["dang"], "XX2026-0003": ["xie"]}


def test_somebody_with_two_posts_hears_once(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("INSERT INTO post VALUES ('lian', 'unit_head', 'u1', NULL)")
    world.store_issued(database, world.issued())
    world.give(database, NO, K.URGE, NOW, "c1", by=SUPERVISOR)
    assert _heard(database, "urged") == ["lian", "lian1b", "zhang"]


def test_an_item_of_a_unit_without_people_is_issued_all_the_same(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("DELETE FROM post WHERE unit = 'u1'")
    world.store_issued(database, world.issued())
    assert _notices(database) == []


def test_asking_for_one_post_finds_who_is_found_among_all(database: Database) -> None:
    """Every role of every unit by itself, and all of them at once."""
    wanted = [(role, unit) for role in Role for unit in (UNIT, OTHER_UNIT, world.U3)]
    with database.read() as connection:
        everybody = Holders.everybody(connection)
        together = Holders.of_these(connection, [(role, unit.id, unit.area) for role, unit in wanted])
        for role, unit in wanted:
            alone = Holders.of_these(connection, [(role, unit.id, unit.area)])
            assert alone.of(role, unit) == together.of(role, unit) == everybody.of(role, unit)
        assert any(everybody.of(role, unit) for role, unit in wanted if role is not Role.LIAISON)


def test_a_persons_notices_are_listed_newest_first_with_the_item(item: Database) -> None:
    world.give(item, NO, K.URGE, NOW + timedelta(hours=1), "c1")
    world.give(item, NO, K.REMARK, NOW + timedelta(hours=2), "c2", by=LEADER)
    with item.read() as connection:
        mine = queries.notices_of(connection, person="lian")
    assert [n["kind"] for n in mine] == ["remarked", "urged", "issued"]
    assert (mine[0]["title"], mine[0]["unit_name"]) == ("制度执行不严", "农科院")
