"""The register page by page: everything once, in its order, narrowed as asked, whatever the words looked for."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from desk.register_extract import register_extract
from desk.showing.register import SORTS
from ledger.chain import lookup
from ledger.reading import queries
from ledger.reading.extracts import moment
from ledger.reading.filters import Filters
from ledger.reading.sorting import OWN, Sorting
from ledger.store.database import Database
from rules.codec import instant_text
from rules.dates.distance import distance
from rules.errors import Code, RuleViolation
from rules.machine.commands import CommandKind as K
from rules.machine.commands import UnitRef
from rules.process import Party
from tests.support import world
from tests.support.factories import CALENDAR, OTHER_UNIT, UNIT, at
from tests.support.world import NOW

ODD = (
    "完成率 50%_以上",
    "C:\\台账\\a_b",
    "引号' \" ` 和 --",
    "🚩 红旗\n换行\t制表",
    "ＡＢＣ全角",
    "ABC 半角",
    "50X以上",
)


@pytest.fixture(scope="module")
def many(shared: Database) -> Database:
    """Thirty items of three units, some signed, some late, three closed or annulled, with odd words in them."""
    events = []
    for n in range(1, 31):
        unit: UnitRef = (UNIT, OTHER_UNIT, world.U3)[n % 3]
        finding = ODD[n - 1] if n <= len(ODD) else f"第 {n} 个问题"
        no, now = f"XX2026-{n:04d}", NOW + timedelta(minutes=n)
        events.append(world.issued(no, unit=unit, about={"title": finding}, batch=f"b{n % 2}", now=now))
    world.store_issued(shared, *events)
    for n in range(1, 4):
        world.give(shared, f"XX2026-{n:04d}", K.ANNUL, NOW + timedelta(hours=1), f"a{n}")
    for n in range(4, 10):
        world.give(shared, f"XX2026-{n:04d}", K.TICK, at("2026-03-20"), f"t{n}")
    return shared


def _walk(database: Database, filters: Filters, size: int, order: Sorting = OWN) -> list[str]:
    found: list[str] = []
    after: str | None = None
    while True:
        with database.read() as connection:
            page = queries.register(connection, filters, sorting=order, after=after, size=size)
        assert len(page.rows) <= size
        found += [row["no"] for row in page.rows]
        after = page.next
        if after is None:
            return found


@pytest.mark.parametrize("size", [1, 7, 29, 30, 31, 500])
def test_pages_hold_every_item_once_in_one_order(many: Database, size: int) -> None:
    found = _walk(many, Filters(), size)
    assert sorted(found) == [f"XX2026-{n:04d}" for n in range(1, 31)]
    with many.read() as connection:
        assert found == [r["no"] for r in queries.register(connection, Filters(), size=500).rows]


def test_open_items_come_first_and_among_them_the_worst_lamp_then_the_earliest_date(many: Database) -> None:
    with many.read() as connection:
        rows = queries.register(connection, Filters(), size=500).rows
    assert {r["status"] for r in rows[-3:]} == {"annulled"}
    assert {r["lamp"] for r in rows[:6]} == {"red"}
    assert [r["due"] for r in rows[6:27]] == sorted(r["due"] for r in rows[6:27])


@pytest.mark.parametrize("down", [False, True], ids=["up", "down"])
@pytest.mark.parametrize("by", SORTS)
def test_sorted_it_holds_every_item_once_by_that_column_and_what_has_nothing_there_last(
    many: Database, by: str, down: bool
) -> None:
    for filters in (Filters(), Filters(unit="u2"), Filters(late=True)):
        with many.read() as connection:
            rows = queries.register(connection, filters, size=500).rows
        said = sorted((row for row in rows if row[by]), key=lambda row: (row[by], row["no"]), reverse=down)
        silent = sorted((row for row in rows if not row[by]), key=lambda row: row["no"], reverse=down)
        for size in (1, 7, 500):
            found = _walk(many, filters, size, Sorting(by=by, down=down))
            assert found == [row["no"] for row in (*said, *silent)], (filters, size)


@pytest.mark.parametrize("by", SORTS)
def test_no_page_sorts_the_whole_register(many: Database, by: str) -> None:
    with many.read() as connection:
        if connection.dialect.name != "sqlite":
            return
        for part in Sorting(by=by, down=True).parts("2026-03-01|XX2026-0001"):
            query = select(*queries.LISTED).where(*part.where).order_by(*part.order).limit(51)
            sql = query.compile(connection, compile_kwargs={"literal_binds": True})
            plan = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
            assert plan[0].startswith(("SEARCH item USING INDEX", "SCAN item USING INDEX")), plan
            assert "USE TEMP B-TREE FOR ORDER BY" not in plan, plan


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        (Filters(unit="u2"), [n for n in range(1, 31) if n % 3 == 1]),
        (Filters(area="a1"), [n for n in range(1, 31) if n % 3 != 1]),
        (Filters(unit_kind="organ"), [n for n in range(1, 31) if n % 3 == 1]),
        (Filters(batch="b1"), list(range(1, 31, 2))),
        (Filters(status="annulled"), [1, 2, 3]),
        (Filters(ended=True), []),
        (Filters(ended=False), list(range(4, 31))),
        (Filters(late=True), list(range(4, 10))),
        (Filters(late=False), [1, 2, 3, *range(10, 31)]),
        (Filters(lamp="red", area="a1"), [5, 6, 8, 9]),
        (Filters(variant="one"), list(range(1, 31))),
        (Filters(variant="none"), []),
        (Filters(unit=""), list(range(1, 31))),
        (Filters(text="XX2026-0007"), [7]),
        (Filters(text="第 1"), list(range(10, 20))),
        (Filters(text="问题", unit="u2", late=True), []),
    ],
    ids=str,
)
def test_filters_narrow_it_to_exactly_what_they_say(many: Database, filters: Filters, numbers: list[int]) -> None:
    for size in (2, 500):
        assert sorted(_walk(many, filters, size)) == [f"XX2026-{n:04d}" for n in numbers]
    with many.read() as connection:
        assert sum(queries.lamp_counts(connection, filters).values()) == len(numbers)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("%", [1]),
        ("_", [1, 2]),
        ("50%_以", [1]),
        ("\\", [2]),
        ("\\台账\\a_b", [2]),
        ("'", [3]),
        ('" `', [3]),
        ("--", [3]),
        ("\n", [4]),
        ("🚩", [4]),
        ("ＡＢＣ", [5]),
        ("ABC", [6]),
        ("aBc", [6]),
        ("50x", [7]),
        ("/", []),
        ("' OR 1=1 --", []),
        ("x" * 100_000, []),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_words_are_looked_for_as_they_stand(many: Database, text: str, numbers: list[int]) -> None:
    assert sorted(_walk(many, Filters(text=text), 500)) == [f"XX2026-{n:04d}" for n in numbers]


@pytest.mark.parametrize("filters", [Filters(text="a\x00"), Filters(unit="\x00"), Filters(text="\ud83d")], ids=repr)
def test_words_that_no_database_can_hold_find_nothing_or_are_refused(many: Database, filters: Filters) -> None:
    try:
        assert _walk(many, filters, 500) == []
    except RuleViolation as refused:
        assert refused.code is Code.BAD_REQUEST  # noqa: PT017


@pytest.mark.parametrize("after", ["", "zzz", "0", "%", "9" * 1000])
def test_a_key_from_nowhere_gives_what_comes_after_it(many: Database, after: str) -> None:
    with many.read() as connection:
        for order in (OWN, *(Sorting(by=by) for by in SORTS)):
            page = queries.register(connection, Filters(), sorting=order, after=after, size=500)
            assert len(page.rows) in (0, 3, 30), order


@pytest.mark.parametrize(("size", "rows"), [(0, 1), (-5, 1), (10**9, 30)])
def test_a_page_has_at_least_one_row_and_a_bound(many: Database, size: int, rows: int) -> None:
    with many.read() as connection:
        assert len(queries.register(connection, Filters(), size=size).rows) == rows


def test_an_item_that_moves_while_somebody_pages_is_still_seen_at_most_once_on_each_page(database: Database) -> None:
    world.store_issued(database, *(world.issued(f"XX2026-{n:04d}") for n in range(1, 28)))
    with database.read() as connection:
        first = queries.register(connection, Filters(ended=False), size=20)
    world.give(database, first.rows[-1]["no"], K.ANNUL, at("2026-03-21"), "move")
    with database.read() as connection:
        second = queries.register(connection, Filters(ended=False), after=first.next, size=20)
    assert not {r["no"] for r in first.rows} & {r["no"] for r in second.rows}
    assert len(first.rows) + len(second.rows) == 27


def test_one_item_is_read_with_its_whole_life(database: Database) -> None:
    world.live(database)
    with database.read() as connection:
        view = queries.item(connection, "XX2026-0001")
    assert [e["seq"] for e in view.entries] == [e.seq for e in view.events] == list(range(1, 8))
    assert view.issued.title == view.row["title"]
    assert view.state.seq == 7


@pytest.mark.parametrize("no", ["", "XX2026-9999", "%", "x" * 100_000, "a\x00", "\udfff"])
def test_a_number_that_nobody_gave_out_is_unknown(many: Database, no: str) -> None:
    for ask in (queries.item, lookup.item_row):
        with pytest.raises(RuleViolation) as refused, many.read() as connection:
            ask(connection, no)
        assert refused.value.code in (Code.UNKNOWN_ITEM, Code.BAD_REQUEST)


def test_open_items_are_listed_by_number_chunk_by_chunk(many: Database) -> None:
    found: list[str] = []
    with many.read() as connection:
        while chunk := lookup.open_items(connection, after=found[-1] if found else "", size=10):
            found += [r["no"] for r in chunk]
    assert found == [f"XX2026-{n:04d}" for n in range(4, 31)]


def test_the_last_act_is_a_person_s_and_a_late_reviewer_is_not_the_unit(database: Database) -> None:
    no, until = "XX2026-0001", at("2026-04-20")
    world.store_issued(database, world.issued(no))
    world.give(database, no, K.SIGN, NOW + timedelta(hours=1), "c1")
    submitted = NOW + timedelta(hours=2)
    world.give(database, no, K.SUBMIT, submitted, "c2")
    world.give(database, no, K.TICK, until, "c3")
    with database.read() as connection:
        (row,) = queries.register(connection, Filters(), size=1).rows
        extract = register_extract(connection, Filters())
        (line,) = extract.rows
    assert row["late"]
    assert (row["acted_at"], row["updated_at"] > row["acted_at"]) == (instant_text(submitted), True)
    said = {column.heading: value for column, value in zip(extract.columns, line.values, strict=True)}
    assert said["逾期"] == "审核方逾期"
    assert (said["累计逾期次数"], said["审核方累计逾期次数"]) == (0, 1)
    assert said["最近办理"] == moment(instant_text(submitted))


def test_the_distance_says_whose_lateness_it_is() -> None:
    days = at("2026-03-11").date(), at("2026-03-13").date()
    assert distance(CALENDAR, *days, late=True) == "逾期 2 个工作日"
    assert distance(CALENDAR, *days, late=True, party=Party.REVIEWER) == "审核方逾期 2 个工作日"
