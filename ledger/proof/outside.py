"""The copy of the seals outside the database: a file that only grows, one JSON line for each key and each checkpoint.

Whoever owns the database does not own this file (another disk, a share that the auditors mount). It is what shows that
a tail was cut off, or the whole database was set back.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from ledger.proof import checkpoints, keys
from ledger.proof.checkpoints import Checkpoint
from ledger.proof.statements import SignedKey
from ledger.store.canonical import canonical, parse

_READABLE = 0o644
"""Unlike everything else that is written: auditors read this file, and it names nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the file holds, in order. `damaged`: numbers of the lines that are neither key nor checkpoint."""

    keys: tuple[SignedKey, ...] = ()
    checkpoints: tuple[Checkpoint, ...] = ()
    damaged: tuple[int, ...] = ()

    @property
    def last(self) -> Checkpoint | None:
        """The checkpoint that was written last."""
        return self.checkpoints[-1] if self.checkpoints else None


def read(path: Path) -> Outside:
    """What stands in the file; nothing when there is none. A last line that was cut off while writing is no damage."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return Outside()
    found_keys: list[SignedKey] = []
    found: list[Checkpoint] = []
    damaged: list[int] = []
    *lines, _unfinished = text.split(b"\n")
    for n, line in enumerate(lines, 1):
        try:
            one = _read_line(line)
        except (ValueError, KeyError, TypeError):
            damaged.append(n)
            continue
        if isinstance(one, SignedKey):
            found_keys.append(one)
        else:
            found.append(one)
    return Outside(keys=tuple(found_keys), checkpoints=tuple(found), damaged=tuple(damaged))


def _read_line(line: bytes) -> SignedKey | Checkpoint:
    plain = parse(line)
    if "key" in plain:
        statement = canonical(plain["key"]).decode()
        key = SignedKey(statement=statement, signature=str(plain["signature"]), endorsement=str(plain["endorsement"]))
        if not key.id:  # raises for what is no statement at all
            raise ValueError("a key without a name")
        return key
    return Checkpoint.of(canonical(plain["body"]).decode(), str(plain["signature"]))


def last_number(path: Path | None) -> int:
    """The number of the checkpoint that was written last; 0 when there is none, no file, or the share is away: sealing
    does not wait for it, and the copy is made when it is back."""
    try:
        last = read(path).last if path else None
    except OSError:
        return 0
    return last.number if last else 0


def publish(connection: Connection, path: Path) -> int:
    """Every key and checkpoint of the database stands in the file, synced. Returns how many lines were added.

    Adds only what is missing, so that it may be called again at any point; whoever else adds waits.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not path.stat().st_size:
            with suppress(OSError):  # a share may have permissions of its own
                path.chmod(_READABLE)
        there = read(path)
        lines = list(_missing(connection, there))
        file.seek(0, os.SEEK_END)
        if file.tell() and not _ends_whole(path):
            lines.insert(0, b"")  # what was cut off stays where it is, as a line of its own
        if lines:
            file.write(b"\n".join(lines) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    return sum(1 for line in lines if line)


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _missing(connection: Connection, there: Outside) -> Iterator[bytes]:
    known = {one.id for one in there.keys}
    for one in keys.statements(connection):
        if one.id not in known:
            yield canonical({"key": parse(one.statement), "signature": one.signature, "endorsement": one.endorsement})
    after = there.last.number if there.last else 0
    for checkpoint in checkpoints.listed(connection, after):
        yield line_of(checkpoint)


def line_of(checkpoint: Checkpoint) -> bytes:
    """The checkpoint as a line of the file, canonical JSON; by mail too."""
    return canonical({"body": parse(checkpoint.body), "signature": checkpoint.signature})
