"""kill -9 at every single write of an append that reaches into other streams: all of it stands or nothing does, and
what is given again makes the very same."""

import multiprocessing
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select

from ledger.chain import entries
from ledger.chain.entries import ENTRY, ITEM, NOTICE
from ledger.proof.verify import verify
from ledger.store.database import Database
from rules.machine.commands import CommandKind as K
from rules.machine.events import Event
from tests.ledger.chain.family.kin import NO, Kin
from tests.support.factories import LIAISON

FRESH = multiprocessing.get_context("forkserver")
"""A process that shares no thread, no lock and no connection with this one."""
FRESH.set_forkserver_preload(["tests.ledger.chain.family.test_killed"])
WRITES = ("INSERT", "UPDATE", "DELETE", "COMMIT")
TWENTY = tuple(
    (f"tasks.{n}.{name}", text)
    for n in range(1, 21)
    for name, text in (("what", f"任务 {n}"), ("unit", f"u{n % 3 + 1}"))
)
FIVE = (*(pair for pair in TWENTY if int(pair[0].split(".")[1]) < 5), ("tasks.5.what", "汇总"), ("tasks.5.after", "1"))


def die_at(url: str, place: int, no: str, after: int, command: str, events: tuple[Event, ...]) -> None:
    """Appends, and is gone right before the write of that place, a row or the commit; at the latest right after it."""
    database, seen = Database(url), 0

    def gone(statement: str) -> None:
        nonlocal seen
        if statement.lstrip().upper().startswith(WRITES):
            seen += 1
            if seen == place:
                os.kill(os.getpid(), signal.SIGKILL)

    @event.listens_for(database.engine, "connect")
    def watch(connection: Any, record: Any) -> None:
        connection.set_trace_callback(gone)

    entries.append(database, no, after, command, events)
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def kin(tmp_path: Path, sqlite_template: Path) -> Iterator[Kin]:
    shutil.copy(sqlite_template, tmp_path / "duban.db")
    database = Database(f"sqlite:///{tmp_path / 'duban.db'}")
    yield Kin(database)
    database.close()


def standing(kin: Kin) -> tuple[Any, ...]:
    """How much stands of everything, and at which entry each item is."""
    with kin.database.read() as connection:
        counts = [connection.execute(select(func.count()).select_from(t)).scalar_one() for t in (ENTRY, ITEM, NOTICE)]
        return (*counts, *connection.execute(select(ITEM.c.no, ITEM.c.seq, ITEM.c.head).order_by(ITEM.c.no)).all())


def killed_at_every_write(kin: Kin, no: str, kind: K, *, step: int = 1, **said: Any) -> int:
    """The command is begun again and again, each time `step` writes further; when it has come through, it is given once
    more, as by whoever never heard of that. Returns at how many writes it died."""
    before = standing(kin)
    state, command, events = kin.decided(no, kind, **said)
    place = 0
    while standing(kin) == before:
        place += step
        dying = FRESH.Process(target=die_at, args=(kin.database.url, place, no, state.seq, command.id, events))
        dying.start()
        dying.join(60)
        assert dying.exitcode == -signal.SIGKILL
    after = standing(kin)
    assert kin.append(state, command, events).newer == events
    assert standing(kin) == after
    assert verify(kin.database).wrong == ()
    return place - step


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.soak)])
def test_an_approval_that_issues_20_rows(kin: Kin, step: int) -> None:
    kin.give(NO, K.SUBMIT, LIAISON, text="报上", answers=(("aim", "见效"), *TWENTY))
    died = killed_at_every_write(kin, NO, K.APPROVE, step=step)
    assert died > 3 * 20, "an entry, a row and a notice of each, at the least"
    assert sorted(kin.numbers()) == sorted(f"{NO}-{n}" for n in range(1, 21))
    assert list(kin.standing().values()) == ["open"] * 20


def test_a_parent_with_five_children_and_the_end_of_each(kin: Kin) -> None:
    kin.give(NO, K.SUBMIT, LIAISON, text="报上", answers=(("aim", "见效"), *FIVE))
    killed_at_every_write(kin, NO, K.APPROVE)
    assert kin.numbers() == [f"{NO}-{n}" for n in range(1, 5)], "the fifth comes after the first"
    for n in range(1, 6):
        kin.give(f"{NO}-{n}", K.SUBMIT, text="办好了")
        died = killed_at_every_write(kin, f"{NO}-{n}", K.CLOSE, outcome="done")
        assert died > 4, "it is told to the parent in the same commit"
        assert kin.standing()[n] == "ended"
        assert kin.numbers() == [f"{NO}-{n}" for n in range(1, 6)]
    kin.give(NO, K.SUBMIT, LIAISON, text="报上")
    killed_at_every_write(kin, NO, K.CLOSE, outcome="reached", answers=(("said", "好"), ("found.1.what", "不全")))
    assert kin.numbers() == [f"{NO}-{n}" for n in range(1, 7)]


def test_annulling_a_parent_with_its_children(kin: Kin) -> None:
    kin.give(NO, K.SUBMIT, LIAISON, text="报上", answers=(("aim", "见效"), *FIVE))
    kin.give(NO, K.APPROVE)
    killed_at_every_write(kin, NO, K.ANNUL, reason="撤项", children=True)
    assert set(kin.standing().values()) == {"annulled"}
    assert [str(kin.state(no).status) for no in kin.numbers()] == ["annulled"] * 4
