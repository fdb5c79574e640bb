"""Before a round's date exactly those are reminded who still owe, once, also when the calendar changes meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

from sqlalchemy import select

from ledger.chain import pinned
from ledger.chain.bulk import give
from ledger.chain.entries import NOTICE
from ledger.chain.selections import due, other_calendar
from ledger.directory import people
from ledger.rounds.coming import step
from ledger.rounds.rounds import item_of, known_round, round_facts
from ledger.store.database import Database
from rules.dates.calendar import DayException, instant_of
from rules.machine.commands import Actor, Via
from rules.process import Role
from rules.rounds.facts import RoundReminded
from tests.ledger.rounds.month_round import DUE, NAME, closed, in_round, month, wrong
from tests.support.product import ADMINISTRATOR

BEFORE = DUE - timedelta(days=1, hours=1)


def swept(database: Database, now: datetime) -> None:
    """Every alarm that has come is rung, as the waves and the round's step do."""
    while give(database, due(now), now, 500).stored:
        pass
    with database.write() as connection:
        step(connection, NAME, now)


def reminded(database: Database) -> dict[str, int]:
    """By item, how many hear that its date comes near."""
    found: dict[str, int] = {}
    with database.read() as connection:
        query = select(NOTICE.c.stream, NOTICE.c.person).where(
            NOTICE.c.kind == "rung_reached", NOTICE.c.role == "liaison"
        )
        for no, _ in connection.execute(query):
            found[no] = found.get(no, 0) + 1
    return found


def numbers(database: Database, units: list[str]) -> list[str]:
    with database.read() as connection:
        rows = [item_of(connection, NAME, unit) for unit in units]
    return [row["no"] for row in rows if row]


def test_only_who_owes_is_reminded_and_once(tmp_path: Path) -> None:
    county = in_round(tmp_path, month())
    with county.read() as connection:
        units = [row["id"] for row in people.all_units(connection) if row["kind"] != "research"]
    closed(county, units[0], BEFORE - timedelta(days=4))
    swept(county, BEFORE)
    first = reminded(county)
    assert set(first) == set(numbers(county, units[1:]))
    swept(county, BEFORE + timedelta(hours=2))
    assert reminded(county) == first


def test_a_calendar_adopted_in_the_middle_moves_the_round_and_reminds_nobody_again(tmp_path: Path) -> None:
    county = in_round(tmp_path, month())
    swept(county, BEFORE)
    first = reminded(county)
    with county.write() as connection:
        calendar = pinned.current_calendar(connection)
        holiday = DayException(day=date(2027, 3, 10), working=False, name="停电")
        other = replace(calendar, version="other", exceptions=(*calendar.exceptions, holiday))
        pinned.load_calendar(connection, other)
    selection = other_calendar(other, "通知", Actor(id=ADMINISTRATOR, role=Role.ADMINISTRATOR, via=Via.SITE))
    assert give(county, selection, BEFORE, 500).stored == 96
    swept(county, BEFORE + timedelta(hours=1))
    with county.read() as connection:
        state = known_round(connection, NAME)
    assert state.days.of("organ").date == date(2027, 3, 11)
    at = instant_of(date(2027, 3, 11), time(17, 31))
    for hours in (20, 30):
        swept(county, BEFORE + timedelta(hours=hours))
    assert {no: count for no, count in reminded(county).items() if no in first} == first
    swept(county, at)
    with county.read() as connection:
        told = [fact for fact, _, _ in round_facts(connection, NAME) if isinstance(fact, RoundReminded)]
    assert [kinds for one in told for kinds in one.kinds] == [""]
    assert wrong(county) == []
