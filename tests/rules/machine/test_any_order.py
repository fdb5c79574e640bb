"""Any commands at any instants, over every shipped process: what must hold of an item whatever happens to it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from rules.dates.calendar import local_date
from rules.dates.windows import DueChoice
from rules.forms.answering import keep, kept_of
from rules.forms.answers import Pairs
from rules.machine.commands import TABLE, Actor, Assignment, CommandKind, EntryRef, Status
from rules.machine.events import Event
from rules.machine.facts import Fact
from rules.machine.folding import evolve
from rules.machine.issuing import Order, issue
from rules.machine.item import alarm
from rules.machine.judging import JUDGEMENTS
from rules.machine.state import State
from rules.machine.timed import FellDue, Migrated, Recalculated, Resumed, RungReached
from rules.moves.carrying import given_in
from rules.nodes.node import Tallied
from rules.permitting import answers_left
from rules.process import HOLDERS, Process, Role
from tests.rules.machine.any_item import CALENDARS, AnyItem, Pair, accepted, gaps, refused, untouched
from tests.rules.machine.test_shipped import DEFINITION
from tests.support.chance.editions import edited
from tests.support.chance.movers import mover
from tests.support.chance.tallies import report_by_chance
from tests.support.factories import ACTORS, CALENDAR, PROCESS, PUBLISHING, SUPERVISOR, USUAL, K, at
from tests.support.matters import about_for
from tests.support.processes import EVERY, TALLIED

PROCESSES = (*DEFINITION.all_resolved(), PROCESS, PUBLISHING, *EVERY, *TALLIED)
LEADS: dict[Status, Callable[[Process], bool]] = {
    Status.UNSIGNED: lambda process: process.sign is not None,
    Status.DECLINED: lambda process: process.sign is not None,
    Status.WAITING: lambda process: any(step.waits for step in process.steps),
}
"""The processes that lead to a status to which not all do."""
PUBLICITY = (K.PUBLISH, K.OBJECT, K.ANSWER_OBJECTION)
LIFE = 12
"""Moves after which every process has come to its end."""
CROWD = ("liaison", "unit_head", "supervisor", "leader")
PAIRS: list[Pair] = sorted((status, kind) for status, kinds in TABLE.items() for kind in kinds)
"""Each play begins with one of these; those that chance has left out are played by themselves afterwards."""
AWAY = {Status.DECLINED: K.DECLINE, Status.ANNULLED: K.ANNUL}
FIRST = {K.RESUME: [K.PAUSE], K.DECIDE_EXTENSION: [K.ASK_EXTENSION], K.DECIDE_CORRECTION: [K.CORRECT]}
"""What has to be asked or done before the command fits."""


class AnyOrder(AnyItem):
    """The item, and who does what with it in any order."""

    only: Pair | None = None
    """What every play begins with; else each with one of PAIRS."""
    processes: tuple[Process, ...] = PROCESSES
    """By which items may be."""

    @initialize(
        process=st.sampled_from(PROCESSES),
        begun=st.integers(0, 500 * 24 * 60),
        deadline=st.one_of(st.none(), st.integers(0, 400)),
        pair=st.sampled_from(PAIRS),
        data=st.data(),
    )
    def begin(self, process: Process, begun: int, deadline: int | None, pair: Pair, data: st.DataObject) -> None:
        status, kind = self.only or pair
        leads = LEADS.get(status)
        leading = [one for one in self.processes if leads is None or leads(one)]
        if kind in PUBLICITY:
            leading = [one for one in leading if one.first_step.publish]
        if leading and process not in leading:
            process = data.draw(st.sampled_from(leading))
        self.issued(process, begun, deadline or 30 if kind is K.SET_DUE else deadline)
        self.it_comes_to(data, status)
        for first in PUBLICITY[: PUBLICITY.index(kind)] if kind in PUBLICITY else FIRST.get(kind, ()):
            self.somebody(data, first, fits=True)
        self.somebody(data, kind, fits=True)

    def issued(self, process: Process, begun: int, deadline: int | None) -> None:
        """The item begins, so many minutes after the first day, to be done within so many days."""
        self.process, self.calendar = process, CALENDAR
        self.now = at("2025-02-01") + timedelta(minutes=begun)
        self.ids = 0
        self.begun({process.ref: process}, CALENDARS)
        order = Order(
            no="ZG2026-0001",
            unit=self.unit(process),
            **about_for(process),
            co_units=("u3",),
            deadline=None if deadline is None else local_date(self.now) + timedelta(days=deadline),
            earliest=None if deadline is None else local_date(self.now) + timedelta(days=deadline // 2),
        )
        decision = issue(process, CALENDAR, order, command="issue", actor=SUPERVISOR, now=self.now)
        self.adopt(decision.events)

    def it_comes_to(self, data: st.DataObject, status: Status) -> None:
        """To that status, for the first time or a later one, if the process leads there."""
        if status in AWAY:
            self.somebody(data, AWAY[status], fits=True)
            return
        times = data.draw(st.integers(0, 2))
        for _ in range(LIFE):
            if self.item.status is Status.WAITING and times > 0:
                times -= status is Status.WAITING
                self.the_alarm_rings()
            kind = self.onward()
            times -= self.item.status is status
            if times < 0 or kind is None:
                break
            self.somebody(data, kind, fits=True)
        if status is Status.CLOSED and self.item.status is Status.WATCHING:
            self.the_alarm_rings()

    @rule(gap=gaps)
    def time_passes(self, gap: timedelta) -> None:
        if (self.now + gap).year < 2032:
            self.now += gap

    @rule(lag=st.integers(1, 5 * 24 * 60))
    def somebody_whose_clock_lags_ticks(self, lag: int) -> None:
        there, self.now = self.now, self.now - timedelta(minutes=lag)
        self.tick()
        self.now = there

    def tick(self) -> tuple[Event, ...]:
        return self.give(self.command(K.TICK, ACTORS[Role.SYSTEM], {}))

    @precondition(lambda self: alarm(self.process, self.calendar, self.item) is not None)
    @rule()
    def the_alarm_rings(self) -> None:
        rings = alarm(self.process, self.calendar, self.item)
        assert rings is not None
        if rings.year >= 2032:
            return
        self.now = max(self.now, rings)
        before = len(self.events)
        self.tick()
        assert len(self.events) > before, "an alarm that brings nothing would ring for ever"

    @precondition(lambda self: self.onward() is not None)
    @rule(data=st.data(), moves=st.integers(1, 5))
    def it_goes_its_way(self, data: st.DataObject, moves: int) -> None:
        for _ in range(moves):
            kind = self.onward()
            if kind:
                self.somebody(data, kind, fits=True)

    def onward(self) -> CommandKind | None:
        match self.item.status:
            case Status.UNSIGNED:
                return K.SIGN
            case Status.DECLINED:
                return K.REASSIGN
            case Status.WORKING:
                if self.process.step(self.item.step).publish and self.item.publicity is None:
                    return K.PUBLISH
                return K.ANSWER_OBJECTION if self.item.objections else K.SUBMIT
            case Status.REVIEWING:
                last = answers_left(self.process, self.item) == 1
                return K.CLOSE if last and self.process.step(self.item.step).closes else K.APPROVE
            case _:
                return None

    @precondition(lambda self: self.item.status is Status.WORKING)
    @rule(data=st.data(), gap=gaps)
    def the_unit_wants_more_time(self, data: st.DataObject, gap: timedelta) -> None:
        self.somebody(data, K.ASK_EXTENSION, fits=True)
        self.now += gap
        self.somebody(data, K.DECIDE_EXTENSION, fits=True)

    @precondition(lambda self: K.PAUSE in TABLE[self.item.status] and not self.item.pause)
    @rule(data=st.data(), gap=gaps)
    def the_clocks_stand_still_for_a_while(self, data: st.DataObject, gap: timedelta) -> None:
        if not self.somebody(data, K.PAUSE, fits=True):
            return
        dues = {c.no: c.due.date for c in self.item.clocks}
        self.now += gap
        events = self.tick() or self.somebody(data, K.RESUME, fits=True)
        (fact,) = [e.fact for e in events if isinstance(e.fact, Resumed)]
        assert fact.days <= 20
        for clock in fact.dates.clocks:
            assert clock.due.date == self.calendar.add(dues[clock.no], fact.days), "moved by just the days"
            assert clock.late or clock.due.at > self.item.at or clock.due.at > self.now - gap

    @precondition(lambda self: K.RECALCULATE in TABLE[self.item.status])
    @rule(data=st.data())
    def another_calendar_comes(self, data: st.DataObject) -> None:
        before = self.item
        facts = [e.fact for e in self.somebody(data, K.RECALCULATE, fits=True)]
        found = [f for f in facts if isinstance(f, Recalculated)]
        if found:
            late = {c.no: c for c in before.clocks if c.late}
            late |= {f.clock: c for f in facts if isinstance(f, FellDue) for c in self.item.clocks if c.no == f.clock}
            for clock in found[0].dates.clocks:
                stands_still = before.pause is not None  # nobody is late before it runs again, with later dates
                assert clock.no in late or stands_still or clock.due.at > self.now, "nobody is late after the event"
                assert clock.late == (late[clock.no].late if clock.no in late else None)
            assert found[0].dates.clocks or before.watch

    @rule(data=st.data(), gap=gaps)
    def an_entry_was_wrong(self, data: st.DataObject, gap: timedelta) -> None:
        """Whatever the status, and nothing else about the item changes by it."""
        self.tick()
        before = self.item
        if self.somebody(data, K.CORRECT, fits=True):
            assert untouched(before, self.item)
        self.now += gap if (self.now + gap).year < 2032 else timedelta(0)
        self.tick()
        before = self.item
        assert before.correction is not None
        if self.somebody(data, K.DECIDE_CORRECTION, fits=True):
            assert untouched(before, self.item)
            assert self.item.correction is None

    @precondition(lambda self: self.item.status is not Status.ANNULLED)
    @rule(data=st.data())
    def somebody_does_what_fits(self, data: st.DataObject) -> None:
        fitting = [k for k in CommandKind if k in TABLE[self.item.status] and k is not K.TICK]
        if fitting:
            self.somebody(data, data.draw(st.sampled_from(fitting)), fits=True)

    @precondition(lambda self: self.item.status is Status.WORKING and self.process.tallies != ())
    @rule(data=st.data(), days=st.lists(st.integers(0, 60), min_size=1, max_size=6))
    def what_is_owed_is_reported(self, data: st.DataObject, days: list[int]) -> None:
        for some in days:
            self.now += timedelta(days=some)
            self.tick()
            self.somebody(data, K.REPORT, fits=True)
            if self.item.tallied and data.draw(st.integers(0, 3)) == 3:
                self.it_was_wrong(data.draw(st.sampled_from(self.item.tallied)))

    def it_was_wrong(self, one: Tallied) -> None:
        """A report that counted does so no more."""
        event = self.events[one.entry - 1]
        entry = EntryRef(seq=event.seq, kind=event.kind, unit=event.actor.unit)
        asked = {"entry": entry, "text": "没有去", "reason": "误报"}
        self.give(self.command(K.CORRECT, ACTORS[Role.SUPERVISOR], asked))
        self.give(self.command(K.DECIDE_CORRECTION, ACTORS[Role.LEADER], {"grant": True}))

    @rule(data=st.data(), kind=st.sampled_from(CommandKind))
    def somebody_does_anything(self, data: st.DataObject, kind: CommandKind) -> None:
        self.somebody(data, kind, fits=False)

    @precondition(lambda self: self.onward() is not None)
    @rule(data=st.data())
    def few_people_do_and_judge(self, data: st.DataObject) -> None:
        for kind in (K.REPORT, self.onward(), *sorted(JUDGEMENTS & TABLE[self.item.status])):
            if kind and kind in TABLE[self.item.status]:
                self.somebody(data, kind, fits=True, crossed=True)

    def somebody(
        self, data: st.DataObject, kind: CommandKind, *, fits: bool, crossed: bool = False
    ) -> tuple[Event, ...]:
        usual, said = USUAL[kind]
        usual = mover(self.process, self.item, kind, usual, ACTORS)
        stray = not fits and data.draw(st.integers(0, 2)) == 2
        role = data.draw(st.sampled_from(Role)) if stray else usual.role
        unit = self.unit(data.draw(st.sampled_from(self.processes))) if stray else self.item.unit
        who, behalf = role.value, ""
        if stray or (crossed and data.draw(st.booleans())):  # few people with many posts, standing in for each other
            who, behalf = data.draw(st.sampled_from(CROWD)), data.draw(st.sampled_from(("", *CROWD)))
        above = usual.over or ((unit.id,) if stray and data.draw(st.booleans()) else ())
        actor = Actor(id=who, role=role, unit=unit.id, area="a1", behalf="" if behalf == who else behalf, over=above)
        fields = dict(said)
        if kind is K.SUBMIT and fits and self.item.publicity:
            self.now = max(self.now, self.item.publicity.at)
        match kind:
            case K.SIGN | K.SUBMIT | K.RETURN | K.APPROVE:
                step = self.process.step(self.item.step or self.process.first_step.id)
                if kind in (K.SUBMIT, K.APPROVE):
                    fields["answers"] = self.answers(data, kind, fits=fits)
                if fits and kind is K.SUBMIT and step.short and self.item.nodes:
                    fields["reason"] = "整村搬迁"
                if data.draw(st.integers(0, 4)) == 4:
                    fields["days"] = data.draw(st.integers(3, 80))
                if kind is K.RETURN and step.return_to and data.draw(st.booleans()):
                    fields["step"] = data.draw(st.sampled_from(step.return_to))
            case K.REPORT:
                fields |= report_by_chance(data, self.process, self.calendar, self.item, self.now)
            case K.ASK_EXTENSION:
                clock = self.item.clock
                base = clock.due.date if clock else local_date(self.now)
                fields["to"] = base + timedelta(days=data.draw(st.integers(1, 9) if fits else st.integers(-5, 60)))
            case K.PUBLISH:
                fields["on"] = local_date(self.now) - timedelta(days=0 if fits else data.draw(st.integers(-2, 9)))
            case K.PAUSE:
                days = st.integers(1, 20) if fits else st.integers(-5, 60)
                fields["to"] = local_date(self.now) + timedelta(days=data.draw(days))
            case K.HAND_OVER:
                fields["successor"] = Actor(id=data.draw(st.sampled_from(CROWD)), role=Role.SUPERVISOR)
            case K.SET_DUE:
                fields["to"] = local_date(self.now) + timedelta(days=data.draw(st.integers(-5, 60)))
                if self.item.choice and data.draw(st.booleans()):
                    actor = replace(actor, role=HOLDERS[self.process.holder].of[0].role)
                else:
                    fields["calendar"] = data.draw(st.sampled_from((self.calendar, *CALENDARS.values())))
                    last = fields["to"]
                    fields["choice"] = self.item.choice and DueChoice(first=last - timedelta(days=9), last=last)
            case K.RECALCULATE:
                fields["calendar"] = data.draw(st.sampled_from(tuple(CALENDARS.values())))
            case K.MIGRATE:
                fields |= self.another_version(data, fits=fits)
            case K.DECIDE_EXTENSION | K.DECIDE_CORRECTION if not data.draw(st.booleans()):
                fields |= {"grant": False, "reason": "时间够用"}
            case K.CORRECT:
                fields["entry"] = self.entry(data, unit.id if fits else None)
            case K.CLOSE:
                fields["outcome"] = data.draw(st.sampled_from([o.id for o in self.process.outcomes]))
                fields["answers"] = self.answers(data, kind, fits=fits)
            case K.REASSIGN:
                others = [one for one in self.processes if not fits or self.unit(one) != self.item.unit]
                process = data.draw(st.sampled_from(others or self.processes))
                self.known[process.ref] = process
                fields["assignment"] = Assignment(unit=self.unit(process), process=process)
        return self.give(self.command(kind, actor, fields))

    def another_version(self, data: st.DataObject, *, fits: bool) -> dict[str, Any]:
        """Another version of the item's process, and where its step goes on in one that has it no more."""
        others = PROCESSES if not fits and data.draw(st.booleans()) else edited(self.process)
        process = data.draw(st.sampled_from(others))
        self.known[process.ref] = process
        gone = self.item.step not in process.step_names
        named = gone if fits else data.draw(st.booleans())
        steps = ((self.item.step, data.draw(st.sampled_from(sorted(process.step_names)))),) if named else ()
        given = given_in(e.fact for e in self.events) if fits or data.draw(st.booleans()) else ()
        return {"process": process, "steps": steps, "given": given}

    @precondition(lambda self: K.MIGRATE in TABLE[self.item.status])
    @rule(data=st.data())
    def another_version_comes(self, data: st.DataObject) -> None:
        before, events = self.item, self.somebody(data, K.MIGRATE, fits=True)
        for place, event in enumerate(events):
            if isinstance(event.fact, Migrated):
                self._goes_on_by_another_version(before, event.fact, [e.fact for e in events[place + 1 :]])
            before = evolve(before, event)  # a pause that ended by itself has moved dates before

    def _goes_on_by_another_version(self, before: State, fact: Migrated, told: list[Fact]) -> None:
        late = {c.no for c in before.clocks if c.late}
        for clock in fact.dates.clocks:
            assert clock.no in late or before.pause or clock.due.at > self.now, "nobody is late after the event"
            was = next((c for c in before.clocks if c.no == clock.no), None)
            if was and was.late:
                assert (clock.due, clock.late) == (was.due, was.late), "that it was late is a fact"
        waits = fact.turn is not None and fact.turn.status is Status.WAITING  # until a day that somebody filled in
        assert fact.turn is None or waits or fact.turn.clock.due.at > self.now
        assert not [f for f in told if isinstance(f, FellDue | RungReached)], "what lies behind is not said again"
        if len({process.forms for process in self.known.values()}) == 1:
            assert self.item.answers == self.kept(given_in(e.fact for e in self.events)), "as if from the first"

    def kept(self, given: Pairs) -> Pairs:
        """What an item keeps that went by its version from the first."""
        of = {
            form.id: tuple((at.partition(".")[2], text) for at, text in given if at.startswith(f"{form.id}."))
            for form in self.process.forms
        }
        forms = [form.id for form in self.process.forms if of[form.id]]
        return tuple(pair for form in forms for pair in keep((), form, kept_of(self.process, form), of[form]))

    def entry(self, data: st.DataObject, unit: str | None) -> EntryRef:
        """Any entry, or where a `unit` is named one that may as well be its own."""
        seq = data.draw(st.integers(1, self.item.seq) if unit else st.integers(-1, self.item.seq + 2))
        event = self.events[min(max(seq, 1), len(self.events)) - 1]
        return EntryRef(seq=seq, kind=event.kind, unit=unit or event.actor.unit)


@pytest.mark.timeout(400)  # finding the shortest failing play takes its time
@pytest.mark.parametrize("plays", [30, pytest.param(400, marks=pytest.mark.soak)])
def test_whatever_happens_in_whatever_order_an_item_stays_whole(plays: int) -> None:
    accepted.clear()
    _play(AnyOrder, plays)
    for pair in sorted(set(PAIRS) - set(accepted)):
        _play(type("AnyOrder", (AnyOrder,), {"only": pair}), 1 + plays // 10)
    assert set(accepted) == set(PAIRS), "the plays reach every pair of the table and no other"
    assert len(refused) > 10


def _play(machine: type[AnyOrder], times: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=times,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
