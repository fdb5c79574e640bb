"""Whoever writes much knows when somebody waits for it to end. On both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from time import monotonic

from ledger.store.database import Database
from rules.machine.commands import CommandKind as K
from tests.support import world
from tests.support.waiting import until

NO = "XX2026-0001"


async def test_it_is_seen_that_somebody_waits_and_not_when_nobody_does(database: Database) -> None:
    world.store_issued(database, world.issued(NO))
    with ThreadPoolExecutor(1) as others:
        with database.write() as connection:
            begun = monotonic()
            assert not database.keeps_waiting(connection, begun)
            waits = others.submit(world.give, database, NO, K.REMARK, datetime.now(UTC), "c1")
            await until("it is seen that somebody waits", lambda: database.keeps_waiting(connection, begun))
            assert not waits.done()
        assert waits.result().stored
    with database.write() as connection:
        assert not database.keeps_waiting(connection, monotonic()), "that was before"
