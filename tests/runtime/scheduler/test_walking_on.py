"""What one walk or one round stumbles over ends neither the scheduler nor the others."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

import pytest
from temporalio.client import Client

from definitions.calendars import snapshot
from ledger.store.database import Database
from runtime.scheduler import starting
from runtime.scheduler.service import run
from runtime.scheduler.starting import Starter
from runtime.scheduler.walker import Walker


class Stumbling:
    """A walker that stumbles over its first walk."""

    calendar = snapshot()
    waits = True
    walks = 0

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def walk(self, plan_ids: object = None) -> None:
        self.walks += 1
        if self.walks == 1:
            raise KeyError("what a plan of later brings")


async def test_a_walk_that_stumbles_is_walked_again(caplog: pytest.LogCaptureFixture) -> None:
    walker = Stumbling()
    await run(cast(Walker, walker), lambda seconds: walker.walks > 1, look_again=0)
    assert walker.walks > 1
    assert "没有走完" in caplog.text


async def test_a_round_that_cannot_be_looked_at_keeps_none_of_the_others_waiting(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    looked: list[str] = []

    async def look(client: Client, queue: str, name: str) -> None:
        looked.append(name)
        if name == "broken/2027":
            raise ValueError(name)

    starter = Starter(cast(Client, None), cast(Database, None), "queue", lambda: datetime.now(UTC))
    monkeypatch.setattr(starting, "look_at_round", look)
    monkeypatch.setattr(starter, "_rounds_that_run", lambda: ["broken/2027", "visits/2027-03"])
    await starter._rounds()
    assert looked == ["broken/2027", "visits/2027-03"]
    assert "broken/2027" in caplog.text
