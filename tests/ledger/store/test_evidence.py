"""Evidence files: by the hash of their content, once, whole or not at all, and found out when changed."""

import hashlib
import os
from pathlib import Path

import pytest
from sqlalchemy import text

from ledger.store import evidence
from ledger.store.database import Database
from ledger.store.evidence import EvidenceStore
from rules.errors import Code, RuleViolation
from tests.support.world import NOW

DATA = b"%PDF-1.7 \x00\xff"


@pytest.fixture
def files(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path / "evidence")


def _store(database: Database, files: EvidenceStore, data: bytes = DATA, name: str = "照片.pdf") -> str:
    stored = evidence.put(files, data, name)
    with database.write() as connection:
        evidence.know(
            connection, stored, name=name, size=len(data), media_type="application/pdf", person="lian", now=NOW
        )
    return stored


def _files(store: EvidenceStore) -> list[str]:
    return sorted(p.name for p in store.folder.rglob("*") if p.is_file())


def test_a_file_is_stored_under_its_hash_and_read_back(database: Database, files: EvidenceStore) -> None:
    stored = _store(database, files)
    assert stored == hashlib.sha256(DATA).hexdigest()
    assert files.get(stored) == DATA
    assert files.path(stored) == files.folder / stored[:2] / stored
    with database.read() as connection:
        row = evidence.known(connection, (stored,))[stored]
    assert (row["name"], row["size"], row["person"]) == ("照片.pdf", len(DATA), "lian")


def test_the_same_bytes_are_stored_once_under_the_first_name(database: Database, files: EvidenceStore) -> None:
    assert _store(database, files) == _store(database, files, name="另一个名字.pdf")
    assert len(_files(files)) == 1
    with database.read() as connection:
        assert connection.execute(text("SELECT name FROM evidence")).scalars().all() == ["照片.pdf"]


def test_a_file_that_could_not_be_written_leaves_nothing(files: EvidenceStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: str, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(RuleViolation, match="磁盘满了"):
        files.put(DATA)
    monkeypatch.undo()
    assert _files(files) == []
    assert files.get(files.put(DATA)) == DATA


def test_a_file_changed_on_the_disk_is_refused_and_made_whole_when_it_comes_again(files: EvidenceStore) -> None:
    stored = files.put(DATA)
    files.path(stored).write_bytes(DATA[:-1])
    with pytest.raises(RuleViolation, match="内容与编号不符") as refused:
        files.get(stored)
    assert refused.value.code is Code.LEDGER_BROKEN
    assert files.put(DATA) == stored
    assert files.get(stored) == DATA


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "/etc/passwd", "", ".", "a" * 64, "A" * 64, "\x00" * 64, "x" * 5000, "é" * 64]
)
def test_an_id_that_was_never_given_out_is_unknown_whatever_it_looks_like(files: EvidenceStore, name: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        files.get(name)
    assert refused.value.code is Code.UNKNOWN_EVIDENCE


def test_files_up_to_50_mb_are_taken_and_no_larger_ones(
    database: Database, files: EvidenceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert evidence.FILE_LIMIT == 50 * 1024 * 1024
    with pytest.raises(RuleViolation, match="最多 50 MB") as refused:
        _store(database, files, bytes(evidence.FILE_LIMIT + 1))
    assert refused.value.code is Code.FIELD_TOO_LONG
    assert not files.folder.exists()
    monkeypatch.setattr(evidence, "FILE_LIMIT", len(DATA))
    assert _store(database, files)


def test_an_empty_file_is_refused(database: Database, files: EvidenceStore) -> None:
    with pytest.raises(RuleViolation) as refused:
        _store(database, files, b"")
    assert refused.value.code is Code.FIELD_MISSING


@pytest.mark.parametrize("name", ["../../x", "CON", "照 片 (1).jpg", "a/b\\c", "'; DROP TABLE entry;--", "🚩.png", ""])
def test_odd_names_are_only_names(database: Database, files: EvidenceStore, name: str) -> None:
    stored = _store(database, files, name=name)
    assert _files(files) == [stored]
    with database.read() as connection:
        assert evidence.known(connection, (stored,))[stored]["name"] == name


@pytest.mark.parametrize("name", ["a\x00b", "a\u202egpj.exe", "\ud800", "x" * 201])
def test_names_that_lie_or_cannot_be_stored_are_refused(database: Database, files: EvidenceStore, name: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        _store(database, files, name=name)
    assert refused.value.code in (Code.CONTROL_CHARACTERS, Code.FIELD_TOO_LONG)
    assert not files.folder.exists()


def test_evidence_that_was_never_stored_cannot_be_named(database: Database, files: EvidenceStore) -> None:
    stored = _store(database, files)
    with database.read() as connection:
        assert set(evidence.known(connection, (stored, stored))) == {stored}
        assert evidence.known(connection, ()) == {}
        with pytest.raises(RuleViolation) as refused:
            evidence.known(connection, (stored, "f" * 64))
    assert refused.value.code is Code.UNKNOWN_EVIDENCE
