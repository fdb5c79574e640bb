"""Passwords hashed and compared (argon2id, by pwdlib) in a bounded number of places: each takes 64 MiB for a fifth of a
second, so whoever finds no place is told to come again."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from threading import BoundedSemaphore

from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError
from pwdlib.hashers.argon2 import Argon2Hasher

from rules.accounts.passwords import PASSWORD_LENGTH
from rules.errors import Code, RuleViolation

HASHED_AT_ONCE, WAITING_TO_HASH = 2, 16
"""So many hash at once, and so many wait for them: a queue of less than two seconds on two cores. Each waits in a
thread of the site, of which there are forty, and pages need theirs."""
MEMORY_KIB, PASSES, LANES = 65536, 3, 4
"""RFC 9106, section 4: the second recommended option, which is pwdlib's too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordCompared:
    """Whether it was the password. `stronger`: the same hashed anew, where it was kept by older parameters."""

    same: bool
    stronger: str | None = None


class Hasher:
    """Hashes passwords, a bounded number at once. One for a process."""

    def __init__(
        self,
        *,
        workers: int = HASHED_AT_ONCE,
        waiting: int = WAITING_TO_HASH,
        memory_kib: int = MEMORY_KIB,
        passes: int = PASSES,
        lanes: int = LANES,
    ) -> None:
        argon2 = Argon2Hasher(time_cost=passes, memory_cost=memory_kib, parallelism=lanes)
        self._argon2 = PasswordHash((argon2,))
        self._places = BoundedSemaphore(workers + waiting)
        self._workers = BoundedSemaphore(workers)

    @cached_property
    def _nobodys(self) -> str:
        """What is compared where there is nothing to compare, so that it takes the same time."""
        return self._argon2.hash("nobody's password")

    def warm_up(self) -> None:
        """What the first sign-in would otherwise wait for, and show by its time, is there."""
        with self._workers:
            _ = self._nobodys

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place among those who hash or wait, for as long as somebody signs in. Raises sign_in_busy at once when all
        are taken: whoever has none has cost nothing."""
        if not self._places.acquire(blocking=False):
            raise RuleViolation(Code.SIGN_IN_BUSY)
        try:
            yield
        finally:
            self._places.release()

    def compared(self, kept: str | None, typed: str) -> PasswordCompared:
        """Whether that is the password kept, in the same time where none is kept or what is kept is no hash."""
        typed = typed[:PASSWORD_LENGTH]
        with self._workers:
            try:
                same, stronger = self._argon2.verify_and_update(typed, kept or self._nobodys)
            except PwdlibError:
                self._argon2.verify(typed, self._nobodys)
                return PasswordCompared(same=False)
        return PasswordCompared(same=same and kept is not None, stronger=stronger if same else None)

    def hashed(self, password: str) -> str:
        """The password as it is kept, with a fresh salt."""
        with self._workers:
            return self._argon2.hash(password)
