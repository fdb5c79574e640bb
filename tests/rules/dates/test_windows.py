"""From a window to a date: fixed, elastic, in months, cut by limits, never without time; and again from the trace."""

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.dates.explain import recompute
from rules.dates.windows import Due, Limit, Stop, add_months, again, due_after, due_on
from rules.errors import Code, RuleViolation
from rules.process import Window, WindowUnit
from tests.support.factories import CALENDAR, at

DUE_TIME = time(17, 30)
ELASTIC = Window(amount=15, minimum=5)
MONTHS = WindowUnit.MONTHS
NAMES = {"rule": "方案", "tier": "科研院所"}


def after(start: str, window: Window, proposed: int | None = None, *limits: Limit) -> Due:
    begun = date.fromisoformat(start)
    return due_after(CALENDAR, begun, window, at=DUE_TIME, proposed=proposed, limits=limits, **NAMES)


def on(start: str, given_day: str, *limits: Limit) -> Due:
    begun, day = date.fromisoformat(start), date.fromisoformat(given_day)
    return due_on(CALENDAR, begun, day, at=DUE_TIME, given_by="交办时限", limits=limits, **NAMES)


def limit(text: str, rule: str = "事项总时限") -> Limit:
    return Limit(date=date.fromisoformat(text), rule=rule)


@pytest.mark.parametrize(
    ("start", "window", "proposed", "expected"),
    [
        ("2026-04-02", Window(amount=5), None, "2026-04-10"),
        ("2026-04-02", ELASTIC, None, "2026-04-24"),
        ("2026-04-02", ELASTIC, 5, "2026-04-10"),
        ("2026-04-02", ELASTIC, 15, "2026-04-24"),
        ("2026-09-24", Window(amount=5), None, "2026-10-09"),
        ("2026-03-31", Window(amount=1, unit=MONTHS), None, "2026-04-30"),
        ("2026-01-31", Window(amount=1, unit=MONTHS), None, "2026-02-28"),  # made up for: a Saturday that is worked
        ("2026-07-01", Window(amount=3, unit=MONTHS), None, "2026-10-08"),  # 1 October rolls past National Day
        ("2026-07-17", Window(amount=3, unit=MONTHS), None, "2026-10-19"),  # a Saturday rolls to Monday
        ("2026-04-01", Window(amount=4, unit=WindowUnit.CALENDAR_DAYS), None, "2026-04-07"),
        ("2026-04-01", Window(amount=7, unit=WindowUnit.CALENDAR_DAYS), None, "2026-04-08"),
    ],
)
def test_a_window_ends_on(start: str, window: Window, proposed: int | None, expected: str) -> None:
    due = after(start, window, proposed)
    assert due.date == date.fromisoformat(expected)
    assert due.at == at(expected, "17:30")


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2026-11-30", 1, "2026-12-30"),
    ],
)
def test_months_later_is_the_same_day_or_that_months_last(start: str, months: int, expected: str) -> None:
    assert add_months(date.fromisoformat(start), months) == date.fromisoformat(expected)


def test_a_last_day_that_is_not_worked_rolls_and_says_from_where() -> None:
    assert after("2026-07-01", Window(amount=3, unit=MONTHS)).trace.rolled_from == date(2026, 10, 1)
    assert on("2026-04-01", "2026-04-04").trace.rolled_from == date(2026, 4, 4)
    assert on("2026-04-01", "2026-04-03").trace.rolled_from is None


def test_a_fixed_window_takes_no_proposal() -> None:
    with pytest.raises(RuleViolation) as refused:
        after("2026-04-01", Window(amount=5), 5)
    assert refused.value.code is Code.WINDOW_FIXED


@pytest.mark.parametrize("proposed", [-1, 0, 4, 16, 10**9])
def test_a_proposal_outside_the_range_is_refused(proposed: int) -> None:
    with pytest.raises(RuleViolation, match="5 至 15 个工作日") as refused:
        after("2026-04-01", ELASTIC, proposed)
    assert refused.value.code is Code.WINDOW_OUT_OF_RANGE


def test_the_earliest_limit_cuts_the_date() -> None:
    due = after("2026-04-01", ELASTIC, None, limit("2026-04-20"), limit("2026-04-15", "交办时限"))
    assert due.date == date(2026, 4, 15)
    assert (due.trace.capped_by, due.trace.cap_rule) == (date(2026, 4, 15), "交办时限")


def test_a_limit_that_is_not_reached_leaves_no_trace() -> None:
    assert after("2026-04-01", Window(amount=3), None, limit("2026-04-07")).trace.capped_by is None


def test_a_limit_on_a_day_off_cuts_to_the_next_working_day() -> None:
    due = after("2026-03-26", Window(amount=20), None, limit("2026-04-05", "交办时限"))
    assert due.date == date(2026, 4, 7)
    assert due.trace.capped_by == date(2026, 4, 5)


@pytest.mark.parametrize("cap", ["2026-03-01", "2026-04-01", "2026-04-02"])
def test_a_limit_that_has_passed_leaves_one_working_day(cap: str) -> None:
    due = after("2026-04-02", Window(amount=5), None, limit(cap))
    assert due.date == date(2026, 4, 3)
    assert due.trace.raised_to == date(2026, 4, 3)


def test_a_given_date_that_has_passed_leaves_one_working_day() -> None:
    assert on("2026-04-03", "2026-03-01").date == date(2026, 4, 7)


def test_a_date_in_an_unpublished_year_is_provisional() -> None:
    assert after("2026-12-25", Window(amount=10)).provisional
    assert not after("2026-12-01", Window(amount=10)).provisional


starts = st.dates(date(2025, 1, 1), date(2027, 12, 31))
windows = st.builds(
    lambda low, more, elastic, unit: Window(amount=low + more, minimum=low if elastic else None, unit=unit),
    st.integers(1, 40),
    st.integers(0, 40),
    st.booleans(),
    st.sampled_from(WindowUnit),
)
limit_lists = st.lists(st.builds(Limit, date=starts, rule=st.sampled_from(["事项总时限", "交办时限"])), max_size=2)


@st.composite
def dues(draw: st.DrawFn) -> tuple[Due, tuple[Limit, ...]]:
    start, limits = draw(starts), tuple(draw(limit_lists))
    if draw(st.booleans()):
        day = draw(starts)
        return due_on(CALENDAR, start, day, at=DUE_TIME, given_by="延期批复", limits=limits, **NAMES), limits
    window = draw(windows)
    proposed = None
    if window.minimum is not None and draw(st.booleans()):
        proposed = draw(st.integers(window.minimum, window.amount))
    return due_after(CALENDAR, start, window, at=DUE_TIME, proposed=proposed, limits=limits, **NAMES), limits


@given(dues())
def test_a_due_date_is_a_working_day_after_its_start_within_its_limits(made: tuple[Due, tuple[Limit, ...]]) -> None:
    due, limits = made
    assert CALENDAR.is_working(due.date)
    assert due.date > due.trace.start
    if due.trace.raised_to is None:
        assert all(due.date <= CALENDAR.roll(limit.date) for limit in limits)
    else:
        assert due.date == due.trace.raised_to == CALENDAR.add(due.trace.start, 1)


@given(dues())
def test_a_date_can_be_reckoned_again_from_its_trace(made: tuple[Due, tuple[Limit, ...]]) -> None:
    due, _ = made
    assert recompute(due.trace, CALENDAR, DUE_TIME) == due


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 10), st.integers(1, 30))
def test_a_pause_after_a_date_was_set_out_of_the_past_moves_it_by_just_its_days(
    until: int, floor: int, later: int, lasts: int
) -> None:
    """Another calendar left a working day from the day of `floor`; what stands still since is not lost."""
    begun = date(2025, 1, 2)
    due = on(begun.isoformat(), (begun + timedelta(days=until)).isoformat())
    set_on = begun + timedelta(days=floor)
    left = again(due.trace, CALENDAR, DUE_TIME, (), floor=set_on)
    since = set_on + timedelta(days=later - 1)
    days = CALENDAR.count(since, since + timedelta(days=lasts))
    stop = Stop(after=since, until=since + timedelta(days=lasts), days=0, reason="停电")
    paused = again(left.trace, CALENDAR, DUE_TIME, (), stop=stop)
    assert paused.date == CALENDAR.add(left.date, days)
    assert recompute(paused.trace, CALENDAR, DUE_TIME) == paused
