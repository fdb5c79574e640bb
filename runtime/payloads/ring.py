"""The keys of what workflows carry: a file with one key a line, of which the newest in use encrypts and all decrypt.

    # a comment
    ID INSTANT KEY      id of the key, from when on it encrypts (UTC), 32 bytes in base64

The id comes of the key, so a line that was damaged is known. Nothing is ever taken out: what was encrypted with a key
that is gone can be read by nobody.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from runtime.ending import Problem
from runtime.host.privacy import FOLDER_MODE, OTHERS

KEY_BYTES = 32
"""AES-256."""
_HEAD = "# 督办：流程内容的密钥。一行一把，最后用上的加密，全部都能解密。删掉一行，用它加密的就再也读不出来。\n"
_DOMAIN = b"duban payload key 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadKey:
    """One key. `since`: from when on it encrypts; sooner than that it only decrypts, so that every machine may have
    it by then."""

    id: str
    since: datetime
    cipher: AESGCM

    def __repr__(self) -> str:
        return f"PayloadKey({self.id})"


class KeyRing:
    """The keys in that file, read anew when it has changed."""

    def __init__(self, path: Path) -> None:
        """Raises Problem when the file holds no keys, or others may read it."""
        self.path = path
        self._read_at: tuple[int, int, int] | None = None
        self._keys: dict[str, PayloadKey] = {}
        self._refresh()

    @property
    def keys(self) -> list[PayloadKey]:
        """Every key, in the order of the file."""
        return list(self._keys.values())

    def encrypting(self, now: datetime) -> PayloadKey:
        """The key that encrypts now: of those in use the last; before any is, the first."""
        self._refresh()
        used = [key for key in self._keys.values() if key.since <= now]
        return max(reversed(used), key=lambda key: key.since, default=next(iter(self._keys.values())))

    def opening(self, id_: str) -> PayloadKey | None:
        """The key of that id; None when the file has it not, also not by now."""
        if id_ not in self._keys:
            self._refresh()
        return self._keys.get(id_)

    def _refresh(self) -> None:
        """What was read once still stands while the file is on its way, or damaged: the doctor speaks of that."""
        try:
            self._read()
        except Problem:
            if not self._keys:
                raise

    def _read(self) -> None:
        try:
            seen = self.path.stat()
            stamp = (seen.st_mtime_ns, seen.st_ino, seen.st_size)
            if stamp == self._read_at:
                return
            if seen.st_mode & OTHERS:
                raise Problem(f"密钥文件 {self.path} 别的账号能读。", f"运行 chmod 600 {self.path}，再换一把新的密钥。")
            text = self.path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as failure:
            raise Problem(
                f"流程内容的密钥文件 {self.path} 读不了（{getattr(failure, 'strerror', '') or '不是文字'}）。",
                "第一次用，运行 duban payloads new-key；丢失的，从备份恢复它：没有它，加密过的流程谁也读不出来。",
            ) from failure
        self._keys, self._read_at = parsed(text, self.path), stamp


def parsed(text: str, path: Path) -> dict[str, PayloadKey]:
    """The keys in that text, by id. Raises Problem."""
    keys: dict[str, PayloadKey] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        try:
            id_, since, encoded = words
            raw = base64.b64decode(encoded, validate=True)
            at = datetime.fromisoformat(since)
        except ValueError:
            raise _damaged(path, number) from None
        if len(raw) != KEY_BYTES or id_ != id_of(raw) or at.tzinfo is None:
            raise _damaged(path, number)
        keys[id_] = PayloadKey(id=id_, since=at, cipher=AESGCM(raw))
    if not keys:
        raise Problem(
            f"密钥文件 {path} 里一把密钥也没有。", "从备份恢复它；第一次用，删掉它，运行 duban payloads new-key。"
        )
    return keys


def id_of(raw: bytes) -> str:
    """How a key is named: by a digest that tells nothing of it."""
    return hashlib.sha256(_DOMAIN + raw).hexdigest()[:16]


def add_key(
    path: Path, now: datetime, after: timedelta, before: Callable[[PayloadKey], None] = lambda key: None
) -> PayloadKey:
    """A new key stands at the end of the file, whole or not at all. It encrypts from so long `after` now on, the first
    one at once. `before` it is written somebody is told of it. Raises Problem when the file cannot be read or
    written."""
    old = ""
    if path.exists():
        KeyRing(path)  # what cannot be read is not written over
        old = path.read_text("utf-8")
    raw = secrets.token_bytes(KEY_BYTES)
    since = (now + after if old else now).replace(microsecond=0)
    made = PayloadKey(id=id_of(raw), since=since, cipher=AESGCM(raw))
    before(made)
    line = f"{made.id} {since.isoformat()} {base64.b64encode(raw).decode()}\n"
    fresh = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
            out.write((old or _HEAD) + line)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(path)
    except OSError as failure:
        raise Problem(f"密钥文件 {path} 写不了（{failure.strerror}）。", "核对那个目录的权限和余地。") from failure
    return made


def _damaged(path: Path, number: int) -> Problem:
    return Problem(f"密钥文件 {path} 第 {number} 行读不懂或被改动过。", "从备份恢复这个文件；不要删掉那一行。")
