"""What waits for somebody: exactly what those who hold a post are told is theirs, in every place of every process."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import insert, update

from ledger.chain import pinned, projection
from ledger.chain.entries import ITEM
from ledger.chain.holders import POST, Holders
from ledger.directory import people
from ledger.reading.personal import waiting
from ledger.store.database import Database
from rules.machine.commands import Status, UnitRef
from rules.machine.events import Event
from rules.machine.facts import Issued
from rules.machine.folding import evolve
from rules.machine.issuing import Order, issue
from rules.machine.state import AskedExtension, Endorsement, State
from rules.process import Holder, Party, Process, Role
from rules.waiting import awaited, awaited_text, read_awaited
from tests.support import world
from tests.support.factories import CALENDAR, PROCESS, SUPERVISOR
from tests.support.matters import about_for
from tests.support.processes import EVERY, FAMILY, TALLIED
from tests.support.world import NOW

TODAY = NOW.date()
MANY = 1000
AREA = UnitRef(id="a1", name="第一片组", kind="area", area="a1")


def _first(process: Process, no: str, unit: UnitRef) -> tuple[Event, State]:
    order = Order(no=no, unit=unit, **about_for(process))
    event = issue(process, CALENDAR, order, command=f"issue-{no}", actor=SUPERVISOR, now=NOW).events[0]
    state = evolve(None, event)
    return event, state


def _places(process: Process) -> Iterator[tuple[Status, str]]:
    """Where an item of the process may stand."""
    yield from ((Status.UNSIGNED, ""),) if process.sign else ()
    yield from ((Status.DECLINED, ""),) if process.declined else ()
    for step in process.steps:
        status = Status.WORKING if step.party is Party.UNIT else Status.REVIEWING
        yield (Status.WAITING if step.waits else status), step.id
    yield Status.CLOSED, process.steps[-1].id


def _placed(processes: tuple[Process, ...], units: list[UnitRef]) -> Iterator[tuple[Process, Event, State]]:
    """An item for each place of each process, dealt out to those units that it is for."""
    n = 0
    for process in processes:
        for status, step in _places(process):
            fits = [one for one in units if one.kind == process.unit_kind] or [
                replace(one, kind=process.unit_kind) for one in units
            ]
            n += 1
            unit = (
                fits[n % len(fits)]
                if process.holder is Holder.UNIT
                else UnitRef(id="a1", name="第一片组", kind="area", area="a1")
            )
            event, state = _first(process, f"XX2026-{n:04d}", unit)
            yield process, event, replace(state, status=status, step=step, supervisor=("du", "du2")[n % 2])


def _store(database: Database, placed: Iterator[tuple[Process, Event, State]]) -> list[State]:
    states = []
    with database.write() as connection:
        for process, event, state in placed:
            assert isinstance(event.fact, Issued)
            row = projection.item_row(process, CALENDAR, state, "head", event, event.fact, None)
            connection.execute(insert(ITEM).values(**row))
            states.append(state)
    return states


@pytest.fixture
def states(database: Database) -> list[State]:
    processes = (PROCESS, *EVERY, *FAMILY, *TALLIED)
    with database.write() as connection:
        pinned.load_processes(connection, processes, NOW)
        connection.execute(update(people.UNIT).where(people.UNIT.c.id == "u3").values(parent="u1"))
        units = [people.unit_ref(connection, one) for one in ("u1", "u2", "u3", "u4")]
    return _store(database, _placed(processes, units))


def _told(database: Database, states: list[State]) -> dict[str, set[str]]:
    """For each person the items of which those who have the move are told that it is theirs."""
    found: dict[str, set[str]] = {str(one["id"]): set() for one in world.PEOPLE}
    with database.read() as connection:
        holders = Holders.everybody(connection)
        for state in states:
            for post in awaited(pinned.process(connection, state.process), state):
                for person in holders.at(post, state)[1]:
                    found[person].add(state.no)
    return found


def _waits(database: Database, person: str, size: int = MANY, today: date = TODAY) -> waiting.Waiting:
    with database.read() as connection:
        return waiting.waiting_for(connection, (people.somebody(connection, person),), today, size)


def test_it_is_what_those_who_have_the_move_are_told_is_theirs(database: Database, states: list[State]) -> None:
    told = _told(database, states)
    assert sum(map(bool, told.values())) > 8, "liaisons, heads, instructors, supervisors, the leader"
    for person, numbers in told.items():
        found = _waits(database, person)
        assert {row["no"] for row in found.rows} == numbers, person
        assert [row["sort"] for row in found.rows] == sorted(row["sort"] for row in found.rows)


def test_whose_supervisor_has_left_waits_for_every_supervisor(database: Database, states: list[State]) -> None:
    with database.write() as connection:
        connection.execute(POST.delete().where(POST.c.person == "du2"))
    assert {row["no"] for row in _waits(database, "du").rows} == _told(database, states)["du"]
    assert {row["supervisor"] for row in _waits(database, "du").rows} == {"du", "du2"}


def test_where_two_have_to_agree_it_waits_for_the_other_one(database: Database, states: list[State]) -> None:
    with database.read() as connection:
        of = {state.no: pinned.process(connection, state.process) for state in states}
    two = next(s for s in states if s.status is Status.REVIEWING and of[s.no].posts_of(of[s.no].step(s.step)).least > 1)
    posts = of[two.no].posts_of(of[two.no].step(two.step)).of
    agreed = replace(two, endorsed=(Endorsement(post=posts[0], person="somebody"),))
    with database.write() as connection:
        row = projection.moving_columns(of[two.no], CALENDAR, agreed, "head")
        connection.execute(update(ITEM).where(ITEM.c.no == two.no).values(**row))
    told = _told(database, [agreed if state.no == two.no else state for state in states])
    for person, numbers in told.items():
        assert {row["no"] for row in _waits(database, person).rows} == numbers, person


def test_only_the_most_pressing_are_given_where_there_are_many(database: Database, states: list[State]) -> None:
    every, some = _waits(database, "lian"), _waits(database, "lian", 3)
    assert len(every.rows) > 3
    assert (some.rows, some.more, every.more) == (every.rows[:3], True, False)


def test_a_supervisor_sees_what_others_have_to_move_on(database: Database, states: list[State]) -> None:
    with database.read() as connection:
        found = waiting.asked_of_others(connection, "du", MANY)
    theirs = {s.no for s in states if s.supervisor == "du" and s.status in (Status.UNSIGNED, Status.WORKING)}
    assert {row["no"] for row in found.rows} == theirs


def test_whoever_has_to_decide_on_what_was_asked_has_it_to_do(database: Database, states: list[State]) -> None:
    one = next(state for state in states if state.status is Status.WORKING)
    asked = AskedExtension(to=TODAY, days=30, decider=Role.LEADER, asker="lian")
    with database.write() as connection:
        process = pinned.process(connection, one.process)
        row = projection.moving_columns(process, CALENDAR, replace(one, extension=asked), "head")
        connection.execute(update(ITEM).where(ITEM.c.no == one.no).values(**row))
    assert one.no in {row["no"] for row in _waits(database, "fen").rows}, "the leader decides, the unit works on"
    assert set(read_awaited(awaited_text(process, replace(one, extension=asked)))) == {
        *awaited(process, one),
        *awaited(process, replace(one, extension=asked)),
    }
