"""The due wave in the ledger: every alarm that has come rings once, chunk by chunk, whoever else rings it meanwhile."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from ledger.chain import bulk, entries, lookup, pinned, selections
from ledger.chain.bulk import Given, Place
from ledger.proof import verify
from ledger.reading import queries
from ledger.store.database import Database
from rules.machine.commands import CommandKind as K
from rules.machine.events import Event
from rules.machine.item import decide
from rules.machine.ticks import tick
from rules.machine.timed import FellDue, RungReached
from tests.support import world
from tests.support.factories import CALENDAR, at

ITEMS = 23
LATE = at("2026-03-06", "09:30")
"""After the sign window of three working days has passed (5 March 17:30) and the first rung after it has rung."""
DUE = at("2026-03-05", "17:30")


def numbers() -> list[str]:
    return [f"XX2026-{n:04d}" for n in range(1, ITEMS + 1)]


@pytest.fixture
def wave(database: Database) -> Database:
    """Items that all fell due at the same minute."""
    world.store_issued(database, *(world.issued(no) for no in numbers()))
    return database


def events(database: Database, no: str) -> tuple[Event, ...]:
    with database.read() as connection:
        return entries.read_events(connection, no)


def sweep(database: Database, now: datetime, size: int, after: Place = ()) -> Given:
    return bulk.give(database, selections.due(now), now, size, after=after)


def chunks(database: Database, now: datetime, size: int = 5) -> Iterator[Given]:
    after: Place = ()
    while (done := sweep(database, now, size, after)).seen:
        yield done
        after = done.after


def overdue(database: Database, now: datetime) -> int:
    with database.read() as connection:
        return bulk.waiting(connection, selections.due(now))


def rang(database: Database, no: str) -> list[tuple[str, datetime, datetime | None]]:
    """What spoke by itself: what, when it was due, when it rang."""
    facts = [e.fact for e in events(database, no) if isinstance(e.fact, FellDue | RungReached)]
    return [(getattr(f, "rung", "due"), f.due_at, f.rang_at) for f in facts]


EXPECTED = [
    ("remind", at("2026-03-03", "09:00"), LATE),
    ("due", DUE, LATE),
    ("overdue", at("2026-03-06", "09:00"), LATE),
]


def test_every_item_is_stamped_with_the_instant_that_passed_and_the_moment_it_rang(wave: Database) -> None:
    assert [done.stored for done in chunks(wave, LATE)] == [5, 5, 5, 5, 3]
    for no in numbers():
        assert rang(wave, no) == EXPECTED
        assert [e.at for e in events(wave, no)[1:]] == [due for _, due, _ in EXPECTED]
    assert verify.verify(wave).wrong == ()


def test_the_projection_and_the_notices_stand_with_the_entries(wave: Database) -> None:
    list(chunks(wave, LATE))
    with wave.read() as connection:
        for no in numbers():
            row = lookup.item_row(connection, no)
            assert (row["late"], row["lamp"], row["seq"]) == (True, "red", 4)
            heard = [(n["person"], n["rung"]) for n in queries.notices_of(connection, no=no) if n["rung"] == "overdue"]
            assert sorted(heard) == [("du", "overdue"), ("lian", "overdue"), ("lian1b", "overdue")]


def test_it_gives_the_very_tick_that_the_items_own_workflow_gives(wave: Database) -> None:
    no = numbers()[0]
    state = world.state_of(wave, no)
    mine = decide(world.process_of(state), CALENDAR, state, tick(state.seq), LATE).events
    sweep(wave, LATE, 1)
    assert events(wave, no)[1:] == mine
    assert entries.append(wave, no, state.seq, tick(state.seq).id, mine).newer == mine


def test_sweeping_again_finds_nothing(wave: Database) -> None:
    list(chunks(wave, LATE))
    before = [events(wave, no) for no in numbers()]
    assert list(chunks(wave, LATE)) == []
    assert [events(wave, no) for no in numbers()] == before


def test_nothing_rings_before_its_alarm_or_after_its_end(database: Database) -> None:
    early, ended = world.issued("XX2026-0001"), world.issued("XX2026-0002")
    world.store_issued(database, early, ended)
    world.give(database, "XX2026-0002", K.ANNUL, world.NOW + timedelta(hours=1), "gone")
    assert sweep(database, at("2026-03-03", "08:59"), 10) == Given()
    assert sweep(database, at("2026-03-03", "09:00"), 10).stored == 1
    assert len(events(database, "XX2026-0002")) == 2


def test_a_timer_that_was_first_is_left_alone_between_deciding_and_storing(
    wave: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, last = numbers()[0], numbers()[-1]
    decided, stored = bulk._decided, threading.Event()

    def timer_rings() -> None:
        world.give(wave, first, K.TICK, LATE - timedelta(minutes=1), "tick/1")
        world.give(wave, last, K.SIGN, LATE, "signed late")
        stored.set()

    def meanwhile(*arguments: object) -> object:
        found = decided(*arguments)  # type: ignore[arg-type]
        ringing = threading.Thread(target=timer_rings)
        ringing.start()
        ringing.join()
        return found

    monkeypatch.setattr(bulk, "_decided", meanwhile)
    done = sweep(wave, LATE, ITEMS)
    assert stored.is_set()
    assert (done.seen, done.stored) == (ITEMS, ITEMS - 2)
    assert {rung for _, _, rung in rang(wave, first)} == {LATE - timedelta(minutes=1)}
    assert [e.kind for e in events(wave, last)][-1] == "signed"
    for no in numbers():
        assert [(what, due) for what, due, _ in rang(wave, no)] == [(what, due) for what, due, _ in EXPECTED]
    assert verify.verify(wave).wrong == ()


def test_two_sweeps_and_the_timers_at_once_ring_everything_once(wave: Database) -> None:
    failures: list[BaseException] = []

    def sweeps() -> None:
        try:
            list(chunks(wave, LATE, size=3))
        except BaseException as failure:
            failures.append(failure)

    def timers() -> None:
        try:
            for no in reversed(numbers()):
                state = world.state_of(wave, no)
                command = tick(state.seq)
                entries.append(wave, no, state.seq, command.id, world.events_of(state, command, LATE))
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work) for work in (sweeps, timers, sweeps)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for no in numbers():
        assert rang(wave, no) == EXPECTED
    assert verify.verify(wave).wrong == ()


def test_a_chunk_whose_storing_fails_leaves_nothing_and_is_swept_again(
    wave: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = entries.store

    def dies(*arguments: object) -> None:
        store(*arguments)  # type: ignore[arg-type]
        raise ConnectionResetError

    with monkeypatch.context() as patched:
        patched.setattr(entries, "store", dies)
        with pytest.raises(ConnectionResetError):
            sweep(wave, LATE, 5)
    assert all(len(events(wave, no)) == 1 for no in numbers())
    list(chunks(wave, LATE))
    assert all(rang(wave, no) == EXPECTED for no in numbers())


def test_an_item_that_the_rules_refuse_to_ring_keeps_nobody_waiting(
    wave: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = numbers()[1]
    beyond = replace(CALENDAR, version="2020-2020#old", first_year=2010, last_year=2010, exceptions=())
    with wave.write() as connection:
        pinned.load_calendar(connection, beyond)
        item = entries.ITEM
        connection.execute(update(item).where(item.c.no == broken).values(calendar_ref=beyond.version))

    def decide_or_refuse(process: object, calendar: object, *rest: object) -> object:
        if calendar == beyond:
            beyond.check(LATE.date())
        return decide(process, calendar, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(bulk, "decide", decide_or_refuse)
    done = list(chunks(wave, LATE))
    assert [no for one in done for no, _ in one.refused] == [broken]
    assert sum(one.stored for one in done) == ITEMS - 1


def test_how_many_alarms_are_behind_is_known(wave: Database) -> None:
    assert overdue(wave, at("2026-03-03", "08:59")) == 0
    assert overdue(wave, LATE) == ITEMS
    list(chunks(wave, LATE))
    assert overdue(wave, LATE) == 0


def test_a_chunk_is_full_with_the_item_with_which_it_comes_to_so_many_entries(
    wave: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three entries each: nobody waits while the many are stored that items with many parts would come to."""
    monkeypatch.setattr(bulk, "ENTRIES_AT_ONCE", 8)
    assert [done.seen for done in chunks(wave, LATE, 10)] == [3] * 7 + [2]
    assert overdue(wave, LATE) == 0
    for no in numbers():
        assert [event.kind for event in events(wave, no)] == ["issued", "rung_reached", "fell_due", "rung_reached"]
