"""A scheduler that runs: APScheduler with a memory store of its own wakes it at each plan's next nominal time.

APScheduler neither says which time it fires for nor remembers what was missed, and its stores must never be shared. So
a job here is only "walk this plan"; the cursor in the database is the memory, and replicas meet there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, timedelta
from time import monotonic

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from definitions.plans import PLANS, SELF_CHECK
from rules.dates.plans import Plan
from runtime.scheduler.triggers import NominalTrigger
from runtime.scheduler.trust import BOUND
from runtime.scheduler.walker import Walker

logger = logging.getLogger("duban.scheduler")

_GLANCE = 1.0
"""Seconds between looks at the clock: APScheduler sleeps until the next time by a clock that does not jump."""
LOOK_AGAIN = 15.0
"""Seconds until a walk that left something owed is repeated."""


async def run(
    walker: Walker,
    told: Callable[[float], bool],
    *,
    plans: Sequence[Plan] = PLANS,
    look_again: float = LOOK_AGAIN,
) -> None:
    """Plans fire until `told` (which waits so many seconds for it) says that it is enough."""
    scheduler = AsyncIOScheduler(timezone=UTC)
    walking = asyncio.Lock()

    async def walk(plan_ids: tuple[str, ...] | None) -> None:
        async with walking:
            before = walker.calendar.version
            try:
                await walker.walk(plan_ids)
            except Exception:  # what one plan stumbles over ends none of the others; it is owed, and tried again
                logger.exception("这一次走计划没有走完，稍后再走")
        if walker.calendar.version != before:
            reschedule()

    def reschedule() -> None:
        for plan in plans:
            scheduler.reschedule_job(plan.id, trigger=_trigger(walker, plan))

    for plan in plans:
        scheduler.add_job(
            walk,
            _trigger(walker, plan),
            args=[None if plan.id == SELF_CHECK else (plan.id,)],  # hourly: everything
            id=plan.id,
            coalesce=True,
            misfire_grace_time=None,
        )
    walked = glanced = monotonic()  # before the first walk: a jump while it runs is a jump too
    shown = walker.now()
    await walk(None)
    scheduler.start()
    try:
        while not await asyncio.to_thread(told, _GLANCE):
            passed, moved = monotonic() - glanced, walker.now() - shown
            glanced, shown = glanced + passed, shown + moved
            if abs(moved - timedelta(seconds=passed)) > BOUND:  # by the old clock the next times may be days away
                await walk(None)
                reschedule()
            scheduler.wakeup()
            if walker.waits and monotonic() - walked > look_again:
                await walk(None)
                walked = monotonic()
    finally:
        scheduler.pause()
        async with walking:  # a walk under way ends before what it uses is closed
            scheduler.shutdown(wait=False)
        await asyncio.sleep(0)  # it shuts down in a turn of the loop of its own


def _trigger(walker: Walker, plan: Plan) -> NominalTrigger:
    return NominalTrigger(plan, lambda: walker.calendar)
