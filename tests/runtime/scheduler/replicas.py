"""Replicas of the scheduler on one database and one server, and the clock that they share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import select
from temporalio.client import Client

from definitions.plans import PLANS
from ledger.chain import pinned
from ledger.store import firings
from ledger.store.firings import FIRING
from rules.dates.plans import firing_key, nominal_times
from runtime.engine.embedded import Engine
from runtime.scheduler.starting import STARTS
from runtime.settings import Settings
from runtime.store import load_shipped, open_database
from tests.support.waiting import until
from workflows.contracts import seal_id

WITHIN = 60.0


class Replicas:
    """Schedulers by name: real processes of one data folder, whose clock this test moves."""

    def __init__(self, settings: Settings, engine: Engine, client: Client, start: datetime) -> None:
        self.database = open_database(settings, migrate=True)
        load_shipped(self.database, settings, county=False)
        self.client = client
        self._folder = settings.data
        self._offset = settings.data / "offset"
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._environment = {
            **os.environ,
            "DUBAN_DATA": str(settings.data),
            "DUBAN_TEMPORAL_ADDRESS": engine.address,
            "DUBAN_TEMPORAL_NAMESPACE": engine.settings.temporal_namespace,
        }
        self.start = start
        self.turn_to(start)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for name in list(self._running):
            self.kill(name)
        self.database.close()

    def turn_to(self, moment: datetime) -> None:
        """The replicas' clock shows that moment now, and goes on."""
        new = self._offset.with_suffix(".new")
        new.write_text(str((moment - datetime.now(UTC)).total_seconds()))
        new.replace(self._offset)

    def now(self) -> datetime:
        """What the replicas' clock shows."""
        return datetime.now(UTC) + timedelta(seconds=float(self._offset.read_text()))

    def begin(self, name: str) -> None:
        """The replica is being started."""
        with self.log(name).open("ab") as output:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", "tests.runtime.scheduler.replica", name, str(self._offset)],
                env=self._environment,
                stdout=output,
                stderr=output,
            )

    def kill(self, name: str) -> None:
        """kill -9."""
        process = self._running.pop(name)
        process.kill()
        process.wait()

    def died(self, name: str) -> bool:
        """Whether the replica has ended by itself."""
        return self._running[name].poll() is not None

    def log(self, name: str) -> Path:
        """What the replica said."""
        return self._folder / f"{name}.output"

    async def begun(self) -> None:
        """Every plan has been met once."""

        def met() -> bool:
            with self.database.read() as connection:
                return len(firings.cursors(connection)) == len(PLANS)

        await until("every plan has its cursor", met, within=WITHIN)

    def claimed(self) -> dict[str, str]:
        """Every firing with who claimed it."""
        with self.database.read() as connection:
            return {key: by for key, by in connection.execute(select(FIRING.c.key, FIRING.c.by))}

    def started(self) -> set[str]:
        """The firings that are marked started."""
        with self.database.read() as connection:
            return set(connection.execute(select(FIRING.c.key).where(FIRING.c.started_at.is_not(None))).scalars())

    def expected(self, upto: datetime) -> set[str]:
        """Every nominal time of every plan since the beginning, by its key."""
        with self.database.read() as connection:
            calendar = pinned.current_calendar(connection)
            begins = firings.cursors(connection)
        assert set(begins) == {plan.id for plan in PLANS}
        times = ((plan, nominal_times(plan, calendar, self.start, upto)) for plan in PLANS)
        return {firing_key(plan.id, at) for plan, all_of_it in times for at in all_of_it}

    async def all_started(self, upto: datetime) -> set[str]:
        """Waits until everything up to that moment is marked started; returns what was expected."""
        wanted = self.expected(upto)
        words = f"{len(wanted)} firings are started"
        await until(words, lambda: self.started() >= wanted, within=WITHIN)
        return wanted

    async def once(self, wanted: set[str]) -> None:
        """Exactly these were claimed, and each that names a workflow has been started exactly once on the server."""
        assert set(self.claimed()) == wanted
        named = {key for key in wanted if key.split("@")[0] in STARTS}
        runs: Counter[str] = Counter()

        async def listed() -> bool:
            runs.clear()
            runs.update([found.id async for found in self.client.list_workflows(page_size=1000)])
            return set(runs) >= named

        await until("every workflow is listed", listed, within=WITHIN)
        # All hours' seals are one workflow here, where no worker makes a checkpoint: it is called by its number.
        assert runs.pop(seal_id(1), 1) == 1
        assert runs == Counter(dict.fromkeys(named, 1))
