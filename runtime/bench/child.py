"""A command of ours as people run it, in a process of its own: how long it takes and how much memory.

Not started from here but by a small process in between: a process counts the memory of the one that it was forked from
as its own, and the bench's is large.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass

from runtime.ending import Problem
from runtime.settings import Settings

_BETWEEN = """
import json, resource, subprocess, sys, time
begun = time.perf_counter()
quiet = subprocess.DEVNULL
status = subprocess.run(sys.argv[1:], stdin=quiet, stdout=quiet, stderr=quiet).returncode
seconds = time.perf_counter() - begun
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([status, seconds, used.ru_maxrss, used.ru_utime + used.ru_stime]))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What the command took: seconds by the clock and of a processor, and the most memory that it had at a time."""

    seconds: float
    processor_s: float
    rss_mb: float


def run(settings: Settings, *arguments: str) -> Used:
    """The command `duban` with these arguments, on the data folder of the settings. Raises Problem when it fails."""
    command = [sys.executable, "-c", _BETWEEN, sys.executable, "-m", "runtime.cli.main", *arguments]
    environment = {**os.environ, "DUBAN_DATA": str(settings.data)}
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)
    status, seconds, rss, processor_s = json.loads(done.stdout)
    if status:
        raise Problem(f"duban {' '.join(arguments[:2])} 没有完成（退出码 {status}）。")
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Used(seconds=seconds, processor_s=processor_s, rss_mb=rss / unit)
