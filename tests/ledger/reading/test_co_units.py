"""Who helps with an item finds it in the register beside what it leads, in one order and counted once."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from desk.register_extract import register_extract
from ledger.proof.verify import verify
from ledger.reading import audit, queries
from ledger.reading.filters import Filters
from ledger.reading.sorting import OWN, Sorting
from ledger.store.database import Database
from rules.machine.commands import Assignment, UnitRef
from rules.machine.commands import CommandKind as K
from tests.support import world
from tests.support.factories import OTHER_UNIT, PROCESS, UNIT, at
from tests.support.world import NOW


def _no(n: int) -> str:
    return f"XX2026-{n:04d}"


@pytest.fixture
def helped(database: Database) -> Database:
    """Thirty items of three units: u3 helps with every item of u1 (n % 3 == 0), u1 with the tenth of u2; some late."""
    events = []
    for n in range(1, 31):
        unit: UnitRef = (UNIT, OTHER_UNIT, world.U3)[n % 3]
        co_units = {0: ("u3", "u4"), 1: ("u1",) if n == 10 else (), 2: ()}[n % 3]
        events.append(world.issued(_no(n), unit=unit, co_units=co_units, now=NOW + timedelta(minutes=n)))
    world.store_issued(database, *events)
    for n in range(4, 13):
        world.give(database, _no(n), K.TICK, at("2026-03-20"), f"t{n}")
    return database


def _walk(database: Database, filters: Filters, size: int, order: Sorting = OWN) -> list[tuple[str, bool]]:
    found: list[tuple[str, bool]] = []
    after: str | None = None
    while True:
        with database.read() as connection:
            page = queries.register(connection, filters, sorting=order, after=after, size=size)
        found += [(row["no"], row["helps"]) for row in page.rows]
        if page.next is None:
            return found
        after = page.next


@pytest.mark.parametrize(
    ("filters", "leads", "helps"),
    [
        (Filters(unit="u3"), [n for n in range(1, 31) if n % 3 == 2], [n for n in range(1, 31) if n % 3 == 0]),
        (Filters(unit="u1"), [n for n in range(1, 31) if n % 3 == 0], [10]),
        (Filters(unit="u4"), [], [n for n in range(1, 31) if n % 3 == 0]),
        (Filters(unit="u3", late=True), [5, 8, 11], [6, 9, 12]),
        (Filters(unit="u1", area="a1"), [n for n in range(1, 31) if n % 3 == 0], [10]),
        (Filters(unit="u1", area="a2"), [], []),
        (Filters(unit="u4", text="XX2026-0009"), [], [9]),
        (Filters(unit_kind="organ"), [n for n in range(1, 31) if n % 3 == 1], []),
    ],
    ids=str,
)
def test_a_unit_finds_what_it_leads_and_what_it_helps_with_once_and_marked(
    helped: Database, filters: Filters, leads: list[int], helps: list[int]
) -> None:
    whole = [row for row, _ in _walk(helped, Filters(), 500)]
    for size in (1, 4, 500):
        found = _walk(helped, filters, size)
        assert {no for no, only in found if not only} == {_no(n) for n in leads}
        assert {no for no, only in found if only} == {_no(n) for n in helps}
        assert [no for no, _ in found] == [no for no in whole if no in {no for no, _ in found}]
        assert len(found) == len(leads) + len(helps)
        for down in (False, True):
            turned = _walk(helped, filters, size, Sorting(by="no", down=down))
            assert turned == sorted(found, reverse=down)
    with helped.read() as connection:
        assert sum(queries.lamp_counts(connection, filters).values()) == len(leads) + len(helps)
        chunks = [row["no"] for chunk in queries.register_chunks(connection, filters, 4) for row in chunk]
        assert chunks == [no for no, _ in found]


def test_an_extract_of_a_unit_says_of_each_item_whether_it_leads_or_helps(helped: Database) -> None:
    with helped.read() as connection:
        extract = register_extract(connection, Filters(unit="u1"))
        said = {row.values[0]: row.values[-1] for row in extract.rows}
        assert extract.columns[-1].heading == "牵头或协办"
        assert extract.total == len(said) == 11
        everything = register_extract(connection, Filters())
    assert said.pop(_no(10)) == "协办"
    assert set(said.values()) == {"牵头"}
    assert "牵头或协办" not in {column.heading for column in everything.columns}


def test_who_helped_and_leads_by_now_finds_the_item_once_and_who_led_no_longer(helped: Database) -> None:
    to = Assignment(unit=UNIT, process=PROCESS)
    world.give(helped, _no(10), K.REASSIGN, at("2026-03-21"), "move", assignment=to)
    found = dict(_walk(helped, Filters(unit="u1"), 500))
    assert found[_no(10)] is False
    assert len(found) == 11
    assert _no(10) not in dict(_walk(helped, Filters(unit="u2"), 500))
    world.give(helped, _no(12), K.ANNUL, at("2026-03-21"), "annul")
    assert dict(_walk(helped, Filters(unit="u4", status="annulled"), 500)) == {_no(12): True}
    assert list(verify(helped).wrong) == []


def test_the_history_of_a_unit_holds_the_items_it_helps_with(helped: Database) -> None:
    with helped.read() as connection:
        rows = audit.entries(connection, audit.EntryFilters(unit="u4"), size=500).rows
    assert {row["stream"] for row in rows} == {_no(n) for n in range(1, 31) if n % 3 == 0}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (f"DELETE FROM item_co_unit WHERE no = '{_no(3)}' AND unit = 'u3'", _no(3)),
        (f"UPDATE item_co_unit SET unit = 'u2' WHERE no = '{_no(3)}' AND unit = 'u3'", _no(3)),
        (f"UPDATE item_co_unit SET sort = '0' WHERE no = '{_no(3)}' AND unit = 'u3'", _no(3)),
        (f"INSERT INTO item_co_unit (no, unit, status, sort) VALUES ('{_no(2)}', 'u4', 'unsigned', '0')", _no(2)),
        (f"INSERT INTO item_co_unit (no, unit, status, sort) VALUES ('{_no(77)}', 'u4', 'unsigned', '0')", _no(77)),
    ],
    ids=["left out", "another", "elsewhere in the order", "added", "of no item"],
)
def test_helpers_that_the_ledger_does_not_name_or_that_are_missing_are_found(
    helped: Database, change: str, place: str
) -> None:
    assert list(verify(helped).wrong) == []
    with helped.write() as connection:
        connection.execute(text(change))
    wrong = list(verify(helped).wrong)
    assert {one.stream for one in wrong} == {place}
    assert all("协办单位" in one.what for one in wrong)


@pytest.mark.parametrize(
    "filters",
    [
        Filters(unit="u3"),
        Filters(unit="u3", lamp="red"),
        Filters(unit="u3", status="unsigned"),
        Filters(unit="u3", late=True),
    ],
    ids=str,
)
def test_pages_of_a_unit_are_read_in_the_order_of_an_index(helped: Database, filters: Filters) -> None:
    """Led items by one of the register's, helped ones by that of helpers and then by number: nothing is sorted."""
    if not helped.is_sqlite:
        pytest.skip("read off SQLite's plan; PostgreSQL plans by the size of tables")
    plans: list[str] = []
    with helped.read() as connection:
        for way in queries._ways(connection, filters):
            query = queries._listed(connection, way, queries._BY)
            query = query.where(way.sort > "0").order_by(way.sort).limit(51)
            sql = query.compile(connection, compile_kwargs={"literal_binds": True})
            plans.append(" ; ".join(row[3] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {sql}"))))
    led, theirs = plans
    assert "TEMP B-TREE" not in led + theirs
    assert "SCAN" not in led + theirs
    assert "USING INDEX ix_item_co_unit (unit=? AND sort>?)" in theirs.replace("COVERING ", "")
