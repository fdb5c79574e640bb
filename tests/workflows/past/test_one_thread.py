"""One thread for many callers: one after another, and past it where it is held up."""

import asyncio
import threading

import pytest

from workflows.one_thread import OneThread


async def test_what_is_given_at_once_is_done_one_after_another_on_one_thread() -> None:
    thread, busy, most = OneThread(patience=60), 0, 0

    def work() -> int:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        busy -= 1
        return threading.get_ident()

    done = await asyncio.gather(*(thread.run(work) for _ in range(40)))
    assert (len(set(done)), most) == (1, 1)
    assert done[0] != threading.get_ident(), "the loop waits for nobody"


async def test_who_is_behind_something_slow_goes_by_another() -> None:
    thread, held, begun = OneThread(patience=0.01), threading.Event(), threading.Event()

    def slow() -> str:
        begun.set()
        assert held.wait(60)
        return "slow"

    first = asyncio.create_task(thread.run(slow))
    await asyncio.to_thread(begun.wait, 60)
    count: list[int] = []
    await thread.run(count.append, 1)
    assert not first.done()
    held.set()
    assert await first == "slow", "what has begun goes on where it is"
    await thread.run(lambda: None)
    assert count == [1], "once"


async def test_what_it_raises_is_raised() -> None:
    def fails() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await OneThread().run(fails)


async def test_what_has_begun_ends_though_its_caller_is_gone() -> None:
    thread, held, begun, ended = OneThread(), threading.Event(), threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        assert held.wait(60)
        ended.set()

    caller = asyncio.create_task(thread.run(slow))
    await asyncio.to_thread(begun.wait, 60)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    held.set()
    assert await asyncio.to_thread(ended.wait, 60)
