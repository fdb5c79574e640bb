"""An item and what follows from it, played ahead of time together: rows become items, their ends are told to the item
that waits for them, and what was held back is issued. The same rules as in the ledger; only that nothing is kept."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

from rules.dates.calendar import Calendar
from rules.family import ChildEnded, FollowUp, child_no
from rules.forms.answers import Pairs
from rules.machine.commands import UnitRef
from rules.machine.events import Event
from rules.machine.facts import Annulled, Closed, Completed, Reopened
from rules.machine.folding import evolve
from rules.machine.state import State
from rules.machine.timed import FellDue, RungReached
from rules.moves.following import told_parent
from rules.moves.sowing import InForce, Sowing, answered_in, at_once, first_events, sowing_of, told_id
from rules.process import Process
from rules.telling.playing_rows import Planting
from rules.telling.simulation import Behaviour, Happening, PlayedItem

Settled: TypeAlias = tuple[PlayedItem, Sequence[Happening]]
_NEVER = datetime.max.replace(tzinfo=UTC)


def _nothing_before(_: str) -> Mapping[str, Pairs]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a family needs to know beyond itself: by what follow-ups go (`in_force`, `calendar`), for which `units` (by
    id) there may be some, and whose turn it is in the rows of an item of that unit (`near`, ids). `rows`: how many are
    written into a table. Of items that have a past: what their forms were `answered` with, and what an entry sowed."""

    in_force: InForce
    calendar: Calendar
    units: Mapping[str, UnitRef] = field(default_factory=dict)
    near: Callable[[UnitRef], tuple[str, ...]] = lambda unit: (unit.id,)
    rows: int = 3
    answered: Callable[[str], Mapping[str, Pairs]] = _nothing_before
    sown_at: Callable[[State, int], Sowing] | None = None

    def item(
        self, process: Process, calendar: Calendar, state: State, behaviour: Behaviour, begin: datetime
    ) -> PlayedItem:
        """That item, which fills its tables with rows."""
        planting = None
        if process.issues or process.tallies:
            planting = Planting(rows=self.rows, units=self.near(state.unit), spare=2 * behaviour.latest)
        return PlayedItem(process, calendar, state, behaviour, begin, planting)


class PlayedFamily:
    """The items of one family as they are played, by number: those with which it begins, and those that come."""

    def __init__(self, items: Iterable[PlayedItem], behaviour: Behaviour, around: Surroundings) -> None:
        """Whoever comes acts as `behaviour` says."""
        self.items = {one.state.no: one for one in items}
        self._behaviour, self._around = behaviour, around
        self._answers: dict[str, dict[str, Pairs]] = {}
        self._sown: dict[tuple[str, int], Sowing] = {}
        self._by_ref: dict[str, Process] = {}

    def play(self, until: datetime) -> Iterator[Happening]:
        """What happens to any of them, not after `until`, in order. Raises as PlayedItem.go, and follow_up_refused."""
        while (item := self._first()) is not None and item.at is not None and item.at <= until:
            waiting: deque[Settled] = deque([(item, item.go())])
            while waiting:
                whose, happened = waiting.popleft()
                for one in happened:
                    yield one
                    if not isinstance(one.event.fact, RungReached | FellDue):
                        waiting += self._follows(whose, one)

    def _first(self) -> PlayedItem | None:
        """The item to which something happens first; of two at once the elder."""
        if len(self.items) == 1:  # as most are
            return next(iter(self.items.values()))
        nexts = (one for one in self.items.values() if one.at is not None)
        return min(nexts, key=lambda one: one.at or _NEVER, default=None)

    def _follows(self, item: PlayedItem, happening: Happening) -> Iterator[Settled]:
        """What one happening brings about in others."""
        event, state = happening.event, happening.state
        self._note(item, event)
        if now := at_once(event):
            yield from self._sow(state, self._sown[state.no, event.seq], now, event)
        parent = self.items.get(state.parent)
        if parent and isinstance(event.fact, Closed | Completed | Annulled | Reopened):
            fact = told_parent(parent.state, item.process, state.no, event)
            if fact is not None:
                yield parent, parent.hear(fact, told_id(state.no, event), event.at)
        if isinstance(event.fact, ChildEnded) and event.fact.begun:
            wanted = {one.n: one for one in state.children if child_no(state.no, one.n) in event.fact.begun}
            for at in sorted({one.at for one in wanted.values()}):
                sown = self._sown_at(state, at)
                yield from self._sow(state, sown, [one for one in sown.issued if one.n in wanted], event)

    def _note(self, item: PlayedItem, event: Event) -> None:
        no = item.state.no
        if no not in self._answers:
            self._answers[no] = dict(self._around.answered(no))
        self._answers[no] |= answered_in((event,))
        if getattr(event.fact, "issued", ()):
            self._sown[no, event.seq] = sowing_of(item.process, event, dict(self._answers[no]))

    def _sown_at(self, state: State, at: int) -> Sowing:
        if (state.no, at) not in self._sown:
            assert self._around.sown_at is not None, "nothing was sown before an imagined item began"
            self._sown[state.no, at] = self._around.sown_at(state, at)
        return self._sown[state.no, at]

    def _sow(self, parent: State, sown: Sowing, these: Sequence[FollowUp], event: Event) -> Iterator[Settled]:
        around = self._around
        units = {**around.units, parent.unit.id: parent.unit}  # perhaps one that no directory knows
        events = first_events(
            parent, sown, these, event, units=units, in_force=self._in_force, calendar=around.calendar
        )
        for first in events:
            state = evolve(None, first)
            process = self._by_ref[state.process]
            child = around.item(process, around.calendar, state, self._behaviour, first.at)
            self.items[state.no] = child
            yield child, (Happening(event=first, state=state),)

    def _in_force(self, process_id: str, variant: str, unit_kind: str) -> Process:
        process = self._around.in_force(process_id, variant, unit_kind)
        self._by_ref[process.ref] = process
        return process
