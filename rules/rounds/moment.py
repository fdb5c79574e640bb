"""When something of a round happens, as a campaign says it, and the day that this is in a period by a calendar."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeAlias

from rules.dates.calendar import Calendar, Skip
from rules.errors import Code, RuleViolation
from rules.rounds.periods import Period

Day: TypeAlias = date
"""A local date; `date` itself is the name of a field here."""


class MomentForm(StrEnum):
    """From where a day is counted."""

    WORKING_DAY = "working_day"
    """The n-th working day of the period, from its end when negative; the n-th after it where it says so. Of a period
    that has not so many its last one, or its first."""
    DATE = "date"
    """A date of the period's year; the next working day when that one is not worked."""
    AFTER_OPEN = "after_open"
    """So many working days after the opening."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A day of each period. `nth`: which working day, or how many after the opening; elastic up to `most`.
    `after`: counted from the period's end on. `month`, `day`: of a date."""

    form: MomentForm
    nth: int = 0
    most: int | None = None
    after: bool = False
    month: int = 0
    day: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyDay:
    """Why the day is what it is: the moment, the period, the opening it was counted from, what was skipped, and by
    which calendar. `rolled_from`: the date that was not worked."""

    moment: Moment
    period: str
    calendar: str
    start: date
    skips: tuple[Skip, ...] = ()
    rolled_from: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundDay:
    """A day of a round. `earliest`: where it is elastic, the first one that may be chosen. Provisional: its year's
    holidays are not known yet."""

    date: date
    provisional: bool
    trace: WhyDay
    earliest: Day | None = None


def resolve(moment: Moment, period: Period, calendar: Calendar, opened: date | None = None) -> RoundDay:
    """The day that the moment is in that period. `opened`: when the round opened, from which `after_open` counts.
    Raises date_out_of_calendar."""
    match moment.form:
        case MomentForm.WORKING_DAY:
            start, day = _working_day(moment, moment.nth, period, calendar)
            latest = day if moment.most is None else _working_day(moment, moment.most, period, calendar)[1]
        case MomentForm.AFTER_OPEN:
            if opened is None:
                raise RuleViolation(Code.FIELD_INVALID, field="开放日", actual="没有", expected="开放以后才推算的一天")
            start = opened
            day = calendar.add(start, moment.nth)
            latest = day if moment.most is None else calendar.add(start, moment.most)
        case MomentForm.DATE:
            return _date(moment, period, calendar)
    elastic = latest != day
    trace = WhyDay(
        moment=moment,
        period=period.id,
        calendar=calendar.version,
        start=start,
        skips=calendar.skips(*sorted((start, latest))),
    )
    return RoundDay(
        date=latest, provisional=calendar.is_provisional(latest), trace=trace, earliest=day if elastic else None
    )


def _working_day(moment: Moment, nth: int, period: Period, calendar: Calendar) -> tuple[date, date]:
    if moment.after:
        start = period.last
    elif nth > 0:
        start = period.first - timedelta(days=1)
    else:
        start = period.last + timedelta(days=1)
    day = _counted(moment, start, nth, period, calendar)
    return start, day if moment.after else _within(period, day, calendar)


def _within(period: Period, day: date, calendar: Calendar) -> date:
    """The loader refuses what a month with long holidays has not; a calendar that is adopted later may have longer
    ones, and no campaign stands still for that."""
    if day < period.first:
        return calendar.roll(period.first)
    day = min(day, period.last)
    while not calendar.is_working(day):
        day -= timedelta(days=1)
    return day


def _counted(moment: Moment, start: date, nth: int, period: Period, calendar: Calendar) -> date:
    """From the first one that is worked, so that nothing is asked of the year before the first that is known."""
    if moment.after or nth < 0:
        return calendar.add(start, nth)
    return calendar.add(calendar.roll(period.first), nth - 1)


def _date(moment: Moment, period: Period, calendar: Calendar) -> RoundDay:
    year = period.last.year + moment.after
    named = date(year, moment.month, moment.day)
    calendar.check(named)
    day = calendar.roll(named)
    trace = WhyDay(
        moment=moment,
        period=period.id,
        calendar=calendar.version,
        start=named,
        rolled_from=named if day != named else None,
    )
    return RoundDay(date=day, provisional=calendar.is_provisional(day), trace=trace)


def moment_words(moment: Moment) -> str:
    """The moment as people say it."""
    match moment.form:
        case MomentForm.DATE:
            return f"{'次年' if moment.after else ''}{moment.month}月{moment.day}日"
        case MomentForm.AFTER_OPEN:
            return f"开放后第 {_span(moment)} 个工作日"
        case MomentForm.WORKING_DAY:
            if moment.after:
                return f"期后第 {_span(moment)} 个工作日"
            if moment.nth < 0:
                return "本期最后一个工作日" if moment.nth == -1 else f"本期倒数第 {-moment.nth} 个工作日"
            return f"本期第 {_span(moment)} 个工作日"


def _span(moment: Moment) -> str:
    return f"{moment.nth}" if moment.most is None else f"{moment.nth} 至 {moment.most}"
