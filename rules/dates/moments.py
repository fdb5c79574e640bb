"""Moments as people name them: a day, a minute, a second, or an instant of the ledger. No clock is read here."""

import re
from datetime import UTC, date, datetime, time, timedelta

from rules.dates.calendar import LOCAL
from rules.errors import Code, RuleViolation

_LOCAL = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2})(:\d{2})?)?", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z", re.ASCII)
_LEAST = timedelta(microseconds=1)
FORMS = "2026-03-31、2026-03-31 14:30、2026-03-31 14:30:05"


def moment(text: str, field: str = "时点") -> datetime:
    """The last instant of what the text names in local time: a day, a minute or a second; or the ledger's instant that
    it is. So "as it stood on that day" holds all that happened on it. Raises field_invalid."""
    said = text.strip()
    try:
        if _INSTANT.fullmatch(said):
            return datetime.fromisoformat(said)
        found = _LOCAL.fullmatch(said)
        if found:
            day, minute, second = found.groups()
            begun = datetime.combine(date.fromisoformat(day), time.fromisoformat(minute or "00:00"), LOCAL)
            length = timedelta(seconds=1) if second else timedelta(minutes=1) if minute else timedelta(days=1)
            begun += timedelta(seconds=_seconds(second)) if second else timedelta()
            return (begun + (length - _LEAST)).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise RuleViolation(Code.FIELD_INVALID, field=field, actual=text[:40], expected=f"日期或时刻，如 {FORMS}")


def _seconds(text: str) -> int:
    seconds = int(text[1:])
    if seconds > 59:
        raise ValueError(text)
    return seconds


def begins(day: date) -> datetime:
    """The first instant of the local day. Raises date_out_of_calendar for the very first days there are."""
    try:
        return datetime.combine(day, time(), LOCAL).astimezone(UTC)
    except OverflowError:
        first, last = date(1, 1, 2), date(9999, 12, 30)
        raise RuleViolation(Code.DATE_OUT_OF_CALENDAR, actual=day, first=first, last=last) from None


def ends(day: date) -> datetime:
    """The first instant after the local day. Raises date_out_of_calendar for the very last days there are."""
    try:
        return begins(day + timedelta(days=1))
    except OverflowError:
        first, last = date(1, 1, 2), date(9999, 12, 30)
        raise RuleViolation(Code.DATE_OUT_OF_CALENDAR, actual=day, first=first, last=last) from None


def to_the_second(at: datetime) -> str:
    """The instant in local time, as `moment` takes it."""
    return f"{at.astimezone(LOCAL):%Y-%m-%d %H:%M:%S}"
