"""An item played ahead of time is what `decide` would make of it by hand, alarm by alarm and command by command."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from definitions.catalogue import SHIPPED, load_process
from rules.dates.calendar import instant_of, local_date
from rules.machine.commands import Command, Status, UnitRef
from rules.machine.events import Event
from rules.machine.facts import Published
from rules.machine.folding import evolve, fold
from rules.machine.issuing import Order
from rules.machine.item import alarm, decide
from rules.machine.ticks import tick
from rules.machine.timed import FellDue, RungReached
from rules.process import Process
from rules.telling.simulation import BEFORE_THE_END, NOBODY, Behaviour, Habit, Happening, imagined, play
from tests.support.days import CALENDAR
from tests.support.factories import PROCESS, PUBLISHING, Play, at
from tests.support.factories import K as Kind
from tests.support.matters import about_for
from tests.support.processes import EVERY
from tests.support.shipped import catalogue

DEFINITION = load_process(SHIPPED / "rectification.yaml")
PROCESSES = (*DEFINITION.all_resolved(), PROCESS, PUBLISHING, *EVERY)
SHIPPED_ONES = {
    f"{one.id}/{one.variant}/{one.unit_kind}": one for one in sum((d.all_resolved() for d in catalogue()), ())
}
END = at("2026-12-31")


def _order(process: Process, deadline: date | None = None) -> Order:
    unit = UnitRef(id="u1", name="单位", kind=process.unit_kind, area="a1")
    return Order(no="ZG2026-0001", unit=unit, **about_for(process), deadline=deadline)


def _played(process: Process, behaviour: Behaviour, issued: date, deadline: date | None = None) -> list[Happening]:
    first = imagined(process, CALENDAR, _order(process, deadline), issued)
    rest = play(process, CALENDAR, first.state, behaviour, begin=first.event.at, until=END)
    return [first, *rest]


def _on_time(days: int = 0) -> Behaviour:
    return Behaviour(unit=Habit(days=days), reviewer=Habit(days=days))


habits = st.one_of(st.none(), st.integers(-12, 30)).map(lambda days: Habit(days=days))
behaviours = st.builds(
    Behaviour,
    unit=habits,
    reviewer=habits,
    steps=st.lists(
        st.tuples(st.sampled_from(["sign", "plan", "execute", "inspect", "report"]), habits), max_size=3
    ).map(tuple),
)


plays = given(
    process=st.sampled_from(PROCESSES),
    behaviour=behaviours,
    issued=st.dates(date(2025, 2, 1), date(2026, 10, 1)),
    deadline=st.one_of(st.none(), st.integers(0, 200)),
)


@pytest.mark.parametrize("process", SHIPPED_ONES.values(), ids=SHIPPED_ONES)
def test_every_shipped_process_comes_to_its_end_where_everybody_acts_a_day_before_it_is_due(process: Process) -> None:
    last = _played(process, _on_time(-1), date(2025, 2, 10))[-1].state
    assert last.status is Status.CLOSED
    assert last.late_count == last.late_reviews == 0


@settings(max_examples=25, deadline=None)
@plays
def test_playing_is_deciding_by_hand(
    process: Process, behaviour: Behaviour, issued: date, deadline: int | None
) -> None:
    by_hand_it_is_the_same(process, behaviour, issued, deadline)


@pytest.mark.soak
@pytest.mark.timeout(400)
@settings(max_examples=200, deadline=None)
@plays
def test_playing_is_deciding_by_hand_at_length(
    process: Process, behaviour: Behaviour, issued: date, deadline: int | None
) -> None:
    by_hand_it_is_the_same(process, behaviour, issued, deadline)


def by_hand_it_is_the_same(process: Process, behaviour: Behaviour, issued: date, deadline: int | None) -> None:
    """By hand: whatever the clock on the wall shows, one looks at nine and at half past five of every day."""
    limit = None if deadline is None else issued + timedelta(days=deadline)
    played = _played(process, behaviour, issued, limit)
    events = tuple(one.event for one in played)
    assert by_hand(process, played[0], _acts(events), END) == events
    assert fold(events) == played[-1].state


def _acts(events: tuple[Event, ...]) -> list[tuple[datetime, Event]]:
    return [(event.at, event) for event in events[1:] if event.command.startswith("play/")]


def by_hand(
    process: Process, first: Happening, acts: list[tuple[datetime, Event]], until: datetime
) -> tuple[Event, ...]:
    state, events = first.state, [first.event]
    looks = _every_day(local_date(first.event.at), local_date(until), process)
    # Who acts at the very instant at which something rings (what was published has stood long enough) comes after it.
    moments: list[tuple[datetime, Event | None]] = [*((look, None) for look in looks), *acts]
    moments = sorted((m for m in moments if first.event.at < m[0] <= until), key=lambda m: m[0])
    for now, act in moments:
        command = tick(state.seq) if act is None else _said(process, act)
        for event in decide(process, CALENDAR, state, command, now).events:
            state = evolve(state, event)
            events.append(event)
    return tuple(events)


def _every_day(first: date, last: date, process: Process) -> list[datetime]:
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [instant_of(day, when) for day in days for when in (process.ring_time, process.due_time)]


def _said(process: Process, act: Event) -> Command:
    """The command that somebody must have given for this to happen."""
    fact = act.fact
    assert fact.by is not None
    names = (
        "text",
        "evidence",
        "answers",
        "place",
        "on",
        "reference",
        *(("outcome",) if fact.by is Kind.CLOSE else ()),
    )
    fields = {name: getattr(fact, name) for name in names if getattr(fact, name, None)}
    form = process.form(getattr(fact, "form", ""))
    derived = {one.id for one in form.fields if one.derive} if form else set()
    if "evidence" in fields and form:  # the simulated attach nothing but what answers name
        del fields["evidence"]
    if derived:
        fields["answers"] = tuple(pair for pair in fields["answers"] if pair[0] not in derived)
    actor = replace(act.actor, over=("u1",))  # no entry holds whose superior somebody is
    return Command(kind=fact.by, id=act.command, actor=actor, **fields)


def test_nobody_acting_leaves_the_ladder_to_speak() -> None:
    played = _played(PROCESS, NOBODY, date(2026, 3, 2))
    kinds = {one.event.kind for one in played}
    assert kinds == {"issued", "fell_due", "rung_reached"}
    said = [(f.rung, f.times) for one in played if isinstance(f := one.event.fact, RungReached)]
    assert len(said) == len(set(said))
    assert ("weekly", 5) in said
    assert played[-1].state.status is Status.UNSIGNED


def test_everybody_on_the_due_date_is_in_time_and_the_item_is_closed() -> None:
    played = _played(PROCESS, _on_time(), date(2025, 3, 3))
    assert played[-1].state.status is Status.CLOSED
    assert not [one for one in played if isinstance(one.event.fact, FellDue)]
    signed = next(one.event for one in played if one.event.kind == "signed")
    due = played[0].state.due
    assert due is not None
    assert signed.at == due.at - BEFORE_THE_END


def test_a_day_late_is_late_on_every_clock() -> None:
    played = _played(PROCESS, _on_time(1), date(2026, 3, 2))
    late = [f.step for one in played if isinstance(f := one.event.fact, FellDue) and f.clock_kind != "reporting"]
    assert late == ["", "plan", "plan_review", "execute", "inspect"]


def test_whoever_has_to_publish_does_so_at_once_and_waits() -> None:
    played = _played(PUBLISHING, _on_time(-100), date(2026, 3, 2))
    published, submitted = (
        next(one.event for one in played if one.event.kind == k) for k in ("published", "submitted")
    )
    assert isinstance(published.fact, Published)
    assert (local_date(published.at).isoformat(), submitted.at) == ("2026-03-04", published.fact.until.at)
    assert played[-1].state.status is Status.CLOSED


def test_a_step_has_a_habit_of_its_own() -> None:
    stuck = replace(_on_time(), steps=(("execute", Habit(days=None)),))
    played = _played(PROCESS, stuck, date(2026, 3, 2))
    assert played[-1].state.step == "execute"
    assert {f.step for one in played if isinstance(f := one.event.fact, FellDue)} == {"execute"}


def test_nobody_acts_on_the_day_a_turn_begins() -> None:
    played = _played(PROCESS, _on_time(-100), date(2026, 3, 2))
    begun = [local_date(one.event.at) for one in played if hasattr(one.event.fact, "turn")]
    assert [(b - a).days >= 1 for a, b in pairwise(begun)] == [True] * (len(begun) - 1)


def test_a_real_item_goes_on_from_where_it_stands() -> None:
    """What was due before is caught up with at the beginning, with the instants at which it was due."""
    real = Play("2026-03-02")
    real.do(Kind.SIGN, "2026-03-03")
    begin = at("2026-03-25")
    caught_up = list(play(PROCESS, CALENDAR, real.state, NOBODY, begin=begin, until=begin))
    by_one_tick = decide(PROCESS, CALENDAR, real.state, tick(real.state.seq), begin).events
    assert tuple(one.event for one in caught_up) == by_one_tick
    assert caught_up[0].event.at < begin
    acting = play(PROCESS, CALENDAR, real.state, _on_time(), begin=begin, until=END)
    submitted = next(one.event for one in acting if one.event.kind == "submitted")
    assert local_date(submitted.at) == CALENDAR.add(local_date(begin), 1)


def test_a_pause_and_an_extension_take_their_course() -> None:
    real = Play("2026-03-02")
    real.do(Kind.SIGN, "2026-03-03")
    real.do(Kind.PAUSE, "2026-03-04", to=date(2026, 3, 20))
    played = list(play(PROCESS, CALENDAR, real.state, _on_time(), begin=at("2026-03-05"), until=END))
    assert played[0].event.kind == "resumed"
    real = Play("2026-03-02")
    real.do(Kind.SIGN, "2026-03-03")
    real.do(Kind.ASK_EXTENSION, "2026-03-04", to=date(2026, 3, 12))
    played = list(play(PROCESS, CALENDAR, real.state, _on_time(), begin=at("2026-03-05"), until=END))
    acted = [one.event for one in played if one.event.command.startswith("play/")]
    assert (acted[0].kind, acted[1].kind) == ("extension_granted", "submitted")


@pytest.mark.parametrize("process", PROCESSES, ids=lambda process: process.ref.split("@")[0])
def test_nothing_is_played_beyond_the_horizon_and_nothing_before_it_is_left_out(process: Process) -> None:
    first = imagined(process, CALENDAR, _order(process), date(2026, 3, 2))
    until = at("2026-06-30")
    played = list(play(process, CALENDAR, first.state, NOBODY, begin=first.event.at, until=until))
    assert all(one.event.at <= until for one in played)
    rings = alarm(process, CALENDAR, played[-1].state)
    assert rings is None or rings > until


def test_an_item_that_was_sent_back_waits_for_its_supervisor() -> None:
    real = Play("2026-03-02")
    real.do(Kind.DECLINE, "2026-03-03")
    played = list(play(PROCESS, CALENDAR, real.state, _on_time(), begin=at("2026-03-04"), until=END))
    assert played[-1].state.status is Status.DECLINED
    assert {one.event.kind for one in played} == {"fell_due", "rung_reached"}
