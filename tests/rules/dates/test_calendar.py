"""Working days: a published calendar by table, the arithmetic by property."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.dates.calendar import PROVISIONAL_YEARS, Calendar, Skip, instant_of, local_date
from rules.errors import Code, RuleViolation
from tests.support.factories import CALENDAR, at

days = st.dates(date(2025, 3, 1), date(2027, 12, 31))
counts = st.integers(1, 300)


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "working"),
    [
        ("2026-04-03", True),
        ("2026-04-04", False),  # a Saturday
        ("2026-04-06", False),  # Tomb-sweeping Day, a Monday
        ("2026-05-09", True),  # a Saturday made up for
        ("2026-09-20", True),  # a Sunday made up for
        ("2026-10-10", True),
        ("2027-10-01", True),  # not published yet: a Friday
        ("2027-10-02", False),
    ],
)
def test_a_day_is_worked_as_the_state_council_says_and_by_weekday_where_it_says_nothing(
    text: str, working: bool
) -> None:
    assert CALENDAR.is_working(day(text)) is working


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        ("2026-03-30", 5, "2026-04-07"),  # over Tomb-sweeping Day
        ("2026-09-24", 5, "2026-10-09"),  # over Mid-autumn and National Day
        ("2026-09-24", 6, "2026-10-10"),  # a Saturday that is worked
        ("2026-09-19", 1, "2026-09-20"),  # a Sunday that is worked
        ("2026-04-04", 1, "2026-04-07"),  # from a day that is not worked
        ("2026-04-07", -1, "2026-04-03"),
        ("2026-04-05", -1, "2026-04-03"),
        ("2026-10-10", -5, "2026-09-28"),
        ("2026-04-05", 0, "2026-04-05"),
    ],
)
def test_the_nth_working_day_is_counted_from_the_day_after(start: str, count: int, expected: str) -> None:
    assert CALENDAR.add(day(start), count) == day(expected)


@given(days, counts)
def test_adding_and_counting_are_inverse(start: date, count: int) -> None:
    end = CALENDAR.add(start, count)
    assert CALENDAR.is_working(end)
    assert CALENDAR.count(start, end) == count
    assert CALENDAR.count(end, start) == -count
    assert CALENDAR.add(end, -count) < CALENDAR.add(start, 1)


@given(st.dates(date(2026, 6, 1), date(2028, 12, 31)), counts)
def test_going_back_is_the_mirror_of_going_forward(start: date, count: int) -> None:
    start = CALENDAR.roll(start)
    assert CALENDAR.add(CALENDAR.add(start, count), -count) == start
    assert CALENDAR.add(CALENDAR.add(start, -count), count) == start


@given(days, counts, counts)
def test_adding_twice_is_adding_the_sum(start: date, one: int, two: int) -> None:
    assert CALENDAR.add(CALENDAR.add(start, one), two) == CALENDAR.add(start, one + two)


@given(days, days)
def test_counting_agrees_with_looking_at_every_day(one: date, two: date) -> None:
    first, last = min(one, two), max(one, two)
    looked = sum(CALENDAR.is_working(first + timedelta(days=n)) for n in range(1, (last - first).days + 1))
    assert CALENDAR.count(first, last) == looked
    assert CALENDAR.count(last, first) == -looked


@given(days)
def test_rolling_goes_to_the_next_working_day_and_never_back(start: date) -> None:
    rolled = CALENDAR.roll(start)
    assert CALENDAR.is_working(rolled)
    assert rolled == start if CALENDAR.is_working(start) else rolled == CALENDAR.add(start, 1)


@given(days, counts)
def test_the_skips_of_a_span_account_for_every_difference_to_monday_to_friday(start: date, count: int) -> None:
    end = CALENDAR.add(start, count)
    weekdays = sum((start + timedelta(days=n)).weekday() < 5 for n in range(1, (end - start).days + 1))
    skips = CALENDAR.skips(start, end)
    assert weekdays + sum(s.days if s.working else -s.days for s in skips) == count
    assert [s.first for s in skips] == sorted(s.first for s in skips)


def test_a_holiday_with_a_weekend_inside_is_one_skip() -> None:
    assert CALENDAR.skips(day("2026-09-25"), day("2026-10-12")) == (
        Skip(name="国庆节", working=False, first=day("2026-10-01"), last=day("2026-10-07"), days=5),
        Skip(name="调休上班", working=True, first=day("2026-10-10"), last=day("2026-10-10"), days=1),
    )


def test_a_span_that_ends_within_a_holiday_names_only_its_part() -> None:
    (skip,) = CALENDAR.skips(day("2026-02-14"), day("2026-02-17"))
    assert (skip.first, skip.last, skip.days) == (day("2026-02-16"), day("2026-02-17"), 2)


def test_years_after_the_published_ones_are_provisional() -> None:
    assert not CALENDAR.is_provisional(day("2026-12-31"))
    assert CALENDAR.is_provisional(day("2027-01-01"))


@pytest.mark.parametrize("outside", ["2024-12-31", "2035-01-01", "2199-06-01", "0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("count", [-3, 3])
def test_a_day_outside_the_calendar_is_refused_rather_than_guessed(outside: str, count: int) -> None:
    with pytest.raises(RuleViolation) as refused:
        CALENDAR.add(day(outside), count)
    assert refused.value.code is Code.DATE_OUT_OF_CALENDAR
    assert refused.value.fields["last"] == f"{2026 + PROVISIONAL_YEARS}-12-31"
    with pytest.raises(RuleViolation):
        CALENDAR.count(day("2026-03-02"), day(outside))


@pytest.mark.parametrize(("start", "count"), [("2034-12-20", 30), ("2025-01-06", -30)])
def test_a_count_that_leaves_the_calendar_is_refused(start: str, count: int) -> None:
    with pytest.raises(RuleViolation, match="超出日历"):
        CALENDAR.add(day(start), count)


def test_a_local_date_begins_at_midnight_in_china() -> None:
    assert local_date(datetime(2026, 4, 1, 15, 59, 59, tzinfo=UTC)) == day("2026-04-01")
    assert local_date(datetime(2026, 4, 1, 16, 0, tzinfo=UTC)) == day("2026-04-02")
    assert instant_of(day("2026-04-01"), time(17, 30)) == at("2026-04-01", "17:30")


def test_a_naive_instant_is_refused_since_it_would_mean_the_machines_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        local_date(datetime(2026, 4, 1))  # noqa: DTZ001


IN_THIS_ZONE = """
import sys, time; time.tzset()
from rules.codec import encode
from tests.support.factories import K, play_to
play = play_to("executing", now="2026-03-31")
play.tick("2026-09-01")
play.do(K.SUBMIT, "2026-09-20"); play.do(K.RETURN, "2026-10-09", days=4); play.tick_until("2026-12-31")
sys.stdout.write(repr([encode(e.fact) for e in play.events]) + repr(play.alarm) + repr(time.timezone))
"""


def test_dates_are_the_same_in_every_time_zone_of_the_machine() -> None:
    told = set()
    zones = set()
    for zone in ("UTC0", "XST+11", "XST-14"):  # POSIX zones: 11 hours behind UTC and 14 ahead
        env = {**os.environ, "TZ": zone}
        ran = subprocess.run([sys.executable, "-c", IN_THIS_ZONE], env=env, capture_output=True, text=True, check=True)
        facts, _, offset = ran.stdout.rpartition(")")
        told.add(facts)
        zones.add(offset)
    assert zones == {"0", "39600", "-50400"}
    assert len(told) == 1


def test_a_calendar_finds_itself_in_its_caches_by_version() -> None:
    same = Calendar(version=CALENDAR.version, first_year=2025, last_year=2026, exceptions=CALENDAR.exceptions)
    assert hash(same) == hash(CALENDAR)
    assert same == CALENDAR
