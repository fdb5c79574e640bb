"""Plans: at which instants something is started by itself. Only reckoned here; who starts what stands elsewhere.

A plan holds no deadline. Its nominal times depend on the calendar alone, so every replica reckons the same ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from rules.dates.calendar import Calendar, instant_of, local_date

_DAY = timedelta(days=1)
AHEAD = timedelta(days=400)
"""How far ahead a next nominal time is looked for: a year and the longest holidays."""


class Every(StrEnum):
    """On which days a plan has nominal times."""

    DAY = "day"
    WORKING_DAY = "working_day"
    MONTH_END = "month_end"
    QUARTER = "quarter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """At `at` (local time) on each day that `every` names: each day, each working day, the last working day of a month,
    or the `nth` working day of a quarter. With `minutes` again every so many minutes, up to `until` (included).

    A nominal time that was missed for longer than `kept` is passed over: what it would have started has lost its sense.
    """

    id: str
    name: str
    every: Every
    at: time
    until: time | None = None
    minutes: int = 0
    nth: int = 1
    kept: timedelta = timedelta(days=31)


def nominal_times(plan: Plan, calendar: Calendar, after: datetime, until: datetime) -> Iterator[datetime]:
    """The plan's nominal times in (after, until], in order, as UTC instants."""
    day, last = local_date(after), local_date(until)
    while day <= last:
        if _falls_on(plan, calendar, day):
            for at in _of_day(plan, day):
                if after < at <= until:
                    yield at
        day += _DAY


def next_time(plan: Plan, calendar: Calendar, after: datetime) -> datetime | None:
    """The first nominal time later than `after`; None when there is none for more than a year."""
    return next(nominal_times(plan, calendar, after, after + AHEAD), None)


def last_time(plan: Plan, calendar: Calendar, until: datetime) -> datetime | None:
    """The last nominal time not later than `until`; None when there was none for more than a year."""
    day = local_date(until)
    for back in range(AHEAD.days):
        begin = instant_of(day - back * _DAY, time(0)) - timedelta(microseconds=1)
        times = tuple(nominal_times(plan, calendar, begin, min(until, begin + _DAY)))
        if times:
            return times[-1]
    return None


def firing_key(plan_id: str, nominal: datetime) -> str:
    """The name of one nominal time of a plan: plan@UTC. It is the id of what it starts, so nothing starts twice."""
    return f"{plan_id}@{nominal.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _of_day(plan: Plan, day: date) -> Iterator[datetime]:
    at = instant_of(day, plan.at)
    yield at
    if plan.minutes and plan.until:
        end = instant_of(day, plan.until)
        while (at := at + timedelta(minutes=plan.minutes)) <= end:
            yield at


def _falls_on(plan: Plan, calendar: Calendar, day: date) -> bool:
    if plan.every is Every.DAY:
        return True
    if not calendar.is_working(day):
        return False
    if plan.every is Every.MONTH_END:
        return not any(calendar.is_working(later) for later in _rest_of_month(day))
    if plan.every is Every.QUARTER:
        first = date(day.year, day.month - (day.month - 1) % 3, 1)
        days = (day - first).days + 1
        return sum(calendar.is_working(first + n * _DAY) for n in range(days)) == plan.nth
    return True


def _rest_of_month(day: date) -> Iterator[date]:
    while (day := day + _DAY).day != 1:
        yield day
