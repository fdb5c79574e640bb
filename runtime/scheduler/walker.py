"""The one thing that a scheduler does: claim every nominal time that has come, start what it claimed, mark it started.

On time, after an outage, beside other replicas, after a clock that jumped: it is the same walk from the stored cursor.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from temporalio.service import RPCError

from definitions.plans import PLANS
from ledger.chain import pinned
from ledger.store import firings
from ledger.store.database import Database
from ledger.store.firings import Claimed
from rules.dates.calendar import Calendar
from rules.dates.plans import Plan
from rules.errors import LEDGER_AWAY, RuleViolation
from runtime.scheduler.starting import Starter
from runtime.scheduler.trust import TrustedClock

logger = logging.getLogger("duban.scheduler")

WAY_BACK = "核对时间同步，然后运行 duban scheduler --back"
_AT_ONCE = 24
"""How many starts wait for the server's answer at a time."""


def now_utc() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


class Walker:
    """Walks plans for one replica. `calendar` is the one of the last walk; `owes` is true while a claim, of whichever
    replica, waits to be started."""

    def __init__(
        self,
        database: Database,
        starter: Starter,
        name: str,
        *,
        clock: Callable[[], datetime] = now_utc,
        plans: Sequence[Plan] = PLANS,
        trusted: TrustedClock | None = None,
    ) -> None:
        """`trusted`: how far the clock is believed; without one, by what this process has seen of it."""
        self._trusted = trusted or TrustedClock(None)
        self._database, self._starter, self._name, self._clock, self._plans = database, starter, name, clock, plans
        self.calendar = self._current_calendar()
        self.owes = True
        self._named: list[str] = []

    @property
    def waits(self) -> bool:
        """Whether it is to walk again soon: a claim waits to be started, or a jump of the clock to be believed."""
        return self.owes or self._trusted.holds

    def now(self) -> datetime:
        """What the clock shows."""
        return self._clock()

    async def walk(self, plan_ids: Iterable[str] | None = None) -> None:
        """Every nominal time of these plans (of all when None) that has come is claimed by somebody; all that is ours
        to start has been started. What database or server do not let through now is owed, and found by a later walk.
        """
        wanted = None if plan_ids is None else set(plan_ids)
        plans = [plan for plan in self._plans if wanted is None or plan.id in wanted]
        try:
            self.owes = True
            for_us = await asyncio.to_thread(self._claim, plans)
            while for_us:
                await self._start(for_us[:_AT_ONCE])
                for_us = for_us[_AT_ONCE:]
            self.owes = await asyncio.to_thread(self._anything_left)
        except RuleViolation as away:
            if away.code not in LEDGER_AWAY:
                raise
            logger.warning("稍后再检查计划：%s（%s）", away, away.fields.get("detail", ""))
        except RPCError as away:
            logger.warning("流程引擎暂时没有应答，稍后再启动：%s", away.message)

    def _current_calendar(self) -> Calendar:
        with self._database.read() as connection:
            return pinned.current_calendar(connection)

    def _claim(self, plans: Sequence[Plan]) -> list[Claimed]:
        self.calendar = self._current_calendar()
        with self._database.read() as connection:
            now = self._trusted.until(self._clock(), firings.clock_of(connection))
            ahead = sorted(plan for plan, at in firings.cursors(connection).items() if at > now + firings.GRACE)
        if ahead and ahead != self._named:
            logger.warning("计划 %s 已走到将来，到那时才会再触发：时钟曾经超前；%s", "、".join(ahead), WAY_BACK)
        self._named = ahead
        claimed = firings.claim(self._database, plans, self.calendar, now, self._name)
        with self._database.read() as connection:
            left = firings.abandoned(connection, now)
        ours = {one.key for one in claimed}
        return claimed + [one for one in left if one.key not in ours]

    async def _start(self, together: Sequence[Claimed]) -> None:
        """All of them are tried; what was started is marked, also when others failed."""
        done = await asyncio.gather(*(self._starter.start(one) for one in together), return_exceptions=True)
        seen = {one.key: result for one, result in zip(together, done, strict=True) if isinstance(result, str)}
        await asyncio.to_thread(self._mark, seen)
        for failure in done:
            if isinstance(failure, BaseException):
                raise failure

    def _mark(self, seen: dict[str, str]) -> None:
        now = self._clock()
        plain = [key for key, found in seen.items() if not found]
        if plain:
            firings.mark_started(self._database, plain, now)
        for key, found in seen.items():
            if found:
                firings.mark_started(self._database, [key], now, seen=found)

    def _anything_left(self) -> bool:
        with self._database.read() as connection:
            return firings.unstarted(connection)
