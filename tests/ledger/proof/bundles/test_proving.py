"""A bundle made out of the ledger proves the item to a stranger; what the ledger cannot prove is never packed."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from ledger.chain import journal
from ledger.chain.entries import ENTRY
from ledger.directory import erasing
from ledger.directory.erasing import ErasureRequest
from ledger.proof import bundles, checkpoints
from ledger.proof.bundles import Absent
from ledger.proof.checking import check
from ledger.proof.checkpoints import CHECKPOINT, Checkpoint
from ledger.proof.keys import KeyFolder, Signer
from ledger.proof.proving import MadeProof, ProofRequest, prove
from ledger.proof.trusted import TrustedKey
from ledger.store import evidence, migrations
from ledger.store.canonical import parse
from ledger.store.database import Database
from ledger.store.evidence import EvidenceStore
from ledger.store.hashing import SHA256
from rules.errors import RuleViolation
from rules.machine.commands import SYSTEM, Actor, CommandKind, Via
from rules.office.facts import Proved
from rules.process import Role
from tests.support import world
from tests.support.factories import ADMINISTRATOR, at
from tests.support.matters import about
from tests.support.two.people import by_two

NO = "XX2026-0001"
NOW = at("2026-04-01")
AUDITOR = Actor(id="shen", role=Role.AUDITOR, via=Via.SITE)


def told(connection: Connection, no: str, checkpoint: Checkpoint) -> Callable[[], Mapping[str, bytes]]:
    """A stand-in for the readable timeline: the item's number, and how many entries were seen."""
    count = connection.execute(text("SELECT count(*) FROM entry WHERE stream = :no"), {"no": no}).scalar()
    return lambda: {bundles.HTML: f"{no} {count} {checkpoint.number}".encode(), bundles.PDF: b"%PDF"}


class Office:
    """A ledger with a key, an evidence folder, and an item that has lived."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.out = database, folder / "out"
        self.out.mkdir()
        self.files = EvidenceStore(folder / "evidence")
        world.live(database)
        world.live(database, "XX2026-0002")
        self.keys = KeyFolder(folder / "keys")
        self.seals = 0

    @property
    def signer(self) -> Signer:
        return self.keys.signer(self.database, NOW, SYSTEM)

    @property
    def trusted(self) -> TrustedKey:
        return TrustedKey(id=self.signer.id, public=self.signer.public)

    def seal(self) -> None:
        self.seals += 1
        checkpoints.seal(self.database, self.signer, NOW)

    def report(self, *names: str) -> list[str]:
        """The item reports with these evidence files; their ids."""
        ids = []
        for name in names:
            data = f"content of {name}".encode()
            ids.append(self.files.put(data))
            with self.database.write() as connection:
                evidence.know(
                    connection, ids[-1], name=name, size=len(data), media_type="text/plain", person="lian", now=NOW
                )
        state = world.state_of(self.database, NO)
        later = state.at + timedelta(hours=1)
        world.give(
            self.database, NO, CommandKind.REPORT, later, f"report-{state.seq}", text="进展", evidence=tuple(ids)
        )
        return ids

    def prove(self, no: str = NO, **change: Any) -> tuple[MadeProof, Path]:
        request = ProofRequest(
            no=no, actor=AUDITOR, now=NOW, signer=self.signer, seal=self.seal, timeline=told, files=self.files
        )
        target = self.out / "bundle.zip"
        return prove(self.database, replace(request, **change), target), target

    def tamper(self, statement: str) -> None:
        """As somebody who owns the database: the guards are off."""
        with self.database.write() as connection:
            for guard in ("entry_no_update", "entry_no_delete"):
                on = "" if self.database.is_sqlite else " ON entry"
                connection.execute(text(f"DROP TRIGGER IF EXISTS {guard}{on}"))
            connection.execute(text(statement))


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    return Office(database, tmp_path)


def test_an_item_is_proved_to_whoever_has_the_file_and_the_key(office: Office) -> None:
    made, target = office.prove()
    found = check(target, office.trusted)
    assert found == made.checked
    assert (found.item, found.entries, found.seal.number, found.algorithm) == (NO, 7, 1, "sha256")
    with office.database.read() as connection:
        assert found.ledger == checkpoints.identity(connection)
    assert (made.size, made.file_hash) == (target.stat().st_size, SHA256.hexdigest(target.read_bytes()))


def test_it_seals_first_only_where_the_newest_entry_is_not_yet_sealed(office: Office) -> None:
    office.prove()
    assert office.seals == 1
    office.prove()
    office.prove("XX2026-0002")
    assert office.seals == 1
    office.report()
    made, _ = office.prove()
    assert (office.seals, made.checked.seal.number, made.checked.entries) == (2, 2, 8)


def test_while_the_item_moves_on_the_bundle_ends_with_what_is_sealed(office: Office) -> None:
    def seal() -> None:
        office.seal()
        office.report()

    made, target = office.prove(seal=seal)
    assert made.checked.entries == 8
    assert check(target, office.trusted).entries == 8


def test_the_access_journal_says_who_made_which_proof(office: Office) -> None:
    made, _ = office.prove()
    with office.database.read() as connection:
        rows = connection.execute(ENTRY.select().where(ENTRY.c.kind == "proved")).mappings().all()
    (row,) = rows
    assert (row["stream"], row["actor"], row["role"]) == ("~access/2026-04", "shen", "auditor")
    noted = journal.decode_note(row["kind"], parse(row["body"]))
    assert noted == Proved(item=NO, checkpoint=1, file_hash=made.file_hash)


def test_evidence_is_in_it_or_named_with_the_reason(office: Office) -> None:
    here, lost = office.report("minutes.txt", "lost.pdf")
    office.files.path(lost).unlink()
    made, target = office.prove()
    assert {one.id: (one.name, one.absent) for one in made.checked.evidence} == {
        here: ("minutes.txt", None),
        lost: ("lost.pdf", Absent.MISSING),
    }
    assert b"content of minutes.txt" in target.read_bytes()
    made, target = office.prove(files=None)
    assert {one.absent for one in made.checked.evidence} == {Absent.LEFT_OUT}
    assert b"content of" not in target.read_bytes()


def test_evidence_beyond_what_a_bundle_holds_is_named_only(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.report("a.txt", "b.txt")
    monkeypatch.setattr("ledger.proof.proving.ALL_EVIDENCE_MOST", 20)
    made, _ = office.prove()
    assert sorted(str(one.absent) for one in made.checked.evidence) == ["None", "too_large"]


def test_evidence_that_was_replaced_is_not_passed_on(office: Office) -> None:
    (id_,) = office.report("a.txt")
    office.files.path(id_).write_bytes(b"something else")
    _no_bundle(office, "内容与编号不符")


@pytest.mark.parametrize("no", ["XX2026-9999", "~access/2026-04", ""])
def test_only_an_item_is_proved(office: Office, no: str) -> None:
    office.prove()
    with pytest.raises(RuleViolation, match="没有编号为"):
        office.prove(no)


def _no_bundle(office: Office, told: str) -> None:
    """The proof is refused with that, and leaves nothing behind."""
    with pytest.raises(RuleViolation, match=told):
        office.prove()
    assert list(office.out.iterdir()) == []
    with office.database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM entry WHERE kind = 'proved'")).scalar() == 0


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (f"UPDATE entry SET body = '{{}}' WHERE stream = '{NO}' AND seq = 2", "第 3 条记录与上一条接不上"),
        (f"UPDATE entry SET body = '{{}}' WHERE stream = '{NO}' AND seq = 7", "第 7 条记录不在第 1 个封存点之内"),
        (f"UPDATE entry SET actor = 'x' WHERE stream = '{NO}' AND seq = 1", "第 2 条记录与上一条接不上"),
        (f"DELETE FROM entry WHERE stream = '{NO}' AND seq = 2", "第 2 条记录的序号是 3|存下的树缺了一段"),
        ("DELETE FROM entry WHERE stream = 'XX2026-0002' AND seq = 2", "存下的树缺了一段"),
        ("UPDATE entry SET hash = prev_hash WHERE stream = 'XX2026-0002' AND seq = 2", "不在第 1 个封存点之内"),
        (f"UPDATE entry SET body = 'x' WHERE stream = '{NO}' AND seq = 2", "留痕链有误"),
        ("DELETE FROM seal_key", "登记却被删除"),
    ],
)
def test_a_ledger_that_was_tampered_with_proves_nothing(office: Office, statement: str, told: str) -> None:
    office.seal()
    signer = office.signer
    office.tamper(statement)
    before = office.prove
    office.prove = lambda **change: before(signer=signer, **change)  # type: ignore[method-assign]
    _no_bundle(office, told)


def test_a_checkpoint_that_was_tampered_with_proves_nothing(office: Office) -> None:
    office.seal()
    with office.database.write() as connection:
        connection.execute(CHECKPOINT.update().values(signature="0" * 128))
    _no_bundle(office, "封存点不成立：第 1 个封存点的签名不成立")


def test_a_bundle_that_cannot_be_stored_leaves_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "MANIFEST_MOST", 10)
    _no_bundle(office, "证明包")


def test_after_a_rotation_old_and_new_key_check_old_and_new_bundles(office: Office) -> None:
    _, target = office.prove()
    old, first = office.trusted, target.read_bytes()
    by_two(office.database, lambda: office.keys.rotate(office.database, NOW, ADMINISTRATOR), now=NOW)
    _, target = office.prove()
    assert office.trusted != old
    for key in (old, office.trusted):
        assert check(target, key).key == old.id
    target.write_bytes(first)
    assert check(target, old).item == NO


def test_a_ledger_in_sm3_is_proved_in_sm3(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'sm3.db'}")
    migrations.upgrade(database, "sm3")
    world.load(database)
    office = Office(database, tmp_path)
    made, target = office.prove()
    assert (made.checked.algorithm, check(target, office.trusted).entries) == ("sm3", 7)
    database.close()


def test_names_that_stand_apart_are_in_it_or_erased(office: Office) -> None:
    no = "XX2026-0003"
    world.store_issued(office.database, world.issued(no, about=about(leader="王主任", person="李芳")))
    assert _names_of(office, no) == (2, 0)
    asked = ErasureRequest(by="guan", via=Via.SITE, reason="本人申请", now=NOW)
    by_two(office.database, lambda: erasing.erase_names(office.database, no, ["person"], asked), now=NOW)
    assert _names_of(office, no) == (2, 1)


def _names_of(office: Office, no: str) -> tuple[int, int]:
    made, target = office.prove(no)
    assert check(target, office.trusted).entries == 1
    target.unlink()
    return made.checked.names, made.checked.names_absent
