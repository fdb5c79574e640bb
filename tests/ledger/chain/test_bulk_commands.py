"""What somebody gives to many items is given to each once, whoever dies or is first in between."""

from collections.abc import Sequence
from typing import Any

import pytest

from ledger.chain import bulk, bulk_commands, entries
from ledger.chain.bulk import Given, Place
from ledger.chain.bulk_commands import BulkCounts, Previewed
from ledger.directory.substitutes import events_checked
from ledger.proof import verify
from ledger.store.database import Database
from rules.machine.commands import Command, Via
from rules.machine.commands import CommandKind as K
from tests.support import world
from tests.support.factories import SUPERVISOR, at

ITEMS = 7
NOW = at("2026-03-02", "15:00")
NUMBERS = tuple(f"XX2026-{n:04d}" for n in range(1, ITEMS + 1))


@pytest.fixture
def chosen(database: Database) -> Database:
    """Items that are all to be urged, as somebody has confirmed."""
    world.store_issued(database, *(world.issued(no) for no in NUMBERS))
    save(database, "b1", NUMBERS)
    return database


def save(database: Database, id_: str, numbers: Sequence[str], **said: Any) -> None:
    said = said or {"text": "请抓紧"}
    items = [
        Previewed(no=no, command=Command(kind=K.URGE, id=bulk_commands.command_id(id_, no), actor=SUPERVISOR, **said))
        for no in numbers
    ]
    with database.write() as connection:
        bulk_commands.save(connection, id_, K.URGE, said, items, person="du", behalf="", words="", now=NOW)
        bulk_commands.confirm(connection, id_, Via.SITE, "", NOW)


def give(database: Database, size: int, after: Place = (), *, retried: bool = False) -> Given:
    with database.read() as connection:
        selection = bulk_commands.selection(connection, "b1")
    return bulk.give(database, selection, NOW, size, after=after, retried=retried, check=events_checked())


def counts(database: Database) -> BulkCounts:
    with database.read() as connection:
        return bulk_commands.counts(connection, "b1")


def urged(database: Database) -> list[int]:
    """How often each item was urged."""
    with database.read() as connection:
        return [sum(e.kind == "urged" for e in entries.read_events(connection, no)) for no in NUMBERS]


def test_a_chunk_that_is_given_again_gives_nothing_twice(chosen: Database) -> None:
    first = give(chosen, 3)
    assert (first.stored, urged(chosen)) == (3, [1, 1, 1, 0, 0, 0, 0])
    again = give(chosen, 3, retried=True)  # as if nobody had heard of the first: the next three
    assert (again.stored, urged(chosen)) == (3, [1, 1, 1, 1, 1, 1, 0])
    assert give(chosen, 3, again.after).stored == 1
    assert give(chosen, 3).seen == 0
    assert counts(chosen) == BulkCounts(total=ITEMS, done=ITEMS, refused=0)
    assert verify.verify(chosen).wrong == ()


def test_the_result_stands_with_the_entry_or_neither_does(chosen: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    store = entries.store

    def dies(*arguments: object) -> None:
        store(*arguments)  # type: ignore[arg-type]
        raise ConnectionResetError

    with monkeypatch.context() as patched:
        patched.setattr(entries, "store", dies)
        with pytest.raises(ConnectionResetError):
            give(chosen, 3)
    assert (urged(chosen), counts(chosen).left) == ([0] * ITEMS, ITEMS)
    give(chosen, ITEMS)
    assert (urged(chosen), counts(chosen).left) == ([1] * ITEMS, 0)


def test_an_item_that_moved_between_deciding_and_storing_is_decided_anew(
    chosen: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided = bulk._decided

    def meanwhile(*arguments: object) -> object:
        found = decided(*arguments)  # type: ignore[arg-type]
        world.give(chosen, NUMBERS[0], K.SIGN, NOW, "signed meanwhile")
        world.give(chosen, NUMBERS[1], K.ANNUL, NOW, "annulled meanwhile")
        return found

    with monkeypatch.context() as patched:
        patched.setattr(bulk, "_decided", meanwhile)
        done = give(chosen, ITEMS)
    assert (done.stored, done.beaten, counts(chosen).left) == (ITEMS - 2, 2, 2)
    give(chosen, ITEMS)
    assert urged(chosen) == [1, 0, 1, 1, 1, 1, 1]
    with chosen.read() as connection:
        rows = bulk_commands.items(connection, "b1")
    refusal = bulk_commands.refusal_of(rows[0]["refusal"])
    assert refusal is not None
    assert (rows[0]["no"], rows[0]["result"], str(refusal.code)) == (NUMBERS[1], "refused", "wrong_status")
    assert counts(chosen) == BulkCounts(total=ITEMS, done=ITEMS - 1, refused=1)


def test_whom_a_dead_attempt_could_not_name_the_next_one_names(chosen: Database) -> None:
    give(chosen, 3)
    assert set(give(chosen, ITEMS, retried=True).earlier) >= set(NUMBERS[:3])


def test_what_nobody_has_confirmed_gives_nothing(database: Database) -> None:
    world.store_issued(database, *(world.issued(no) for no in NUMBERS))
    items = [Previewed(no=NUMBERS[0], command=Command(kind=K.URGE, id="bulk/b1/x", actor=SUPERVISOR))]
    with database.write() as connection:
        bulk_commands.save(connection, "b1", K.URGE, {}, items, person="du", behalf="", words="", now=NOW)
    assert give(database, ITEMS) == Given()
    with database.write() as connection:  # and is forgotten when somebody looks at another one, days later
        later = NOW + 2 * bulk_commands.FORGOTTEN_AFTER
        bulk_commands.save(connection, "b2", K.URGE, {}, items, person="du", behalf="", words="", now=later)
    assert counts(database).total == 0
