"""Periods: the months, quarters, half-years and years that a campaign goes by. Arithmetic alone: nothing is stored that
could run out, and New Year is a boundary like any other.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache, lru_cache

from rules.errors import Code, RuleViolation


class Rhythm(StrEnum):
    """How often a campaign comes round. `once`: not by itself; a period is the day on which somebody opens it."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"
    ONCE = "once"


RHYTHM_NAMES = {
    Rhythm.MONTH: "每月",
    Rhythm.QUARTER: "每季度",
    Rhythm.HALF_YEAR: "每半年",
    Rhythm.YEAR: "每年",
    Rhythm.ONCE: "不定期",
}
"""What each is called."""
MONTHS_OF_PERIOD = {Rhythm.MONTH: 1, Rhythm.QUARTER: 3, Rhythm.HALF_YEAR: 6, Rhythm.YEAR: 12}
"""How many months a period has."""
_FORMS = {
    Rhythm.MONTH: re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII),
    Rhythm.QUARTER: re.compile(r"(\d{4})-Q([1-4])", re.ASCII),
    Rhythm.HALF_YEAR: re.compile(r"(\d{4})-H([12])", re.ASCII),
    Rhythm.YEAR: re.compile(r"(\d{4})()", re.ASCII),
}
PERIOD_FORMS = {
    Rhythm.MONTH: "2026-11",
    Rhythm.QUARTER: "2026-Q4",
    Rhythm.HALF_YEAR: "2026-H2",
    Rhythm.YEAR: "2026",
    Rhythm.ONCE: "2026-11-05",
}
"""How each is written."""
_FIRST, _LAST = 1, 9998
"""Years with a neighbour on both sides."""


# Remembered: scores name the same few periods for every unit.
@lru_cache(maxsize=4096)
def _written(rhythm: Rhythm, year: int, nth: int) -> str:
    match rhythm:
        case Rhythm.MONTH:
            return f"{year:04}-{nth:02}"
        case Rhythm.QUARTER:
            return f"{year:04}-Q{nth}"
        case Rhythm.HALF_YEAR:
            return f"{year:04}-H{nth}"
        case Rhythm.YEAR:
            return f"{year:04}"
        case Rhythm.ONCE:
            return (date(year, 1, 1) + timedelta(days=nth - 1)).isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The `nth` period of a year, from 1; of what is opened once, the nth day of the year."""

    rhythm: Rhythm
    year: int
    nth: int = 1

    @property
    def id(self) -> str:
        """2026-11, 2026-Q4, 2026-H2, 2026; of what is opened once, the day."""
        return _written(self.rhythm, self.year, self.nth)

    @property
    def name(self) -> str:
        """As people say it."""
        match self.rhythm:
            case Rhythm.MONTH:
                return f"{self.year}年{self.nth}月"
            case Rhythm.QUARTER:
                return f"{self.year}年第{'一二三四'[self.nth - 1]}季度"
            case Rhythm.HALF_YEAR:
                return f"{self.year}年{'上下'[self.nth - 1]}半年"
            case Rhythm.YEAR:
                return f"{self.year}年"
            case Rhythm.ONCE:
                return f"{self.first.year}年{self.first.month}月{self.first.day}日"

    @property
    def first(self) -> date:
        """Its first day."""
        if self.rhythm is Rhythm.ONCE:
            return date(self.year, 1, 1) + timedelta(days=self.nth - 1)
        return date(self.year, (self.nth - 1) * MONTHS_OF_PERIOD[self.rhythm] + 1, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.first if self.rhythm is Rhythm.ONCE else self.moved(1).first - timedelta(days=1)

    def moved(self, by: int) -> "Period":
        """The period so many later, or earlier when negative. Raises date_out_of_calendar."""
        if self.rhythm is Rhythm.ONCE:
            return period_of(Rhythm.ONCE, self.first + timedelta(days=by))
        each = 12 // MONTHS_OF_PERIOD[self.rhythm]
        year, nth = divmod(self.year * each + self.nth - 1 + by, each)
        if not _FIRST <= year <= _LAST:
            raise _outside(year)
        return Period(rhythm=self.rhythm, year=year, nth=nth + 1)


def period_of(rhythm: Rhythm, day: date) -> Period:
    """The period in which the day lies. Raises date_out_of_calendar."""
    if not _FIRST <= day.year <= _LAST:
        raise _outside(day.year)
    if rhythm is Rhythm.ONCE:
        return Period(rhythm=rhythm, year=day.year, nth=(day - date(day.year, 1, 1)).days + 1)
    return Period(rhythm=rhythm, year=day.year, nth=(day.month - 1) // MONTHS_OF_PERIOD[rhythm] + 1)


@cache
def read_period(text: str) -> Period:
    """The period of that id. Raises field_invalid."""
    for rhythm, form in _FORMS.items():
        if found := form.fullmatch(text):
            year, nth = int(found[1]), int(found[2] or 1)
            if _FIRST <= year <= _LAST:
                return Period(rhythm=rhythm, year=year, nth=nth)
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            return period_of(Rhythm.ONCE, date.fromisoformat(text))
    except (ValueError, RuleViolation):
        pass
    raise RuleViolation(Code.FIELD_INVALID, field="期", actual=text[:40], expected="、".join(PERIOD_FORMS.values()))


def ends_with(period: Period) -> Iterator[Rhythm]:
    """Every rhythm of which a period ends with this one: with December a quarter, a half-year and the year too."""
    for rhythm in MONTHS_OF_PERIOD:
        if (
            MONTHS_OF_PERIOD[rhythm] >= MONTHS_OF_PERIOD.get(period.rhythm, 99)
            and period_of(rhythm, period.last).last == period.last
        ):
            yield rhythm


def _outside(year: int) -> RuleViolation:
    return RuleViolation(
        Code.DATE_OUT_OF_CALENDAR, actual=f"{year:04}", first=date(_FIRST, 1, 1), last=date(_LAST, 12, 31)
    )
