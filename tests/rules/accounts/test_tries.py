"""Failures are counted, held up and entered by these rules, whatever the clock does."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rules.accounts.limits import MINUTE, TryLimit
from rules.accounts.tries import Tries, failed, is_held

NOW = datetime(2026, 11, 30, 1, tzinfo=UTC)
LIMIT = TryLimit(tries=3, window=timedelta(minutes=10), hold=timedelta(minutes=20))


def after(*minutes: float) -> tuple[Tries | None, list[int], list[float]]:
    """Failures at these minutes: how it stands, what each entered, at which it was held up."""
    tries, entered, holds = None, [], []
    for minute in minutes:
        outcome = failed(tries, NOW + timedelta(minutes=minute), LIMIT)
        tries = outcome.tries
        entered.append(outcome.enter)
        holds += [minute] if outcome.holds else []
    return tries, entered, holds


def test_so_many_within_the_window_hold_up_and_fewer_do_not() -> None:
    assert after(0, 1, 2)[2] == [2]
    assert after(0, 5, 10, 15, 20)[2] == []


def test_a_hold_is_made_no_longer_by_trying_and_then_a_new_window_begins() -> None:
    tries, _, holds = after(0, 1, 2, 10, 21.9)
    assert holds == [2]
    assert is_held(tries, NOW + timedelta(minutes=21.9))
    assert not is_held(tries, NOW + timedelta(minutes=22))
    again, _, holds = after(0, 1, 2, 10, 22)
    assert again is not None
    assert (again.count, holds) == (1, [2])


def test_a_clock_set_back_ends_no_hold() -> None:
    tries, _, holds = after(0, 1, 2, -60)
    assert holds == [2]
    assert is_held(tries, NOW - timedelta(days=1))


def test_what_does_not_enter_only_counts() -> None:
    outcome = failed(None, NOW, LIMIT, enters=False)
    assert (outcome.enter, outcome.tries.count, outcome.tries.unnoted) == (0, 1, 0)


@given(st.lists(st.floats(0, 0.5), max_size=60))
def test_one_entry_a_minute_and_every_failure_in_one(steps: list[float]) -> None:
    """However fast somebody tries: entries are a minute apart, and what they say with what waits is all of it."""
    at, tries, entries, counted = NOW, None, [], 0
    for step in steps:
        at += timedelta(minutes=step)
        outcome = failed(tries, at, LIMIT)
        tries = outcome.tries
        if outcome.enter:
            entries.append(at)
            counted += outcome.enter
    assert all(later - one >= MINUTE for one, later in pairwise(entries))
    assert counted + (tries.unnoted if tries else 0) == len(steps)
