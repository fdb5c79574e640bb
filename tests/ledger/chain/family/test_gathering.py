"""One finding for many units: a parent with a child for each, one item with helpers, or each an item of its own."""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select, update

from definitions.catalogue import SHIPPED, load_process
from ledger.chain import batches, lookup, pinned
from ledger.chain.batches import NewItem
from ledger.chain.entries import ITEM
from ledger.chain.family.gathering import ABOVE, APART, CO, LEAD, TOGETHER, WITH_HELP
from ledger.chain.family.sowing import UNIT as UNITS
from ledger.proof.verify import verify
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from rules.machine.commands import CommandKind as K
from rules.machine.commands import UnitRef
from rules.machine.issuing import Order
from rules.telling.story import tell
from tests.ledger.chain.family.kin import Kin
from tests.support import world
from tests.support.factories import SUPERVISOR, UNIT, at
from tests.support.processes import ERRAND

SIMILAR = load_process(SHIPPED / "similar.yaml")
YEAR = world.NOW.year
NO = f"TL{YEAR}-0001"
THREE = (UNIT, UnitRef(id="u2", name="县水利局", kind="organ", area="a1"), world.U3)


class Gathered(Kin):
    """Drafts of one finding for some units in a ledger, confirmed one way or another."""

    def __init__(self, database: Database) -> None:
        self.database, self.now, self._ids = database, world.NOW, 0
        with database.write() as connection:
            for one in (SIMILAR, ERRAND):
                pinned.load_processes(connection, one.all_resolved(), world.LOADED_AT)

    def draft(self, unit: UnitRef, way: str = LEAD, co: tuple[str, ...] = (), **said: Any) -> NewItem:
        order = Order(no="", unit=unit, title="三会一课记录不全", co_units=co)
        return NewItem(process="errand", variant="plain", import_key=f"{way}-{unit.id}", order=order, way=way, **said)

    def above(self, way: str = TOGETHER) -> NewItem:
        order = Order(no="", unit=UNIT, title="三会一课记录不全")
        return NewItem(process="similar", variant="plain", import_key="over", order=order, way=ABOVE, choice=way)

    def confirm(self, *drafts: NewItem, choices: Mapping[int, str] | None = None, size: int = 500) -> None:
        with self.database.write() as connection:
            said = {"filename": "", "title": "", "reading": {}, "actor": SUPERVISOR, "now": self.now}
            batches.save(connection, "b", drafts, **said)  # type: ignore[arg-type]
            batches.confirm(connection, "b", SUPERVISOR, self.now, choices)
        while True:
            with self.database.write() as connection:
                if not batches.issue_chunk(connection, "b", size, self.now):
                    return

    def rows(self) -> list[tuple[str, str, str | None]]:
        with self.database.read() as connection:
            query = select(ITEM.c.no, ITEM.c.unit, ITEM.c.parent).order_by(ITEM.c.no)
            return [tuple(row) for row in connection.execute(query)]

    def results(self) -> list[str]:
        with self.database.read() as connection:
            return list(connection.execute(select(batches.DRAFT.c.result).order_by(batches.DRAFT.c.n)).scalars())


@pytest.fixture
def found(database: Database) -> Gathered:
    return Gathered(database)


@pytest.mark.parametrize("size", [500, 2])
def test_together_each_unit_has_a_child_of_one_item_however_small_the_chunk(found: Gathered, size: int) -> None:
    found.confirm(found.draft(UNIT, ""), *map(found.draft, THREE), found.above(), size=size)
    family = [(f"{NO}-{n}", unit.id, NO) for n, unit in enumerate(THREE, 1)]
    assert found.rows() == [(f"RW{YEAR}-0001", "u1", None), (NO, "u1", None), *family]
    with found.database.read() as connection:
        parent = lookup.item_row(connection, NO)
        assert (parent["children"], parent["children_ended"], parent["status"]) == (3, 0, "reviewing")
        assert lookup.item_row(connection, f"{NO}-2")["link"] == "part_of"
        assert "交办子项 3 项" in tell(lookup.first_fact(connection, NO), {})
    assert verify(found.database).wrong == ()


def test_it_ends_by_itself_with_the_last_of_its_children_whatever_became_of_them(found: Gathered) -> None:
    found.confirm(*map(found.draft, THREE), found.above())
    found.end(f"{NO}-1")
    found.give(f"{NO}-2", K.ANNUL, reason="职能已划转")
    assert found.state(NO).status == "reviewing"
    with pytest.raises(RuleViolation) as refused:
        found.give(NO, K.CLOSE, outcome="done")
    assert refused.value.code is Code.CHILDREN_OPEN
    done = found.end(f"{NO}-3")
    assert (found.state(NO).status, found.state(NO).outcome, done.begun) == ("closed", "done", (NO,))
    with pytest.raises(RuleViolation) as late:
        found.give(f"{NO}-1", K.REOPEN, reason="反弹")
    assert late.value.code is Code.PARENT_ENDED
    found.give(NO, K.REOPEN, reason="反弹")
    found.give(f"{NO}-1", K.REOPEN, reason="反弹")
    assert found.state(NO).status == "reviewing"
    found.end(f"{NO}-1")
    assert found.state(NO).status == "closed", "and again"
    assert verify(found.database).wrong == ()


def test_what_it_was_late_with_before_is_said_first(found: Gathered) -> None:
    found.confirm(found.draft(THREE[0]), found.draft(THREE[1]), found.above())
    found.now = at("2027-06-01")
    for n in (1, 2):
        found.end(f"{NO}-{n}")
    assert found.state(NO).late_reviews == 1
    assert found.state(NO).status == "closed"


def test_helped_the_first_unit_has_it_and_the_others_help(found: Gathered) -> None:
    found.confirm(*(found.draft(unit, co=("u9",)) for unit in THREE), found.above(), choices={4: WITH_HELP})
    assert found.rows() == [(f"RW{YEAR}-0001", "u1", None)]
    assert found.state(f"RW{YEAR}-0001").co_units == ("u2", "u3", "u9")
    assert found.results() == ["issued"], "the other ways are gone"


def test_each_for_itself_nothing_stands_over_them(found: Gathered) -> None:
    found.confirm(*map(found.draft, THREE), found.above(APART))
    assert [(no, parent) for no, _, parent in found.rows()] == [(f"RW{YEAR}-{n:04d}", None) for n in (1, 2, 3)]


def test_of_one_unit_with_help_whoever_helps_has_a_child_where_that_is_chosen(found: Gathered) -> None:
    drafts = (found.draft(UNIT, co=("u2",)), found.draft(THREE[1], CO, choice="leave"), found.above(WITH_HELP))
    found.confirm(*drafts, choices={3: TOGETHER})
    assert [(no, unit) for no, unit, _ in found.rows()] == [(NO, "u1"), (f"{NO}-1", "u1"), (f"{NO}-2", "u2")]
    assert found.state(f"{NO}-1").co_units == ()


def test_of_one_unit_with_help_it_stays_as_it_is_written_where_nothing_is_chosen(found: Gathered) -> None:
    found.confirm(found.draft(UNIT, co=("u2",)), found.draft(THREE[1], CO, choice="leave"), found.above(WITH_HELP))
    assert found.state(f"RW{YEAR}-0001").co_units == ("u2",)
    assert [no for no, *_ in found.rows()] == [f"RW{YEAR}-0001"]


def test_a_unit_that_is_gone_by_then_is_refused_alone(found: Gathered) -> None:
    with found.database.write() as connection:
        connection.execute(update(UNITS).where(UNITS.c.id == "u2").values(ended="2026-01-01"))
    found.confirm(*map(found.draft, THREE), found.above())
    assert found.results() == ["issued", "refused", "issued", "issued"]
    assert [no for no, *_ in found.rows()] == [NO, f"{NO}-1", f"{NO}-2"]


def test_where_nothing_is_left_to_issue_nothing_stands_over_it(found: Gathered) -> None:
    found.confirm(*map(found.draft, THREE), found.above(), choices={1: "leave", 2: "leave", 3: "leave"})
    assert found.rows() == []
    assert found.results() == ["left"] * 4


def test_a_way_that_there_is_not_is_refused_with_those_that_there_are(found: Gathered) -> None:
    with pytest.raises(RuleViolation) as refused:
        found.confirm(*map(found.draft, THREE), found.above(), choices={4: "both"})
    assert (refused.value.code, "helped（一个事项，其余单位协办）" in str(refused.value)) == (Code.FIELD_INVALID, True)
    assert found.rows() == []
