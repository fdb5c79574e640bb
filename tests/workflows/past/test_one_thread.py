"""One thread for many callers: what waits is taken together, one lot after another, and past it where it is held up."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from workflows.past.one_thread import MOST_TOGETHER, OneThread


class Held:
    """What is done stops at a `stop` until it is let go."""

    def __init__(self) -> None:
        self.lots: list[list[str]] = []
        self.begun, self.held, self.ended = threading.Event(), threading.Event(), threading.Event()

    def __call__(self, wanted: Sequence[str]) -> list[str | Exception]:
        self.lots.append([*wanted])
        if "stop" in wanted:
            self.begun.set()
            assert self.held.wait(60)
            self.ended.set()
        return [KeyError(one) if one == "wrong" else f"{one} done" for one in wanted]

    async def stopped(self, thread: OneThread[str, str]) -> "asyncio.Task[str]":
        """Whoever came first, and is being done."""
        first = asyncio.create_task(thread.run("stop"))
        assert await asyncio.to_thread(self.begun.wait, 60)
        return first


async def test_what_has_come_meanwhile_is_taken_together_in_its_order_on_one_thread() -> None:
    threads: set[int] = set()
    held = Held()

    def do(wanted: Sequence[str]) -> list[str | Exception]:
        threads.add(threading.get_ident())
        return held(wanted)

    thread = OneThread(do, patience=60)
    first = await held.stopped(thread)
    names = [f"n{n}" for n in range(MOST_TOGETHER + 4)]
    others = asyncio.gather(*map(thread.run, names))
    await asyncio.sleep(0)  # each has come
    held.held.set()
    assert await others == [f"{name} done" for name in names]
    assert await first == "stop done"
    assert held.lots == [["stop"], names[:MOST_TOGETHER], names[MOST_TOGETHER:]]
    assert len(threads) == 1
    assert threading.get_ident() not in threads, "the loop waits for nobody"


async def test_who_is_behind_something_slow_goes_by_another_and_once() -> None:
    held = Held()
    thread = OneThread(held, patience=0.01)
    first = await held.stopped(thread)
    assert await thread.run("behind") == "behind done"
    assert not first.done()
    held.held.set()
    assert await first == "stop done", "what has begun goes on where it is"
    await thread.run("after")
    assert held.lots == [["stop"], ["behind"], ["after"]]


async def test_what_one_comes_to_is_raised_to_that_one() -> None:
    held = Held()
    thread = OneThread(held, patience=60)
    first = await held.stopped(thread)
    others = asyncio.gather(*map(thread.run, ("right", "wrong")), return_exceptions=True)
    await asyncio.sleep(0)
    held.held.set()
    right, wrong = await others
    assert (right, type(wrong), await first) == ("right done", KeyError, "stop done")


async def test_what_nothing_comes_of_at_all_is_raised_to_all() -> None:
    def fails(wanted: Sequence[str]) -> list[str | Exception]:
        raise ZeroDivisionError

    thread = OneThread(fails)
    ends = await asyncio.gather(*map(thread.run, "ab"), return_exceptions=True)
    assert [type(end) for end in ends] == [ZeroDivisionError] * 2


async def test_what_has_begun_ends_though_its_caller_is_gone_and_what_has_not_never_begins() -> None:
    held = Held()
    thread = OneThread(held, patience=60)
    first = await held.stopped(thread)
    behind = asyncio.create_task(thread.run("behind"))
    await asyncio.sleep(0)
    for caller in (first, behind):
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
    held.held.set()
    assert await asyncio.to_thread(held.ended.wait, 60)
    await thread.run("after")
    assert held.lots == [["stop"], ["after"]]
