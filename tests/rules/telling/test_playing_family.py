"""An item and what follows from it, played ahead of time: every shipped process and variant comes to its end, and what
it waits for has ended before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.errors import Code, RuleViolation
from rules.family import ChildEnded, child_no, place_of_child
from rules.machine.commands import Status, UnitRef
from rules.machine.events import Event
from rules.machine.facts import Approved, Closed, Completed, Issued, Submitted
from rules.machine.folding import fold
from rules.machine.issuing import Order
from rules.machine.timed import RungReached
from rules.process import AREA_KIND, Holder, Process
from rules.telling.playing_family import PlayedFamily, Surroundings
from rules.telling.simulation import Behaviour, Habit, imagined
from tests.support.days import CALENDAR
from tests.support.factories import at
from tests.support.matters import about_for
from tests.support.shipped import catalogue

EVERY = tuple(one for definition in catalogue() for one in definition.all_resolved())
NAMED = {f"{one.id}/{one.variant}/{one.unit_kind}": one for one in EVERY}
WITH_CHILDREN = [name for name, one in NAMED.items() if one.issues]
KINDS = sorted({one.unit_kind for one in EVERY} - {AREA_KIND})
UNITS = {kind: UnitRef(id=kind, name=f"某{kind}", kind=kind, area="a1") for kind in KINDS}
IN_TIME = Habit(days=-1)
ON_TIME = Behaviour(unit=IN_TIME, reviewer=IN_TIME)
ENDS = ("closed", "completed")
END = at("2026-12-31")


@dataclass(frozen=True)
class Told:
    """What was played: each item's events by number, in order, and all of them as they happened."""

    events: Mapping[str, list[Event]]
    order: list[tuple[str, Event]]
    processes: Mapping[str, Process]


def in_force(process: str, variant: str, kind: str) -> Process:
    found = next((o for o in EVERY if (o.id, o.variant, o.unit_kind) == (process, variant, kind)), None)
    if found is None:
        raise RuleViolation(Code.UNKNOWN_PROCESS, actual=process, unit_kind=kind)
    return found


def around(rows: int) -> Surroundings:
    return Surroundings(in_force=in_force, calendar=CALENDAR, units=UNITS, near=lambda unit: tuple(KINDS), rows=rows)


def told(process: Process, behaviour: Behaviour, issued: date, rows: int, until: datetime = END) -> Told:
    area = process.holder is Holder.AREA
    unit = UnitRef(id="a1", name="第一片组", kind=AREA_KIND, area="a1", members=("甲", "乙")) if area else None
    order = Order(no="XX2026-0001", unit=unit or UNITS[process.unit_kind], **about_for(process))
    first = imagined(process, CALENDAR, order, issued)
    surroundings = around(rows)
    root = surroundings.item(process, CALENDAR, first.state, behaviour, first.event.at)
    family = PlayedFamily([root], behaviour, surroundings)
    order_of = [(first.state.no, first.event)]
    order_of += [(one.state.no, one.event) for one in family.play(until)]
    events: dict[str, list[Event]] = {}
    for no, event in order_of:
        events.setdefault(no, []).append(event)
    for no, item in family.items.items():
        assert fold(events[no]) == item.state
    return Told(events=events, order=order_of, processes={no: item.process for no, item in family.items.items()})


def status_of(events: list[Event]) -> Status:
    state = fold(events)
    assert state is not None
    return state.status


@pytest.mark.parametrize("name", NAMED)
def test_each_shipped_process_comes_to_its_end_with_all_that_follows(name: str) -> None:
    process = NAMED[name]
    played = told(process, ON_TIME, date(2025, 2, 10), 3)
    assert {status_of(events) for events in played.events.values()} == {Status.CLOSED}
    late = [event.kind for events in played.events.values() for event in events if event.kind == "fell_due"]
    assert late == []
    assert len(played.events) == (1 + 3 * len(process.issues))
    fits(played)


def test_whoever_is_forty_days_late_plans_for_later() -> None:
    late = Habit(days=40)
    played = told(NAMED["project/pdca/organ"], Behaviour(unit=late, reviewer=late), date(2025, 2, 10), 3)
    assert len(played.events) == 4
    fits(played)


def fits(played: Told) -> None:
    """What holds of every family, whoever was late."""
    root = next(iter(played.events))
    for no, events in played.events.items():
        first = events[0].fact
        assert isinstance(first, Issued)
        if no != root:
            assert first.parent == no.rpartition("-")[0] in played.events
            assert no == child_no(first.parent, place_of_child(no))
            assert first.supervisor == fold(played.events[root]).supervisor  # type: ignore[union-attr]
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        _waited(played, no)
        _in_order(played, no)
        _rings_at_most_once(events)


def _waited(played: Told, no: str) -> None:
    """What an item waits for has ended before it goes on, and its end stands in the item."""
    open_now: set[str] = set()
    for whose, event in played.order:
        fact = event.fact
        if whose == no:
            if isinstance(fact, Submitted | Approved | Closed | Completed):
                assert not open_now, f"{no} goes on while {open_now} are open"
            open_now |= {child_no(no, one.n) for one in getattr(fact, "issued", ()) if one.waits}
            if isinstance(fact, ChildEnded):
                open_now.discard(fact.no)
                ended = next(one for one in played.events[fact.no] if isinstance(one.fact, Closed | Completed))
                assert (ended.at, fact.verdict != "") == (event.at, True)


def _in_order(played: Told, no: str) -> None:
    """What comes after others is issued with the end of the last of them."""
    for event in played.events[no]:
        for one in getattr(event.fact, "issued", ()):
            child = played.events.get(child_no(no, one.n))
            if not one.held:
                assert child
                assert child[0].at == event.at
            elif child:
                before = [e for n in one.after for e in played.events[child_no(no, n)] if e.kind in ENDS]
                assert len(before) == len(one.after)
                assert child[0].at == max(e.at for e in before)


def _rings_at_most_once(events: list[Event]) -> None:
    """No rung of a clock rings twice, and of a node none after a report met it."""
    rang = [(f.clock, f.rung, f.times) for one in events if isinstance(f := one.fact, RungReached)]
    assert len(rang) == len(set(rang))
    owed: set[int] = set()
    for place in range(1, len(events) + 1):
        state = fold(events[:place])
        assert state is not None
        fact = events[place - 1].fact
        if isinstance(fact, RungReached) and fact.node:
            assert fact.clock in owed, "it rings though it is not owed"
        owed = {node.no for node in state.nodes}


@cache
def _habits() -> st.SearchStrategy[Habit]:
    return st.one_of(st.none(), st.integers(-5, 15)).map(lambda days: Habit(days=days))


behaviours = st.builds(
    Behaviour,
    unit=_habits(),
    reviewer=_habits(),
    steps=st.lists(st.tuples(st.sampled_from(["sign", "work", "node", "report"]), _habits()), max_size=2).map(tuple),
)
families = given(
    name=st.sampled_from(WITH_CHILDREN),
    behaviour=behaviours,
    issued=st.dates(date(2025, 2, 1), date(2026, 3, 1)),
    rows=st.integers(0, 5),
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@families
def test_whoever_is_late_a_family_fits(name: str, behaviour: Behaviour, issued: date, rows: int) -> None:
    fits(told(NAMED[name], behaviour, issued, rows))


@pytest.mark.soak
@pytest.mark.timeout(600)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@families
def test_whoever_is_late_a_family_fits_at_length(name: str, behaviour: Behaviour, issued: date, rows: int) -> None:
    fits(told(NAMED[name], behaviour, issued, rows))
