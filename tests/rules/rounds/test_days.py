"""The days of a round where holidays leave less than an ordinary month has."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from definitions.calendars import snapshot
from rules.dates.calendar import Calendar
from rules.rounds.campaign import Campaign, DueBy, days_of, nominal_days
from rules.rounds.moment import Moment, MomentForm, resolve
from rules.rounds.periods import Rhythm, read_period
from tests.support.shipped import every_campaign

CALENDAR = snapshot()


def nth(number: int, most: int | None = None) -> Moment:
    return Moment(form=MomentForm.WORKING_DAY, nth=number, most=most)


def on(month: int, day: int) -> Moment:
    return Moment(form=MomentForm.DATE, month=month, day=day)


def yearly(opens: Moment, due: Moment, **said: object) -> Campaign:
    (shipped,) = (one for one in every_campaign() if one.id == "yearly_list")
    campaign = replace(shipped, opens=opens, due=(DueBy(kind="", moment=due),), rhythm=Rhythm.YEAR)
    return replace(campaign, **said)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("number", "day"),
    [(16, date(2026, 2, 28)), (18, date(2026, 2, 28)), (-16, date(2026, 2, 2)), (-18, date(2026, 2, 2))],
)
def test_a_working_day_that_the_period_has_not_is_its_last_or_its_first(number: int, day: date) -> None:
    assert resolve(nth(number), read_period("2026-02"), CALENDAR).date == day


def test_so_is_the_last_of_two_between_which_is_chosen() -> None:
    found = resolve(nth(10, 18), read_period("2026-02"), CALENDAR)
    assert (found.earliest, found.date) == (date(2026, 2, 13), date(2026, 2, 28))


def test_where_holidays_leave_less_than_the_shortest_time_it_is_put_off_and_locks_after_that() -> None:
    campaign = yearly(on(9, 29), on(10, 8), locks=on(10, 9))
    period = read_period("2026")
    assert CALENDAR.count(date(2026, 9, 29), date(2026, 10, 8)) == 2
    assert nominal_days(campaign, period, CALENDAR).last_due == date(2026, 10, 8)
    days = days_of(campaign, period, CALENDAR)
    assert (days.last_due, days.locks.date) == (date(2026, 10, 9), date(2026, 10, 10))
    ordinary = Calendar(version="weeks", first_year=2024, last_year=2026, exceptions=())
    assert days_of(campaign, period, ordinary) == nominal_days(campaign, period, ordinary)


def test_who_is_asked_on_the_last_of_some_days_has_the_shortest_time_too() -> None:
    campaign = yearly(on(9, 29), on(10, 8), locks=on(10, 20), stagger=3)
    days = days_of(campaign, read_period("2026"), CALENDAR)
    assert CALENDAR.count(CALENDAR.add(date(2026, 9, 29), 2), days.last_due) == 3


def test_what_somebody_opens_on_a_day_off_is_due_as_the_campaign_says() -> None:
    (by_hand,) = (one for one in every_campaign() if one.id == "inspections")
    after = Moment(form=MomentForm.AFTER_OPEN, nth=3)
    campaign = replace(by_hand, due=(DueBy(kind="", moment=after),))
    saturday = date(2026, 11, 7)
    days = days_of(campaign, read_period("2026-11-07"), CALENDAR, saturday)
    assert (days.last_due, days) == (
        date(2026, 11, 11),
        nominal_days(campaign, read_period("2026-11-07"), CALENDAR, saturday),
    )
