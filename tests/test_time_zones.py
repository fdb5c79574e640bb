"""Dates never depend on the machine: what reckons, reads, shows and sends them is tried under three time zones.

The zones lie before, at and beyond the local time of the rules, so that a date taken by the machine's own time would be
another one in at least one of them. The languages sort and write dates and letters in their own ways.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MACHINES = {
    "Pacific/Kiritimati": "C",  # +14:00: it is tomorrow there
    "Asia/Shanghai": "zh_CN.UTF-8",
    "America/Los_Angeles": "tr_TR.UTF-8",  # -08:00, with daylight saving
}
DATED = (
    "tests/rules/dates/test_calendar.py",
    "tests/rules/dates/test_windows.py",
    "tests/rules/dates/test_explain.py",
    "tests/rules/machine/test_pauses.py",
    "tests/rules/dates/test_plans.py",
    "tests/rules/machine/test_recalculating.py",
    "tests/rules/machine/test_shipped.py",
    "tests/rules/telling/test_story.py",
    "tests/definitions/test_calendars.py",
    "tests/activities/delivery/test_hours.py",
    "tests/documents/sheets/test_time_limits.py",
    "tests/runtime/simulate/test_files.py",
)


@pytest.mark.soak
@pytest.mark.parametrize(("zone", "language"), MACHINES.items(), ids=list(MACHINES))
def test_dates_are_the_same_on_a_machine_in(zone: str, language: str) -> None:
    with_zone = {**os.environ, "TZ": zone, "LC_ALL": language, "PYTHONUTF8": "1"}
    here = "import time; print(time.strftime('%z'))"
    offsets = {
        subprocess.check_output([sys.executable, "-c", here], env={**with_zone, "TZ": z}, text=True) for z in MACHINES
    }
    assert len(offsets) == len(MACHINES), "the zones are known here"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *DATED],
        cwd=ROOT,
        env={name: value for name, value in with_zone.items() if not name.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
