"""Moves items' own time forward on the server that skips time; so many at once, as the machine can bear."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, time, timedelta

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from rules.dates.calendar import instant_of

AT_ONCE = 24
OFFICE_HOUR = time(10, 0, 30)
"""Half a minute later, since the server's clock and ours are not quite the same."""


class Skipping:
    """How far each workflow's time is ahead of the real one. `turns`: whoever acts takes one."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._skipper = TimeSkipper(client, config=TimeSkippingConfig(enabled=False))
        self._ahead: dict[str, timedelta] = {}
        self.turns = asyncio.Semaphore(AT_ONCE)

    async def forward(self, id_: str, day: date, at: time = OFFICE_HOUR) -> None:
        """The workflow's own time is that hour of the day, and everything that falls due until then has happened. What
        has begun without a workflow has no time of its own: it goes by the real one."""
        ahead = self._ahead.get(id_, timedelta(0))
        left = instant_of(day, at) - (datetime.now(UTC) + ahead)
        if left > timedelta(0) and await self._forward(id_, left):
            self._ahead[id_] = ahead + left

    async def _forward(self, id_: str, left: timedelta) -> bool:
        try:
            return bool(await self._skipper.fast_forward(self._client.get_workflow_handle(id_), left))
        except RPCError as failure:
            if failure.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
