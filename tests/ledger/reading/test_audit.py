"""Entries of the whole ledger as an auditor looks for them: everything that fits, once, newest first, page by page."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from ledger.chain.entries import ENTRY
from ledger.reading import audit
from ledger.reading.audit import EntryFilters
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from rules.machine.commands import CommandKind as K
from rules.machine.commands import UnitRef, Via
from tests.support import world
from tests.support.factories import LIAISON, OTHER_UNIT, UNIT, at
from tests.support.matters import about
from tests.support.world import NOW

STAND_IN = replace(LIAISON, id="lian1b", behalf="lian", via=Via.CONSOLE, through="root (0)")
UNITS: tuple[UnitRef, ...] = (UNIT, OTHER_UNIT, world.U3)


@pytest.fixture(scope="module")
def many(shared: Database) -> Database:
    """Nine items of three units with their lives; one was signed by a stand-in, one moved to another unit."""
    for n in range(1, 10):
        no, now = f"XX2026-{n:04d}", NOW + timedelta(minutes=n)
        said = about(f"第 {n} 个问题：\n“引号”和 C:\\台账", category="学习")
        world.store_issued(shared, world.issued(no, unit=UNITS[n % 3], about=said, now=now))
    world.give(shared, "XX2026-0003", K.SIGN, NOW + timedelta(hours=1), "s3", by=STAND_IN)
    world.give(shared, "XX2026-0006", K.SIGN, NOW + timedelta(hours=1), "s6")
    world.give(shared, "XX2026-0009", K.DECLINE, NOW + timedelta(hours=2), "d9")
    world.give(shared, "XX2026-0009", K.REASSIGN, NOW + timedelta(hours=3), "r9")
    world.give(shared, "XX2026-0006", K.REMARK, NOW + timedelta(hours=4), "m6", text="请“限期”办结 ABC")
    world.give(shared, "XX2026-0001", K.TICK, at("2026-03-20"), "t1")
    return shared


def _walk(database: Database, wanted: EntryFilters, size: int) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    after: str | None = None
    while True:
        with database.read() as connection:
            page = audit.entries(connection, wanted, after=after, size=size)
        assert len(page.rows) <= size
        found += [(row["stream"], row["seq"]) for row in page.rows]
        after = page.next
        if after is None:
            return found


def _all(database: Database) -> list[tuple[str, int]]:
    query = "SELECT stream, seq FROM entry ORDER BY at DESC, position DESC"
    with database.read() as connection:
        return [(row.stream, row.seq) for row in connection.execute(text(query))]


@pytest.mark.parametrize("size", [1, 2, 7, 500])
def test_pages_hold_every_entry_once_and_the_newest_first(many: Database, size: int) -> None:
    assert _walk(many, EntryFilters(), size) == _all(many)


def test_entries_of_one_instant_are_not_lost_between_pages(many: Database) -> None:
    with many.read() as connection:
        instants = [row.at for row in connection.execute(text("SELECT at FROM entry"))]
    assert len(set(instants)) < len(instants), (
        "the tick brings several entries of one instant, or the test says nothing"
    )
    assert _walk(many, EntryFilters(stream="XX2026-0001"), 1) == [e for e in _all(many) if e[0] == "XX2026-0001"]


def _is(n: int) -> str:
    return f"XX2026-{n:04d}"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (EntryFilters(stream=_is(6)), {(_is(6), 1), (_is(6), 2), (_is(6), 3)}),
        (EntryFilters(stream="XX2026-9999"), set()),
        (EntryFilters(kinds=("remarked",)), {(_is(6), 3)}),
        (EntryFilters(kinds=("remarked", "declined")), {(_is(6), 3), (_is(9), 2)}),
        (EntryFilters(person="fen"), {(_is(6), 3)}),
        (EntryFilters(person="lian"), {(_is(3), 2), (_is(6), 2), (_is(9), 2)}),
        (EntryFilters(person="lian1b"), {(_is(3), 2)}),
        (EntryFilters(via=Via.CONSOLE), {(_is(3), 2)}),
        (EntryFilters(via=Via.SITE, person="lian"), {(_is(6), 2), (_is(9), 2)}),
        (EntryFilters(via=Via.TOKEN), set()),
        (EntryFilters(unit="u3", kinds=("issued",)), {(_is(2), 1), (_is(5), 1), (_is(8), 1)}),
        # What the unit's people did to an item that is another unit's by now, and everything of those it has now.
        (EntryFilters(unit="u1", kinds=("declined",)), {(_is(9), 2)}),
        (EntryFilters(unit="u1", kinds=("issued",)), {(_is(3), 1), (_is(6), 1)}),
        (EntryFilters(unit="u2", kinds=("declined", "reassigned")), {(_is(9), 2), (_is(9), 3)}),
        (EntryFilters(unit="u1", person="lian"), {(_is(3), 2), (_is(6), 2), (_is(9), 2)}),
        (EntryFilters(unit="u2", person="lian"), {(_is(9), 2)}),
        (EntryFilters(begin=NOW + timedelta(hours=2), end=NOW + timedelta(hours=4)), {(_is(9), 2), (_is(9), 3)}),
        (EntryFilters(begin=NOW + timedelta(minutes=9), end=NOW + timedelta(minutes=10)), {(_is(9), 1)}),
        (EntryFilters(text="限期"), {(_is(6), 3)}),
        (EntryFilters(text="办结 abc"), {(_is(6), 3)}),
        (EntryFilters(text="第 7 个问题"), {(_is(7), 1)}),
        (EntryFilters(text="问题：\n“引号”和 C:\\台", stream=_is(4)), {(_is(4), 1)}),
        (EntryFilters(text="没有这样的话"), set()),
        (EntryFilters(text="%"), set()),
    ],
    ids=lambda given: str(sorted(given) if isinstance(given, set) else given)[:60],
)
def test_what_is_wanted_narrows_it_to_exactly_what_it_says(
    many: Database, wanted: EntryFilters, expected: set[tuple[str, int]]
) -> None:
    for size in (1, 500):
        assert _walk(many, wanted, size) == [entry for entry in _all(many) if entry in expected]


def test_a_page_that_cannot_look_through_everything_says_how_far_it_got(
    many: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = _walk(many, EntryFilters(text="第 "), 500)
    monkeypatch.setattr(audit, "LOOKED_THROUGH", 4)
    with many.read() as connection:
        page = audit.entries(connection, EntryFilters(text="没有这样的话"))
    assert page.rows == ()
    assert page.back_to
    assert page.next
    assert page.next.startswith(page.back_to)
    assert _walk(many, EntryFilters(text="第 "), 500) == whole
    assert _walk(many, EntryFilters(text="没有这样的话"), 500) == []


@pytest.mark.parametrize("key", ["x", "2026-03-02/", "2026-03-02/-1", "2026-03-02/1e3", "/" + "9" * 30, "a/٣"])
def test_a_key_that_no_page_gave_is_refused(many: Database, key: str) -> None:
    with many.read() as connection, pytest.raises(RuleViolation) as refused:
        audit.entries(connection, EntryFilters(), after=key)
    assert refused.value.code is Code.BAD_REQUEST


def test_half_a_character_is_refused_in_words(many: Database) -> None:
    with pytest.raises(RuleViolation, match="无法存储的字符"), many.read() as connection:
        audit.entries(connection, EntryFilters(text="\ud800"))


def test_each_way_to_narrow_is_walked_by_an_index(database: Database) -> None:
    """On SQLite; a sort or a scan of all entries would take a second on a large ledger."""
    if not database.is_sqlite:
        pytest.skip("PostgreSQL chooses by the table's size")
    ways = {
        "ix_entry_at": EntryFilters(begin=NOW),
        "ix_entry_kind": EntryFilters(kinds=("closed",)),
        "ix_entry_actor": EntryFilters(person="p"),
        "ix_entry_behalf": EntryFilters(person="p"),
        "ix_entry_unit": EntryFilters(unit="u"),
        "ix_entry_via": EntryFilters(via=Via.CONSOLE),
    }
    with database.read() as connection:
        for index, wanted in ways.items():
            query = audit._candidates(wanted, (), 51).compile(
                dialect=connection.dialect, compile_kwargs={"literal_binds": True}
            )
            plan = "\n".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}"))
            assert index in plan, plan
            assert "SCAN entry\n" not in f"{plan}\n"


def test_findings_come_with_every_closing_and_without_annulled_ones(database: Database) -> None:
    for n in (1, 2, 3):
        world.live(database, _is(n))
    with database.read() as connection:
        last = datetime.fromisoformat(connection.execute(ENTRY.select().order_by(ENTRY.c.at.desc())).first().at)  # type: ignore[union-attr]
    world.give(database, _is(2), K.ANNUL, last, "a2")
    for step, kind in enumerate((K.SUBMIT, K.APPROVE, K.SUBMIT, K.CLOSE, K.REOPEN), 1):
        world.give(database, _is(3), kind, last + timedelta(hours=step), f"c{step}")
    with database.read() as connection:
        found = {f.no: f for f in audit.findings(connection)}
        assert audit.findings(connection, "u2") == []
        assert [audit.count_findings(connection, unit) for unit in (None, "u1", "u2")] == [2, 2, 0]
    assert sorted(found) == [_is(1), _is(3)]
    assert found[_is(1)].closed == ()
    assert found[_is(3)].closed == (last + timedelta(hours=4),)
