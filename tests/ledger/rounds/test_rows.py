"""How a round stands is kept unit by unit with the entries, counted by area and kind, and compared by verification."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from desk.registers.my_year import my_year
from desk.registers.rounds_shown import round_page, round_units, shown_rounds, to_call
from ledger.chain import lookup
from ledger.directory import people
from ledger.rounds.coming import step
from ledger.rounds.counted import RoundFilters
from ledger.rounds.rounds import perform
from ledger.store.database import Database
from ledger.store.sight import Sight
from rules.access import SeenScope
from rules.errors import Code, RuleViolation
from rules.machine.commands import SYSTEM
from rules.rounds.deciding import RoundCommand, RoundVerb
from tests.ledger.rounds.month_round import DUE, NAME, OPENING, closed, in_round, month, page, wrong


@pytest.fixture
def county(tmp_path: Path) -> Database:
    return in_round(tmp_path, month())


def test_who_is_in_on_time_late_and_owing_is_counted_by_area_and_kind(county: Database) -> None:
    with county.read() as connection:
        first, second, third, *_ = (row["id"] for row in people.all_units(connection) if row["kind"] != "research")
    closed(county, first, DUE)
    closed(county, second, DUE + timedelta(seconds=1))
    with county.write() as connection:
        drop = RoundCommand(id="d", verb=RoundVerb.DROP, actor=SYSTEM, unit=third, reason="撤销")
        perform(connection, NAME, drop, DUE)
    now = DUE + timedelta(minutes=1)
    shown = page(county, now)
    whole = shown.round
    research = next(part for part in shown.kinds if part.id == "research")
    assert (whole.asked, whole.owed, whole.on_time, whole.late, whole.dropped) == (96, 95, 1, 1, 1)
    assert (whole.overdue, research.overdue) == (whole.owing - research.owing, 0)
    for parts in (shown.areas, shown.kinds):
        assert sum(part.owed for part in parts) == 95
    with county.read() as connection:
        called = to_call(connection, NAME, now, limit=500)
        assert {one.kind for one in called} == {part.id for part in shown.kinds} - {"research"}
        assert len(called) == whole.overdue
        assert {first, second, third}.isdisjoint(one.unit for one in called)
        (late,) = round_units(connection, NAME, RoundFilters(states=("late",)), now)
    assert (late.unit, late.state_name, bool(late.no), late.in_at) == (
        second,
        "逾期报",
        True,
        DUE + timedelta(seconds=1),
    )
    assert wrong(county) == []


def test_what_moves_moves_who_is_late_and_a_first_report_stays_the_first(county: Database) -> None:
    with county.read() as connection:
        first, *_ = (row["id"] for row in people.all_units(connection) if row["kind"] != "research")
    closed(county, first, DUE + timedelta(days=1))
    assert page(county, DUE + timedelta(days=2)).round.late == 1
    with county.write() as connection:
        step(connection, NAME, DUE + timedelta(days=40))
    assert page(county, DUE + timedelta(days=41)).round.revision == 1
    assert page(county, DUE + timedelta(days=41)).reports[0].late == 1
    assert wrong(county) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE round_unit SET state = 'in', in_at = '2027-03-02' WHERE unit = :unit", "“state”与留痕链推算的不一致"),
        ("DELETE FROM round_unit WHERE unit = :unit", "的应报不见了"),
        ("UPDATE round_unit SET unit = 'u999' WHERE unit = :unit", "的应报没有依据"),
        ("UPDATE round SET locks = '2027-04-01' WHERE id <> :unit", "轮次表“locks”"),
        ("DELETE FROM round WHERE id <> :unit", "轮次表不见了"),
        ("UPDATE round SET id = 'other/2027-03' WHERE id <> :unit", "留痕里却没有开放"),
    ],
)
def test_a_row_that_was_changed_is_found(county: Database, change: str, said: str) -> None:
    with county.write() as connection:
        unit = people.all_units(connection)[0]["id"]
        connection.execute(text(change), {"unit": unit})
    assert any(said in what for what in wrong(county))


def test_a_unit_sees_its_year(county: Database) -> None:
    with county.read() as connection:
        unit = next(row["id"] for row in people.all_units(connection) if row["kind"] == "organ")
        year = my_year(connection, unit, 2027, OPENING)
        number = next(one.no for one in year if one.round == NAME)
        assert lookup.item_row(connection, number)["unit"] == unit
    assert [one.period for one in year] == [f"2027-{month:02}" for month in range(3, 13)]
    assert [one.state_name for one in year[:2]] == ["未报", "未开放"]
    assert year[0].due == "2027-03-10"
    assert not year[0].provisional


def _as(county: Database, scope: SeenScope) -> Database:
    return county.seen(lambda _: Sight(scopes=(scope,)))


def test_a_unit_counts_its_own_and_an_area_its_own_units(county: Database) -> None:
    with county.read() as connection:
        units = people.all_units(connection)
        mine = next(row for row in units if row["kind"] != "research")
    closed(county, mine["id"], DUE)
    with county.write() as connection:
        step(connection, NAME, DUE + timedelta(days=40))  # locked, and reported on
    now = DUE + timedelta(days=41)
    of_area = [row["id"] for row in units if row["area"] == mine["area"]]
    for scope, ids in ((SeenScope(units=(mine["id"],)), [mine["id"]]), (SeenScope(areas=(mine["area"],)), of_area)):
        with _as(county, scope).read() as connection:
            shown = round_page(connection, NAME, now)
            listed = round_units(connection, NAME, RoundFilters(), now)
            assert [one.id for one in shown_rounds(connection, now)] == [NAME]
        assert [one.unit for one in listed] == sorted(ids)
        assert (shown.round.asked, shown.round.owed, shown.round.on_time) == (len(ids), len(ids), 1)
        assert {part.id for part in shown.areas} == {mine["area"]}
        assert shown.reports == []
    with _as(county, SeenScope(units=("nowhere",))).read() as connection:
        assert shown_rounds(connection, now) == []
        with pytest.raises(RuleViolation) as refusal:
            round_page(connection, NAME, now)
    assert refusal.value.code is Code.UNKNOWN_ROUND
