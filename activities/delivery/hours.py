"""When people may be told. Pure: a calendar, the hours, an instant."""

from datetime import datetime, timedelta

from definitions.channels import Hours
from rules.dates.calendar import LOCAL, Calendar, instant_of


def opening(hours: Hours, calendar: Calendar, now: datetime) -> datetime:
    """The first instant from `now` on at which people may be told: `now` itself inside working hours."""
    local = now.astimezone(LOCAL)
    day = local.date()
    if hours.every_day or calendar.is_working(day):
        if local.time() < hours.start:
            return instant_of(day, hours.start)
        if local.time() < hours.end:
            return now
    day += timedelta(days=1)
    while not (hours.every_day or calendar.is_working(day)):
        day += timedelta(days=1)
    return instant_of(day, hours.start)
