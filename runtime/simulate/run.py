"""A simulation: items played one after the other, told to whoever listens, counted, compared. None is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from rules.errors import RuleViolation
from rules.machine.facts import Closed, Completed
from rules.machine.state import State
from rules.process import Process
from rules.telling.playing_family import PlayedFamily
from rules.telling.simulation import Happening, PlayedItem
from runtime.ending import Problem
from runtime.simulate.cast import Cast
from runtime.simulate.course import Course, CourseDifference, compare
from runtime.simulate.stalling import Stalled, stalled
from runtime.simulate.tally import Heard, Hearing, Toll, heard, said
from runtime.simulate.world import Resolved, Start

REFUSED_SHOWN = 20
REMEMBERED = 1024
"""Courses kept for items that go the same way: some 20 kB each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedCourse:
    """One item as it was played: how it stood at first, its process, what is said of it, its dates; since when it was
    played, and when it was brought to an end. `stalled`: what would follow from standing still. `child`: it follows
    from the one with which the family begins."""

    process: Process
    state: State
    told: tuple[Hearing, ...]
    course: Course
    begun: datetime
    closed: datetime | None = None
    stalled: tuple[Stalled, ...] = ()
    child: bool = False


class Listener(Protocol):
    """Is told everything, item by item: what to show and what to write down is its business."""

    def notice(self, notice: Heard) -> None:
        """Somebody hears of something (as things are, not as a change would have them)."""

    def item(self, played: PlayedCourse) -> None:
        """An item, with its clocks; after what is heard of it and of what belongs to it."""

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
    """What came out. `children`: what followed from the items. `refused`: items that could not be played to the
    end, with the reason (the first 20)."""

    items: int = 0
    children: int = 0
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
    cast: Cast,
    until: datetime,
    listener: Listener,
    *,
    changed: Resolved | None = None,
    stalls: bool = False,
    played: Callable[[], None] = lambda: None,
) -> Simulated:
    """Every item is played until then, with what follows from it; `played` is called after each. With `changed` each is
    played a second time. With `stalls` it is asked of each date what would follow if nobody kept it."""
    courses = Courses(until, stalls=stalls)
    outcome = Simulated(changes=Changes() if changed is not None else None)
    for make in starts:
        outcome.items += 1
        start: Start | None = None
        try:
            start = make()
            family = courses.of(start)
            _tell(family, cast, outcome.tally, listener.notice)
            outcome.children += len(family) - 1
            for one in family:
                outcome.late += any(stretch.late for stretch in one.course.stretches.values())
                listener.item(one)
            if changed is not None and outcome.changes is not None:
                _change(start, changed, family, cast, courses, outcome.changes, listener)
        except RuleViolation as refusal:
            outcome.refuse(f"{start.state.no}：{refusal}" if start else str(refusal))
        except Problem as problem:
            outcome.refuse(" ".join(problem.lines()))
        played()
    return outcome


class Courses:
    """Plays items. Imagined items that are issued alike, on one day, go one way: that is played once. Where something
    may follow from them, so do those of one unit only."""

    def __init__(self, until: datetime, *, stalls: bool = False) -> None:
        self._until, self._stalls = until, stalls
        self._known: dict[tuple[object, ...], tuple[PlayedCourse, ...]] = {}

    def of(self, start: Start) -> tuple[PlayedCourse, ...]:
        """The item as it was played, and what followed from it."""
        if start.order is None:
            return self._play(start)
        unit = start.state.unit if start.process.issues else start.state.unit.members
        key = (start.process.ref, start.calendar.version, start.begin, start.order.deadline, start.behaviour, unit)
        if key not in self._known:
            if len(self._known) >= REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[key] = self._play(start)
        root, *children = self._known[key]
        if root.state is start.state:
            return self._known[key]
        before = root.state.no
        renamed = (
            replace(one, state=replace(one.state, no=start.state.no + one.state.no.removeprefix(before)))
            for one in children
        )
        return (replace(root, state=start.state), *renamed)

    def _play(self, start: Start) -> tuple[PlayedCourse, ...]:
        """The items in the order in which they begin."""
        around = start.around
        begun = {one.state.no: one for one in (start, *start.kin)}
        items = [around.item(o.process, o.calendar, o.state, o.behaviour, o.begin) for o in begun.values()]
        family = PlayedFamily(items, start.behaviour, around)
        happened: dict[str, list[Happening]] = {no: list(one.first) for no, one in begun.items()}
        for happening in family.play(self._until):
            happened.setdefault(happening.state.no, []).append(happening)
        root = start.state.no
        return tuple(
            _played(begun.get(no), family.items[no], events, child=no != root, stalls=self._stalls)
            for no, events in happened.items()
        )


def _played(
    start: Start | None, item: PlayedItem, happened: list[Happening], *, child: bool, stalls: bool
) -> PlayedCourse:
    process = item.process
    first = happened[0] if happened else start
    assert first is not None, "what was not there at first was issued"
    course = Course((happened[0] if not start or start.first else start).state)
    for happening in happened:
        course.add(happening)
    begin = start.begin if start else happened[0].event.at
    return PlayedCourse(
        process=process,
        state=first.state,
        told=said(process, happened, begin),
        course=course,
        begun=begin,
        closed=next((one.event.at for one in happened if isinstance(one.event.fact, Closed | Completed)), None),
        stalled=tuple(stalled(process, item.calendar, course)) if stalls else (),
        child=child,
    )


def _tell(family: Iterable[PlayedCourse], cast: Cast, tally: Toll, told: Callable[[Heard], None] | None) -> None:
    """Whoever hears of something in the family, in the order of time."""
    family = tuple(family)
    everything = ((one, item.state) for item in family for one in item.told)
    for one, state in everything if len(family) == 1 else sorted(everything, key=lambda pair: pair[0].at):
        for notice in heard(cast, one, state):
            tally.add(notice)
            if told:
                told(notice)


def _change(
    start: Start,
    changed: Resolved,
    before: tuple[PlayedCourse, ...],
    cast: Cast,
    courses: Courses,
    changes: Changes,
    listener: Listener,
) -> None:
    process = changed.get((start.process.variant, start.process.unit_kind))
    other = start.changed(process, changed) if process else None
    if other is None:
        changes.without += 1
        return
    after = courses.of(other)
    _tell(after, cast, changes.tally, None)
    ours, theirs = ({one.state.no: one for one in family} for family in (before, after))
    for no, state in {no: one.state for no, one in (ours | theirs).items()}.items():
        none = Course(state, begun=False)
        difference = compare(ours[no].course if no in ours else none, theirs[no].course if no in theirs else none)
        changes.count(difference)
        if difference:
            listener.change(no, state.unit.name, difference)
