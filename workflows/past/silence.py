"""Whose silence is known, so that nobody waits for it again: an item's workflow for a while, the engine until it
answers. Knows nothing of commands."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

_REST = 10.0
"""Seconds for which a workflow that did not answer is not asked again."""
_GLANCE = 1.0
"""Seconds between looks whether the engine answers again."""


class Silence:
    """What did not answer. `answers` asks the engine whether it does."""

    def __init__(self, answers: Callable[[], Awaitable[bool]], clock: Callable[[], float] = monotonic) -> None:
        self._answers, self._clock = answers, clock
        self._until: dict[str, float] = {}
        self._looking: asyncio.Task[None] | None = None
        self._engine = False

    def holds(self, no: str) -> bool:
        """Whether the item's workflow is not worth asking now."""
        return self._engine or self._until.get(no, 0.0) > self._clock()

    def begins(self, no: str) -> None:
        """The item's workflow did not answer. Whether it was the engine, is looked at beside what comes next."""
        now = self._clock()
        self._until = {one: until for one, until in self._until.items() if until > now} | {no: now + _REST}
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while not await self._answers():
            self._engine = True
            await asyncio.sleep(_GLANCE)
        if self._engine:  # what was silent with it may answer again
            self._engine = False
            self._until.clear()
