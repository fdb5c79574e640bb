"""The days that the tests of `rules` reckon with: a literal calendar of two years, and the notice for the next."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from rules.dates.calendar import Calendar, DayException

OFF = {
    "元旦": "2025-01-01 2026-01-01 2026-01-02",
    "春节": "2025-01-28 2025-01-29 2025-01-30 2025-01-31 2025-02-03 2025-02-04"
    " 2026-02-16 2026-02-17 2026-02-18 2026-02-19 2026-02-20 2026-02-23",
    "清明节": "2025-04-04 2026-04-06",
    "劳动节": "2025-05-01 2025-05-02 2025-05-05 2026-05-01 2026-05-04 2026-05-05",
    "端午节": "2025-06-02 2026-06-19",
    "中秋节": "2025-10-06 2026-09-25",
    "国庆节": "2025-10-01 2025-10-02 2025-10-03 2025-10-07 2025-10-08"
    " 2026-10-01 2026-10-02 2026-10-05 2026-10-06 2026-10-07",
}
WORKED = (
    "2025-01-26 2025-02-08 2025-04-27 2025-09-28 2025-10-11"
    " 2026-01-04 2026-02-14 2026-02-28 2026-05-09 2026-09-20 2026-10-10"
)


def days(text: str, *, working: bool, name: str) -> Iterator[DayException]:
    """The days of the text, off or worked."""
    for day in text.split():
        yield DayException(day=date.fromisoformat(day), working=working, name=name)


CALENDAR = Calendar(
    version="2025-2026#literal",
    first_year=2025,
    last_year=2026,
    exceptions=tuple(
        sorted(
            [
                *(e for name, text in OFF.items() for e in days(text, working=False, name=name)),
                *days(WORKED, working=True, name="调休上班"),
            ],
            key=lambda e: e.day,
        )
    ),
)

PUBLISHED = replace(
    CALENDAR,
    version="2025-2027#published",
    last_year=2027,
    exceptions=(
        *CALENDAR.exceptions,
        DayException(day=date(2027, 1, 1), working=False, name="元旦"),
        *days("2027-02-05 2027-02-08 2027-02-09 2027-02-10 2027-02-11 2027-02-12", working=False, name="春节"),
        *days("2027-02-14", working=True, name="调休上班"),
    ),
)
"""The next year's notice has come."""
