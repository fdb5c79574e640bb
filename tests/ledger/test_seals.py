"""Checkpoints seal the ledger: what stands under one cannot be changed, removed, added or set back without being found,
given the copy outside; and nobody honest is ever accused."""

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, insert, text, update

from ledger import checkpoints, entries, evidence, keys, migrations, outside, projection
from ledger.canonical import canonical, entry_hash, parse
from ledger.checkpoints import Checkpoint
from ledger.database import Database, hashing_of
from ledger.evidence import EvidenceStore
from ledger.hashing import ALGORITHMS
from ledger.keys import KeyFolder, KeyProblem, Signer
from ledger.merkle import continues
from ledger.migrations import guards
from ledger.statements import KEY as KEY_DOMAIN
from ledger.statements import KeyStatement
from ledger.verify import Mark, Verified, verify
from ledger.verifying.found import Wrong
from rules.codec import encode
from rules.commands import CommandKind as K
from rules.errors import Code, RuleViolation
from rules.events import Event
from rules.state import State, evolve, fold
from tests.ledger import world
from tests.ledger.postgres import PostgresServer, name_of
from tests.ledger.world import NOW
from tests.rules.factories import ADMINISTRATOR, CALENDAR, LEADER

A, B, C = "XX2026-0001", "XX2026-0002", "XX2026-0003"
TRIGGERS = ("entry_no_update", "entry_no_delete", "entry_chained")


class Place:
    """A ledger with its keys, its evidence and its copy of the seals outside."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder
        self.keys = KeyFolder(folder / "keys")
        self.outside = folder / "outside" / "seals.jsonl"
        self.files = EvidenceStore(folder / "evidence")

    def seal(self) -> Checkpoint:
        signer = self.keys.signer(self.database, NOW, ADMINISTRATOR)
        made, _ = checkpoints.seal(self.database, signer, NOW, beyond=outside.last_number(self.outside))
        with self.database.read() as connection:
            outside.publish(connection, self.outside)
        return made

    def verified(self, since: Mark | None = None) -> Verified:
        return verify(self.database, files=self.files, outside=outside.read(self.outside), since=since)

    def words(self) -> str:
        return "\n".join(f"{w.stream} {w.seq} {w.what}" for w in self.verified().wrong)

    def changed(self, since: Mark | None = None) -> list[Wrong]:
        """What is wrong besides the guards that somebody took away."""
        gone, *rest = self.verified(since).wrong
        assert gone.what.startswith("防改触发器不在或被换过")
        return rest

    def lift_guards(self) -> None:
        """Somebody has the database, and knows how to drop a trigger."""
        with self.database.write() as connection:
            for trigger in (*TRIGGERS, *("entry_last",)[: self.database.is_sqlite]):
                connection.execute(text(f"DROP TRIGGER {trigger}" + ("" if self.database.is_sqlite else " ON entry")))

    def tamper(self, *statements: str) -> None:
        with self.database.write() as connection:
            for statement in statements:
                connection.execute(text(statement))


def lead(database: Database, no: str, more: int = 3) -> None:
    """An item of some entries: issued, signed, remarked upon."""
    world.store_issued(database, world.issued(no))
    world.give(database, no, K.SIGN, NOW + timedelta(hours=1), f"{no}-sign")
    for n in range(more):
        world.give(database, no, K.REMARK, NOW + timedelta(hours=2 + n), f"{no}-{n}", by=LEADER, text=f"第 {n} 次批示")


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Place:
    return Place(database, tmp_path)


@pytest.fixture
def sealed(place: Place) -> Place:
    """Three items of five entries, sealed after each; the guards are gone."""
    for no in (A, B, C):
        lead(place.database, no)
        place.seal()
    assert place.verified().wrong == ()
    place.lift_guards()
    return place


def rehash(connection: Connection, no: str, after: int) -> None:
    """What somebody does who knows how hashes are made: the whole chain anew from there on, and the register's head."""
    hashing = hashing_of(connection)
    query = text("SELECT * FROM entry WHERE stream = :no ORDER BY seq")
    head = ""
    for row in connection.execute(query, {"no": no}).mappings().all():
        if row["seq"] < after:
            head = row["hash"]
            continue
        fields = {k: v for k, v in row.items() if k not in ("position", "hash")}
        if row["seq"] > 1:
            fields["prev_hash"] = head
        head = entry_hash(hashing, **fields)
        change = text("UPDATE entry SET prev_hash = :prev, hash = :hash WHERE stream = :no AND seq = :seq")
        connection.execute(change, {"prev": fields["prev_hash"], "hash": head, "no": no, "seq": row["seq"]})
    connection.execute(text("UPDATE item SET head = :head WHERE no = :no"), {"head": head, "no": no})


def test_a_first_seal_makes_a_key_notes_it_and_covers_everything(place: Place) -> None:
    lead(place.database, A)
    made = place.seal()
    assert (made.number, made.size) == (1, 9)  # the loaded world, five entries of the item and the note of the key
    with place.database.read() as connection:
        (statement,) = keys.statements(connection)
        assert made.key == statement.id
        assert made.is_signed_by(statement.public)
        assert statement.is_own
    assert (place.folder / "keys" / "seal.key").stat().st_mode & 0o777 == 0o600
    done = place.verified()
    assert done.wrong == ()
    assert done.checkpoint == made


def test_sealing_again_with_nothing_new_gives_the_same_checkpoint(place: Place) -> None:
    lead(place.database, A)
    assert place.seal() == place.seal()
    assert len(place.outside.read_text().splitlines()) == 2  # the key and the checkpoint


def test_each_checkpoint_names_the_one_before_and_is_proved_to_continue_it(place: Place) -> None:
    made = []
    for n in range(1, 8):
        lead(place.database, f"XX2026-{n:04d}", more=n)
        made.append(place.seal())
    assert [one.number for one in made] == list(range(1, 8))
    assert [one.previous for one in made[1:]] == [one.hash for one in made[:-1]]
    with place.database.read() as connection:
        hashing = hashing_of(connection)
        for n, smaller in enumerate(made):
            for larger in made[n:]:
                path = [bytes.fromhex(one) for one in checkpoints.consistency(connection, smaller, larger)]
                roots = {"smaller_root": bytes.fromhex(smaller.root), "root": bytes.fromhex(larger.root)}
                assert continues(hashing, smaller=smaller.size, size=larger.size, path=path, **roots)
                if smaller is not larger:
                    roots["smaller_root"] = bytes(32)
                    assert not continues(hashing, smaller=smaller.size, size=larger.size, path=path, **roots)


def test_the_tree_of_many_entries_is_stored_in_nodes_and_grows_from_them(grown: Place) -> None:
    place = grown
    with place.database.read() as connection:
        nodes = connection.execute(text("SELECT count(*) FROM tree_node WHERE level = 8")).scalar_one()
        assert nodes == 601 // 256
        last = checkpoints.latest(connection)
        assert last is not None
        assert checkpoints.tree(connection, last.size).root().hex() == last.root
    assert place.verified().wrong == ()


@pytest.fixture
def grown(place: Place) -> Place:
    """Some six hundred entries under three checkpoints, and so two stored nodes of the tree."""
    for n in range(1, 121):
        lead(place.database, f"XX2026-{n:04d}")
        if n % 40 == 0:
            place.seal()
    return place


NODES: dict[str, tuple[str, str]] = {
    "changed": (f"UPDATE tree_node SET hash = '{'a' * 64}' WHERE n = 1", "第 8 层第 1 个结点被改动"),
    "made unreadable": ("UPDATE tree_node SET hash = 'no hash' WHERE n = 0", "第 8 层第 0 个结点被改动"),
    "removed": ("DELETE FROM tree_node WHERE n = 0", "第 8 层第 0 个结点被删除"),
    "all removed": ("DELETE FROM tree_node", "第 8 层第 0 个、第 8 层第 1 个结点被删除"),
    "added": ("INSERT INTO tree_node VALUES (16, 0, 'x')", "第 16 层第 0 个结点是多出来的"),
}


def test_a_node_of_the_stored_tree_is_named_when_changed_and_made_anew_by_the_next_seal(
    grown: Place, caplog: pytest.LogCaptureFixture
) -> None:
    with grown.database.read() as connection:
        before = connection.execute(text("SELECT * FROM tree_node ORDER BY level, n")).all()
        smaller, larger = checkpoints.by_number(connection, 1), checkpoints.by_number(connection, 3)
    for name, (statement, told) in NODES.items():
        caplog.clear()
        grown.tamper(statement)
        (wrong,) = grown.verified().wrong
        assert told in wrong.what, name
        assert "运行 duban audit seal 会由记录重建" in wrong.what
        assert grown.seal() == larger, "there is nothing new to seal"
        assert "存下的树与封存点 #3 不符（被改动过），已由记录重建" in caplog.text, name
        with grown.database.read() as connection:
            assert connection.execute(text("SELECT * FROM tree_node ORDER BY level, n")).all() == before, name
            assert checkpoints.consistency(connection, smaller, larger)
        assert grown.verified().wrong == ()


def test_a_changed_node_is_made_anew_by_a_seal_of_what_is_new_and_gives_no_false_proof_before(grown: Place) -> None:
    with grown.database.read() as connection:
        smaller, larger = checkpoints.by_number(connection, 1), checkpoints.by_number(connection, 3)
    grown.tamper(NODES["changed"][0])
    with pytest.raises(RuleViolation, match="得不出成立的一致性证明"), grown.database.read() as connection:
        checkpoints.consistency(connection, smaller, larger)
    lead(grown.database, "XX2026-0500", more=300)
    made = grown.seal()
    assert made.number == 4
    with grown.database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM tree_node")).scalar_one() == made.size // 256
    assert grown.verified().wrong == ()


CHANGES: dict[str, tuple[tuple[str, ...], str, int, str]] = {
    "a changed body": (
        (f"UPDATE entry SET body = replace(body, '第 1 次', '第 9 次') WHERE stream = '{B}' AND seq = 4",),
        B,
        4,
        "被改动过",
    ),
    "a changed actor": ((f"UPDATE entry SET actor = 'x' WHERE stream = '{B}' AND seq = 4",), B, 4, "被改动过"),
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
    assert one.what.startswith("封存点 #2 与记录不符：第 10 至 14 条（全库顺序）之间有记录被改动")


def test_an_inserted_entry_with_a_recomputed_chain_is_found(sealed: Place) -> None:
    with sealed.database.write() as connection:
        for table, place_of in (("entry", "position"), ("entry", "seq")):
            where = "position > 13" if place_of == "position" else f"stream = '{B}' AND seq > 4"
            connection.execute(text(f"UPDATE {table} SET {place_of} = -{place_of} WHERE {where}"))
            connection.execute(text(f"UPDATE {table} SET {place_of} = 1 - {place_of} WHERE {place_of} < 0"))
        row = dict(connection.execute(text(f"SELECT * FROM entry WHERE stream = '{B}' AND seq = 4")).mappings().one())
        row.update(position=14, seq=5, command="by-hand", told="[]")
        connection.execute(entries.ENTRY.insert(), [row])
        rehash(connection, B, 5)
    assert "之间有记录被改动、调换、插入" in sealed.words()


def test_entries_that_changed_places_in_the_ledger_are_found(sealed: Place) -> None:
    """Of two items, so that neither chain is touched."""
    sealed.tamper(
        "UPDATE entry SET position = -1 WHERE position = 10",
        "UPDATE entry SET position = 10 WHERE position = 15",
        "UPDATE entry SET position = 15 WHERE position = -1",
    )
    assert "之间有记录被改动、调换" in sealed.words()


def test_a_whole_stream_removed_is_found_and_its_places_are_named(sealed: Place) -> None:
    for table, column in (("entry", "stream"), ("item", "no"), ("notice", "stream")):
        sealed.tamper(f"DELETE FROM {table} WHERE {column} = '{B}'")
    assert "全库缺少第 10 至 14 条记录：被删除" in sealed.words()


def test_a_removed_stream_whose_gap_was_closed_is_found(sealed: Place) -> None:
    for table, column in (("entry", "stream"), ("item", "no"), ("notice", "stream")):
        sealed.tamper(f"DELETE FROM {table} WHERE {column} = '{B}'")
    sealed.tamper("UPDATE entry SET position = -position WHERE position > 14")
    sealed.tamper("UPDATE entry SET position = -position - 5 WHERE position < 0")
    words = sealed.words()
    assert "封存点 #3 盖住 19 条，现在按顺序只有 14 条" in words
    assert "封存点 #2 与记录不符：第 10 至 14 条" in words


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
    assert "封存点 #3 盖住 19 条，现在按顺序只有 17 条：末尾至少 2 条被删除" in sealed.words()


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
        signature = forger.sign(KEY_DOMAIN, statement)
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
        chained = next(s for s in guards.POSTGRESQL if s.startswith("CREATE TRIGGER entry_chained"))
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
    assert f"封存点 #2 盖住 {last.size} 条，现在按顺序只有 9 条：末尾至少 {last.size - 9} 条被删除" in words


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


def test_a_rotated_key_is_endorsed_and_the_old_private_one_is_gone(place: Place) -> None:
    lead(place.database, A)
    first = place.seal()
    old = (place.folder / "keys" / "seal.key").read_bytes()
    place.keys.rotate(place.database, NOW, ADMINISTRATOR)
    assert (place.folder / "keys" / "seal.key").read_bytes() != old
    assert sorted(p.name for p in (place.folder / "keys").iterdir()) == ["seal.key"]
    second = place.seal()
    assert second.key != first.key
    with place.database.read() as connection:
        one, two = keys.statements(connection)
    assert two.said.previous == one.id
    assert two.is_own
    assert two.is_endorsed_by(one.public)
    assert not two.is_endorsed_by(two.public)
    assert place.verified().wrong == ()


def test_a_rotation_that_stopped_half_way_is_finished(place: Place) -> None:
    lead(place.database, A)
    place.seal()
    before = (place.folder / "keys" / "seal.key").read_bytes()
    made = place.keys.rotate(place.database, NOW, ADMINISTRATOR)
    shutil.move(place.folder / "keys" / "seal.key", place.folder / "keys" / "next.key")
    (place.folder / "keys" / "seal.key").write_bytes(before)
    (place.folder / "keys" / "seal.key").chmod(0o600)
    assert place.keys.signer(place.database, NOW, ADMINISTRATOR).id == made.id


def test_a_lost_key_is_replaced_on_purpose_and_verification_says_so(place: Place) -> None:
    lead(place.database, A)
    place.seal()
    (place.folder / "keys" / "seal.key").unlink()
    with pytest.raises(KeyProblem, match="rotate-key --lost"):
        place.seal()
    place.keys.rotate(place.database, NOW, ADMINISTRATOR, lost=True)
    place.seal()
    assert "没有前一把密钥的签名" in place.words()


def test_a_key_that_others_may_read_is_refused(place: Place) -> None:
    lead(place.database, A)
    place.seal()
    (place.folder / "keys" / "seal.key").chmod(0o644)
    with pytest.raises(KeyProblem, match="权限是 644"):
        place.seal()


def test_a_line_that_was_cut_off_while_writing_is_completed_and_accuses_nobody(place: Place) -> None:
    lead(place.database, A)
    place.seal()
    text_ = place.outside.read_bytes()
    place.outside.write_bytes(text_[:-40])
    assert outside.read(place.outside).checkpoints == ()
    with place.database.read() as connection:
        assert outside.publish(connection, place.outside) == 1
    assert outside.read(place.outside).damaged != ()
    assert [one.number for one in outside.read(place.outside).checkpoints] == [1]


@pytest.mark.parametrize(
    "line",
    [
        b"7",
        b"[]",
        b'{"key":{},"signature":"","endorsement":""}',
        b'{"key":{"id":"x","made_at":"never","previous":"","public":"00"},"signature":"","endorsement":""}',
        b'{"body":{"number":1},"signature":""}',
        b'{"body":7,"signature":7}',
        b"\xff\xfe",
    ],
)
def test_a_line_outside_that_is_neither_key_nor_checkpoint_is_named_and_harmless(place: Place, line: bytes) -> None:
    lead(place.database, A)
    place.seal()
    with place.outside.open("ab") as file:
        file.write(line + b"\n")
    assert "外面的封存文件第 3 行读不懂" in place.words()


def test_what_was_tampered_with_beyond_reading_is_refused_in_words_and_found(place: Place) -> None:
    lead(place.database, A)
    place.seal()
    place.lift_guards()
    place.tamper("UPDATE checkpoint SET body = '{}'", "UPDATE seal_key SET statement = '{}'")
    with place.database.read() as connection:
        for read in (checkpoints.latest, lambda c: checkpoints.by_number(c, 1), keys.presented):
            with pytest.raises(RuleViolation) as refused:
                read(connection)
            assert refused.value.code is Code.LEDGER_BROKEN
            assert "读不懂" in str(refused.value)
    assert "封存点 #1 读不懂：被改动过" in place.words()
    assert "的声明读不懂：被改动过" in place.words()


@pytest.fixture(params=list(ALGORITHMS))
def fresh(request: pytest.FixtureRequest, empty: Database) -> tuple[str, Database]:
    migrations.upgrade(empty, request.param)
    world.load(empty)
    return request.param, empty


def test_a_new_ledger_hashes_by_the_algorithm_that_is_set(fresh: tuple[str, Database], tmp_path: Path) -> None:
    algorithm, database = fresh
    place = Place(database, tmp_path)
    lead(database, A)
    made = place.seal()
    assert made.algorithm == algorithm
    assert place.verified().wrong == ()
    place.lift_guards()
    place.tamper(f"UPDATE entry SET actor = 'x' WHERE stream = '{A}' AND seq = 2")
    assert "被改动过" in place.words()


def test_writers_and_seals_at_work_raise_no_false_alarm(place: Place) -> None:
    """Entries, checkpoints and their copies outside come while everything is being verified, whole and from a mark."""
    lead(place.database, A)
    place.seal()
    mark = place.verified().mark
    stop = threading.Event()

    def work() -> None:
        n = 1
        while not stop.is_set():
            n += 1
            lead(place.database, f"XX2026-{n:04d}", more=1)
            place.seal()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for _ in range(12):
            assert place.verified().wrong == ()
            assert place.verified(since=mark).wrong == ()
    finally:
        stop.set()
        worker.join()
    last = place.verified().checkpoint
    assert last is not None
    assert last.number > 2, "it was sealed meanwhile"


def histories(connection: Connection, first: int, count: int, chance: Random) -> None:
    """So many items with honest lives of their own, by whatever commands the rules let through."""
    begun = [world.issued(f"XX2026-{n:05d}") for n in range(first, first + count)]
    entries.store_issued(connection, [(event, None) for event in begun])
    heads: dict[str, str] = {no: head for no, head in connection.execute(text("SELECT no, head FROM item"))}
    changes = []
    for event in begun:
        state = evolve(None, event)
        events = tuple(_life(state, chance))
        if events:
            changes.append(entries.Change(state=state, head=heads[state.no], supervisor=event.actor.id, events=events))
    entries.store(connection, entries.rows_of(connection, changes))


_KINDS = [kind for kind in K if kind not in (K.RECALCULATE, K.REASSIGN)]


def _life(state: State, chance: Random) -> Iterator[Event]:
    now = NOW
    for n in range(chance.randrange(1, 7)):
        now += timedelta(hours=chance.uniform(0, 90))
        kind = chance.choice(_KINDS)
        more: dict[str, Any] = {}
        if kind in (K.ASK_EXTENSION, K.PAUSE):
            more["to"] = (now + timedelta(days=chance.randrange(1, 20))).date()
        what = world.command(kind, state, f"{state.no}-{n}", **more)
        with suppress(RuleViolation):
            for event in world.events_of(state, what, now):
                state = evolve(state, event)
                yield event


HONEST = 10_000
AT_ONCE = 500


@pytest.mark.soak
def test_ten_thousand_honest_histories_raise_no_false_alarm(tmp_path: Path, sqlite_template: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "duban.db")
    place, chance = Place(Database(f"sqlite:///{tmp_path / 'duban.db'}"), tmp_path), Random(20261125)
    for first in range(0, HONEST, AT_ONCE):
        with place.database.write() as connection:
            histories(connection, first, AT_ONCE, chance)
        place.seal()
    done = place.verified()
    assert done.wrong == ()
    assert done.items == HONEST
    assert done.entries > 3 * HONEST
    place.database.close()
