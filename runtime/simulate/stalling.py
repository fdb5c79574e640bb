"""What would follow if a date of a played item were not kept and nobody did anything about it: the rungs that come
after it, each once, and who would hear of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta

from rules.dates.calendar import Calendar, instant_of, local_date
from rules.machine.timed import RungReached
from rules.process import Process
from rules.telling.simulation import NOBODY, play
from runtime.simulate.course import Course
from runtime.simulate.tally import Hearing, said

LOOKED_AHEAD = timedelta(days=100)
"""Longer than any rung of the shipped ladders is away from its date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stalled:
    """One date of an item, and what is said after it."""

    name: str
    due: date
    told: tuple[Hearing, ...]


def stalled(process: Process, calendar: Calendar, course: Course) -> Iterator[Stalled]:
    """For each date of the course, in its order. The item is played from where that date was set, nobody acting."""
    for stretch in course.stretches.values():
        until = instant_of(stretch.due + LOOKED_AHEAD, time())
        happenings = play(process, calendar, stretch.state, NOBODY, begin=stretch.state.at, until=until)
        after = [
            one
            for one in happenings
            if isinstance(fact := one.event.fact, RungReached)
            and (fact.clock, fact.times) == (stretch.no, 1)
            and local_date(one.event.at) > stretch.due
        ]
        yield Stalled(name=stretch.name, due=stretch.due, told=said(process, after, stretch.state.at))
