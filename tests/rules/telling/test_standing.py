"""How an item stood at a moment: the fold of what was true by then, in words, and what differs between two moments."""

from contextlib import suppress
from dataclasses import fields
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.errors import RuleViolation
from rules.machine.events import Event
from rules.machine.folding import fold
from rules.machine.item import shown_lamp
from rules.machine.state import State
from rules.telling.standing import NOTHING, TOLD, UNTOLD, StateWords, as_of, differences, features
from tests.support.factories import PROCESS, K, Play, at, play_to

OUTCOMES = {o.id: o.name for o in PROCESS.outcomes}
LEAST = timedelta(microseconds=1)
# Recalculating, migrating and reassigning play with other definitions; what a state says of them is told all the same.
KINDS = [k for k in K if k not in (K.RECALCULATE, K.MIGRATE, K.REASSIGN)]


@st.composite
def lives(draw: st.DrawFn) -> Play:
    """An item to which something happened: commands that fit or are refused, hours or weeks apart."""
    play = play_to(draw(st.sampled_from(["unsigned", "working", "reviewing", "executing", "watching", "closed"])))
    for kind in draw(st.lists(st.sampled_from(KINDS), max_size=8)):
        play.now += timedelta(minutes=draw(st.sampled_from([0, 0, 90, 3000, 30000])))
        said: dict[str, Any] = {}
        if kind in (K.ASK_EXTENSION, K.PAUSE):
            said["to"] = (play.now + timedelta(days=draw(st.integers(1, 20)))).date()
        with suppress(RuleViolation):
            play.do(kind, **said)
    return play


def _features(play: Play, state: State | None) -> dict[str, str]:
    return {f.name: f.words for f in features(state, _words(play, state))}


def _words(play: Play, state: State | None) -> StateWords:
    lamp = shown_lamp(play.process, play.calendar, state).name if state else ""
    return StateWords(lamp=lamp, outcomes=OUTCOMES, units={"u3": "林科所"})


@settings(max_examples=80, deadline=None)
@given(play=lives())
def test_folding_up_to_an_entry_s_instant_is_folding_what_stands_up_to_it(play: Play) -> None:
    """By instant, so of several entries of one instant all count."""
    events: list[Event] = play.events
    for event in events:
        last = max(e.seq for e in events if e.at == event.at)
        assert as_of(events, event.at) == fold(events[:last])
        assert as_of(events, event.at - LEAST) == fold(e for e in events if e.at < event.at)


@settings(max_examples=80, deadline=None)
@given(play=lives(), data=st.data())
def test_whatever_happened_it_can_be_told_and_compared(play: Play, data: st.DataObject) -> None:
    moments = st.sampled_from([play.events[0].at - LEAST, *(e.at for e in play.events)])
    before, after = (as_of(play.events, data.draw(moments)) for _ in range(2))
    old, new = features(before, _words(play, before)), features(after, _words(play, after))
    assert [f.id for f in old] == [f.id for f in new]
    assert {d.id for d in differences(old, new)} == {f.id for f, g in zip(old, new, strict=True) if f != g}
    assert differences(old, old) == ()
    assert all(f.words for f in old + new)


def test_before_it_was_issued_there_was_nothing() -> None:
    play = Play()
    before = as_of(play.events, play.events[0].at - LEAST)
    assert before is None
    assert set(_features(play, before).values()) == {NOTHING}


def test_every_field_of_the_state_is_told_of_or_left_out_on_purpose() -> None:
    """A field that is added later has to be placed: in a feature of rules/telling/standing.py, or in UNTOLD."""
    names = {f.name for f in fields(State)}
    assert TOLD | UNTOLD == names
    assert not TOLD & UNTOLD


def test_what_changed_between_two_moments_is_said_in_words() -> None:
    play = Play()
    play.do(K.SIGN, "2026-03-04")
    play.do(K.URGE, at("2026-03-04", "11:00"))
    play.do(K.ASK_EXTENSION, at("2026-03-04", "12:00"), to=at("2026-03-12").date())
    play.tick("2026-03-20")
    day_of_issue = as_of(play.events, at("2026-03-02", "23:59"))
    asked = as_of(play.events, at("2026-03-04", "23:59"))
    old, new = features(day_of_issue, _words(play, day_of_issue)), features(asked, _words(play, asked))
    assert {d.name: (d.before, d.after) for d in differences(old, new)} == {
        "状态": ("待签收", "办理中"),
        "环节": (NOTHING, "方案"),
        "到期日": ("2026年3月5日", "2026年3月11日"),
        "待批延期": (NOTHING, "申请延至2026年3月12日（1 个工作日），待督查员批复"),
        "延期批复到期日": (NOTHING, "2026年3月9日"),
        "催办过": (NOTHING, "1 次"),
    }
    late = _features(play, play.state)
    assert late["亮灯"] == "红灯"
    assert late["已逾期"] == "2026-03-11 17:30 起"
    assert late["延期批复到期日"] == "2026年3月9日，2026-03-09 17:30 逾期"
    assert (late["累计逾期"], late["审核方累计逾期"], late["扣分"]) == ("1 次", "1 次", "1 分")
