"""Keeps the server's process: starts it, starts it again when it dies, stops it for good."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

CHILD = Path(__file__).with_name("child.py")
_GRACE = timedelta(seconds=3)  # its database survives a kill; a server stopped while it starts says farewell for long
LEAST_LIFE = timedelta(seconds=2)  # a process that dies sooner never came to work
DEATHS = 10  # so many in a row, and it is given up; with the pauses that is about half a minute
_FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
_PAUSE = 0.05


class KeptProcess:
    """One program, alive until `stop`.

    It is started by a thread of its own that waits for it: the kernel ends a child with the *thread* that started it.
    """

    def __init__(
        self,
        command: list[str],
        folder: Path,
        log: Path,
        started: Callable[[int], None],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`environment` is added to ours.

        `started` hears the process id of every start after the first; it is called on the keeping thread.
        """
        self._command, self._folder, self._log, self._started = command, folder, log, started
        self._environment = environment or {}
        self._process: subprocess.Popen[bytes] | None = None
        self._failure: OSError | None = None
        self._spawned = threading.Event()
        self._stopping = threading.Event()
        self.keep = threading.Event()
        self.ended = threading.Event()
        self._thread = threading.Thread(target=self._live, name="engine-keeper", daemon=True)

    @property
    def pid(self) -> int:
        """The process id of the latest start."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """The program has been started once. Raises OSError when it cannot be. It is kept once `keep` is set."""
        self._thread.start()
        self._spawned.wait()
        if self._failure:
            raise self._failure

    def stop(self, grace: timedelta = _GRACE) -> None:
        """The process is gone; asked first, killed after `grace`."""
        self._stopping.set()
        asked, deadline = 0, time.monotonic() + grace.total_seconds()
        while self._thread.is_alive():
            process = self._process  # may be a fresh one, started while we came
            if process and process.poll() is None:
                if time.monotonic() > deadline:
                    process.kill()
                elif asked != process.pid:
                    process.terminate()
                    asked = process.pid
            self._thread.join(_PAUSE)

    def _live(self) -> None:
        deaths = 0
        while not self._stopping.is_set() and deaths < DEATHS:
            began = time.monotonic()
            try:
                self._spawn()
            except OSError as failure:
                self._failure = failure
                break
            finally:
                self._spawned.set()
            assert self._process is not None
            if self.keep.is_set():
                with suppress(OSError):  # a full disk must not end this thread, and with it the server
                    self._started(self._process.pid)
            self._process.wait()
            if not self.keep.is_set():
                break
            deaths = 0 if time.monotonic() - began > LEAST_LIFE.total_seconds() else deaths + 1
            self._stopping.wait(min(_FIRST_PAUSE * 2**deaths, LONGEST_PAUSE) if deaths else 0)
        self.ended.set()

    def _spawn(self) -> None:
        # Variables named TEMPORAL_... would override the configuration.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")}
        with os.fdopen(os.open(self._log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(CHILD), str(os.getpid()), *self._command],
                cwd=self._folder,
                env={**environment, **self._environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C at the terminal is for us, the server is stopped last
            )
