"""Files copied so that they are on the disk, with their hash: nothing of what they mean."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

_CHUNK = 1 << 20
_PRIVATE = 0o600
"""Everything in a backup is for its owner: names, findings and the signing key are in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file of a backup: where in it (with `/`), its size, its SHA-256, and the permissions that it had."""

    path: str
    size: int
    sha256: str
    mode: int = _PRIVATE


def copy_synced(source: Path, target: Path, *, mode: int = _PRIVATE) -> tuple[int, str]:
    """`target`, which was not there, has the bytes of `source`, on the disk. Returns their number and SHA-256."""
    for folder in (*reversed(target.parent.parents), target.parent):
        folder.mkdir(mode=0o700, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as old, os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as new:
        while chunk := old.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            new.write(chunk)
        new.flush()
        os.fsync(new.fileno())
    return size, digest.hexdigest()


def stored(root: Path, path: Path, *, mode: int = _PRIVATE) -> StoredFile:
    """The file below `root` as a manifest names it, on the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return StoredFile(path=path.relative_to(root).as_posix(), size=path.stat().st_size, sha256=hash_of(path), mode=mode)


def mode_of(path: Path) -> int:
    """The file's permissions."""
    return stat.S_IMODE(path.stat().st_mode) & 0o777


def hash_of(path: Path) -> str:
    """The SHA-256 of the file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, hashlib.sha256).hexdigest()


def write_synced(path: Path, content: bytes) -> None:
    """The file, which was not there, has that content, on the disk."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """The names of everything in the folder are on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folders(root: Path) -> None:
    """The same for `root` and every folder below."""
    for folder, _, _ in os.walk(root):
        sync_folder(Path(folder))
