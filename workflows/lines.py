"""One line of waiting callers for each item: its commands are given one after another. Knows nothing of commands."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from rules.errors import Code, RuleViolation

LINE_LIMIT = 100
"""Callers of one item, the one being served among them. An item takes some twenty commands a second, so that the last
one waits five seconds: longer than that nobody sits in front of a screen."""


@dataclass(slots=True)
class _Line:
    callers: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Lines:
    """Who waits for which item.

    Temporal takes ten updates of a workflow at once and lets the others try again, later and later, until they give up.
    With one at a time each is answered in the order in which it came; several sites are several lines, each with one.
    """

    def __init__(self, limit: int = LINE_LIMIT) -> None:
        self._limit = limit
        self._lines: dict[str, _Line] = {}

    @asynccontextmanager
    async def turn(self, no: str, patience: float) -> AsyncIterator[None]:
        """It is the caller's turn at that item. Raises item_busy at once when too many wait, or after `patience`
        seconds; then nothing has happened."""
        line = self._lines.setdefault(no, _Line())
        if line.callers >= self._limit:
            raise RuleViolation(Code.ITEM_BUSY, no=no, count=line.callers)
        line.callers += 1
        try:
            try:
                async with asyncio.timeout(patience):
                    await line.turn.acquire()
            except TimeoutError:
                raise RuleViolation(Code.ITEM_BUSY, no=no, count=line.callers) from None
            try:
                yield
            finally:
                line.turn.release()
        finally:
            line.callers -= 1
            if not line.callers:
                self._lines.pop(no, None)
