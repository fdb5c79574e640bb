"""How far the machine's clock is believed: a clock that jumps ahead must not use up the days it skips.

Two witnesses: the clock that runs since the machine was started, which nobody sets (kept across processes of one boot
in the data folder), and the clock of a database that has one of its own. What lies ahead of them is named at once and
believed only after it has lasted; with a database of its own, never.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

logger = logging.getLogger("duban.scheduler")

BOUND = timedelta(minutes=2)
"""A clock that is set right by a time server moves by less."""
HOLD = timedelta(minutes=15)
"""A jump that has lasted so long was meant: the clock had been behind, and was put right."""
CLOCK_NOTE = Path("run", "clock.json")
"""Where in the data folder the last believed instant is kept."""
BOOT = Path("/proc/sys/kernel/random/boot_id")


def since_boot() -> timedelta:
    """How long the machine has been running, sleep included, where the system tells."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return timedelta(seconds=time.clock_gettime(clock))


class TrustedClock:
    """Says up to which instant plans may be walked, given what the clock shows."""

    def __init__(
        self, note: Path | None, *, hold: timedelta = HOLD, running: Callable[[], timedelta] = since_boot
    ) -> None:
        """`note`: where the last believed instant is kept, so that a process started during a jump notices too."""
        self._note, self._hold, self._running = note, hold, running
        self._last: tuple[datetime, timedelta] | None = self._read()
        self._jumped_at: timedelta | None = None

    @property
    def holds(self) -> bool:
        """Whether a jump ahead is not believed yet."""
        return self._jumped_at is not None

    def jump(self, shown: datetime) -> timedelta | None:
        """How far the clock is ahead of where the last believed instant leads; None while that is within bounds."""
        if self._last is None:
            return None
        ahead = shown - (self._last[0] + (self._running() - self._last[1]))
        return ahead if ahead > BOUND else None

    def until(self, shown: datetime, database: datetime | None) -> datetime:
        """The instant up to which plans may be walked now; a jump is named in the log."""
        running = self._running()
        if self._last is None:
            believed = shown
        else:
            expected = self._last[0] + (running - self._last[1])
            believed = self._judge(shown, expected, running)
        if database is not None and shown > database + BOUND:
            logger.warning("本机时钟 %s 比数据库的 %s 快：计划只走到数据库的时刻，请核对时间同步", shown, database)
            believed = min(believed, database)
        self._last = (believed, running)
        self._write()
        return believed

    def _judge(self, shown: datetime, expected: datetime, running: timedelta) -> datetime:
        if abs(shown - expected) <= BOUND:
            self._jumped_at = None
            return shown
        if shown < expected:
            logger.warning("本机时钟往回拨了%s，现在是 %s：请核对时间同步", in_words(expected - shown), shown)
            self._jumped_at = None
            return shown
        if self._jumped_at is None:
            self._jumped_at = running
        if running - self._jumped_at >= self._hold:
            self._jumped_at = None
            logger.warning("本机时钟往前跳了%s，一直如此，照它走：现在是 %s", in_words(shown - expected), shown)
            return shown
        logger.warning(
            "本机时钟忽然往前跳了%s，到 %s：计划先按原来的时钟走到 %s，这样过%s才相信它；请核对时间同步",
            in_words(shown - expected),
            shown,
            expected,
            in_words(self._hold),
        )
        return expected

    def _read(self) -> tuple[datetime, timedelta] | None:
        if self._note is None:
            return None
        try:
            kept = json.loads(self._note.read_text("utf-8"))
            if kept["boot"] != _boot():
                return None
            return datetime.fromisoformat(kept["at"]), timedelta(seconds=kept["running"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _write(self) -> None:
        if self._note is None or self._last is None:
            return
        at, running = self._last
        fresh = self._note.with_suffix(".new")
        with suppress(OSError):  # a full disk must not end the scheduler: this process remembers all the same
            fresh.write_text(json.dumps({"boot": _boot(), "at": at.isoformat(), "running": running.total_seconds()}))
            fresh.replace(self._note)


def in_words(length: timedelta) -> str:
    """The length in Chinese, to the second."""
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    said = ((days, "天"), (hours, "小时"), (minutes, "分"), (seconds, "秒"))
    return "".join(f" {count} {unit}" for count, unit in said if count) or " 0 秒"


def _boot() -> str:
    try:
        return BOOT.read_text("ascii").strip()
    except OSError:
        return ""
