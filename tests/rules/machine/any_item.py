"""One item to which anything may happen, any command at any instant: decided twice, adopted once."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from rules.dates.clocks import lamp_of
from rules.errors import RuleViolation
from rules.machine.commands import SYSTEM, Actor, Command, CommandKind, Status, UnitRef, command_hash
from rules.machine.events import Event
from rules.machine.folding import fold
from rules.machine.item import alarm, decide, shown_lamp
from rules.process import Process
from tests.support.chance.whole_item import WholeItem
from tests.support.factories import CALENDAR, CORRECTED, PUBLISHED, K

CALENDARS = {c.version: c for c in (CALENDAR, PUBLISHED, CORRECTED)}
Pair: TypeAlias = tuple[Status, CommandKind]
accepted: Counter[Pair] = Counter()
refused: Counter[str] = Counter()
gaps = st.one_of(
    st.integers(0, 3 * 60),
    st.integers(0, 3 * 24 * 60),
    st.integers(0, 60 * 24 * 60),
    st.sampled_from([0, 365 * 24 * 60]),
).map(lambda n: timedelta(minutes=n))


class AnyItem(WholeItem, RuleBasedStateMachine):
    """One item; `now` is what the clock on the wall shows, which may lag behind the item's last event."""

    now: datetime
    ids: int

    @staticmethod
    def unit(process: Process) -> UnitRef:
        return UnitRef(id=f"u-{process.unit_kind}", name=process.unit_kind_name, kind=process.unit_kind, area="a1")

    def give(self, command: Command) -> tuple[Event, ...]:
        """Decide twice, adopt once; a refusal changes nothing."""
        standing = self.item
        arguments = (self.process, self.calendar, standing, command, self.now)
        try:
            decision = decide(*arguments)
        except RuleViolation as violation:
            refused[str(violation.code)] += 1
            return ()
        assert decide(*arguments) == decision
        own = [e for e in decision.events if e.command_hash]
        before = decision.events[: decision.events.index(own[0])] if own else ()  # what was due anyway may lead on
        met = fold(before, standing)
        assert met is not None
        accepted[met.status, command.kind] += 1
        assert [e.actor for e in decision.events if e not in own] == [SYSTEM] * (len(decision.events) - len(own))
        assert [(e.fact.by, e.command_hash) for e in own] in ([], [(command.kind, command_hash(command))])
        self.adopt(decision.events)
        heard = max(self.now, standing.at)
        rings = alarm(self.process, self.calendar, self.item)
        assert rings is None or rings > heard, "something due was left behind"
        if command.kind is K.TICK and self.item.is_open and self.item.status is not Status.WATCHING:
            seen = self.item.pause.since if self.item.pause else heard
            assert shown_lamp(self.process, self.calendar, self.item) == lamp_of(
                self.process, self.calendar, self.item.clocks, seen
            )
        return decision.events

    def command(self, kind: CommandKind, actor: Actor, fields: dict[str, Any]) -> Command:
        self.ids += 1
        return Command(kind=kind, id=f"c{self.ids}", actor=actor, **fields)
