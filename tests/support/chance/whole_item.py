"""One item, event by event: each that is adopted, and the state after it, holds what must hold of every item."""

from collections.abc import Mapping
from dataclasses import replace
from unittest.mock import patch

from hypothesis.stateful import invariant

from rules.codec import decode, encode
from rules.dates.calendar import Calendar, local_date
from rules.dates.explain import explain, recompute
from rules.machine import folding
from rules.machine.commands import Status
from rules.machine.events import EVENT_KIND_OF, Event, decode_fact
from rules.machine.facts import (
    Annulled,
    Approved,
    Closed,
    Completed,
    Corrected,
    CorrectionAsked,
    CorrectionRefused,
    CycleStarted,
    Endorsed,
    ExtensionAsked,
    ExtensionGranted,
    ExtensionRefused,
    Objected,
    ObjectionAnswered,
    Published,
    Reassigned,
    Returned,
    Submitted,
    Watched,
)
from rules.machine.folding import STAMP_LIMIT, evolve, fold
from rules.machine.item import alarm
from rules.machine.state import State
from rules.machine.timed import Paused, Recalculated, RungReached
from rules.nodes import counting
from rules.process import ClockKind, PostAt, Process
from rules.telling.story import tell
from tests.support.chance.tallies import check_counts

JUDGED = (Approved, Returned, Closed, CycleStarted, Watched, Reassigned, Paused, Annulled)
WORKED = frozenset({"signed", "declined", "reported", "submitted", "completed", "extension_asked", "published"})
WORKED |= {"objection_answered"}
"""What is done about an item, of which whoever did it judges nothing."""
UNIT_SIDE = (ClockKind.UNSIGNED, ClockKind.WORKING)


def _folded_anew(events: list[Event]) -> State | None:
    """As `fold`, each change making a new state: of one changed in place, what is read after it would be read anew."""
    with patch.object(folding, "change", replace), patch.object(counting, "change", replace):
        return fold(events)


class WholeItem:
    """One item. `known`, `calendars`: the processes and calendars by which it may be, by ref and version."""

    known: dict[str, Process]
    calendars: Mapping[str, Calendar]
    process: Process
    calendar: Calendar
    events: list[Event]
    state: State | None

    def begun(self, known: dict[str, Process], calendars: Mapping[str, Calendar]) -> None:
        """Nothing has happened to it yet."""
        self.known, self.calendars, self.events, self.state = known, calendars, [], None
        self.worked: set[str] = set()
        self.agreed: list[tuple[PostAt, set[str]]] = []

    @property
    def item(self) -> State:
        assert self.state is not None
        return self.state

    def adopt(self, events: tuple[Event, ...]) -> None:
        before = self.state
        for event in events:
            if self.state is not None:
                assert event.seq == self.state.seq + 1
                assert event.at >= self.state.at
            self.nobody_judges_their_own(event)
            self.what_has_to_stand_has_stood(event)
            self.state = evolve(self.state, event)
            self.events.append(event)
            body = encode(event.fact)
            assert decode_fact(event.kind, body) == event.fact
            assert tell(event.fact, {})
        after = self.item
        self.process, self.calendar = self.known[after.process], self.calendars[after.calendar]
        if before is not None:
            assert after.late_count >= before.late_count
            assert after.late_reviews >= before.late_reviews
            assert after.points >= before.points
            assert after.clock_no >= before.clock_no
            assert set(before.stamps[-STAMP_LIMIT // 2 :]) <= set(after.stamps) or len(after.stamps) == STAMP_LIMIT

    def nobody_judges_their_own(self, event: Event) -> None:
        """Reckoned from the entries alone, not from what the state remembers."""
        people = {event.actor.id, event.actor.behalf} - {""}
        if isinstance(event.fact, JUDGED):
            assert not people & self.worked, "judged by somebody who worked on it"
        if isinstance(event.fact, ExtensionGranted | ExtensionRefused | Corrected | CorrectionRefused):
            asked = ExtensionAsked if isinstance(event.fact, ExtensionGranted | ExtensionRefused) else CorrectionAsked
            last = next(e for e in reversed(self.events) if isinstance(e.fact, asked))
            assert not people & {last.actor.id, last.actor.behalf}, "decided by somebody who asked for it"
        if isinstance(event.fact, Reassigned):
            self.worked = set()
        elif event.kind in WORKED:
            self.worked |= people
        self.nobody_answers_twice(event, people)

    def what_has_to_stand_has_stood(self, event: Event) -> None:
        """What a step publishes stood long enough, and every objection was answered, before it was submitted."""
        if isinstance(event.fact, Submitted | Completed):
            begun = [i for i, e in enumerate(self.events) if getattr(e.fact, "turn", None)][-1]
            facts = [e.fact for e in self.events[begun:]]
            published = [f for f in facts if isinstance(f, Published)]
            assert published or not self.process.step(self.item.step).publish, "never published"
            known = self.calendars
            for one in published:
                moved = any(isinstance(f, Recalculated) for f in facts)
                days = known[one.until.trace.calendar].count(one.on, local_date(event.at))
                assert moved or days >= (one.until.trace.amount or 0), "not long enough"
            objected = sum(isinstance(f, Objected) for f in facts)
            assert objected == sum(isinstance(f, ObjectionAnswered) for f in facts), "not answered"

    def nobody_answers_twice(self, event: Event, people: set[str]) -> None:
        """Of several who have to agree, each does so for one post, and once; the last one decides."""
        if getattr(event.fact, "turn", None):
            answered, self.agreed = self.agreed, []
        else:
            answered = self.agreed
        if isinstance(event.fact, Endorsed | Approved | Returned | Closed | CycleStarted):
            assert all(people.isdisjoint(others) for _, others in answered), "answered twice"
        if isinstance(event.fact, Endorsed):
            assert event.fact.post not in [post for post, _ in answered], "one post answered twice"
            self.agreed.append((event.fact.post, people))
        if isinstance(event.fact, Approved | Closed | CycleStarted):
            needed = self.process.posts_of(self.process.step(self.item.step)).least
            assert len(answered) == needed - 1, "decided before all had agreed"

    @invariant()
    def the_state_is_bounded_and_whole(self) -> None:
        if self.state is None:
            return
        state = self.state
        assert decode(State, encode(state)) == state
        assert len(state.clocks) <= 3
        assert len({c.no for c in state.clocks}) == len({c.kind for c in state.clocks}) == len(state.clocks)
        assert len(state.seen) <= 100
        assert len(state.stamps) == min(state.late_count + state.late_reviews, STAMP_LIMIT)
        assert (state.extension is not None) == any(c.kind is ClockKind.EXTENSION for c in state.clocks)
        if state.status in (Status.CLOSED, Status.ANNULLED, Status.WATCHING):
            assert state.clocks == ()
        else:
            assert state.clocks[0].kind.value == state.status.value
        if not state.is_open:
            assert alarm(self.process, self.calendar, state) is None

    @invariant()
    def what_counts_is_what_was_said(self) -> None:
        if self.state is not None and self.process.tallies:
            check_counts(self.process, self.calendar, self.state, self.events)

    @invariant()
    def every_date_can_be_kept_and_explained(self) -> None:
        if self.state is None:
            return
        for clock in self.state.running:
            due = clock.due
            calendar = self.calendars[due.trace.calendar]
            assert due.at > clock.started
            assert due.trace.start <= due.date
            assert calendar.is_working(due.date)
            assert recompute(due.trace, calendar, self.process.due_time) == due
            assert explain(due)
            if clock.late is None:
                assert calendar == self.calendar, "only what fell due is left as it was"
            if clock.kind in UNIT_SIDE and self.state.cap and due.trace.raised_to is None and clock.late is None:
                assert due.date <= self.state.cap.date

    def teardown(self) -> None:
        if self.state is None:
            return
        assert fold(self.events) == self.state
        assert _folded_anew(self.events) == self.state
        assert [e.seq for e in self.events] == list(range(1, len(self.events) + 1))
        rungs = [(f.clock, f.rung, f.times) for e in self.events if isinstance(f := e.fact, RungReached)]
        assert len(rungs) == len(set(rungs))
        late = [e.fact.clock for e in self.events if e.kind == "fell_due"]  # type: ignore[union-attr]
        assert len(late) == len(set(late)) == self.state.late_count + self.state.late_reviews
        assert all(EVENT_KIND_OF[type(e.fact)] == e.kind for e in self.events)
