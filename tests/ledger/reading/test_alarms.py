"""The next alarm of every open item: why, in which order, page by page; on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from ledger.chain import lookup
from ledger.chain.entries import ITEM
from ledger.reading import alarms
from ledger.store.database import Database
from rules.machine.commands import CommandKind as K
from rules.machine.ticks import LATEST, SPREAD
from tests.support import world
from tests.support.factories import at
from tests.support.world import NOW

NUMBERS = [f"XX2026-{n:04d}" for n in range(1, 8)]


@pytest.fixture
def seven(database: Database) -> Database:
    """Seven items: the second signed, the third without an alarm, the fourth annulled."""
    world.store_issued(database, *(world.issued(no) for no in NUMBERS))
    world.give(database, NUMBERS[1], K.SIGN, NOW, "c1")
    world.give(database, NUMBERS[3], K.ANNUL, NOW, "c2")
    with database.write() as connection:
        connection.execute(update(ITEM).where(ITEM.c.no == NUMBERS[2]).values(alarm_at=None))
    return database


@pytest.mark.parametrize("size", [1, 2, 3, 6, 50])
def test_pages_hold_every_open_item_once_what_is_missing_first_then_by_time(seven: Database, size: int) -> None:
    seen: list[alarms.NextAlarm] = []
    after: str | None = ""
    with seven.read() as connection:
        while after is not None:
            page = alarms.page(connection, NOW, after=after, size=size)
            assert len(page.alarms) <= size
            seen += page.alarms
            after = page.next
    assert [one.no for one in seen] == [NUMBERS[2], *(NUMBERS[n] for n in (0, 4, 5, 6)), NUMBERS[1]]
    assert seen[0].wrong


def test_what_is_missing_and_what_should_have_rung_is_counted(seven: Database) -> None:
    with seven.read() as connection:
        assert alarms.counts(connection, NOW) == (6, 1, 0)
        assert alarms.counts(connection, NOW + timedelta(days=30)) == (6, 1, 5)


def test_each_alarm_says_what_it_is_for(database: Database) -> None:
    no = NUMBERS[0]
    world.store_issued(database, world.issued(no))

    def why() -> str:
        with database.read() as connection:
            return alarms.next_alarms(connection, [lookup.item_row(connection, no)], NOW)[0].why

    assert why() == "签收时限 2026-03-05：提醒"
    world.give(database, no, K.TICK, at("2026-03-03", "09:00"), "t1")
    assert why() == "签收时限 2026-03-05 到期"
    world.give(database, no, K.TICK, at("2026-03-19", "09:00"), "t2")
    assert why() == "签收时限 2026-03-05：每周（第 2 次）"
    world.give(database, no, K.PAUSE, at("2026-03-19"), "c1", to=at("2026-03-25").date())
    assert why() == "暂停期满，恢复计时"


def test_an_item_that_nobody_swept_is_not_called_silent_while_its_own_timer_may_still_ring(database: Database) -> None:
    no = NUMBERS[0]
    world.store_issued(database, world.issued(no))
    with database.read() as connection:
        row = lookup.item_row(connection, no)
        (quiet,) = alarms.next_alarms(connection, [row], NOW)
        assert quiet.at is not None
        (last,) = alarms.next_alarms(connection, [row], quiet.at + SPREAD)
        assert (last.wrong, alarms.counts(connection, quiet.at + SPREAD)) == ("", (1, 0, 0))
        (silent,) = alarms.next_alarms(connection, [row], quiet.at + LATEST + timedelta(seconds=1))
    assert silent.wrong == "已过点，没有响"
