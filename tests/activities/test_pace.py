"""Chunks that grow while nobody waits, and are small for whoever does."""

from hypothesis import given
from hypothesis import strategies as st

from activities.pace import UNDISTURBED, Pace


def test_alone_they_grow_to_the_most_that_is_asked_for() -> None:
    pace, sizes = Pace(), []
    for n in range(6):
        sizes.append(pace.size(35, 300))
        pace.took(kept_waiting=False, now=float(n))
    assert sizes == [35, 70, 140, 280, 300, 300]


def test_as_soon_as_somebody_waits_they_are_small_and_stay_so_a_while() -> None:
    pace = Pace()
    for n in range(6):
        pace.took(kept_waiting=False, now=float(n))
    pace.took(kept_waiting=True, now=10.0)
    pace.took(kept_waiting=False, now=10.0 + UNDISTURBED / 2)
    assert pace.size(35, 300) == 35
    pace.took(kept_waiting=False, now=10.0 + UNDISTURBED)
    assert pace.size(35, 300) == 70


def test_what_asks_for_no_more_gets_no_more() -> None:
    pace = Pace()
    pace.took(kept_waiting=False, now=0.0)
    assert pace.size(500, 0) == 500


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 3)), max_size=60), st.integers(1, 500), st.integers(0, 500))
def test_never_less_than_the_least_nor_more_than_the_most(
    chunks: list[tuple[bool, float]], least: int, most: int
) -> None:
    pace, now = Pace(), 0.0
    for waited, took in chunks:
        now += took
        pace.took(kept_waiting=waited, now=now)
        assert least <= pace.size(least, most) <= max(least, most)
        assert not waited or pace.size(least, most) == least
