"""Working days over a frozen snapshot: what is a working day, and the n-th one from a date. No library, no clock.

Local time is the fixed offset +08:00: China has had no daylight saving since 1991, so no time-zone database is needed.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache

from rules.codec import shared
from rules.errors import Code, RuleViolation

LOCAL = timezone(timedelta(hours=8))
PROVISIONAL_YEARS = 8
"""How many unpublished years after the last published one can be reckoned with (weekends only)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayException:
    """A date on which "Monday to Friday" does not hold: a weekday off, or a weekend day worked."""

    day: date
    working: bool
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """A run of exceptions inside a counted span; `days` is how many dates of it were skipped (or worked)."""

    name: str
    working: bool
    first: date
    last: date
    days: int


@shared()
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calendar:
    """One pinned version of the working calendar. `version` names its content (it holds a content hash).

    Years first_year to last_year are published; dates beyond are reckoned by weekends alone and are provisional.
    `exceptions` are sorted by day, about 30 a year.
    """

    version: str
    first_year: int
    last_year: int
    exceptions: tuple[DayException, ...]

    def __eq__(self, other: object) -> bool:
        """By version, which holds a hash of the content: looking a calendar up costs nothing."""
        return isinstance(other, Calendar) and self.version == other.version

    def __hash__(self) -> int:
        return hash(self.version)

    def is_working(self, day: date) -> bool:
        """Whether `day` is worked."""
        found = _exceptions(self).get(day)
        return found.working if found else day.weekday() < 5

    def is_provisional(self, day: date) -> bool:
        """Whether `day` lies in a year whose holidays the State Council has not published yet."""
        return day.year > self.last_year

    def add(self, day: date, count: int) -> date:
        """The `count`-th working day after `day` (before it when negative). `day` itself is never counted.

        With count 0 the day itself, whether worked or not. Raises date_out_of_calendar.
        """
        if count == 0:
            return day
        self.check(day)
        days = _working_days(self)
        ordinal = day.toordinal()
        index = bisect_right(days, ordinal) + count - 1 if count > 0 else bisect_left(days, ordinal) + count
        if not 0 <= index < len(days):
            raise self._outside(day)
        return date.fromordinal(days[index])

    def roll(self, day: date) -> date:
        """`day` when it is worked, else the next working day (Civil Code of the PRC, article 203)."""
        while not self.is_working(day):
            day += timedelta(days=1)
        return day

    def count(self, after: date, until: date) -> int:
        """The working days in (after, until]; negative when `until` is earlier. Raises date_out_of_calendar."""
        self.check(after)
        self.check(until)
        days = _working_days(self)
        return bisect_right(days, until.toordinal()) - bisect_right(days, after.toordinal())

    def check(self, day: date) -> None:
        """`day` lies in the years that can be reckoned with. Raises date_out_of_calendar."""
        if not self.first_year <= day.year <= self.last_year + PROVISIONAL_YEARS:
            raise self._outside(day)

    def _outside(self, day: date) -> RuleViolation:
        first, last = date(self.first_year, 1, 1), date(self.last_year + PROVISIONAL_YEARS, 12, 31)
        return RuleViolation(Code.DATE_OUT_OF_CALENDAR, actual=day, first=first, last=last)

    def skips(self, after: date, until: date) -> tuple[Skip, ...]:
        """The named exceptions in (after, until], neighbours of one name joined, in order of date."""
        found: list[Skip] = []
        runs, ends = _runs(self)
        for run in runs[bisect_right(ends, after) :]:
            if run.first > until:
                break
            if run.first <= after or run.last > until:
                days = _exception_days(self)
                here = days[bisect_right(days, max(after, run.first - _DAY)) : bisect_right(days, min(until, run.last))]
                if not here:  # a week-end in the middle of it
                    continue
                run = Skip(name=run.name, working=run.working, first=here[0], last=here[-1], days=len(here))
            found.append(run)
        return tuple(found)


_DAY = timedelta(days=1)


@lru_cache(maxsize=64)
def _exceptions(calendar: Calendar) -> dict[date, DayException]:
    return {e.day: e for e in calendar.exceptions}


@lru_cache(maxsize=64)
def _exception_days(calendar: Calendar) -> tuple[date, ...]:
    return tuple(e.day for e in calendar.exceptions)


@lru_cache(maxsize=64)
def _runs(calendar: Calendar) -> tuple[tuple[Skip, ...], tuple[date, ...]]:
    """All exceptions, neighbours of one name joined; and the last day of each run."""
    runs: list[Skip] = []
    for found in calendar.exceptions:
        last = runs[-1] if runs else None
        joins = last and last.name == found.name and last.working == found.working
        if last and joins and (found.day - last.last).days <= 4:
            runs[-1] = Skip(name=last.name, working=last.working, first=last.first, last=found.day, days=last.days + 1)
        else:
            runs.append(Skip(name=found.name, working=found.working, first=found.day, last=found.day, days=1))
    return tuple(runs), tuple(run.last for run in runs)


@lru_cache(maxsize=64)
def _working_days(calendar: Calendar) -> tuple[int, ...]:
    first = date(calendar.first_year, 1, 1).toordinal()
    last = date(calendar.last_year + PROVISIONAL_YEARS, 12, 31).toordinal()
    return tuple(n for n in range(first, last + 1) if calendar.is_working(date.fromordinal(n)))


def local_date(instant: datetime) -> date:
    """The local calendar date of an aware instant. A naive one is refused: it would mean the machine's zone."""
    if instant.tzinfo is None:
        raise ValueError("an instant has a time zone")
    return instant.astimezone(LOCAL).date()


def instant_of(day: date, at: time) -> datetime:
    """The UTC instant of a local date and time of day."""
    return datetime.combine(day, at, tzinfo=LOCAL).astimezone(UTC)
