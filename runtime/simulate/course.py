"""An item's course as it was played: every clock with its date, every rung with its instant; and two of them compared.

Clocks are named by what they measure and how often that came before, so the same turn has one name in both courses.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeAlias

from rules.dates.calendar import local_date
from rules.dates.clocks import Clock
from rules.machine.state import State
from rules.machine.timed import FellDue, RungReached
from rules.names import CLOCK_NAMES
from rules.telling.simulation import Happening

ClockName: TypeAlias = tuple[str, str, int]
"""What a clock measures, in which step, for the how manieth time."""
RungName: TypeAlias = tuple[ClockName, str, int]
"""On which clock, which rung, which repetition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """One clock's time: since when, until when, whether it fell due, and when it was stopped (None: it still runs).
    `no`: the clock's number; `state`: how the item stood when it began."""

    name: str
    no: int
    state: State
    began: date
    due: date
    provisional: bool
    late: bool = False
    ended: date | None = None


class Course:
    """What `rules.telling.simulation.play` brought to one item, in order."""

    def __init__(self, state: State, *, begun: bool = True) -> None:
        """Begins with the clocks that run already; of an item that never comes to be with none."""
        self.stretches: dict[ClockName, Stretch] = {}
        self.rungs: dict[RungName, tuple[str, datetime]] = {}
        self._names: dict[int, ClockName] = {}
        self._often: Counter[tuple[str, str]] = Counter()
        self._clocks: tuple[Clock, ...] = ()
        if begun:
            self._look(state, state.at)

    def add(self, happening: Happening) -> None:
        """The next thing that happened."""
        event, state = happening.event, happening.state
        fact = event.fact
        if isinstance(fact, RungReached):
            self.rungs[self._names[fact.clock], fact.rung, fact.times] = (fact.name, event.at)
        elif isinstance(fact, FellDue):
            name = self._names[fact.clock]
            self.stretches[name] = replace(self.stretches[name], late=True)
        else:
            self._look(state, event.at)

    def _look(self, state: State, at: datetime) -> None:
        running = {clock.no for clock in state.running}
        for clock in self._clocks:
            if clock.no not in running:
                name = self._names[clock.no]
                self.stretches[name] = replace(self.stretches[name], ended=local_date(at))
        nodes = {node.no: node.words for node in state.nodes}
        for clock in state.running:
            name = self._names.get(clock.no) or self._named(clock, state)
            known = self.stretches.get(name)
            if known is None:
                self.stretches[name] = Stretch(
                    name=nodes.get(clock.no) or _name(clock, state),
                    no=clock.no,
                    state=state,
                    began=local_date(clock.started),
                    due=clock.due.date,
                    provisional=clock.due.provisional,
                    late=clock.late is not None,
                )
            elif known.due != clock.due.date:
                self.stretches[name] = replace(known, due=clock.due.date, provisional=clock.due.provisional)
        self._clocks = state.running

    def _named(self, clock: Clock, state: State) -> ClockName:
        kind, step = str(clock.kind), state.step
        self._often[kind, step] += 1
        self._names[clock.no] = (kind, step, self._often[kind, step])
        return self._names[clock.no]


def _name(clock: Clock, state: State) -> str:
    return state.step_name if clock.kind in ("working", "reviewing") else CLOCK_NAMES[clock.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseDifference:
    """What a changed definition changes for one item: dates that move (name, before, after), rungs that speak only
    with it (`added`), only without it (`removed`), or on another day (`shifted`); each rung by its name."""

    moved: tuple[tuple[str, date, date], ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    shifted: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.moved or self.added or self.removed or self.shifted)


def compare(before: Course, after: Course) -> CourseDifference:
    """From `before` to `after`. A date that only one of them came to is no move."""
    return CourseDifference(
        moved=tuple(
            (stretch.name, stretch.due, later.due)
            for name, stretch in before.stretches.items()
            if (later := after.stretches.get(name)) and later.due != stretch.due
        ),
        added=tuple(rung for key, (rung, _) in after.rungs.items() if key not in before.rungs),
        removed=tuple(rung for key, (rung, _) in before.rungs.items() if key not in after.rungs),
        shifted=tuple(
            rung for key, (rung, at) in before.rungs.items() if key in after.rungs and after.rungs[key][1] != at
        ),
    )
