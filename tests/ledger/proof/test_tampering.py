"""Whoever changes, removes or adds something past the program is found out, and what was done is named."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import insert, text, update

from ledger.chain import entries, projection
from ledger.proof import checkpoints, keys, outside
from ledger.proof.keys import Signer
from ledger.proof.statements import KEY_TAG, KeyStatement
from ledger.proof.verify import Mark, verify
from ledger.store import evidence
from ledger.store.canonical import canonical, parse
from ledger.store.database import Database
from ledger.store.migrations import guards
from rules.codec import encode
from rules.errors import Code, RuleViolation
from rules.machine.folding import fold
from tests.ledger.proof.sealed_place import A, B, C, Place, lead, rehash
from tests.support import world
from tests.support.factories import CALENDAR
from tests.support.servers.postgres import PostgresServer, name_of
from tests.support.world import NOW

CHANGES: dict[str, tuple[tuple[str, ...], str, int, str]] = {
    "a changed body": (
        (f"UPDATE entry SET body = replace(body, '第 1 次', '第 9 次') WHERE stream = '{B}' AND seq = 4",),
        B,
        4,
        "被改动过",
    ),
    "a changed actor": ((f"UPDATE entry SET actor = 'x' WHERE stream = '{B}' AND seq = 4",), B, 4, "被改动过"),
    "another way in": ((f"UPDATE entry SET via = 'token' WHERE stream = '{B}' AND seq = 4",), B, 4, "被改动过"),
    "another user of the machine": (
        (f"UPDATE entry SET through = 'wang (1000)' WHERE stream = '{B}' AND seq = 5 AND via = 'console'",),
        B,
        5,
        "被改动过",
    ),
    "an act at the console made one of the site": (
        (f"UPDATE entry SET via = 'site', through = NULL WHERE stream = '{B}' AND seq = 5 AND via = 'console'",),
        B,
        5,
        "被改动过",
    ),
    "a changed instant": (
        (f"UPDATE entry SET at = '2026-03-01T00:00:00.000000Z' WHERE stream = '{B}' AND seq = 4",),
        B,
        4,
        "被改动过",
    ),
    "a deleted middle entry": ((f"DELETE FROM entry WHERE stream = '{B}' AND seq = 3",), B, 3, "缺少第 3 条"),
    "a deleted tail": ((f"DELETE FROM entry WHERE stream = '{C}' AND seq >= 4",), C, 4, "末尾的记录被删除"),
    "an edited register": ((f"UPDATE item SET lamp = 'red' WHERE no = '{B}'",), B, 0, "lamp"),
    "a removed notice": (
        (f"DELETE FROM notice WHERE stream = '{B}' AND seq = 1 AND person = 'lian'",),
        B,
        1,
        "通知不见了",
    ),
    "a notice to somebody else": (
        (f"UPDATE notice SET person = 'zhang' WHERE stream = '{B}' AND seq = 1 AND person = 'lian'",),
        B,
        1,
        "通知被改动",
    ),
    "an invented notice": (
        (
            "INSERT INTO notice (id, stream, seq, at, person, role, kind, rung, lamp, immediate, state) "
            f"SELECT 'x', stream, seq, at, 'zhang', role, kind, rung, lamp, immediate, state FROM notice "
            f"WHERE stream = '{B}' AND seq = 1 AND person = 'lian'",
        ),
        B,
        1,
        "没有依据",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_tampering_is_found_and_named(sealed: Place, name: str) -> None:
    statements, stream, seq, words = CHANGES[name]
    sealed.tamper(*statements)
    found = [w for w in sealed.verified().wrong if w.stream]
    assert (stream, seq) in {(w.stream, w.seq) for w in found}
    assert {w.stream for w in found} == {stream}
    assert words in sealed.words()


def test_an_entry_changed_with_its_whole_chain_is_found_by_the_checkpoints(sealed: Place) -> None:
    """Chain, register and fold all agree: only what was sealed tells."""
    sealed.tamper(f"UPDATE entry SET actor = 'fen2' WHERE stream = '{B}' AND seq = 4")
    with sealed.database.write() as connection:
        rehash(connection, B, 4)
    (one, *_) = wrong = sealed.changed()
    assert {w.stream for w in wrong} == {""}
    assert one.what.startswith("封存点 #2 与记录不符：第 11 至 15 条（全库顺序）之间有记录被改动")


def test_an_inserted_entry_with_a_recomputed_chain_is_found(sealed: Place) -> None:
    with sealed.database.write() as connection:
        for table, place_of in (("entry", "position"), ("entry", "seq")):
            where = "position > 14" if place_of == "position" else f"stream = '{B}' AND seq > 4"
            connection.execute(text(f"UPDATE {table} SET {place_of} = -{place_of} WHERE {where}"))
            connection.execute(text(f"UPDATE {table} SET {place_of} = 1 - {place_of} WHERE {place_of} < 0"))
        row = dict(connection.execute(text(f"SELECT * FROM entry WHERE stream = '{B}' AND seq = 4")).mappings().one())
        row.update(position=15, seq=5, command="by-hand", told="[]")
        connection.execute(entries.ENTRY.insert(), [row])
        rehash(connection, B, 5)
    assert "之间有记录被改动、调换、插入" in sealed.words()


def test_entries_that_changed_places_in_the_ledger_are_found(sealed: Place) -> None:
    """Of two items, so that neither chain is touched."""
    sealed.tamper(
        "UPDATE entry SET position = -1 WHERE position = 11",
        "UPDATE entry SET position = 11 WHERE position = 16",
        "UPDATE entry SET position = 16 WHERE position = -1",
    )
    assert "之间有记录被改动、调换" in sealed.words()


def test_a_whole_stream_removed_is_found_and_its_places_are_named(sealed: Place) -> None:
    for table, column in (("entry", "stream"), ("item", "no"), ("notice", "stream")):
        sealed.tamper(f"DELETE FROM {table} WHERE {column} = '{B}'")
    assert "全库缺少第 11 至 15 条记录：被删除" in sealed.words()


def test_a_removed_stream_whose_gap_was_closed_is_found(sealed: Place) -> None:
    for table, column in (("entry", "stream"), ("item", "no"), ("notice", "stream")):
        sealed.tamper(f"DELETE FROM {table} WHERE {column} = '{B}'")
    sealed.tamper("UPDATE entry SET position = -position WHERE position > 15")
    sealed.tamper("UPDATE entry SET position = -position - 5 WHERE position < 0")
    words = sealed.words()
    assert "封存点 #3 盖住 20 条，现在按顺序只有 15 条" in words
    assert "封存点 #2 与记录不符：第 11 至 15 条" in words


def test_a_deleted_tail_with_a_mended_register_is_found(sealed: Place) -> None:
    """The last item is set back to where it stood, with everything that belongs to it: nothing inside tells."""
    sealed.tamper(
        f"DELETE FROM notice WHERE stream = '{C}' AND seq > 3", f"DELETE FROM entry WHERE stream = '{C}' AND seq > 3"
    )
    with sealed.database.write() as connection:
        state = fold(entries.read_events(connection, C))
        assert state is not None
        last = connection.execute(text(f"SELECT hash FROM entry WHERE stream = '{C}' AND seq = 3")).scalar_one()
        columns = projection.moving_columns(world.process_of(state), CALENDAR, state, last)
        connection.execute(update(entries.ITEM).where(entries.ITEM.c.no == C).values(**columns))
    assert verify(sealed.database, outside=None).wrong != (), "its own checkpoints tell"
    assert "封存点 #3 盖住 20 条，现在按顺序只有 18 条：末尾至少 2 条被删除" in sealed.words()


def test_a_replaced_checkpoint_is_found_by_its_signature(sealed: Place) -> None:
    with sealed.database.write() as connection:
        two = checkpoints.by_number(connection, 2)
        body = canonical({**parse(two.body), "at": "2026-01-01T00:00:00.000000Z"}).decode()
        connection.execute(text("UPDATE checkpoint SET body = :body WHERE number = 2"), {"body": body})
    words = sealed.words()
    assert "封存点 #2 的签名不对" in words
    assert "封存点 #2 与外面的副本不同：库里的被换过" in words
    assert "封存点 #3 与前一个封存点接不上" in words


def forge(place: Place) -> tuple[str, Signer]:
    """Somebody who owns the whole database changes an entry, and makes a key and a seal of his own for it. Returns the
    id of the key that was there, and his."""
    place.tamper(f"UPDATE entry SET actor = 'fen2' WHERE stream = '{B}' AND seq = 4")
    forger = Signer(Ed25519PrivateKey.generate())
    said = KeyStatement(id=forger.id, made_at=NOW, previous="", public=forger.public.hex())
    statement = canonical(encode(said)).decode()
    with place.database.write() as connection:
        (old,) = keys.statements(connection)
        rehash(connection, B, 4)
        for table in ("checkpoint", "seal_key", "tree_node"):
            connection.execute(text(f"DELETE FROM {table}"))
        signature = forger.sign(KEY_TAG, statement)
        row = {"id": forger.id, "n": 1, "statement": statement, "signature": signature, "endorsement": ""}
        connection.execute(insert(keys.KEY).values(**row))
    checkpoints.seal(place.database, forger, NOW)
    return old.id, forger


def test_keys_and_checkpoints_that_were_all_replaced_contradict_what_was_noted_of_them(sealed: Place) -> None:
    old, forged = forge(sealed)
    _, *wrong = verify(sealed.database).wrong
    assert [(one.stream, one.seq) for one in wrong] == [("~office/2026", 4), ("", 0)]
    assert f"启用了封存密钥 {old}，登记里没有它" in wrong[0].what
    assert f"封存密钥 {forged.id} 登记着，却没有启用它的记录" in wrong[1].what


def test_checkpoints_forged_with_a_key_of_ones_own_are_found_outside(sealed: Place) -> None:
    """The note of the key is forged too: nothing inside contradicts anything, only what stands outside does."""
    old, forged = forge(sealed)
    sealed.tamper(f"UPDATE entry SET body = replace(body, '{old}', '{forged.id}') WHERE stream = '~office/2026'")
    with sealed.database.write() as connection:
        rehash(connection, "~office/2026", 4)
        for table in ("checkpoint", "tree_node"):
            connection.execute(text(f"DELETE FROM {table}"))
    checkpoints.seal(sealed.database, forged, NOW)
    assert [one.what[:10] for one in verify(sealed.database).wrong] == ["防改触发器不在或被换"]
    words = sealed.words()
    assert "外面有封存密钥" in words
    assert "与外面的副本不同：库里的被换过" in words


def bring_back_positions(database: Database) -> None:
    """PostgreSQL's positions come from a guard: without it nothing can be written honestly."""
    if database.is_sqlite:
        return
    with database.write() as connection:
        chained = next(s for s in guards.POSTGRESQL_GUARDS if s.startswith("CREATE TRIGGER entry_chained"))
        connection.execute(text(chained))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("statement = replace(statement, 'made_at', 'mode_at')", "的声明读不懂：被改动过"),
        ("statement = replace(statement, '2026-', '2025-')", "没有签过现在的声明：声明或签名被改动过"),
        ("signature = endorsement", "没有签过现在的声明：声明或签名被改动过"),
        ("id = 'a1b2c3d4e5f60718'", "的编号与公钥不符：声明或登记被改动过"),
        ("n = 7", "登记为第 7 把"),
        ("endorsement = signature", "是第一把，却有前一把的签名"),
    ],
)
def test_what_was_changed_of_a_key_is_said_exactly_and_not_that_it_was_lost(
    sealed: Place, change: str, told: str
) -> None:
    sealed.tamper(f"UPDATE seal_key SET {change}")
    words = "\n".join(one.what for one in verify(sealed.database).wrong)
    assert told in words
    assert "丢失" not in words


def test_what_stands_beside_a_checkpoint_is_compared_with_it(sealed: Place) -> None:
    sealed.tamper("UPDATE checkpoint SET size = 2 WHERE number = 2", "UPDATE checkpoint SET key = 'x' WHERE number = 3")
    assert [one.what for one in sealed.changed()] == [
        f"封存点 #{number} 旁边记的条数或密钥与它的内容不同：被改动过" for number in (2, 3)
    ]


def test_a_removed_checkpoint_is_found(sealed: Place) -> None:
    sealed.tamper("DELETE FROM checkpoint WHERE number = 2")
    words = sealed.words()
    assert "封存点 #3 与前一个封存点接不上" in words
    assert "外面有封存点 #2" in words


def test_a_replaced_evidence_file_is_found(sealed: Place) -> None:
    stored = evidence.put(sealed.files, b"minutes", "纪要.txt")
    with sealed.database.write() as connection:
        evidence.know(connection, stored, name="纪要.txt", size=7, media_type="text/plain", person="lian", now=NOW)
    assert sealed.changed() == []
    sealed.files.path(stored).write_bytes(b"forged")
    assert "佐证材料“纪要.txt”" in sealed.words()
    assert "文件被换过" in sealed.words()
    sealed.files.path(stored).unlink()
    assert "文件不见了" in sealed.words()


def test_a_database_rolled_back_to_yesterdays_copy_is_found(
    place: Place, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    lead(place.database, A)
    place.seal()
    database = place.database
    if database.is_sqlite:
        copy = tmp_path / "yesterday.db"
        path = database.url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as to:
            source.backup(to)
        yesterday = Database(f"sqlite:///{copy}")
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        database.close()
        yesterday = Database(server.create(name_of(database.url)))
    lead(place.database, B)
    last = place.seal()
    found = verify(yesterday, outside=outside.read(place.outside)).wrong
    yesterday.close()
    words = "\n".join(w.what for w in found)
    assert f"外面有封存点 #{last.number}" in words
    assert f"封存点 #2 盖住 {last.size} 条，现在按顺序只有 10 条：末尾至少 {last.size - 10} 条被删除" in words


def test_a_process_that_was_changed_behind_its_ref_is_found(sealed: Place) -> None:
    """Its ref holds a hash of its content, and stands in the entries."""
    sealed.tamper(
        "UPDATE process_version SET ref = 'small/one/research@0123456789ab' WHERE ref = 'small/one/research@1'"
    )
    assert "的内容与它的版本号不符" in sealed.words()


def test_what_came_since_the_last_verification_is_verified_from_its_mark(place: Place) -> None:
    lead(place.database, A)
    lead(place.database, B)
    place.seal()
    mark = place.verified().mark
    assert mark is not None
    lead(place.database, C)
    last = place.seal()
    done = place.verified(since=mark)
    assert (done.wrong, done.items, done.entries) == ((), 1, 5)
    assert done.checkpoint == last
    with place.database.read() as connection:
        assert Mark.of(parse(canonical(mark.plain())), connection) == mark
    place.lift_guards()
    place.tamper(f"UPDATE entry SET actor = 'x' WHERE stream = '{C}' AND seq = 2")
    assert {(w.stream, w.seq) for w in place.changed(since=mark)} == {(C, 2)}


def test_a_mark_whose_checkpoint_was_replaced_is_no_ground_to_stand_on(place: Place) -> None:
    lead(place.database, A)
    place.seal()
    mark = place.verified().mark
    place.tamper("DELETE FROM checkpoint")
    assert "上次核验过的封存点 #1 不见了或被换过" in "\n".join(w.what for w in place.verified(since=mark).wrong)


def test_nothing_is_sealed_on_top_of_a_ledger_that_does_not_lead_to_its_last_seal(sealed: Place) -> None:
    sealed.tamper(f"UPDATE entry SET hash = '{'a' * 64}' WHERE stream = '{B}' AND seq = 5")
    bring_back_positions(sealed.database)
    lead(sealed.database, "XX2026-0004")
    with pytest.raises(RuleViolation) as refused:
        sealed.seal()
    assert refused.value.code is Code.LEDGER_BROKEN
