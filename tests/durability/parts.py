"""The product's real processes on one data folder, to be killed and started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from uuid import uuid4

from definitions.catalogue import EXAMPLE
from desk.acting import issuer
from desk.caller import on_site
from ledger.chain import batches
from ledger.chain.batches import NewItem
from ledger.directory import people
from ledger.store.database import Database
from rules.machine.issuing import Order
from runtime.engine import record
from runtime.settings import Settings
from runtime.store import load_shipped, open_database
from tests.support.product import SUPERVISOR

GLANCE = 0.02
UNITS = ("u023", "u024", "u025", "u026", "u046", "u064", "u075", "u030")


class Parts:
    """Server, worker, site and callers, each by name: one process, its log, how it is begun."""

    def __init__(self, settings: Settings, *, at_once: int = 0, **environment: str) -> None:
        """`at_once`: commands of a caller on their way at a time, 0: one to each item. `environment`: more of it for
        every part."""
        self.settings, self._environment = settings, environment
        self._at_once = [str(at_once)] if at_once else []
        self.folder = settings.data
        self.stop = self.folder / "stop"
        self.database: Database = open_database(settings, migrate=True)
        load_shipped(self.database, settings, county=True)
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for process in self._running.values():
            process.kill()
            process.wait()
        self.database.close()

    def begin(self, name: str) -> None:
        """The part is being started. `server`, `worker`, `site` and `scheduler` are the product's own."""
        if name in ("server", "worker", "site", "scheduler"):
            command = ["runtime.cli.main", name]
        else:
            command = ["tests.durability.caller", str(self.folder), name, str(self.log(name)), str(self.stop)]
            command += self._at_once
        with self._output(name) as output:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", *command],
                env={**os.environ, "DUBAN_DATA": str(self.folder), "DUBAN_PORT": "0", **self._environment},
                stdout=output,
                stderr=output,
            )

    def kill(self, name: str) -> None:
        """kill -9, as it would happen to it: the Temporal server's own process for `engine`, the part's otherwise."""
        if name == "engine":
            before = self.server()
            os.kill(before, signal.SIGKILL)
            self.wait("the server was started again", lambda: self.server() not in (0, before))
            return
        process = self._running[name]
        process.kill()
        process.wait()

    def process(self, name: str) -> int:
        """The part's process id."""
        return self._running[name].pid

    def server(self) -> int:
        """The process id of the Temporal server that answers; 0 when none does."""
        noted = record.read(self.folder)
        return noted.pid if noted and noted.process() else 0

    def log(self, name: str) -> Path:
        """A caller's answers."""
        return self.folder / f"{name}.answers"

    def answers(self) -> list[dict[str, str | int]]:
        """What all callers have been told; `id` is the command's."""
        told = []
        for path in sorted(self.folder.glob("*.answers")):
            for line in path.read_text().splitlines():
                answer = json.loads(line)
                told.append(answer | {"id": f"{path.stem}-{answer['n']}"})
        return told

    def acknowledged(self) -> int:
        """How many commands have been acknowledged."""
        return sum(path.read_text().count('"seq"') for path in self.folder.glob("*.answers"))

    def beyond(self, count: int) -> bool:
        """Whether so many commands have been acknowledged."""
        return self.acknowledged() >= count

    def issue(self, count: int, *, ago: timedelta) -> None:
        """So many items stand in the ledger as issued then, without workflows: what was to ring since is overdue."""
        batch, now = f"b-{uuid4()}", datetime.now(UTC)
        with self.database.write() as connection:
            units = [people.unit_ref(connection, unit) for unit in UNITS]
            items = [
                NewItem(
                    process=EXAMPLE,
                    variant="staged",
                    import_key=f"{batch}/{n}",
                    order=Order(no="", unit=units[n % len(units)], title=f"第 {n} 个问题"),
                )
                for n in range(count)
            ]
            actor = issuer(connection, on_site(SUPERVISOR))
            batches.save(connection, batch, items, filename="", title="", reading={}, actor=actor, now=now)
            batches.confirm(connection, batch, actor, now)
            batches.issue_chunk(connection, batch, count, now - ago)

    def wait(self, what: str, true: Callable[[], object], *, within: float = 90.0) -> None:
        """It has become true; fails with what the processes said when it has not in time."""
        deadline = time.monotonic() + within
        while not true():
            assert time.monotonic() < deadline, f"waited {within:.0f} s in vain for: {what}\n{self._words()}"
            time.sleep(GLANCE)

    def join(self, name: str) -> int:
        """The part has ended by itself; its status."""
        self.wait(f"{name} ends", lambda: self._running[name].poll() is not None)
        return self._running[name].returncode

    def _output(self, name: str) -> IO[bytes]:
        return (self.folder / f"{name}.output").open("ab")

    def _words(self) -> str:
        return "\n".join(f"--- {p.name}\n{p.read_text()[-1500:]}" for p in sorted(self.folder.glob("*.output")))
