"""The round and its items say the same date: when a calendar comes in the middle, and when a unit chooses its own."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from desk.registers.rounds_shown import RoundUnit, round_units
from ledger.chain import pinned
from ledger.chain.bulk import give
from ledger.chain.entries import ENTRY, ITEM
from ledger.chain.family.in_rounds import ROUND_UNIT
from ledger.chain.past.deciding import decide_here
from ledger.chain.selections import due, other_calendar
from ledger.directory import people
from ledger.proof.verify import verify
from ledger.rounds.coming import step
from ledger.rounds.counted import RoundFilters
from ledger.store.database import Database
from rules.dates.calendar import DayException, instant_of
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor, Command, CommandKind, Via
from rules.process import Role
from rules.rounds.campaign import Campaign, DueBy
from rules.rounds.moment import Moment, MomentForm
from tests.ledger.rounds.month_round import (
    BOSS,
    DUE,
    NAME,
    OPENING,
    closed,
    in_round,
    month,
    of_period,
    page,
    settled,
    wrong,
)
from tests.support.product import ADMINISTRATOR, LEADER
from tests.support.two.people import adopted_by_two

SOON = OPENING + timedelta(days=1)


def elastic() -> Campaign:
    """Research institutes choose from the tenth to the fourteenth working day: 12 to 18 March 2027."""
    between = Moment(form=MomentForm.WORKING_DAY, nth=10, most=14)
    return month(due=(DueBy(kind="research", moment=between), DueBy(kind="", moment=of_period(8))))


def institutes(database: Database) -> list[str]:
    with database.read() as connection:
        return sorted(row["id"] for row in people.all_units(connection) if row["kind"] == "research")


def chosen(database: Database, unit: str, day: date, at: datetime, role: Role = Role.LIAISON) -> None:
    with database.read() as connection:
        (row,) = connection.execute(select(ROUND_UNIT.c.no).where(ROUND_UNIT.c.unit == unit)).scalars()
        person = people.holders(connection, role, unit=unit)[0]
    actor = Actor(id=person, role=role, unit=unit, via=Via.SITE)
    decide_here(database, row, Command(kind=CommandKind.SET_DUE, id=f"d/{day}", actor=actor, to=day), at, away=False)


def adopted(database: Database, now: datetime, *off: date) -> None:
    """A calendar by which these days are not worked, by the items and the round, each as it comes to it."""
    with database.write() as connection:
        calendar = pinned.current_calendar(connection)
        holidays = tuple(DayException(day=day, working=False, name="放假") for day in off)
        whole = tuple(sorted((*calendar.exceptions, *holidays), key=lambda one: one.day))
        other = replace(calendar, version=f"{calendar.version}+{off[0]}", exceptions=whole)
    adopted_by_two(database, other, now, ADMINISTRATOR, LEADER)
    selection = other_calendar(other, "通知", Actor(id=ADMINISTRATOR, role=Role.ADMINISTRATOR, via=Via.SITE))
    assert give(database, selection, now, 500).stored
    swept(database, now)


def swept(database: Database, now: datetime) -> None:
    while give(database, due(now), now, 500).stored:
        pass
    with database.write() as connection:
        step(connection, NAME, now)
    settled(database, now)


def dates(database: Database) -> dict[str, tuple[str, str]]:
    """By unit, when it is due by the round, and by its item, where that is open."""
    query = select(ROUND_UNIT.c.unit, ROUND_UNIT.c.due, ITEM.c.due).join(ITEM, ITEM.c.no == ROUND_UNIT.c.no)
    with database.read() as connection:
        rows = connection.execute(query.where(ITEM.c.status == "working")).all()
    return {unit: (by_round, by_item) for unit, by_round, by_item in rows}


def rings(database: Database) -> Counter[tuple[str, str]]:
    """By item and rung, how often it spoke."""
    query = select(ENTRY.c.stream, ENTRY.c.body).where(ENTRY.c.kind.in_(("rung_reached", "fell_due")))
    with database.read() as connection:
        return Counter((no, body.partition('"rung":')[2].partition(",")[0]) for no, body in connection.execute(query))


def row(database: Database, unit: str, now: datetime) -> RoundUnit:
    with database.read() as connection:
        return next(one for one in round_units(connection, NAME, RoundFilters(), now) if one.unit == unit)


def test_a_calendar_adopted_in_the_middle_moves_the_items_with_their_round_for_each_kind(tmp_path: Path) -> None:
    county = in_round(tmp_path, elastic())
    first, *_ = research = institutes(county)
    chosen(county, first, date(2027, 3, 12), SOON)
    before = dates(county)
    assert before[first] == ("2027-03-12", "2027-03-12")
    swept(county, DUE - timedelta(days=1, hours=1))  # those that are due on the tenth have been reminded
    reminded = rings(county)
    assert len(reminded) == 96 - len(research)
    adopted(county, DUE - timedelta(hours=30), date(2027, 3, 10), date(2027, 3, 12))
    after = dates(county)
    assert len(after) == 96
    assert {unit: by_item for unit, (_, by_item) in after.items()} == {
        unit: "2027-03-16" if unit == first else "2027-03-22" if unit in research else "2027-03-11" for unit in after
    }
    assert all(by_round == by_item for by_round, by_item in after.values())
    assert wrong(county) == []
    swept(county, instant_of(date(2027, 3, 11), time(17, 31)))
    swept(county, instant_of(date(2027, 3, 22), time(17, 31)))
    assert max(rings(county).values()) == 1
    assert page(county, DUE).round.owing == 96
    assert settled(county, DUE) == 0, "who has its date is given it once"
    assert [one.what for one in verify(county).wrong if "已经发出" not in one.what] == []


def test_a_unit_is_counted_by_the_day_that_it_chose(tmp_path: Path) -> None:
    county = in_round(tmp_path, elastic())
    early, late, never, *_ = institutes(county)
    for unit in (early, late):
        chosen(county, unit, date(2027, 3, 15), SOON)
    chosen(county, early, date(2027, 3, 17), SOON + timedelta(hours=1), Role.UNIT_HEAD)
    assert (row(county, early, SOON).due, row(county, early, SOON).chosen) == ("2027-03-17", True)
    assert (row(county, never, SOON).due, row(county, never, SOON).chosen) == ("2027-03-18", False)
    with pytest.raises(RuleViolation) as refused:
        chosen(county, never, date(2027, 3, 19), SOON)
    assert refused.value.code is Code.FIELD_INVALID
    assert "2027-03-12 至 2027-03-18" in str(refused.value)
    at = instant_of(date(2027, 3, 16), time(9))
    swept(county, at)
    for unit in (early, late, never):
        closed(county, unit, at)
    assert [row(county, unit, at).state for unit in (early, late, never)] == ["in", "late", "in"]
    assert wrong(county) == []


def test_a_calendar_that_moves_nothing_of_theirs_leaves_the_others_alone(tmp_path: Path) -> None:
    county = in_round(tmp_path, elastic())
    adopted(county, SOON, date(2027, 6, 1))
    with county.read() as connection:
        moved = connection.execute(select(ENTRY.c.stream).where(ENTRY.c.kind == "due_set")).scalars().all()
    assert len(moved) == len(institutes(county)), "who may choose is told between which days, by the new one"
    assert all(by_round == by_item for by_round, by_item in dates(county).values())
    assert wrong(county) == []


def given(database: Database, unit: str, at: datetime, kind: CommandKind, **said: object) -> None:
    """The unit's liaison asks for it, or else the supervisor does it."""
    asks = kind is CommandKind.ASK_EXTENSION
    with database.read() as connection:
        (no,) = connection.execute(select(ROUND_UNIT.c.no).where(ROUND_UNIT.c.unit == unit)).scalars()
        liaison = people.holders(connection, Role.LIAISON, unit=unit)[0]
    actor = Actor(id=liaison, role=Role.LIAISON, unit=unit, via=Via.SITE) if asks else BOSS
    decide_here(database, no, Command(kind=kind, id=f"{kind}/{no}/{at}", actor=actor, **said), at, away=False)  # type: ignore[arg-type]


def test_a_unit_that_was_put_off_is_counted_by_its_own_day(tmp_path: Path) -> None:
    """By a pause, by an extension, by both; and what moves after it came in changes nothing any more."""
    county = in_round(tmp_path, month())
    paused, extended, both, plain = [unit for unit in dates(county) if unit not in institutes(county)][:4]
    for unit in (extended, both):
        given(county, unit, SOON, CommandKind.ASK_EXTENSION, to=date(2027, 3, 11), reason="unforeseen", text="会议改期")
        given(county, unit, SOON + timedelta(hours=1), CommandKind.DECIDE_EXTENSION, grant=True, reason="同意")
    for unit in (paused, both):
        given(county, unit, SOON + timedelta(hours=2), CommandKind.PAUSE, to=date(2027, 3, 26), reason="等上级通知")
        given(county, unit, SOON + timedelta(days=2), CommandKind.RESUME, text="已收到")
    stand = dates(county)
    assert stand[plain] == ("2027-03-10", "2027-03-10")
    assert stand[paused] == ("2027-03-12", "2027-03-12")
    assert stand[extended] == ("2027-03-11", "2027-03-11")
    assert stand[both] == ("2027-03-15", "2027-03-15")
    assert wrong(county) == []
    at = instant_of(date(2027, 3, 11), time(9))
    swept(county, at)
    for unit in (paused, extended, both, plain):
        closed(county, unit, at)
    assert [row(county, unit, at).state for unit in (paused, extended, both, plain)] == ["in", "in", "in", "late"]
    given(county, plain, at + timedelta(hours=1), CommandKind.REOPEN, reason="内容不实")
    given(county, plain, at + timedelta(hours=2), CommandKind.PAUSE, to=date(2027, 3, 26), reason="等上级通知")
    given(county, plain, at + timedelta(days=4), CommandKind.RESUME, text="已收到")
    assert (row(county, plain, at).state, row(county, plain, at).due) == ("late", "2027-03-10")
    assert wrong(county) == []
    adopted(county, at + timedelta(days=5), date(2027, 3, 24))
    assert wrong(county) == []
