"""The database itself refuses whatever would change, remove or misplace an entry, whoever asks."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ledger.store.database import Database
from tests.support import world

_COLUMNS = "stream, seq, at, recorded_at, actor, role, kind, command, body, prev_hash, hash"
_COPY = "SELECT stream, {seq}, at, recorded_at, actor, role, kind, command, body, {prev}, hash FROM entry WHERE seq = 3"


@pytest.fixture(scope="module")
def lived(shared: Database) -> Database:
    """Seven entries of one item. Whatever is tried on them is refused, so one database serves all."""
    world.live(shared)
    return shared


def _refused(database: Database, statement: str, why: str) -> None:
    with database.read() as connection:
        before = connection.execute(text("SELECT * FROM entry ORDER BY position")).all()
    with pytest.raises(DBAPIError, match=why), database.write() as connection:
        connection.execute(text(statement))
    with database.read() as connection:
        assert connection.execute(text("SELECT * FROM entry ORDER BY position")).all() == before


@pytest.mark.parametrize("column", ["actor", "at", "body", "seq", "hash", "position"])
def test_no_column_of_an_entry_can_be_changed(lived: Database, column: str) -> None:
    _refused(lived, f"UPDATE entry SET {column} = {column} WHERE seq = 2", "append-only: no update")


def test_no_entry_can_be_deleted(lived: Database) -> None:
    _refused(lived, "DELETE FROM entry WHERE seq = 7", "append-only: no delete")
    _refused(lived, "DELETE FROM entry", "append-only: no delete")


def test_the_table_cannot_be_emptied(lived: Database) -> None:
    statement, why = ("DELETE FROM entry", "no delete") if lived.is_sqlite else ("TRUNCATE entry", "no truncate")
    _refused(lived, statement, why)


def test_replacing_an_entry_by_inserting_it_again_is_refused(lived: Database) -> None:
    copy = _COPY.format(seq="seq", prev="prev_hash")
    if lived.is_sqlite:
        _refused(lived, f"INSERT OR REPLACE INTO entry ({_COLUMNS}) {copy}", "chained")
        _refused(lived, f"REPLACE INTO entry (position, {_COLUMNS}) SELECT 7, {copy[7:]}", "chained")
    else:
        _refused(
            lived,
            f"INSERT INTO entry ({_COLUMNS}) {copy} ON CONFLICT (stream, seq) DO UPDATE SET body = '{{}}'",
            "chained",
        )


def test_replacing_an_entry_by_its_position_is_refused(lived: Database) -> None:
    """The next seq and the right hash, but at the position of another entry: REPLACE would remove that one."""
    copy = _COPY.format(seq="8", prev="(SELECT hash FROM entry WHERE seq = 7)")
    verb = "INSERT OR REPLACE INTO" if lived.is_sqlite else "INSERT INTO"
    _refused(lived, f"{verb} entry (position, {_COLUMNS}) SELECT 3, {copy[7:]}", "chained")


def test_replacing_the_last_entry_by_its_position_is_refused(lived: Database) -> None:
    copy = _COPY.format(seq="8", prev="(SELECT hash FROM entry WHERE seq = 7)")
    verb = "INSERT OR REPLACE INTO" if lived.is_sqlite else "INSERT INTO"
    _refused(lived, f"{verb} entry (position, {_COLUMNS}) SELECT 7, {copy[7:]}", "chained")


@pytest.mark.parametrize("position", ["0", "-1"])
def test_an_entry_cannot_be_put_before_others_in_the_whole_ledger(lived: Database, position: str) -> None:
    copy = _COPY.format(seq="8", prev="(SELECT hash FROM entry WHERE seq = 7)")
    _refused(lived, f"INSERT INTO entry (position, {_COLUMNS}) SELECT {position}, {copy[7:]}", "chained")


@pytest.mark.parametrize("seq", ["9", "7", "0", "-1"])
def test_an_entry_that_is_not_the_next_is_refused(lived: Database, seq: str) -> None:
    copy = _COPY.format(seq=seq, prev="(SELECT hash FROM entry WHERE seq = 7)")
    _refused(lived, f"INSERT INTO entry ({_COLUMNS}) {copy}", "chained")


def test_an_entry_that_does_not_name_the_one_before_is_refused(lived: Database) -> None:
    _refused(lived, f"INSERT INTO entry ({_COLUMNS}) {_COPY.format(seq='8', prev='prev_hash')}", "chained")


def test_a_stream_begins_at_one_and_from_the_genesis_hash(lived: Database) -> None:
    new = _COPY.format(seq="{seq}", prev="{prev}").replace("SELECT stream", "SELECT 'XX2026-0009'")
    for seq, prev in (("2", f"'{'0' * 64}'"), ("1", "prev_hash")):
        _refused(lived, f"INSERT INTO entry ({_COLUMNS}) {new.format(seq=seq, prev=prev)}", "chained")
