"""What a ledger may be hashed with: SHA-256, or SM3 (GB/T 32905-2016). Which one, a ledger keeps for its whole life."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class RunningHash(Protocol):
    """A hash that bytes are still added to: what `hashlib` returns."""

    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...

    def hexdigest(self) -> str: ...


class AlgorithmMissing(ValueError):
    """This machine has no such algorithm, or a ledger may not use it. The text says the way out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hashing:
    """One algorithm of 32 bytes. `new` begins a hash with these bytes, for what comes in pieces or must be fast."""

    name: str
    new: Callable[[bytes], RunningHash]

    def digest(self, data: bytes) -> bytes:
        """The 32 bytes of the hash."""
        return self.new(data).digest()

    def hexdigest(self, data: bytes) -> str:
        """The hash in 64 lower-case hexadecimal digits."""
        return self.new(data).hexdigest()


def _of_openssl() -> Callable[[bytes], RunningHash]:
    """SM3 by Python's own OpenSSL. Copying a fresh hash is a fifth faster than having OpenSSL look for it each time."""
    fresh = hashlib.new("sm3")

    def new(data: bytes) -> RunningHash:
        running = fresh.copy()
        running.update(data)
        return running

    return new


class _OwnSm3:
    """SM3 by the OpenSSL that `cryptography` brings along, for a Python whose own OpenSSL was built without it."""

    def __init__(self, data: bytes) -> None:
        from cryptography.hazmat.primitives import hashes

        self._hash = hashes.Hash(hashes.SM3())
        self._hash.update(data)

    def update(self, data: bytes, /) -> None:
        self._hash.update(data)

    def digest(self) -> bytes:
        return self._hash.copy().finalize()

    def hexdigest(self) -> str:
        return self.digest().hex()


def _no_sm3(data: bytes) -> RunningHash:
    raise AlgorithmMissing(
        "这台机器上没有国密 SM3 算法：Python 的 OpenSSL 和 cryptography 库都不提供；"
        "请换用带 SM3 的 OpenSSL 3，或安装官方的 cryptography 安装包"
    )


def _sm3() -> Callable[[bytes], RunningHash]:
    """The first implementation that this machine has."""
    try:
        return _of_openssl()
    except ValueError:
        pass
    try:
        _OwnSm3(b"")
    except Exception:  # no such package, no such algorithm in it, not supported by its backend: the outcome is the same
        return _no_sm3
    return _OwnSm3


SHA256 = Hashing(name="sha256", new=hashlib.sha256)
SM3 = Hashing(name="sm3", new=_sm3())
ALGORITHMS = {one.name: one for one in (SHA256, SM3)}


def hashing(name: str) -> Hashing:
    """The algorithm of this name.

    Raises AlgorithmMissing for a name that is none of the two.
    """
    if name not in ALGORITHMS:
        raise AlgorithmMissing(f"没有名为 {name!r:.40} 的哈希算法；可用的是 {'、'.join(ALGORITHMS)}")
    return ALGORITHMS[name]
