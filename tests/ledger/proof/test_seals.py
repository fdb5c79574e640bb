"""Checkpoints seal the ledger: what stands under one cannot be changed, removed, added or set back without being found,
given the copy outside; and nobody honest is ever accused."""

import shutil

import pytest
from sqlalchemy import text

from ledger.proof import checkpoints, keys, outside
from ledger.proof.keys import KeyProblem
from ledger.proof.merkle import continues
from ledger.store.database import hashing_of
from rules.errors import Code, RuleViolation
from tests.ledger.proof.sealed_place import A, Place, lead
from tests.support.factories import ADMINISTRATOR
from tests.support.two.people import by_two
from tests.support.world import NOW


def test_a_first_seal_makes_a_key_notes_it_and_covers_everything(place: Place) -> None:
    lead(place.database, A)
    made = place.seal()
    assert (made.number, made.size) == (1, 10)  # the loaded world, five entries of the item and the note of the key
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


@pytest.mark.soak
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


def test_a_rotated_key_is_endorsed_and_the_old_private_one_is_gone(place: Place) -> None:
    lead(place.database, A)
    first = place.seal()
    old = (place.folder / "keys" / "seal.key").read_bytes()
    by_two(place.database, lambda: place.keys.rotate(place.database, NOW, ADMINISTRATOR), now=NOW)
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
    made = by_two(place.database, lambda: place.keys.rotate(place.database, NOW, ADMINISTRATOR), now=NOW)
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
    by_two(place.database, lambda: place.keys.rotate(place.database, NOW, ADMINISTRATOR, lost=True), now=NOW)
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
