"""Periods are arithmetic: each day lies in one, the next begins where one ends, New Year is nothing special."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.errors import RuleViolation
from rules.rounds.periods import Period, Rhythm, ends_with, period_of, read_period

DAYS = st.dates(date(1900, 1, 1), date(2200, 12, 31))
COMING = st.sampled_from([rhythm for rhythm in Rhythm if rhythm is not Rhythm.ONCE])


@given(st.sampled_from(list(Rhythm)), DAYS)
def test_a_day_lies_in_one_period_and_its_id_names_it(rhythm: Rhythm, day: date) -> None:
    period = period_of(rhythm, day)
    assert period.first <= day <= period.last
    assert period.moved(1).first == period.last + timedelta(days=1)
    assert period.moved(1).moved(-1) == period
    assert read_period(period.id) == period


@given(COMING, DAYS, st.integers(-100, 100))
def test_later_periods_have_later_ids(rhythm: Rhythm, day: date, by: int) -> None:
    one, other = period_of(rhythm, day), period_of(rhythm, day).moved(by)
    assert (one.id < other.id, one.first < other.first) == (by > 0, by > 0)


def test_ids_are_what_people_write() -> None:
    day = date(2026, 11, 29)
    assert [period_of(rhythm, day).id for rhythm in Rhythm] == ["2026-11", "2026-Q4", "2026-H2", "2026", "2026-11-29"]
    assert period_of(Rhythm.MONTH, date(2026, 12, 31)).moved(1).id == "2027-01"
    assert period_of(Rhythm.QUARTER, day).name == "2026年第四季度"


def test_with_december_everything_ends() -> None:
    def of(month: int) -> list[Rhythm]:
        return list(ends_with(Period(rhythm=Rhythm.MONTH, year=2026, nth=month)))

    assert of(11) == [Rhythm.MONTH]
    assert of(9) == [Rhythm.MONTH, Rhythm.QUARTER]
    assert of(12) == [Rhythm.MONTH, Rhythm.QUARTER, Rhythm.HALF_YEAR, Rhythm.YEAR]


@pytest.mark.parametrize("text", ["2026-13", "2026-Q5", "2026-H3", "26", "2026-02-30", "", "9999", "２０２６"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(RuleViolation) as refusal:
        read_period(text)
    assert "2026-Q4" in str(refusal.value)
