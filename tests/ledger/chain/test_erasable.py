"""Names apart from the entries: guessing is useless, erasing changes no hash, what is missing is accounted for."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ledger.chain import batches, entries, erasable, journal, lookup
from ledger.directory import erasing, people
from ledger.directory.erasing import ErasureRequest
from ledger.proof.verify import verify
from ledger.reading import queries
from ledger.store import evidence
from ledger.store.apart import ref_of
from ledger.store.database import Database
from ledger.store.evidence import EvidenceStore
from ledger.store.hashing import SHA256
from rules.errors import Code, RuleViolation
from rules.machine.commands import CommandKind as K
from rules.machine.commands import Via
from rules.machine.facts import Issued
from rules.machine.folding import fold
from rules.office.facts import Erased, EvidenceRead
from rules.permitting import OfficeAct
from tests.support import world
from tests.support.factories import SUPERVISOR
from tests.support.matters import about
from tests.support.two.people import by_two
from tests.support.world import NOW

NO = "XX2026-0001"
NAMED: dict[str, Any] = {"title": "制度执行不严", "leader": "王建国", "person": "李芳"}
ASKED = ErasureRequest(by="guan", via=Via.SITE, reason="本人申请，处理目的已实现", now=NOW + timedelta(days=3))
WORDS = "（已依规删除：2026年3月5日，本人申请，处理目的已实现）"


@pytest.fixture
def item(database: Database) -> Database:
    world.store_issued(database, world.issued(about=about(**NAMED)))
    world.give(database, NO, K.SIGN, NOW, "c1")
    return database


def said(fact: Issued) -> dict[str, str]:
    return {"title": fact.title, **{at: text for at, text in fact.matter}}


def subject(database: Database, no: str = NO) -> dict[str, str]:
    with database.read() as connection:
        return said(queries.item(connection, no).issued)


def stored(database: Database, no: str = NO) -> dict[str, str]:
    with database.read() as connection:
        return said(lookup.first_fact(connection, no))


def heads(database: Database) -> list[tuple[str, str]]:
    with database.read() as connection:
        rows = connection.execute(text("SELECT hash, body FROM entry WHERE stream = :no ORDER BY seq"), {"no": NO})
        return [(row.hash, row.body) for row in rows]


def wrongs(database: Database, files: EvidenceStore | None = None) -> list[str]:
    return [w.what for w in verify(database, files=files).wrong]


def do(database: Database, statement: str, **values: object) -> None:
    with database.write() as connection:
        connection.execute(text(statement), values)


def refused(act: Callable[[], object]) -> Code:
    with pytest.raises(RuleViolation) as raised:
        act()
    return raised.value.code


def test_an_entry_holds_no_name_and_people_see_it_all_the_same(item: Database) -> None:
    assert all("王建国" not in body and "李芳" not in body for _, body in heads(item))
    assert subject(item) == NAMED
    kept = stored(item)
    assert kept["title"] == NAMED["title"]
    assert [ref_of(name) is not None for name in (kept["leader"], kept["person"])] == [True, True]
    with item.read() as connection:
        view = queries.item(connection, NO)
    assert isinstance(view.events[0].fact, Issued)
    assert said(view.events[0].fact) == NAMED


def test_two_equal_names_have_different_hashes_so_that_a_list_of_names_finds_nobody(database: Database) -> None:
    both = about(leader="李芳", person="李芳")
    world.store_issued(database, world.issued(about=both), world.issued("XX2026-0002", about=both))
    texts = {stored(database, no)[name] for no in (NO, "XX2026-0002") for name in ("leader", "person")}
    assert len(texts) == 4
    guess = erasable.digest(SHA256, b"", "李芳")
    assert all(guess not in held for held in texts)


def test_whoever_has_name_and_salt_can_prove_what_was_set_apart(item: Database) -> None:
    ref = ref_of(stored(item)["person"])
    with item.read() as connection:
        row = connection.execute(erasable.ERASABLE.select().where(erasable.ERASABLE.c.ref == ref)).mappings().one()
    assert erasable.digest(SHA256, bytes.fromhex(row["salt"]), "李芳") == ref
    assert erasable.digest(SHA256, bytes.fromhex(row["salt"]), "李方") != ref
    assert len(bytes.fromhex(row["salt"])) == 32


def test_a_matter_without_names_seals_nothing(database: Database) -> None:
    world.store_issued(database, world.issued())
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM erasable")).scalar() == len(world.PEOPLE), (
            "the directory's"
        )
    assert "person" not in subject(database)
    assert wrongs(database) == []


def test_what_is_no_name_but_would_be_taken_for_the_hash_of_one_stands_apart_too(database: Database) -> None:
    forged = f"erasable:{'0' * 64}"
    world.store_issued(database, world.issued(about=about(goal=forged)))
    assert stored(database)["goal"] != forged == subject(database)["goal"]
    assert wrongs(database) == []


def test_only_what_stands_apart_can_be_erased_and_the_refusal_says_what_does(item: Database) -> None:
    with pytest.raises(RuleViolation, match=r"leader（责任领导）、person（责任人）") as refused:
        by_two(item, lambda: erasing.erase_names(item, NO, ["goal"], ASKED), now=ASKED.now)
    assert refused.value.code is Code.NOT_ERASABLE


def test_folding_and_adopting_know_only_the_text_in_its_place(item: Database) -> None:
    with item.read() as connection:
        events = entries.read_events(connection, NO)
        view = queries.item(connection, NO)
    assert isinstance(events[0].fact, Issued)
    assert said(events[0].fact) == stored(item)
    assert fold(events) == fold(view.events) == view.state


def test_after_erasing_the_chain_still_verifies_and_everybody_reads_when_and_why(item: Database) -> None:
    before = heads(item)
    (done,) = by_two(item, lambda: erasing.erase_names(item, NO, ["person"], ASKED), now=ASKED.now)
    assert heads(item) == before
    assert subject(item) == NAMED | {"person": WORDS}
    assert (done.stream, done.seq, done.before) == ("~office/2026", 7, False)
    assert wrongs(item) == []
    with item.read() as connection:
        row = connection.execute(text("SELECT * FROM erasable WHERE ref = :ref"), {"ref": done.ref}).mappings().one()
        (erasure,) = erasable.erasures(connection).values()
        assert erasable.erased_refs(connection) == {done.ref}
    assert (row["salt"], row["value"]) == (None, None)
    fact = erasure.fact
    assert (erasure.actor, fact.approver, fact.item, fact.field) == ("guan", "fen", NO, "person")


def test_erasing_twice_is_as_once(item: Database) -> None:
    (first,) = by_two(item, lambda: erasing.erase_names(item, NO, ["person"], ASKED), now=ASKED.now)
    again = by_two(item, lambda: erasing.erase_names(item, NO, ["person", "leader"], ASKED), now=ASKED.now)
    assert again[0] == replace(first, before=True)
    assert [done.before for done in again] == [True, False]
    assert wrongs(item) == []


def test_of_several_fields_all_are_erased_or_none(database: Database) -> None:
    world.store_issued(database, world.issued(about=about(person="李芳")))
    assert refused(lambda: erasing.erase_names(database, NO, ["person", "leader"], ASKED)) is Code.NOT_ERASABLE
    assert subject(database)["person"] == "李芳"


@pytest.mark.parametrize(
    ("by", "confirmer", "reason", "code"),
    [
        ("guan", "", "x", Code.SECOND_NEEDED),
        ("guan", "guan", "x", Code.WRONG_ROLE),
        ("fen", "", "x", Code.WRONG_ROLE),
        ("du", "", "x", Code.WRONG_ROLE),
        ("guan", "du", "x", Code.WRONG_ROLE),
        ("guan", "没有这个人", "x", Code.UNKNOWN_PERSON),
        ("guan", "", " ", Code.FIELD_MISSING),
        ("guan", "", "a\x00", Code.CONTROL_CHARACTERS),
    ],
)
def test_an_administrator_erases_and_a_leader_confirms_with_a_reason(
    item: Database, by: str, confirmer: str, reason: str, code: Code
) -> None:
    asked = replace(ASKED, by=by, reason=reason)

    def erase(act: Callable[[], object]) -> object:
        return by_two(item, act, confirmer, asked.now) if confirmer else act()

    assert refused(lambda: erase(lambda: erasing.erase_names(item, NO, ["person"], asked))) is code
    assert refused(lambda: erase(lambda: erasing.erase_person(item, "lian", asked))) is code
    assert subject(item) == NAMED
    assert wrongs(item) == []


def test_an_erased_person_keeps_the_id_and_gets_no_name_back_from_a_file(database: Database) -> None:
    do(database, "UPDATE person SET email = 'a@b.cn' WHERE id = 'lian'")
    by_two(database, lambda: erasing.erase_person(database, "李安", ASKED), now=ASKED.now)
    assert wrongs(database) == []
    world.load(database)
    with database.read() as connection:
        who = people.somebody(connection, "lian")
        email = connection.execute(text("SELECT email FROM person WHERE id = 'lian'")).scalar()
    assert (who.name, email) == ("已删除的人员（lian）", None)
    assert who.posts
    assert wrongs(database) == []


@pytest.fixture
def files(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path / "evidence")


def store_file(database: Database, files: EvidenceStore) -> str:
    id_ = evidence.put(files, b"minutes", "李芳的谈话记录.pdf")
    with database.write() as connection:
        evidence.know(connection, id_, name="李芳的谈话记录.pdf", size=7, media_type="", person="lian", now=NOW)
    return id_


def test_an_erased_file_is_gone_with_its_name_and_its_hash_stays(item: Database, files: EvidenceStore) -> None:
    id_ = store_file(item, files)
    world.give(item, NO, K.REPORT, NOW, "c2", evidence=(id_,))
    by_two(item, lambda: erasing.erase_file(item, files, id_, ASKED), now=ASKED.now)
    assert not files.path(id_).exists()
    assert id_ in heads(item)[-1][1]
    assert wrongs(item, files) == []
    with item.read() as connection:
        assert refused(lambda: evidence.known(connection, (id_,))) is Code.ERASED
        assert refused(lambda: evidence.refuse_erased(connection, id_)) is Code.ERASED
        row = connection.execute(text("SELECT name, erased FROM evidence")).one()
    assert row.name == WORDS
    assert row.erased in WORDS


def test_killed_between_the_entry_and_the_file_the_next_run_ends_it(
    item: Database, files: EvidenceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = store_file(item, files)
    monkeypatch.setattr(EvidenceStore, "remove", lambda self, path: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        by_two(item, lambda: erasing.erase_file(item, files, id_, ASKED), now=ASKED.now)
    monkeypatch.undo()
    (wrong,) = wrongs(item, files)
    assert "文件却还在：再运行一次" in wrong
    assert by_two(item, lambda: erasing.erase_file(item, files, id_, ASKED), now=ASKED.now).before
    assert wrongs(item, files) == []
    with item.read() as connection:
        assert len(erasable.erasures(connection)) == 1


def reported(item: Database, files: EvidenceStore) -> str:
    """The item has a report that names a file; its entry is the last."""
    id_ = store_file(item, files)
    world.give(item, NO, K.REPORT, NOW, "c2", evidence=(id_,))
    assert wrongs(item, files) == []
    return id_


def test_a_file_removed_together_with_its_row_is_missed_by_the_entry_that_names_it(
    item: Database, files: EvidenceStore
) -> None:
    id_ = reported(item, files)
    with item.write() as connection:
        connection.execute(text("DELETE FROM evidence"))
    files.path(id_).unlink()
    for found in (verify(item, files=files), verify(item)):
        assert [(one.stream, one.seq, one.what) for one in found.wrong] == [
            (NO, len(heads(item)), f"这一条提到的佐证材料 {id_[:12]}… 不在册：登记被删除")
        ]


def test_a_file_that_somebody_read_is_missed_by_the_entry_that_says_so(item: Database, files: EvidenceStore) -> None:
    id_ = store_file(item, files)
    with item.write() as connection:
        noted = journal.note(connection, EvidenceRead(evidence=id_), SUPERVISOR, NOW)
        connection.execute(text("DELETE FROM evidence"))
    (one,) = verify(item, files=files).wrong
    assert (one.stream, one.seq) == (noted.stream, noted.seq)
    assert "不在册" in one.what


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("erased = '2026年3月2日，本人申请'", "登记为已删除，却没有删除记录"),
        ("size = 8", "登记的大小 8 与文件的 7 字节不同"),
    ],
)
def test_what_the_register_of_files_says_of_one_is_compared(
    item: Database, files: EvidenceStore, change: str, told: str
) -> None:
    reported(item, files)
    with item.write() as connection:
        connection.execute(text(f"UPDATE evidence SET {change}"))
    (wrong,) = wrongs(item, files)
    assert told in wrong


def test_a_file_that_is_missing_without_an_entry_is_found(item: Database, files: EvidenceStore) -> None:
    id_ = store_file(item, files)
    files.path(id_).unlink()
    (wrong,) = wrongs(item, files)
    assert "文件不见了" in wrong


TAMPERED = [
    ("UPDATE erasable SET value = '张三' WHERE value = '李芳'", "“责任人”与记录里的哈希不符：被改动"),
    ("UPDATE erasable SET salt = 'zz' WHERE value = '李芳'", "“责任人”与记录里的哈希不符：被改动"),
    ("UPDATE erasable SET value = NULL, salt = NULL WHERE value = '王建国'", "“责任领导”不见了，却没有删除记录"),
    ("DELETE FROM erasable WHERE value = '王建国'", "“责任领导”不见了：整行被删除"),
    ("INSERT INTO erasable (ref, salt, value, erased) VALUES ('ab', '00', 'x', '')", "多出 1 个，没有记录提到它们"),
]


@pytest.mark.parametrize(("statement", "told"), TAMPERED)
def test_what_was_done_to_a_name_past_the_program_is_found_and_named(item: Database, statement: str, told: str) -> None:
    do(item, statement)
    (wrong,) = wrongs(item)
    assert told in wrong


ERASED_AND_TAMPERED = [
    ("UPDATE erasable SET value = '李芳' WHERE value IS NULL", "却还在：被放了回去"),
    ("UPDATE erasable SET erased = '别的' WHERE value IS NULL", "的删除说明与删除记录不一致"),
    ("DELETE FROM erasable WHERE value IS NULL", "整行被删除"),
    ("UPDATE person SET name = '李安' WHERE id = 'lian'", "人员 lian 有删除记录，名录里却还有姓名"),
]


@pytest.mark.parametrize(("statement", "told"), ERASED_AND_TAMPERED)
def test_an_erasure_that_was_undone_is_found(item: Database, statement: str, told: str) -> None:
    by_two(item, lambda: erasing.erase_names(item, NO, ["person"], ASKED), now=ASKED.now)
    by_two(item, lambda: erasing.erase_person(item, "lian", ASKED), now=ASKED.now)
    assert wrongs(item) == []
    do(item, statement)
    assert told in "\n".join(wrongs(item))


def test_an_erasure_by_one_person_alone_is_found(item: Database) -> None:
    with item.write() as connection:
        actor = replace(people.actor_for(connection, "guan", OfficeAct.ISSUE), via=Via.SITE)
        fact = Erased(what="person", ref="x", reason="x", approver="guan")
        journal.note(connection, fact, actor, NOW)
    assert set(wrongs(item)) == {"删除由同一人办理和批准：须由两人", "这一步须由两个人办，却没有另一个人复核同意的记录"}


def test_the_register_that_an_item_came_from_forgets_the_name_too(database: Database) -> None:
    reading = {"findings": [{"person": "李芳", "notes": [{"text": "“李芳”不在名录里"}]}], "rows": 2}
    with database.write() as connection:
        new = [world.new_item(n, about=about(**NAMED | {"title": f"问题 {n}"})) for n in (1, 2)]
        batches.save(connection, "b", new, filename="", title="", reading=reading, actor=SUPERVISOR, now=NOW)
        batches.confirm(connection, "b", SUPERVISOR, NOW)
        batches.issue_chunk(connection, "b", 10, NOW)
    by_two(database, lambda: erasing.erase_names(database, NO, ["person"], ASKED), now=ASKED.now)
    with database.read() as connection:
        bodies = connection.execute(text("SELECT body FROM draft ORDER BY n")).scalars().all()
        held = connection.execute(text("SELECT reading FROM batch")).scalar_one()
    assert ["李芳" in body for body in bodies] == [False, True]
    assert "李芳" not in held
    assert subject(database, "XX2026-0002")["person"] == "李芳"
    assert wrongs(database) == []


def test_nothing_of_an_erased_name_is_left_in_the_databases_files(tmp_path: Path, sqlite_template: Path) -> None:
    path = tmp_path / "duban.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{path}")
    rare = "欧阳䶮"
    world.store_issued(database, world.issued(about=about(person=rare)))
    by_two(database, lambda: erasing.erase_names(database, NO, ["person"], ASKED), now=ASKED.now)
    assert database.sweep()
    database.close()
    assert all(rare.encode() not in file.read_bytes() for file in tmp_path.iterdir() if file.is_file())


def test_dead_rows_are_swept_on_either_database(item: Database) -> None:
    by_two(item, lambda: erasing.erase_names(item, NO, ["person"], ASKED), now=ASKED.now)
    assert item.sweep()
