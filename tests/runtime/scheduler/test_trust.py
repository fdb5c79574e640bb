"""How far a clock is believed, by a clock that runs and one that the test sets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from runtime.scheduler.trust import BOUND, HOLD, TrustedClock

START = datetime(2026, 3, 9, 0, 0, tzinfo=UTC)
MINUTE, FAR = timedelta(minutes=1), timedelta(days=10)


class Running:
    """The time since the machine was started."""

    def __init__(self) -> None:
        self.passed = timedelta(hours=5)

    def __call__(self) -> timedelta:
        return self.passed


def test_a_clock_that_goes_on_is_believed() -> None:
    running = Running()
    clock = TrustedClock(None, running=running)
    for minutes in range(0, 60, 5):
        running.passed = timedelta(minutes=minutes)
        assert clock.until(START + minutes * MINUTE, None) == START + minutes * MINUTE


def test_a_jump_ahead_is_believed_only_after_it_has_lasted() -> None:
    running = Running()
    clock = TrustedClock(None, running=running)
    clock.until(START, None)
    running.passed += MINUTE
    assert clock.until(START + FAR + MINUTE, None) == START + MINUTE
    assert clock.jump(START + FAR + MINUTE) == FAR
    running.passed += MINUTE
    assert clock.until(START + 2 * MINUTE, None) == START + 2 * MINUTE, "it came back: nothing was used up"
    assert not clock.holds
    clock.until(START + FAR, None)
    running.passed += HOLD
    assert clock.until(START + FAR + HOLD, None) == START + FAR + HOLD


def test_a_process_started_during_the_jump_notices_too(tmp_path: Path) -> None:
    running, note = Running(), tmp_path / "clock.json"
    TrustedClock(note, running=running).until(START, None)
    running.passed += MINUTE
    assert TrustedClock(note, running=running).until(START + FAR, None) == START + MINUTE


def test_an_outage_is_no_jump(tmp_path: Path) -> None:
    running, note = Running(), tmp_path / "clock.json"
    TrustedClock(note, running=running).until(START, None)
    running.passed += FAR
    assert TrustedClock(note, running=running).until(START + FAR, None) == START + FAR


def test_the_database_s_clock_is_never_passed() -> None:
    clock = TrustedClock(None, running=Running(), hold=timedelta(0))
    assert clock.until(START + FAR, START) == START
    assert clock.until(START + BOUND, START) == START + BOUND


def test_a_clock_that_goes_back_is_followed() -> None:
    clock = TrustedClock(None, running=Running())
    clock.until(START, None)
    assert clock.until(START - FAR, None) == START - FAR
