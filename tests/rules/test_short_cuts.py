"""Short cuts of `rules` are what they stand for: folding in place, looking up the exceptions of a span."""

import dataclasses
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rules.dates.calendar import Calendar, Skip
from rules.machine.folding import evolve, fold
from rules.machine.state import State
from tests.rules.test_codec import everything
from tests.support.factories import CALENDAR, CORRECTED, PUBLISHED


def test_folding_at_once_is_folding_one_by_one_and_every_state_on_the_way_stays_as_it_was() -> None:
    events = everything().events
    state: State | None = None
    on_the_way: list[State] = []
    for event in events:
        state = evolve(state, event)
        on_the_way.append(state)
    for n, before in enumerate(on_the_way, 1):
        assert before == fold(events[:n])
        assert fold(events[n:], before) == state


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
