"""A simulation: items played one after the other, told to whoever listens, counted, compared. None is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ledger.chain.holders import Holders
from rules.errors import RuleViolation
from rules.telling.simulation import play
from runtime.ending import Problem
from runtime.simulate.course import Course, CourseDifference, Stretch, compare
from runtime.simulate.tally import Heard, Hearing, Toll, heard, said
from runtime.simulate.world import Resolved, Start

REFUSED_SHOWN = 20
REMEMBERED = 1024
"""Courses kept for items that go the same way: some 20 kB each."""


class Listener(Protocol):
    """Is told everything, item by item: what to show and what to write down is its business."""

    def notice(self, notice: Heard) -> None:
        """Somebody hears of something (as things are, not as a change would have them)."""

    def dates(self, no: str, unit: str, stretches: Iterable[Stretch]) -> None:
        """The item's clocks."""

    def change(self, no: str, unit: str, difference: CourseDifference) -> None:
        """What a changed definition changes for the item."""


@dataclass(slots=True, kw_only=True)
class Changes:
    """What a changed definition changes altogether: items, dates and rungs; notices as they would be. `without`: items
    that stand in a step which the changed definition does not have."""

    tally: Toll = field(default_factory=Toll)
    items: int = 0
    moved_items: int = 0
    moved_dates: int = 0
    added: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    shifted: Counter[str] = field(default_factory=Counter)
    without: int = 0

    def count(self, difference: CourseDifference) -> None:
        """One more item's."""
        self.items += bool(difference)
        self.moved_items += bool(difference.moved)
        self.moved_dates += len(difference.moved)
        self.added.update(difference.added)
        self.removed.update(difference.removed)
        self.shifted.update(difference.shifted)


@dataclass(slots=True, kw_only=True)
class Simulated:
    """What came out. `refused`: items that could not be played to the end, with the reason (the first 20)."""

    items: int = 0
    late: int = 0
    tally: Toll = field(default_factory=Toll)
    changes: Changes | None = None
    refused: list[str] = field(default_factory=list)
    refused_count: int = 0

    def refuse(self, why: str) -> None:
        """One more item that could not be played."""
        self.refused_count += 1
        if len(self.refused) < REFUSED_SHOWN:
            self.refused.append(why)


def simulate(
    starts: Iterable[Callable[[], Start]],
    holders: Holders,
    until: datetime,
    listener: Listener,
    *,
    changed: Resolved | None = None,
    played: Callable[[], None] = lambda: None,
) -> Simulated:
    """Every item is played until then; `played` is called after each. With `changed` each is played a second time."""
    courses = Courses(until)
    outcome = Simulated(changes=Changes() if changed is not None else None)
    for make in starts:
        outcome.items += 1
        start: Start | None = None
        try:
            start = make()
            everything, before = courses.of(start)
            _tell(start, everything, holders, outcome.tally, listener.notice)
            outcome.late += any(stretch.late for stretch in before.stretches.values())
            unit = start.state.unit.name
            listener.dates(start.state.no, unit, before.stretches.values())
            if changed is not None and outcome.changes is not None:
                difference = _changed(start, changed, before, holders, courses, outcome.changes)
                if difference:
                    listener.change(start.state.no, unit, difference)
        except RuleViolation as refusal:
            outcome.refuse(f"{start.state.no}：{refusal}" if start else str(refusal))
        except Problem as problem:
            outcome.refuse(" ".join(problem.lines()))
        played()
    return outcome


class Courses:
    """Plays items. Imagined items that are issued alike, on one day, go one way: that is played once."""

    def __init__(self, until: datetime) -> None:
        self._until = until
        self._known: dict[tuple[object, ...], tuple[tuple[Hearing, ...], Course]] = {}

    def of(self, start: Start) -> tuple[tuple[Hearing, ...], Course]:
        """What is said of the item, and its course."""
        if start.order is None:
            return self._play(start)
        key = (start.process.ref, start.calendar.version, start.begin, start.order.deadline, start.behaviour)
        if key not in self._known:
            if len(self._known) >= REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[key] = self._play(start)
        return self._known[key]

    def _play(self, start: Start) -> tuple[tuple[Hearing, ...], Course]:
        course = Course((start.first[0] if start.first else start).state)
        rest = play(start.process, start.calendar, start.state, start.behaviour, begin=start.begin, until=self._until)
        happened = (*start.first, *rest)
        for happening in happened:
            course.add(happening)
        return said(start.process, happened, start.begin), course


def _tell(
    start: Start, everything: Iterable[Hearing], holders: Holders, tally: Toll, told: Callable[[Heard], None] | None
) -> None:
    for one in everything:
        for notice in heard(holders, one, start.state):
            tally.add(notice)
            if told:
                told(notice)


def _changed(
    start: Start, changed: Resolved, before: Course, holders: Holders, courses: Courses, changes: Changes
) -> CourseDifference:
    process = changed.get((start.process.variant, start.process.unit_kind))
    other = start.changed(process) if process else None
    if other is None:
        changes.without += 1
        return CourseDifference()
    everything, after = courses.of(other)
    _tell(other, everything, holders, changes.tally, None)
    difference = compare(before, after)
    changes.count(difference)
    return difference
