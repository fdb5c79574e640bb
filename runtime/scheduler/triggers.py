"""From a plan to APScheduler's trigger. The next time is all that it is asked for: a walk finds what was missed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from apscheduler.triggers.base import BaseTrigger

from rules.dates.calendar import Calendar
from rules.dates.plans import Plan, next_time


class NominalTrigger(BaseTrigger):
    """Fires at the plan's nominal times, by the calendar of the moment."""

    def __init__(self, plan: Plan, calendar: Callable[[], Calendar]) -> None:
        self._plan, self._calendar = plan, calendar

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """The first nominal time to come; those that passed meanwhile are one firing, whose walk claims each."""
        after = max(previous, now) if previous else now
        return next_time(self._plan, self._calendar(), after.astimezone(UTC))

    def __str__(self) -> str:
        return self._plan.id
