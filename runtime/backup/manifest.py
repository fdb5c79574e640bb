"""What a backup says of itself: which files, of what hash, holding what ledger. Written last: without it, and without
its own hash beside it, a folder is no backup."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ledger.store.canonical import canonical, parse
from ledger.store.copying import Copied
from rules.codec import decode, encode
from runtime.backup.files import StoredFile, hash_of, write_synced
from runtime.ending import Problem

_FORMAT = "duban backup 1"
MANIFEST_FILE, HASH = "manifest.json", "manifest.sha256"
DATA, LEDGER = "data", "ledger"
"""In a backup: what the data folder held, by its names there; and the ledger."""
NOT_WHOLE = "换一份完整的备份；没有做完的备份（名字带 .part-）不能用。"


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingFile:
    """An evidence file that the ledger names and that could not be copied: `what` is wrong with it."""

    evidence: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupManifest:
    """A whole backup. `at`: the instant at which it was begun, as text; everything stored before it is in it. `engine`:
    whether Temporal's data is in it too."""

    at: str
    ledger: Copied
    files: tuple[StoredFile, ...]
    missing: tuple[MissingFile, ...] = ()
    engine: bool = False
    format: str = _FORMAT

    @property
    def size(self) -> int:
        """How many bytes all files have."""
        return sum(file.size for file in self.files)


def write(folder: Path, manifest: BackupManifest) -> None:
    """The manifest and its hash stand in the folder."""
    content = canonical({"format": manifest.format, **encode(manifest)})
    write_synced(folder / MANIFEST_FILE, content)
    write_synced(folder / HASH, _line(content))


def _line(content: bytes) -> bytes:
    """As `sha256sum -c` reads it."""
    return f"{hashlib.sha256(content).hexdigest()}  {MANIFEST_FILE}\n".encode()


def read(folder: Path) -> BackupManifest:
    """The backup's manifest. Raises Problem for a folder that is no backup, or whose manifest was changed."""
    try:
        content, line = (folder / MANIFEST_FILE).read_bytes(), (folder / HASH).read_bytes()
    except OSError as failure:
        raise Problem(f"{folder} 不是一份完整的备份：读不到 {MANIFEST_FILE} 和 {HASH}。", NOT_WHOLE) from failure
    if line != _line(content):
        raise Problem(f"备份 {folder} 的清单被改动或损坏：{MANIFEST_FILE} 与 {HASH} 不符。", NOT_WHOLE)
    try:
        plain = parse(content)
        if plain["format"] != _FORMAT:
            raise Problem(
                f"备份 {folder} 的格式是 {plain['format']!r:.40}，这个程序不认识。", "用写它的那一版程序恢复。"
            )
        manifest = decode(BackupManifest, plain)
    except (ValueError, TypeError, KeyError) as failure:
        raise Problem(f"备份 {folder} 的清单读不懂：{failure}。", NOT_WHOLE) from failure
    for file in manifest.files:
        path = PurePosixPath(file.path)
        if path.is_absolute() or ".." in path.parts or path.parts[0] not in (DATA, LEDGER) or len(path.parts) < 2:
            raise Problem(f"备份的清单里有不该有的路径：{file.path!r:.80}。", NOT_WHOLE)
    return manifest


def check(folder: Path, manifest: BackupManifest, step: Callable[[int, int], object]) -> None:
    """Every file is there with the size and the hash that the manifest names. Raises Problem that names those that are
    not. `step` hears how many bytes of how many were looked at."""
    wrong, done = [], 0
    for file in manifest.files:
        path = folder / file.path
        if path.is_symlink() or not path.is_file():
            wrong.append(f"缺少 {file.path}")
        elif path.stat().st_size != file.size or hash_of(path) != file.sha256:
            wrong.append(f"{file.path} 的内容与清单不符")
        done += file.size
        step(done, manifest.size)
    if wrong:
        more = f" 等 {len(wrong)} 处" if len(wrong) > 5 else ""
        raise Problem(f"备份 {folder} 已损坏：{'；'.join(wrong[:5])}{more}。什么也没有恢复。", NOT_WHOLE)
