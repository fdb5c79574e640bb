"""Evidence files, stored once by the hash of their content. Bytes in a folder, what they are called in a table."""

import os
import re
import tempfile
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, RowMapping, func, insert, select

from ledger.store.hashing import SHA256, Hashing
from ledger.store.tables import Entry, Evidence, table_of
from ledger.store.trouble import room, told_of_disk
from rules.codec import instant_text
from rules.errors import Code, RuleViolation
from rules.machine.commands import check_text

EVIDENCE = table_of(Evidence)
ENTRY = table_of(Entry)
FILE_LIMIT = 50 * 1024 * 1024
_ID = re.compile("[0-9a-f]{64}")


class EvidenceStore:
    """A folder of files by hash (the ledger's): ab/abcdef...; a file is there whole or not at all."""

    def __init__(self, folder: Path, hashing: Hashing = SHA256) -> None:
        self.folder, self.id_of = folder, hashing.hexdigest

    def path(self, evidence: str) -> Path:
        """Where the file of that id stands. Raises unknown_evidence for what no id looks like."""
        if not _ID.fullmatch(evidence):
            raise RuleViolation(Code.UNKNOWN_EVIDENCE, actual=evidence[:64])
        return self.folder / evidence[:2] / evidence

    def put(self, data: bytes) -> str:
        """The bytes are on the disk, synced, under the id returned. The same bytes are stored once; a file that was
        damaged since is made whole. Raises disk_full, disk_failed, read_only; no part of the file is left then."""
        evidence = self.id_of(data)
        with told_of_disk("佐证材料"):
            self._put(evidence, data)
        return evidence

    def try_writing(self) -> None:
        """A file could be stored now; nothing stays behind. Raises disk_full, disk_failed, read_only."""
        room(self.folder, "佐证材料")

    def _put(self, evidence: str, data: bytes) -> None:
        target = self.path(evidence)
        if target.exists() and self.id_of(target.read_bytes()) == evidence:
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, target)
        except BaseException:
            os.unlink(name)
            raise
        _sync(target.parent)

    def remove(self, path: Path) -> None:
        """The file is gone from the folder, and the folder says so on the disk. Removing it twice is as once."""
        path.unlink(missing_ok=True)
        if path.parent.exists():
            _sync(path.parent)

    def get(self, evidence: str) -> bytes:
        """The file's bytes. Raises unknown_evidence, and ledger_broken when they are not what their id says."""
        try:
            data = self.path(evidence).read_bytes()
        except FileNotFoundError:
            raise RuleViolation(Code.UNKNOWN_EVIDENCE, actual=evidence[:64]) from None
        if self.id_of(data) != evidence:
            raise RuleViolation(Code.LEDGER_BROKEN, where=f"佐证材料 {evidence}", what="内容与编号不符")
        return data


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def put(files: EvidenceStore, data: bytes, name: str) -> str:
    """The file's bytes are stored under the id returned, unknown to the ledger yet. Outside any transaction: it may
    take a while, and nobody should wait.

    Raises field_too_long, field_missing (an empty file), control_characters.
    """
    if len(data) > FILE_LIMIT:
        raise RuleViolation(
            Code.FIELD_TOO_LONG, field="佐证材料", limit=f"{FILE_LIMIT >> 20} MB", actual=f"{len(data) >> 20} MB"
        )
    if not data:
        raise RuleViolation(Code.FIELD_MISSING, command="上传", field="佐证材料")
    check_text("evidence", name, 200)
    return files.put(data)


def know(
    connection: Connection, evidence: str, *, name: str, size: int, media_type: str, person: str, now: datetime
) -> None:
    """The stored file is known, and can be named in commands. Knowing it twice is the same as once."""
    if connection.execute(select(EVIDENCE.c.id).where(EVIDENCE.c.id == evidence)).first() is None:
        connection.execute(
            insert(EVIDENCE).values(
                id=evidence, name=name, size=size, media_type=media_type, stored_at=instant_text(now), person=person
            )
        )


def belongs(connection: Connection, evidence: str, no: str) -> bool:
    """Whether an entry of that item names the file."""
    # Not LIKE, whose pattern would have to be escaped; an id is 64 hexadecimal digits and stands nowhere else.
    found = func.instr if connection.dialect.name == "sqlite" else func.strpos
    query = select(ENTRY.c.seq).where(ENTRY.c.stream == no, found(ENTRY.c.body, f'"{evidence}"') > 0)
    return connection.execute(query.limit(1)).first() is not None


def brought_by(connection: Connection, evidence: str) -> str:
    """Who stored the file first; empty where nobody did."""
    return connection.execute(select(EVIDENCE.c.person).where(EVIDENCE.c.id == evidence)).scalar() or ""


def known(connection: Connection, ids: tuple[str, ...]) -> dict[str, RowMapping]:
    """The rows of these files. Raises unknown_evidence for one that was never stored, erased for one that is gone."""
    rows = {r["id"]: r for r in connection.execute(select(EVIDENCE).where(EVIDENCE.c.id.in_(ids))).mappings()}
    for evidence in ids:
        if evidence not in rows:
            raise RuleViolation(Code.UNKNOWN_EVIDENCE, actual=evidence[:64])
        if rows[evidence]["erased"]:
            raise RuleViolation(Code.ERASED, words=rows[evidence]["erased"])
    return rows


def refuse_erased(connection: Connection, id_: str) -> None:
    """The file of that id is none that was erased: once gone, it does not come back. Raises erased."""
    erased = connection.execute(select(EVIDENCE.c.erased).where(EVIDENCE.c.id == id_)).scalar()
    if erased:
        raise RuleViolation(Code.ERASED, words=erased)
