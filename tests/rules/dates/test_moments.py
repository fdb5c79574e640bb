"""Moments as people name them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.codec import instant_text
from rules.dates.moments import begins, ends, moment, to_the_second
from rules.errors import Code, RuleViolation


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("2026-03-31", "2026-03-31T15:59:59.999999Z"),
        (" 2026-03-31 ", "2026-03-31T15:59:59.999999Z"),
        ("9999-12-31\n", "9999-12-31T15:59:59.999999Z"),
        ("2026-03-31 14:30", "2026-03-31T06:30:59.999999Z"),
        ("2026-03-31T14:30", "2026-03-31T06:30:59.999999Z"),
        ("2026-03-31 00:00:00", "2026-03-30T16:00:00.999999Z"),
        ("2026-03-31 14:30:05", "2026-03-31T06:30:05.999999Z"),
        ("2026-03-31T06:30:05.123456Z", "2026-03-31T06:30:05.123456Z"),
    ],
)
def test_a_moment_lasts_to_the_end_of_what_is_named(text: str, last: str) -> None:
    assert instant_text(moment(text)) == last


@pytest.mark.parametrize(
    "text",
    [
        "",
        "昨天",
        "2026-02-30",
        "2026-3-1",
        "20260331",
        "2026-03-31 25:00",
        "2026-03-31 14:30:60",
        "2026-03-31 14",
        "2026-03-31T06:30:05Z",
        "2026-03-31T06:30:05.123456+08:00",
        "２０２６-03-31",
        "2026-99-99T06:30:05.123456Z",
    ],
)
def test_what_is_no_moment_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(RuleViolation, match="2026-03-31 14:30") as refused:
        moment(text)
    assert refused.value.code is Code.FIELD_INVALID


@given(at=st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_an_instant_lies_in_the_second_and_on_the_day_it_is_shown_as(at: datetime) -> None:
    shown = to_the_second(at)
    assert timedelta() <= moment(shown) - at < timedelta(seconds=1)
    day = date.fromisoformat(shown[:10])
    assert begins(day) <= at < ends(day)
    assert ends(day) - begins(day) == timedelta(days=1)
    assert moment(shown[:10]) == ends(day) - timedelta(microseconds=1)


@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_ends_of_the_calendar_are_refused_in_words(day: date) -> None:
    with pytest.raises(RuleViolation) as refused:
        begins(day), ends(day)
    assert refused.value.code is Code.DATE_OUT_OF_CALENDAR
