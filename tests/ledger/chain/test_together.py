"""Commands of a crowd stored by one transaction, on both databases: what stands is what would stand if each had come by
itself, and what goes wrong with one is nobody else's."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from ledger.chain import entries, pinned
from ledger.chain.past.deciding import DecidedBy, decide_here
from ledger.chain.past.together import OneOfCrowd, decide_all
from ledger.proof.verify import verify
from ledger.store.database import Database, LedgerUnavailable
from rules.errors import Code, RuleViolation
from rules.machine.commands import CommandKind as K
from rules.machine.events import Event
from rules.machine.issuing import Order, issue
from rules.machine.item import decide
from rules.machine.state import State
from tests.support import world
from tests.support.factories import CALENDAR, PROCESS, SUPERVISOR, UNIT
from tests.support.matters import ABOUT
from tests.support.world import NOW

LAZY = replace(PROCESS, ref="lazy/1", id="lazy", lazily=True)
NUMBERS = [f"XX2026-{n:04d}" for n in range(1, 6)]
WITH_ITS_WORKFLOW = "XX2026-0009"
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def county(database: Database) -> Database:
    """Five items without a workflow, and one with."""
    with database.write() as connection:
        pinned.load_processes(connection, [LAZY], NOW)
    orders = (Order(no=no, unit=UNIT, **ABOUT) for no in NUMBERS)
    issued = [issue(LAZY, CALENDAR, one, command=f"i-{one.no}", actor=SUPERVISOR, now=NOW).events[0] for one in orders]
    world.store_issued(database, *issued, world.issued(WITH_ITS_WORKFLOW))
    return database


def sign(database: Database, no: str, id_: str = "c") -> OneOfCrowd:
    return OneOfCrowd(no=no, command=world.command(K.SIGN, world.state_of(database, NUMBERS[0]), f"{no}/{id_}"))


def seqs(database: Database) -> list[int]:
    return [world.state_of(database, no).seq for no in NUMBERS]


@contextmanager
def commits(database: Database) -> Iterator[list[str]]:
    """One word for each transaction that wrote and was committed meanwhile."""
    found: list[str] = []

    def heard(connection: Connection) -> None:
        if connection.get_execution_options().get("writes"):
            found.append("written")

    event.listen(database.engine, "commit", heard)
    yield found
    event.remove(database.engine, "commit", heard)


def refusing(no: str) -> Any:
    """Refuses what is done to that item, once it stands."""

    def then(connection: Connection, state: State, events: Sequence[Event]) -> None:
        if state.no == no:
            raise RuleViolation(Code.ROUND_LOCKED, unit="u", at="x")

    return then


def test_a_crowd_stands_by_one_transaction_each_as_by_itself(county: Database) -> None:
    asked = [sign(county, no) for no in NUMBERS]
    with commits(county) as written:
        decide_all(county, asked, LATER)
    assert written == ["written"]
    assert seqs(county) == [2] * len(NUMBERS)
    for one in asked:
        assert (one.by, one.failure) == (DecidedBy.LEDGER, None)
        assert one.stands
        assert one.stands.state == world.state_of(county, one.no)
    assert verify(county).wrong == ()


def test_given_again_each_stands_once(county: Database) -> None:
    decide_all(county, [sign(county, no) for no in NUMBERS[:3]], LATER)
    again = [sign(county, no) for no in NUMBERS]
    decide_all(county, again, LATER)
    assert all(one.stands for one in again)
    assert seqs(county) == [2] * len(NUMBERS)


def test_what_stands_is_answered_though_its_workflow_has_not_heard_of_it(county: Database) -> None:
    """It was decided past a workflow that did not answer, and the answer was lost: a workflow that has not been told
    would refuse it."""
    given = sign(county, WITH_ITS_WORKFLOW)
    done = decide_here(county, WITH_ITS_WORKFLOW, given.command, LATER, away=True)
    again = sign(county, WITH_ITS_WORKFLOW)
    decide_all(county, [again], LATER + timedelta(seconds=1))
    assert again.stands
    assert again.stands.state == done.state
    world.live(county, "XX2026-0010")
    of_workflow = sign(county, "XX2026-0010", "sign")
    of_workflow.command = replace(of_workflow.command, id="XX2026-0010-sign")
    decide_all(county, [of_workflow], LATER)
    assert (of_workflow.by, of_workflow.stands) == (DecidedBy.WORKFLOW, None), "its workflow's history has to say it"
    other = replace(sign(county, WITH_ITS_WORKFLOW), same=True)
    other.command = world.command(K.REMARK, done.state, given.command.id)
    decide_all(county, [other], LATER + timedelta(seconds=1))
    assert isinstance(other.failure, RuleViolation)
    assert other.failure.code is Code.COMMAND_REUSED


def test_what_one_is_refused_stays_that_ones(county: Database) -> None:
    """By the rules, as it is stored, for what stands under its id, for an item that nobody knows; and what has a
    workflow is left to that."""
    decide_here(county, NUMBERS[0], sign(county, NUMBERS[0]).command, LATER, away=False)
    twice = sign(county, NUMBERS[0], "again")
    stored = sign(county, NUMBERS[1])
    other = replace(sign(county, NUMBERS[0]), same=True)
    other.command = world.command(K.REMARK, world.state_of(county, other.no), other.command.id)
    unknown = sign(county, "XX2026-0404")
    led = sign(county, WITH_ITS_WORKFLOW)
    fine = [sign(county, no) for no in NUMBERS[2:]]
    decide_all(county, [twice, stored, other, unknown, led, *fine], LATER, then=refusing(NUMBERS[1]))
    codes = [one.failure.code for one in (twice, stored, other, unknown) if isinstance(one.failure, RuleViolation)]
    assert codes == [Code.WRONG_STATUS, Code.ROUND_LOCKED, Code.COMMAND_REUSED, Code.UNKNOWN_ITEM]
    assert (led.by, led.stands, led.failure) == (DecidedBy.WORKFLOW, None, None)
    assert all(one.stands for one in fine)
    assert seqs(county) == [2, 1, 2, 2, 2]
    assert verify(county).wrong == ()


def test_what_one_brings_about_for_another_is_seen_by_that_one(county: Database) -> None:
    """Whoever decided on what has changed in the same transaction decides anew."""
    first, second = NUMBERS[:2]

    def then(connection: Connection, state: State, events: Sequence[Event]) -> None:
        if state.no == first:
            moved = world.state_of(county, second)
            remark = world.command(K.REMARK, moved, "x")
            brought = decide(LAZY, CALENDAR, moved, remark, LATER).events
            assert entries.append_in(connection, second, moved.seq, "x", brought).stored

    asked = [sign(county, first), sign(county, second)]
    decide_all(county, asked, LATER, then=then)
    assert [one.failure for one in asked] == [None, None]
    assert [one.stands.state.seq for one in asked if one.stands] == [2, 3]
    assert seqs(county)[:2] == [2, 3]
    assert verify(county).wrong == ()


def test_what_breaks_the_transaction_by_one_fails_only_that_one(county: Database) -> None:
    broken = NUMBERS[2]

    def then(connection: Connection, state: State, events: Sequence[Event]) -> None:
        if state.no == broken:
            connection.execute(text("INSERT INTO nowhere VALUES (1)"))

    asked = [sign(county, no) for no in NUMBERS]
    decide_all(county, asked, LATER, then=then)
    assert [one.no for one in asked if one.failure] == [broken]
    assert not isinstance(asked[2].failure, RuleViolation)
    assert seqs(county) == [2, 2, 1, 2, 2]
    assert verify(county).wrong == ()


def test_where_nothing_can_be_stored_each_is_told_so_at_once_and_nothing_stands(
    county: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [sign(county, no) for no in NUMBERS]
    tried = 0

    def full(self: Database) -> Any:
        nonlocal tried
        tried += 1
        raise LedgerUnavailable("disk", Code.DISK_FULL)

    with monkeypatch.context() as patch:
        patch.setattr(Database, "write", full)
        decide_all(county, asked, LATER)
    assert tried == 1, "nobody waits for what the one before has found out"
    assert [one.failure.code for one in asked if isinstance(one.failure, RuleViolation)] == [Code.DISK_FULL] * 5
    assert seqs(county) == [1] * len(NUMBERS)
