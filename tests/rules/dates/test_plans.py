"""A plan's nominal times: by the calendar alone, in order, each once, however the time is cut into pieces."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from definitions.plans import PLANS
from rules.dates.calendar import LOCAL
from rules.dates.plans import Every, Plan, firing_key, last_time, next_time, nominal_times
from tests.support.factories import CALENDAR, at

MORNING = Plan(id="morning", name="早", every=Every.WORKING_DAY, at=time(8, 30))
OFTEN = Plan(id="often", name="常", every=Every.WORKING_DAY, at=time(9), until=time(17, 30), minutes=5)
MONTH = Plan(id="month", name="月", every=Every.MONTH_END, at=time(16))
QUARTER = Plan(id="quarter", name="季", every=Every.QUARTER, at=time(9), nth=3)
HOURLY = Plan(id="hourly", name="时", every=Every.DAY, at=time(0), until=time(23), minutes=60)
PIECES = st.lists(st.timedeltas(timedelta(0), timedelta(days=9)), max_size=6)
INSTANTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)).map(lambda d: d.replace(tzinfo=UTC))  # noqa: DTZ001


def days(plan: Plan, after: datetime, until: datetime) -> list[str]:
    return [f"{t.astimezone(LOCAL):%m-%d %H:%M}" for t in nominal_times(plan, CALENDAR, after, until)]


def test_every_working_morning_knows_holidays_and_make_up_days() -> None:
    assert days(MORNING, at("2026-09-29", "12:00"), at("2026-10-12", "12:00")) == [
        "09-30 08:30",
        "10-08 08:30",
        "10-09 08:30",
        "10-10 08:30",
        "10-12 08:30",
    ]


def test_the_last_working_day_of_a_month() -> None:
    found = days(MONTH, at("2026-01-01"), at("2026-06-01"))
    assert found == ["01-30 16:00", "02-28 16:00", "03-31 16:00", "04-30 16:00", "05-29 16:00"]


def test_the_third_working_day_of_a_quarter() -> None:
    found = days(QUARTER, at("2026-01-01", "00:00"), at("2026-12-31"))
    assert found == ["01-06 09:00", "04-03 09:00", "07-03 09:00", "10-10 09:00"]


def test_every_few_minutes_of_the_working_hours_both_ends_included() -> None:
    found = days(OFTEN, at("2026-03-06", "17:21"), at("2026-03-09", "09:06"))
    assert found == ["03-06 17:25", "03-06 17:30", "03-09 09:00", "03-09 09:05"]


def test_every_hour_of_every_day() -> None:
    found = list(nominal_times(HOURLY, CALENDAR, at("2026-10-01", "00:00"), at("2026-10-02", "00:00")))
    assert len(found) == 24
    assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(hours=1)}


def test_a_nominal_time_belongs_to_the_span_that_ends_with_it() -> None:
    nine = at("2026-03-09", "08:30")
    assert list(nominal_times(MORNING, CALENDAR, nine - timedelta(minutes=1), nine)) == [nine]
    assert list(nominal_times(MORNING, CALENDAR, nine, nine + timedelta(minutes=1))) == []


@given(st.sampled_from((*PLANS, QUARTER)), INSTANTS, PIECES)
def test_cut_into_any_pieces_it_gives_the_same_times_each_once(
    plan: Plan, start: datetime, pieces: list[timedelta]
) -> None:
    whole = list(nominal_times(plan, CALENDAR, start, start + sum(pieces, timedelta(0))))
    cut: list[datetime] = []
    for piece in pieces:
        cut += nominal_times(plan, CALENDAR, start, start + piece)
        start += piece
    assert cut == whole == sorted(set(whole))
    assert len({firing_key(plan.id, nominal) for nominal in whole}) == len(whole)


@given(st.sampled_from(PLANS), INSTANTS)
def test_the_next_and_the_last_time_have_nothing_between_them(plan: Plan, now: datetime) -> None:
    last, coming = last_time(plan, CALENDAR, now), next_time(plan, CALENDAR, now)
    assert last
    assert coming
    assert last <= now < coming
    assert list(nominal_times(plan, CALENDAR, last, coming)) == [coming]


@given(st.sampled_from(PLANS), INSTANTS)
def test_only_the_daily_one_falls_on_a_day_off(plan: Plan, now: datetime) -> None:
    coming = next_time(plan, CALENDAR, now)
    assert coming
    assert plan.every is Every.DAY or CALENDAR.is_working(coming.astimezone(LOCAL).date())


def test_the_key_names_plan_and_instant() -> None:
    assert firing_key("wave-due", at("2026-03-06", "17:30")) == "wave-due@2026-03-06T09:30:00Z"


@pytest.mark.parametrize("year", [2025, 2026, 2027])
def test_a_month_ends_and_a_quarter_is_reported_once(year: int) -> None:
    start, end = datetime(year, 1, 1, tzinfo=LOCAL), datetime(year, 12, 31, 23, tzinfo=LOCAL)
    assert len(list(nominal_times(MONTH, CALENDAR, start, end))) == 12
    assert len(list(nominal_times(QUARTER, CALENDAR, start, end))) == 4
    assert {t.astimezone(LOCAL).date() for t in nominal_times(MONTH, CALENDAR, start, end)} >= {date(year, 12, 31)}
