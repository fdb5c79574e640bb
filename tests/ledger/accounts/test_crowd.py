"""Many at once: everybody gets an answer, no more hash at a time than there are places, and memory stays bounded."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from desk.accounts.entrance import Entrance
from desk.accounts.hasher import HASHED_AT_ONCE, MEMORY_KIB, Hasher
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from tests.ledger.accounts.coming_in import AGENT, GOOD, door


class Watched(Hasher):
    """Says how many hashed at once."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = self.most = 0
        counting, verify = threading.Lock(), self._argon2.verify_and_update

        def counted(password: str | bytes, kept: str | bytes) -> tuple[bool, str | None]:
            with counting:
                self.inside += 1
                self.most = max(self.most, self.inside)
            try:
                return verify(password, kept)
            finally:
                with counting:
                    self.inside -= 1

        self._argon2.verify_and_update = counted  # type: ignore[method-assign,assignment]


def crowd(entrance: Entrance, people: int, now: object) -> dict[str, int]:
    """What so many who come at once hear; all of them know their passwords."""
    ready = threading.Barrier(people, timeout=60)

    def come(n: int) -> str:
        ready.wait()
        try:
            entrance.sign_in("lian", GOOD, address=f"10.0.{n >> 8}.{n & 255}", agent=AGENT, now=now)  # type: ignore[arg-type]
        except RuleViolation as refusal:
            return str(refusal.code)
        return "in"

    with ThreadPoolExecutor(people) as pool:
        heard = list(pool.map(come, range(people)))
    return {answer: heard.count(answer) for answer in set(heard)}


def test_who_finds_no_place_is_told_and_the_others_come_in(database: Database) -> None:
    hasher = Hasher(workers=2, waiting=3, memory_kib=1024, passes=1, lanes=1)
    at = door(database, hasher)
    at.let_in("lian")
    heard = crowd(at.entrance, 24, at.now)
    assert set(heard) <= {"in", Code.SIGN_IN_BUSY, Code.LEDGER_LOCKED}
    assert heard["in"] >= 5
    assert sum(heard.values()) == 24


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_two_hundred_at_once_stay_bounded(database: Database) -> None:
    hasher = Watched()
    hasher.warm_up()
    at = door(database, hasher)
    at.let_in("lian")
    process, most, done = psutil.Process(), 0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not done.wait(0.02):
            most = max(most, process.memory_info().rss)

    before = process.memory_info().rss
    watching = threading.Thread(target=watch)
    watching.start()
    begun = time.monotonic()
    heard = crowd(at.entrance, 200, at.now)
    took = time.monotonic() - begun
    done.set()
    watching.join()
    print(f"{heard} in {took:.1f} s, {(most - before) >> 20} MiB more")  # noqa: T201
    assert sum(heard.values()) == 200
    assert set(heard) == {"in", Code.SIGN_IN_BUSY}
    assert hasher.most <= HASHED_AT_ONCE
    assert most - before < (HASHED_AT_ONCE * MEMORY_KIB + 200 * 1024) * 1024, "two hashes and 200 threads"
