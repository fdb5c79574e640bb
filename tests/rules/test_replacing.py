"""Short cuts of `rules` are what they stand for: replacing fields, drafts, looking up the exceptions of a span."""

import dataclasses
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.dates.calendar import Calendar, Skip
from rules.replacing import draft, replace, settled
from tests.support.factories import CALENDAR, CORRECTED, PUBLISHED, K, Play


def test_replacing_is_what_the_standard_library_does() -> None:
    play = Play("2026-03-02")
    play.do(K.SIGN, "2026-03-03")
    state = play.state
    clock = state.clock
    assert clock is not None
    assert replace(state, seq=9, step="x", clocks=()) == dataclasses.replace(state, seq=9, step="x", clocks=())
    assert replace(clock, late=state.at) == dataclasses.replace(clock, late=state.at)
    assert replace(clock.due.trace, skips=()) == dataclasses.replace(clock.due.trace, skips=())
    assert replace(state) == state
    assert replace(state) is not state
    assert state == play.state, "the value itself is as it was"


def test_a_field_that_there_is_not_is_refused() -> None:
    with pytest.raises(KeyError):
        replace(Play("2026-03-02").state, no_such_field=1)


def test_a_draft_is_changed_in_place_and_leaves_what_it_was_made_from_alone() -> None:
    state = Play("2026-03-02").state
    drafted = draft(state)
    assert replace(drafted, seq=9, step="x") is drafted
    assert (drafted.seq, drafted.step) == (9, "x")
    after = settled(drafted)
    assert type(after) is type(state)
    assert after == dataclasses.replace(state, seq=9, step="x")
    assert state == Play("2026-03-02").state
    replace(drafted, seq=10)
    assert after.seq == 9, "what it led to stays as it was"
    with pytest.raises(KeyError):
        replace(drafted, no_such_field=1)


@given(
    calendar=st.sampled_from([CALENDAR, CORRECTED, PUBLISHED]),
    after=st.dates(date(2024, 12, 1), date(2027, 3, 1)),
    days=st.integers(-3, 400),
)
def test_the_exceptions_of_a_span_are_those_that_one_counts_by_hand(calendar: Calendar, after: date, days: int) -> None:
    until = after + timedelta(days=days)
    assert calendar.skips(after, until) == by_hand(calendar, after, until)


def by_hand(calendar: Calendar, after: date, until: date) -> tuple[Skip, ...]:
    runs: list[Skip] = []
    for found in calendar.exceptions:
        if not after < found.day <= until:
            continue
        last = runs[-1] if runs else None
        if last and (last.name, last.working) == (found.name, found.working) and (found.day - last.last).days <= 4:
            runs[-1] = dataclasses.replace(last, last=found.day, days=last.days + 1)
        else:
            runs.append(Skip(name=found.name, working=found.working, first=found.day, last=found.day, days=1))
    return tuple(runs)
