"""One item to which anything may happen, any command at any instant: decided twice, adopted once."""

from collections import Counter
from dataclasses import fields as fields_of
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from rules.dates.clocks import lamp_of
from rules.errors import RuleViolation
from rules.forms.answering import answered
from rules.forms.answers import Pairs
from rules.forms.samples import samples
from rules.machine.commands import SYSTEM, Actor, Command, CommandKind, Status, UnitRef, command_hash
from rules.machine.events import Event
from rules.machine.folding import fold
from rules.machine.item import alarm, decide, shown_lamp
from rules.machine.state import State
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


def untouched(before: State, after: State) -> bool:
    """Whether they are the same item in everything but that somebody said something; and that of what counted it may
    be less."""
    said = {"seq", "at", "seen", "last", "correction"}
    if after.tallied != before.tallied:
        said |= {"tallied", "nodes", "rang", "clock_no"}
    return all(getattr(before, f.name) == getattr(after, f.name) for f in fields_of(State) if f.name not in said)


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
                self.process, self.calendar, self.item.running, seen
            )
        return decision.events

    def command(self, kind: CommandKind, actor: Actor, fields: dict[str, Any]) -> Command:
        self.ids += 1
        return Command(kind=kind, id=f"c{self.ids}", actor=actor, **fields)

    def answers(self, data: st.DataObject, kind: CommandKind, *, fits: bool) -> Pairs:
        """What fills the step's form, or numbers that may well contradict each other; now and then nonsense."""
        step = next((one for one in self.process.steps if one.id == self.item.step), None)
        form = self.process.form(step.form) if step else None
        if form is None or (not fits and data.draw(st.integers(0, 9)) == 9):
            return () if fits or data.draw(st.booleans()) else (("nonsense", "1"),)
        every = list(samples(form))
        sound = [pairs for pairs in every if not fits or self.stands(pairs)]
        pairs = data.draw(st.sampled_from(sound or every))
        if data.draw(st.integers(0, 3)) < 3:
            return pairs

        def otherwise(text: str) -> str:
            whole, point, places = text.partition(".")
            return f"{data.draw(st.integers(1, 15))}{point}{places}" if whole.isdecimal() else text

        return tuple((at, otherwise(text)) for at, text in pairs)

    def stands(self, pairs: Pairs) -> bool:
        """Whether no check of the step is known to be wrong with these answers."""
        try:
            answered(self.process, self.process.step(self.item.step), self.item.answers, pairs)
        except RuleViolation:
            return False
        return True
