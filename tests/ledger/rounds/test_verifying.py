"""After the lock a share of what came in is drawn and looked at: sealed once by itself, by the numbers of two
witnesses, each that was drawn an item of its area's instructor, and nothing more asked of any unit."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from desk.caller import on_site
from desk.registers.draws import ToDraw, open_number, replace_unit, seal, seal_number
from desk.registers.draws_shown import show_draw_page
from desk.registers.rounds_shown import round_page
from ledger.chain.entries import ENTRY, ITEM
from ledger.chain.past.deciding import decide_here
from ledger.directory import people
from ledger.directory.draws import draw_state, facts_of
from ledger.directory.sight import hidden_from
from ledger.proof.verify import verify
from ledger.rounds.coming import step
from ledger.rounds.verifying import batch_verifying, draw_of_round, witnesses_for
from ledger.store.database import Database
from ledger.store.sight import hide
from rules.dates.calendar import instant_of
from rules.draw import drawing
from rules.draw.drawing import counts
from rules.draw.facts import StratumBy
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor, Command, CommandKind, Via
from rules.process import Role
from rules.rounds.campaign import Verify
from tests.ledger.rounds.month_round import NAME, OPENING, closed, in_round, month, page
from tests.support.product import LEADER, SUPERVISOR

LOCK = instant_of(date(2027, 4, 8), time(18))
DRAW, VERIFY = draw_of_round(NAME), Verify(share=5, by=StratumBy.AREA, process="verification", variant="sample")
SALTS = ("a" * 32, "b" * 32)


def locked(folder: Path, per_area: int) -> Database:
    """Of each area so many units have reported; the round is locked, and looked at twice."""
    database = in_round(folder, month(verify=VERIFY))
    with database.read() as connection:
        units = people.all_units(connection)
    areas = sorted({one["area"] for one in units if one["area"]})
    for area in areas:
        for unit in [one["id"] for one in units if one["area"] == area][:per_area]:
            closed(database, unit, OPENING + timedelta(days=1))
    for _ in range(2):
        with database.write() as connection:
            step(connection, NAME, LOCK)
    return database


def numbers(database: Database) -> tuple[str, ...]:
    """Both witnesses bring theirs; who is drawn."""
    with database.read() as connection:
        witnesses = draw_state(connection, DRAW).population.witnesses
    for made in (seal_number, open_number):
        for person, salt in zip(witnesses, SALTS, strict=True):
            made(database, DRAW, "314", salt, on_site(person), LOCK + timedelta(hours=1))
    with database.read() as connection:
        return tuple(one.unit for one in draw_state(connection, DRAW).standing)


def issued(database: Database) -> dict[str, tuple[str, str]]:
    """By the unit that is looked at, the number of the item and its area."""
    with database.read() as connection:
        rows = connection.execute(ITEM.select().where(ITEM.c.batch == batch_verifying(NAME))).mappings().all()
    return {row["import_key"].rpartition("/")[2]: (row["no"], row["unit"]) for row in rows}


def wrong(database: Database) -> list[str]:
    return [one.what for one in verify(database).wrong if "已经发出" not in one.what]


def looked_at(database: Database, no: str, area: str, *answers: tuple[str, str], at: datetime) -> None:
    with database.read() as connection:
        guide = people.holders(connection, Role.INSTRUCTOR, area=area)[0]
    actor = Actor(id=guide, role=Role.INSTRUCTOR, area=area, via=Via.SITE)
    did = Command(kind=CommandKind.SUBMIT, id=f"s/{no}/{len(answers)}", actor=actor, answers=answers)
    decide_here(database, no, did, at, away=False)


def test_of_what_came_in_each_area_has_one_drawn_and_its_instructor_looks_at_it(tmp_path: Path) -> None:
    database = locked(tmp_path, 2)
    with database.read() as connection:
        facts = facts_of(connection, DRAW)
        state = draw_state(connection, DRAW)
        asked = connection.execute(ITEM.select()).mappings().all()
        assert show_draw_page(connection, DRAW).by == "系统"
    assert len(facts) == 1, "sealed once, though stepped twice"
    assert set(counts(state.population).values()) == {1}
    assert len(state.population.units) == 2 * len(counts(state.population))
    assert state.population.witnesses[0] == LEADER
    assert SUPERVISOR not in state.population.witnesses
    assert [one for one in asked if one["unit_kind"] == "area"] == []
    drawn = numbers(database)
    items = issued(database)
    with database.read() as connection:
        area_of = {row["id"]: row["area"] for row in people.all_units(connection)}
        came = {row["unit"]: row["no"] for row in asked}
        first_entries = select(ENTRY.c.stream, ENTRY.c.body).where(ENTRY.c.seq == 1)
        issuing = {stream: body for stream, body in connection.execute(first_entries)}
    assert {unit: area for unit, (_, area) in items.items()} == {unit: area_of[unit] for unit in drawn}
    assert all(came[unit] in issuing[no] for unit, (no, _) in items.items()), "each names what came in"
    with database.read() as connection:
        since = connection.execute(ITEM.select().where(ITEM.c.unit_kind != "area")).mappings().all()
    assert len(since) == len(asked), "no unit is asked anything for it"
    first, second, *_ = sorted(items)
    at = LOCK + timedelta(days=1)
    looked_at(database, *items[first], ("same", "yes"), ("how", "查了会议记录"), at=at)
    looked_at(database, *items[second], ("same", "no"), ("how", "查了台账"), ("differing", "党课两次"), at=at)
    looked_at(database, *items[second], ("when", "2027-04-09"), at=at)
    shown = page(database, at).sampled
    assert shown is not None
    assert (shown.draw, shown.drawn, shown.looked_at, shown.outcomes) == (
        DRAW,
        len(drawn),
        2,
        (("相符", 1), ("不符", 1)),
    )
    assert "已抽 6 个，核实 2 个：相符 1 个、不符 1 个" in shown.words
    with database.read() as connection:
        liaison = people.holders(connection, Role.LIAISON, unit=first)[0]
        hide(connection, hidden_from(connection, [liaison]))
        unseen = round_page(connection, NAME, at).sampled
        assert unseen is not None
        assert (unseen.draw, unseen.drawn) == ("", 0), "whoever is of a unit sees no draw"
    replace_unit(database, DRAW, first, "材料已封存", on_site(LEADER), at)
    assert len(issued(database)) == len(drawn) + 1, "who takes its place is looked at too"
    with database.write() as connection:
        step(connection, NAME, at)
    assert len(issued(database)) == len(drawn) + 1
    assert wrong(database) == []


def test_where_nothing_came_in_nothing_is_sealed_and_the_page_says_so_nor_does_anybody_by_hand(tmp_path: Path) -> None:
    database = in_round(tmp_path, month(verify=VERIFY))
    asked = ToDraw(draw=DRAW, title="核实", by="area", share=50, witnesses=(LEADER, SUPERVISOR))
    with pytest.raises(RuleViolation, match="抽样核实") as refusal:
        seal(database, asked, on_site(SUPERVISOR), OPENING)
    assert refusal.value.code is Code.DRAW_REFUSED
    before = page(database, OPENING).sampled
    assert before is not None
    assert "锁定以后" in before.words
    with database.write() as connection:
        step(connection, NAME, LOCK)
        assert facts_of(connection, DRAW) == ()
        assert len(set(witnesses_for(connection, SUPERVISOR))) == 2
    shown = page(database, LOCK).sampled
    assert shown is not None
    assert "没有报上来的" in shown.words


def test_what_cannot_be_drawn_from_leaves_the_round_to_lock_and_the_page_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "POPULATION_LIMIT", 3)
    database = locked(tmp_path, 1)
    with database.read() as connection:
        assert facts_of(connection, DRAW) == ()
    shown = page(database, LOCK)
    assert (shown.round.state_name, shown.sampled and shown.sampled.draw) == ("已锁定", "")
    assert shown.sampled is not None
    assert "没有封存" in shown.sampled.words
    assert "最多 3 个" in shown.sampled.words
