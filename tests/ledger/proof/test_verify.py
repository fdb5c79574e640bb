"""Whoever changes the ledger behind the program's back, with the guards removed, is found out: in which item, where."""

import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from ledger.chain import batches, entries
from ledger.proof.verify import VerifyProgress, size, verify
from ledger.store.canonical import entry_hash
from ledger.store.database import Database
from rules.machine.commands import CommandKind as K
from tests.support import world
from tests.support.factories import LEADER
from tests.support.servers.postgres import PostgresServer, name_of
from tests.support.world import LOADED, NOW

LAST = ("entry_last",)
"""The trigger that only SQLite has."""
A, B, C = "XX2026-0001", "XX2026-0002", "XX2026-0003"


@pytest.fixture(scope="module")
def lived_before(shared: Database) -> Database:
    """Three items of seven entries each, given out by a batch."""
    with shared.write() as connection:
        world.save_batch(connection, "b", [world.new_item(n) for n in (1, 2, 3)])
        batches.issue_chunk(connection, "b", 10, NOW)
    for no in (A, B, C):
        world.give(shared, no, K.SIGN, NOW + timedelta(hours=1), f"{no}-sign")
        for n in range(5):
            world.give(shared, no, K.REMARK, NOW + timedelta(hours=2 + n), f"{no}-{n}", by=LEADER)
    shared.close()
    return shared


@pytest.fixture
def guarded(lived_before: Database, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A copy of it, of the test's own."""
    if lived_before.is_sqlite:
        shutil.copy(lived_before.url.removeprefix("sqlite:///"), tmp_path / "duban.db")
        database = Database(f"sqlite:///{tmp_path / 'duban.db'}")
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        database = Database(server.create(name_of(lived_before.url)))
    yield database
    database.close()
    if not database.is_sqlite:
        server.drop(database.url)


@pytest.fixture
def lived(guarded: Database) -> Database:
    """A copy from which the guards are gone: somebody has the file."""
    with guarded.write() as connection:
        for trigger in ("entry_no_update", "entry_no_delete", "entry_chained", *LAST[: guarded.is_sqlite]):
            connection.execute(text(f"DROP TRIGGER {trigger}" + ("" if guarded.is_sqlite else " ON entry")))
    return guarded


def _tamper(database: Database, *statements: str) -> None:
    with database.write() as connection:
        for statement in statements:
            connection.execute(text(statement))


def _found(database: Database) -> list[tuple[str, int]]:
    return [(w.stream, w.seq) for w in verify(database).wrong if w.stream]


def _words(database: Database) -> str:
    return "\n".join(w.what for w in verify(database).wrong)


def test_an_untouched_ledger_is_whole(guarded: Database) -> None:
    count = VerifyProgress()
    found = verify(guarded, count)
    assert (found.entries, found.items, found.wrong) == (21 + LOADED, 3, ())
    assert (count.entries, count.items) == (21 + LOADED, 3)
    assert size(guarded) == 21 + LOADED


def test_guards_that_are_gone_are_named_and_all_that_is_wrong(lived: Database) -> None:
    (one,) = verify(lived).wrong
    assert (one.stream, one.seq) == ("", 0)
    assert one.what.startswith("防改触发器不在或被换过（entry_no_update、entry_no_delete、entry_chained")


def test_an_empty_ledger_is_whole(database: Database) -> None:
    assert verify(database).wrong == ()


@pytest.mark.parametrize(
    "change",
    [
        "body = replace(body, '抓紧', '不急')",
        "actor = 'somebody'",
        "at = '2026-03-01T00:00:00.000000Z'",
        "recorded_at = '2026-03-01T00:00:00.000000Z'",
        "role = 'supervisor'",
        "unit = 'u9'",
        "kind = 'urged'",
        "command = 'another'",
        'body = \'{"text": "抓紧"}\'',
        f"hash = '{'a' * 64}'",
    ],
    ids=lambda change: change.split(" ")[0],
)
def test_an_entry_that_was_changed_is_named(lived: Database, change: str) -> None:
    _tamper(lived, f"UPDATE entry SET {change} WHERE stream = '{B}' AND seq = 4")
    assert (B, 4) in _found(lived)
    assert {stream for stream, _ in _found(lived)} == {B}
    assert "这一条被改动过" in _words(lived)


def _rehash(connection: Connection, no: str, seq: int) -> None:
    """What somebody would do who knows how the hash is made."""
    where = {"stream": no, "seq": seq}
    row = connection.execute(text("SELECT * FROM entry WHERE stream = :stream AND seq = :seq"), where).mappings().one()
    fields = {k: v for k, v in row.items() if k not in ("position", "hash")}
    changed = {"hash": entry_hash(**fields), **where}
    connection.execute(text("UPDATE entry SET hash = :hash WHERE stream = :stream AND seq = :seq"), changed)


def test_an_entry_that_was_changed_and_hashed_again_breaks_the_chain_after_it(lived: Database) -> None:
    _tamper(lived, f"UPDATE entry SET actor = 'x' WHERE stream = '{B}' AND seq = 4")
    with lived.write() as connection:
        _rehash(connection, B, 4)
    assert _found(lived) == [(B, 5)]


def test_a_chain_that_was_forged_from_an_entry_to_its_end_does_not_end_where_the_register_says(lived: Database) -> None:
    _tamper(lived, f"UPDATE entry SET actor = 'x' WHERE stream = '{B}' AND seq = 6")
    with lived.write() as connection:
        _rehash(connection, B, 6)
        last = f"SELECT hash FROM entry WHERE stream = '{B}' AND seq = 6"
        connection.execute(text(f"UPDATE entry SET prev_hash = ({last}) WHERE stream = '{B}' AND seq = 7"))
        _rehash(connection, B, 7)
    assert _found(lived) == [(B, 7)]


@pytest.mark.parametrize("seq", [1, 2, 6])
def test_an_entry_missing_in_the_middle_is_named(lived: Database, seq: int) -> None:
    _tamper(lived, f"DELETE FROM entry WHERE stream = '{B}' AND seq = {seq}")
    assert _found(lived) == [(B, seq)]
    assert f"缺少第 {seq} 条记录" in _words(lived)


@pytest.mark.parametrize("seq", [7, 5])
def test_a_cut_tail_is_named_from_the_first_missing_entry(lived: Database, seq: int) -> None:
    _tamper(lived, f"DELETE FROM entry WHERE stream = '{B}' AND seq >= {seq}")
    assert _found(lived) == [(B, seq)]
    assert "末尾的记录被删除" in _words(lived)


def test_two_entries_that_changed_places_are_both_named(lived: Database) -> None:
    of = f"WHERE stream = '{B}' AND seq ="
    _tamper(
        lived,
        f"UPDATE entry SET seq = 99 {of} 4",
        f"UPDATE entry SET seq = 4 {of} 5",
        f"UPDATE entry SET seq = 5 {of} 99",
    )
    assert {(B, 4), (B, 5)} <= set(_found(lived))
    assert {stream for stream, _ in _found(lived)} == {B}


def test_two_bodies_that_changed_places_are_both_named(lived: Database) -> None:
    _tamper(lived, f"UPDATE entry SET body = '{{\"text\":\"一\"}}' WHERE stream = '{B}' AND seq IN (4, 6)")
    assert _found(lived) == [(B, 4), (B, 6)]


def _append_by_hand(connection: Connection, no: str, seq: int) -> None:
    copy = f"SELECT * FROM entry WHERE stream = '{no}' AND seq = 7"
    row = dict(connection.execute(text(copy)).mappings().one())
    last = connection.execute(text("SELECT max(position) FROM entry")).scalar_one()
    row.update(position=last + 1, seq=seq, prev_hash=row["hash"], command="by-hand")
    row["hash"] = entry_hash(**{k: v for k, v in row.items() if k not in ("position", "hash")})
    connection.execute(entries.ENTRY.insert(), [row])


def test_an_entry_added_behind_the_programs_back_is_named(lived: Database) -> None:
    with lived.write() as connection:
        _append_by_hand(connection, B, 8)
    assert _found(lived) == [(B, 8)]
    assert "绕过程序" in _words(lived)


def test_an_entry_put_in_between_is_named(lived: Database) -> None:
    with lived.write() as connection:
        connection.execute(text(f"UPDATE entry SET seq = -seq WHERE stream = '{B}' AND seq > 4"))
        connection.execute(text(f"UPDATE entry SET seq = 1 - seq WHERE stream = '{B}' AND seq < 0"))
        row = dict(connection.execute(text(f"SELECT * FROM entry WHERE stream = '{B}' AND seq = 4")).mappings().one())
        row.update(position=1000, seq=5, prev_hash=row["hash"])
        row["hash"] = entry_hash(**{k: v for k, v in row.items() if k not in ("position", "hash")})
        connection.execute(entries.ENTRY.insert(), [row])
    found = _found(lived)
    assert (B, 6) in found
    assert {stream for stream, _ in found} == {B}


@pytest.mark.parametrize(
    "change",
    [
        "lamp = 'red'",
        "title = '没有问题'",
        "status = 'closed'",
        "due = '2027-01-01'",
        "supervisor = 'x'",
        "source = 'x'",
        "points = -5",
        "late_count = 9",
        "late_reviews = 9",
        "issued_at = '2026-01-01T00:00:00.000000Z'",
        "state = replace(state, '\"u1\"', '\"u2\"')",
        "alarm_at = NULL",
        "batch = 'x'",
    ],
    ids=lambda change: change.split(" ")[0],
)
def test_a_register_that_says_something_else_than_its_entries_is_named(lived: Database, change: str) -> None:
    _tamper(lived, f"UPDATE item SET {change} WHERE no = '{B}'")
    assert set(_found(lived)) == {(B, 0)}
    assert change.split(" ")[0] in _words(lived)


def test_entries_without_their_item_are_named(lived: Database) -> None:
    _tamper(lived, f"DELETE FROM item WHERE no = '{B}'")
    assert _found(lived) == [(B, 0)]


def test_an_item_without_its_entries_is_named(lived: Database) -> None:
    _tamper(lived, f"DELETE FROM entry WHERE stream = '{B}'")
    assert _found(lived) == [(B, 0)]


@pytest.mark.parametrize("no", [A, B, C], ids=["first", "middle", "last"])
def test_an_item_removed_with_all_its_entries_is_missed_by_its_number(lived: Database, no: str) -> None:
    _tamper(lived, f"DELETE FROM entry WHERE stream = '{no}'", f"DELETE FROM item WHERE no = '{no}'")
    assert _found(lived) == [(no, 0)]
    assert "整个事项被删除" in _words(lived)


def test_items_removed_one_after_the_other_are_one_sentence_that_says_how_many(lived: Database) -> None:
    for no in (A, B):
        _tamper(lived, f"DELETE FROM entry WHERE stream = '{no}'", f"DELETE FROM item WHERE no = '{no}'")
    assert _found(lived) == [(A, 0)]
    assert f"从这个编号到 {B} 的 2 个已经发出" in _words(lived)


def test_an_entry_that_cannot_be_read_is_named_and_the_rest_still_looked_at(lived: Database) -> None:
    _tamper(
        lived,
        f"UPDATE entry SET body = '{{', kind = 'flown' WHERE stream = '{A}' AND seq = 7",
        f"UPDATE entry SET actor = 'x' WHERE stream = '{C}' AND seq = 2",
        "DELETE FROM process_version",
    )
    assert [found for found in _found(lived) if found[0] != B] == [(A, 7), (C, 2)]


def test_a_forged_last_entry_with_its_head_is_still_checked_by_folding(lived: Database) -> None:
    """Hash and register's head made to fit: what it says must still be something that the program reads."""
    _tamper(lived, f"UPDATE entry SET kind = 'flown' WHERE stream = '{B}' AND seq = 7")
    with lived.write() as connection:
        _rehash(connection, B, 7)
        last = f"SELECT hash FROM entry WHERE stream = '{B}' AND seq = 7"
        connection.execute(text(f"UPDATE item SET head = ({last}) WHERE no = '{B}'"))
    assert _found(lived) == [(B, 7)]
    assert "无法解读" in _words(lived)


@pytest.mark.parametrize("change", ["seq = 'x'", "body = x'00ff'", "actor = 5"], ids=["seq", "body", "actor"])
def test_values_of_the_wrong_type_which_sqlite_keeps_are_named(
    lived: Database, change: str, record_property: Callable[[str, object], None]
) -> None:
    if not lived.is_sqlite:
        record_property("why", "PostgreSQL refuses them")
        return
    _tamper(lived, f"UPDATE entry SET {change} WHERE stream = '{B}' AND seq = 4")
    assert {stream for stream, _ in _found(lived)} == {B}


def test_writers_at_work_raise_no_false_alarm(guarded: Database) -> None:
    stop = threading.Event()

    def work() -> None:
        n = 0
        while not stop.is_set():
            for no in (A, B, C):
                world.give(guarded, no, K.REMARK, NOW + timedelta(days=1, minutes=n), f"w{n}-{no}", by=LEADER)
            n += 1

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for _ in range(20):
            assert verify(guarded).wrong == ()
    finally:
        stop.set()
        worker.join()
