"""What is decided and rung at the ledger past the workflows, on both databases: whom it leaves to be told, until when
the ledger decides, and that two who ring at once ring once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from sqlalchemy import func, select

from ledger.chain import bulk
from ledger.chain.entries import ENTRY
from ledger.chain.past import nudges
from ledger.chain.past.deciding import TOLD_WITHIN, DecidedBy, decide_here, decided_by
from ledger.chain.past.ringing import ring_here
from ledger.chain.selections import Selected, left_behind
from ledger.directory import units as over_time
from ledger.proof.verify import verify
from ledger.store.database import Database
from rules.dates.calendar import local_date
from rules.machine.commands import CommandKind as K
from rules.units.comparing import merge
from tests.support import world
from tests.support.factories import SUPERVISOR, UNIT, at
from tests.support.world import NOW

NO, OTHER = "XX2026-0001", "XX2026-0002"
LATE = at("2026-03-20")


def remark(database: Database, no: str, id_: str, now: datetime) -> int:
    command = world.command(K.REMARK, world.state_of(database, no), id_, text="抓紧")
    return decide_here(database, no, command, now, away=True).state.seq


def decides(database: Database, no: str, now: datetime) -> DecidedBy:
    with database.read() as connection:
        return decided_by(connection, no, "c", now)[0]


def waiting(database: Database) -> list[str]:
    with database.read() as connection:
        return nudges.waiting(connection)


def told(database: Database, no: str, seq: int) -> None:
    with database.write() as connection:
        nudges.handed(connection, no, seq, NOW)


def test_the_longest_waiting_is_told_first_and_of_all_that_it_was_said_to_know(database: Database) -> None:
    world.store_issued(database, world.issued(NO), world.issued(OTHER))
    first = remark(database, OTHER, "a", NOW + timedelta(minutes=1))
    remark(database, NO, "b", NOW + timedelta(minutes=2))
    last = remark(database, OTHER, "c", NOW + timedelta(minutes=3))
    assert waiting(database) == [OTHER, NO]
    told(database, OTHER, first)
    assert waiting(database) == [NO, OTHER], "the later one of it still waits"
    told(database, OTHER, last)
    told(database, NO, 2)
    assert waiting(database) == []


def test_the_ledger_decides_for_an_item_that_is_behind_until_it_has_been_told(database: Database) -> None:
    world.store_issued(database, world.issued(NO), world.issued(OTHER))
    left = NOW + timedelta(minutes=1)
    seq = remark(database, NO, "a", left)
    assert decides(database, NO, left + TOLD_WITHIN) is DecidedBy.WORKFLOW, "it may be told any moment"
    late = left + TOLD_WITHIN + timedelta(seconds=1)
    assert (decides(database, NO, late), decides(database, OTHER, late)) == (DecidedBy.BEHIND, DecidedBy.WORKFLOW)
    told(database, NO, seq)
    assert decides(database, NO, late) is DecidedBy.WORKFLOW


def test_two_who_ring_at_once_ring_once_and_nobody_again(database: Database) -> None:
    numbers = [f"XX2026-{n:04d}" for n in range(1, 31)]
    world.store_issued(database, *map(world.issued, numbers))
    with ThreadPoolExecutor(2) as threads:
        rung = sum(threads.map(lambda size: ring_here(database, LATE, size=size), (7, 10)))
    assert rung > 0
    assert ring_here(database, LATE) == 0
    query = select(ENTRY.c.stream).where(ENTRY.c.kind == "fell_due").group_by(ENTRY.c.stream)
    rungs = select(ENTRY.c.stream).where(ENTRY.c.kind == "rung_reached").group_by(ENTRY.c.stream, ENTRY.c.body)
    with database.read() as connection:
        assert len(connection.execute(query.having(func.count() == 1)).all()) == len(numbers)
        assert connection.execute(rungs.having(func.count() > 1)).all() == []
    assert verify(database).wrong == ()


def test_what_a_merged_unit_had_open_is_handed_on_chunk_by_chunk_and_once(database: Database) -> None:
    numbers = [f"XX2026-{n:04d}" for n in range(1, 6)]
    world.store_issued(database, *map(world.issued, numbers))
    gone, now = UNIT.id, NOW + timedelta(hours=2)
    with database.write() as connection:
        facts = merge(over_time.lives(connection), [gone], world.U3.id, local_date(now), document="县编〔2026〕3号")
        over_time.record(connection, facts, now)
    selection = left_behind(Selected(kind="rehoused", directory="2026-9", cause="合并", person="du"), SUPERVISOR)
    while bulk.give(database, selection, now, 2).stored:
        pass
    for no in numbers:
        state = world.state_of(database, no)
        assert (state.unit.id, state.seq) == (world.U3.id, 2)
    assert verify(database).wrong == ()
