"""Appending: stored once, in order, whole; whoever comes second gets what stands there and decides again."""

import multiprocessing
import threading
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, text
from sqlalchemy.exc import IntegrityError

from ledger.chain import entries, lookup
from ledger.chain.entries import Appended
from ledger.proof.verify import verify
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from rules.machine.commands import CommandKind as K
from rules.machine.events import Event
from rules.machine.folding import fold
from tests.support import world
from tests.support.factories import LEADER, at
from tests.support.world import NOW

NO = "XX2026-0001"


def _stored(database: Database, no: str = NO) -> tuple[Event, ...]:
    with database.read() as connection:
        return entries.read_events(connection, no)


def _row(database: Database, no: str = NO) -> object:
    with database.read() as connection:
        return dict(lookup.item_row(connection, no))


def test_what_is_appended_is_read_back_as_it_was(database: Database) -> None:
    first = world.issued(deadline=at("2026-06-01").date(), co_units=("u3", "u2"), batch="b1")
    world.store_issued(database, first)
    state = world.state_of(database, NO)
    events = world.events_of(state, world.command(K.REMARK, state, "c1", text="请抓紧：“限期”\n\t🚩"), NOW)
    assert entries.append(database, NO, 1, "c1", events) == Appended(stored=True)
    assert [(e.seq, e.at, e.command, e.kind, e.fact, e.actor.id) for e in _stored(database)] == [
        (e.seq, e.at, e.command, e.kind, e.fact, e.actor.id) for e in (first, *events)
    ]
    assert verify(database).wrong == ()


def test_the_register_shows_the_item_as_of_its_last_entry(database: Database) -> None:
    world.live(database)
    with database.read() as connection:
        row, head = lookup.item_row(connection, NO), connection.execute(text("SELECT hash FROM entry WHERE seq = 7"))
        assert (row["seq"], row["head"]) == (7, head.scalar())
        assert (row["status"], row["step"], row["late_count"], row["lamp"]) == ("working", "plan", 1, "green")
        assert lookup.state_of(row) == fold(_stored(database))


def test_whoever_comes_second_gets_the_newer_entries_in_order_and_stores_nothing(database: Database) -> None:
    world.live(database)
    before = _row(database)
    state = world.state_of(database, NO)
    late = world.events_of(state, world.command(K.REMARK, state, "late"), at("2026-03-12"))
    found = entries.append(database, NO, 4, "late", late)
    assert not found.stored
    assert not found.known
    assert found.newer == _stored(database)[4:]
    assert [e.seq for e in found.newer] == [5, 6, 7]
    assert _row(database) == before


def test_looking_without_events_tells_only_what_is_newer(database: Database) -> None:
    world.live(database)
    assert entries.append(database, NO, 7, "look", ()) == Appended()
    assert entries.append(database, NO, 6, "look", ()).newer == _stored(database)[6:]
    assert len(_stored(database)) == 7


def test_a_command_that_stands_already_is_known_and_not_stored_twice(database: Database) -> None:
    world.live(database)
    state = world.state_of(database, NO)
    again = world.events_of(state, world.command(K.REMARK, state, f"{NO}-sign"), at("2026-03-12"))
    assert entries.append(database, NO, 7, f"{NO}-sign", again) == Appended(known=True)
    assert len(_stored(database)) == 7


def test_the_same_command_on_another_item_is_another_command(database: Database) -> None:
    world.store_issued(database, world.issued(NO), world.issued("XX2026-0002"))
    for no in (NO, "XX2026-0002"):
        assert world.give(database, no, K.SIGN, NOW, "click").stored


def test_a_caller_ahead_of_the_ledger_is_refused_since_an_old_copy_was_restored(database: Database) -> None:
    world.live(database)
    state = world.state_of(database, NO)
    ahead = world.events_of(state, world.command(K.REMARK, state, "c"), at("2026-03-12"))
    for events in (ahead, ()):
        with pytest.raises(RuleViolation, match="旧的备份") as refused:
            entries.append(database, NO, 8, "c", events)
        assert refused.value.code is Code.LEDGER_BROKEN
    assert len(_stored(database)) == 7


@pytest.mark.parametrize("no", ["XX2026-9999", "", "a\x00b", "\ud800", "x" * 100_000])
def test_an_item_that_does_not_exist_is_refused_whatever_its_number_looks_like(database: Database, no: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        entries.append(database, no, 0, "c", ())
    assert refused.value.code in (Code.UNKNOWN_ITEM, Code.BAD_REQUEST)


def test_all_or_nothing_of_a_command_is_stored(database: Database) -> None:
    world.live(database)
    before = _row(database)
    state = world.state_of(database, NO)
    events = world.events_of(state, world.command(K.REMARK, state, "c"), at("2026-03-20"))
    assert len(events) > 1, "with what was due by then"
    with database.write() as connection:
        in_the_way = {"id": f"{NO}/{events[-1].seq}/lian", "at": "", "person": "", "role": "", "kind": ""}
        connection.execute(insert(entries.NOTICE).values(stream=NO, seq=0, **in_the_way))
    with pytest.raises(IntegrityError):
        entries.append(database, NO, 7, "c", events)
    assert len(_stored(database)) == 7
    assert _row(database) == before
    with database.write() as connection:
        connection.execute(delete(entries.NOTICE).where(entries.NOTICE.c.seq == 0))
    assert verify(database).wrong == ()


def _race(url: str, who: str, numbers: list[str], count: int) -> list[str]:
    """Gives `count` remarks to each item, adopting what others stored first. The commands that were acknowledged."""
    database = Database(url, busy_timeout=60)
    acknowledged = []
    for no in numbers:
        state = None
        for n in range(count):
            id_ = f"{who}-{n}"
            while True:
                state = state or world.state_of(database, no)
                what = world.command(K.REMARK, state, id_, by=LEADER, text=f"第 {n} 句")
                events = world.events_of(state, what, NOW + timedelta(minutes=n))
                done = entries.append(database, no, state.seq, id_, events)
                state = fold(events if done.stored else done.newer, state)
                if done.stored:
                    acknowledged.append(f"{no}/{id_}")
                    break
                assert done.newer, "somebody was first"
    database.close()
    return acknowledged


def _each_stands_once(database: Database, acknowledged: list[str]) -> None:
    with database.read() as connection:
        found = connection.execute(
            text("SELECT stream, command FROM entry WHERE seq > 1 AND stream NOT LIKE '~%'")
        ).all()
    assert sorted(f"{stream}/{command}" for stream, command in found) == sorted(acknowledged)
    assert len(set(acknowledged)) == len(acknowledged)
    assert verify(database).wrong == ()


@pytest.mark.parametrize(
    "items", [pytest.param(1, id="one stream", marks=pytest.mark.soak), pytest.param(5, id="many streams")]
)
def test_processes_that_race_store_every_command_once_and_keep_the_chains_whole(
    database: Database, url: str, items: int
) -> None:
    numbers = [f"XX2026-{n:04d}" for n in range(1, items + 1)]
    world.store_issued(database, *(world.issued(no) for no in numbers))
    count = 20 // items
    work = [(url, f"p{p}", numbers, count) for p in range(4)]
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        acknowledged = [id_ for done in pool.starmap(_race, work) for id_ in done]
    assert len(acknowledged) == 4 * items * count
    _each_stands_once(database, acknowledged)


def test_threads_that_race_with_the_same_command_store_it_once(database: Database) -> None:
    world.store_issued(database, world.issued())
    state = world.state_of(database, NO)
    events = world.events_of(state, world.command(K.SIGN, state, "click"), NOW)
    start, results = threading.Barrier(8), list[Appended]()

    def click() -> None:
        start.wait()
        results.append(entries.append(database, NO, 1, "click", events))

    threads = [threading.Thread(target=click) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(r.stored for r in results) == 1
    stored = _stored(database)[1:]
    assert [r.newer for r in results if not r.stored] == [stored] * 7
    _each_stands_once(database, [f"{NO}/click"])


def test_two_threads_with_different_commands_at_one_moment_both_get_in_one_after_the_other(database: Database) -> None:
    world.store_issued(database, world.issued())
    acknowledged: list[str] = []
    url = database.engine.url.render_as_string(hide_password=False)
    threads = [
        threading.Thread(target=lambda who=who: acknowledged.extend(_race(url, who, [NO], 10))) for who in ("a", "b")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _each_stands_once(database, acknowledged)
    assert len(acknowledged) == 20
