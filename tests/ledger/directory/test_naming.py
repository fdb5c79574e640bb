"""Whoever is called something else from some day on: what was done before keeps the name of its day."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from ledger.chain import journal
from ledger.directory import erasing, people
from ledger.directory.erasing import ErasureRequest
from ledger.directory.naming import Called
from ledger.proof.verify import verify
from ledger.reading.entries_extract import EntrySelection, entries_extract
from ledger.store.database import Database
from rules.errors import RuleViolation
from rules.machine.commands import CommandKind as K
from rules.machine.commands import Via
from rules.office.facts import DirectoryLoaded
from tests.support import world
from tests.support.two.people import by_two
from tests.support.world import NOW

NO = "XX2026-0001"
ASKED = ErasureRequest(by="guan", via=Via.SITE, reason="本人申请", now=NOW + timedelta(days=3))


def rename(database: Database, name: str, person: str = "lian") -> None:
    """The directory is loaded again, with that name under the same id."""
    rows: list[Any] = [{**p, "name": name} for p in world.PEOPLE if p["id"] == person]
    posts = [p for p in world.POSTS if p["person"] == person]
    with database.write() as connection:
        people.load(connection, areas=[], units=[], people=rows, posts=posts, renamed={person}, now=NOW)


@pytest.fixture
def lived(database: Database) -> Database:
    """Signed as 李安, submitted as 李平安, and now called 李长安."""
    world.store_issued(database, world.issued())
    world.give(database, NO, K.SIGN, NOW, "c1")
    rename(database, "李平安")
    world.give(database, NO, K.SUBMIT, NOW + timedelta(hours=1), "c2")
    rename(database, "李长安")
    return database


def actors(database: Database, asked: EntrySelection) -> list[tuple[Any, Any]]:
    with database.read() as connection:
        extract = entries_extract(connection, asked)
        at = {column.name: n for n, column in enumerate(extract.columns)}
        return [(row.values[at["kind"]], row.values[at["actor"]]) for row in extract.rows]


def renamed(connection: Connection) -> list[int]:
    """By entry that a directory was loaded with, how many it gives another name."""
    loaded = (fact for _, fact in journal.facts(connection, DirectoryLoaded))
    return [sum(person.renamed for person in fact.people) for fact in loaded]


def wrongs(database: Database) -> list[str]:
    return [wrong.what for wrong in verify(database).wrong]


def do(database: Database, statement: str) -> None:
    with database.write() as connection:
        connection.execute(text(statement))


def test_every_act_keeps_the_name_of_its_day(lived: Database) -> None:
    assert [who for _, who in actors(lived, EntrySelection(no=NO))] == ["杜查", "李安", "李平安"]
    world.give(lived, NO, K.RETURN, NOW + timedelta(hours=2), "c3")
    world.give(lived, NO, K.SUBMIT, NOW + timedelta(hours=3), "c4")
    assert [who for _, who in actors(lived, EntrySelection(no=NO))] == ["杜查", "李安", "李平安", "杜查", "李长安"]
    assert wrongs(lived) == []


def test_a_change_of_name_is_an_entry_that_tells_the_new_name_and_holds_the_old_one_sealed(lived: Database) -> None:
    with lived.read() as connection:
        rows = entries_extract(connection, EntrySelection()).rows
        told = [str(row.values[5]).partition("；")[2] for row in rows if "人员更名" in str(row.values[5])]
        bodies = [row["body"] for row, _ in journal.facts(connection, DirectoryLoaded)]
    assert told == [f"人员更名：lian 改称{name}，此前办理的仍署原名" for name in ("李平安", "李长安")]
    assert not any("李" in body for body in bodies)


def test_the_same_file_again_is_no_change_of_name(lived: Database) -> None:
    rename(lived, "李长安")
    with lived.read() as connection:
        assert len([size for size in renamed(connection) if size]) == 2


def test_many_changes_at_once_are_few_entries(database: Database) -> None:
    ids = [f"p{n}" for n in range(700)]
    for name in ("旧名", "新名"):
        rows: list[Any] = [{"id": id_, "name": f"{name}{id_[1:]}", "unit": None, "email": None} for id_ in ids]
        with database.write() as connection:
            people.load(connection, areas=[], units=[], people=rows, posts=[], renamed=ids, now=NOW)
    with database.read() as connection:
        assert sorted(size for size in renamed(connection) if size) == [100, 300, 300]
        assert Called(connection, ["p699"]).at(0) == {"p699": "旧名699"}
    assert wrongs(database) == []


def test_who_is_asked_for_by_a_former_name_is_named_with_the_id(lived: Database) -> None:
    with lived.read() as connection, pytest.raises(RuleViolation, match="这是曾用名，现在是李长安（lian），请用编号"):
        people.somebody(connection, "李平安")


def test_erasing_a_person_takes_every_name_that_the_person_had(lived: Database) -> None:
    by_two(lived, lambda: erasing.erase_person(lived, "lian", ASKED))
    assert {who for kind, who in actors(lived, EntrySelection(no=NO)) if kind != "交办"} == {"已删除的人员（lian）"}
    with lived.read() as connection:
        held = connection.execute(text("SELECT salt, value FROM erasable WHERE erased <> ''")).all()
        kept = connection.execute(text("SELECT value FROM erasable WHERE erased = ''")).scalars().all()
    assert set(held) == {(None, None)}
    assert [value for value in kept if "李" in value] == []
    assert wrongs(lived) == []


FIRST = "person = 'lian' AND position = (SELECT min(position) FROM known_name)"
ERASABLE = "value LIKE '[\"李安\",%'"
TAMPERED = [
    (
        f"UPDATE erasable SET value = '[\"王五\",null]' WHERE {ERASABLE}",
        "人员 lian 的姓名和邮箱与记录里的哈希不符：被改动",
    ),
    (f"DELETE FROM erasable WHERE {ERASABLE}", "人员 lian 的姓名和邮箱不见了：整行被删除"),
    (f"UPDATE erasable SET value = NULL, salt = NULL WHERE {ERASABLE}", "却没有删除记录：被绕过程序删除"),
    (f"DELETE FROM known_name WHERE {FIRST}", "lian 的姓名登记（known_name）被删除"),
    (f"UPDATE known_name SET ref = 'x' WHERE {FIRST}", "lian 的姓名登记（known_name）被改动"),
    (
        f"INSERT INTO known_name (person, position, ref) SELECT 'du', 3, ref FROM known_name WHERE {FIRST}",
        "du 的姓名登记（known_name，总序 3）没有记录可依",
    ),
]


@pytest.mark.parametrize(("statement", "told"), TAMPERED)
def test_whoever_puts_another_name_under_an_old_act_is_found(lived: Database, statement: str, told: str) -> None:
    assert wrongs(lived) == []
    do(lived, statement)
    (wrong,) = wrongs(lived)
    assert told in wrong
