"""The one JSON form: there and back, only JSON types, short, and strict about what it takes."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

import pytest

from rules.codec import decode, encode, instant_text
from rules.dates.calendar import LOCAL, Calendar
from rules.dates.clocks import Clock, Fired
from rules.dates.windows import DueChoice
from rules.family import ChildEnded, ChildReopened, ChildStatus
from rules.machine.commands import Actor, Command, UnitRef
from rules.machine.events import EVENT_KINDS, decode_event, decode_fact, encode_event
from rules.machine.facts import Submitted
from rules.machine.folding import fold
from rules.machine.item import told
from rules.machine.state import State
from rules.process import Process, Role, Window
from tests.support.factories import CALENDAR, CORRECTED, LIAISON, PROCESS, PUBLISHING, USUAL, K, Play, at, play_to
from tests.support.processes import APPRAISAL, CHECKIN, DRIVE


def everything() -> Play:
    """An item to which everything has happened."""
    play = Play()
    for kind in (K.DECLINE, K.REASSIGN):
        play.do(kind)
    play = Play()
    way: list[tuple[K, str, dict[str, Any]]] = [
        (K.SIGN, "2026-03-03", {"text": "收到"}),
        (K.SUBMIT, "2026-03-10", {"days": 20, "evidence": ("ab" * 32,)}),
        (K.RETURN, "2026-03-11", {}),
        (K.SUBMIT, "2026-03-12", {}),
        (K.APPROVE, "2026-03-13", {}),
        (K.URGE, "2026-03-16", {}),
        (K.REMARK, "2026-03-16", {}),
        (K.ASK_EXTENSION, "2026-03-17", {"to": date(2026, 5, 20)}),
        (K.DECIDE_EXTENSION, "2026-03-18", {"grant": False, "reason": "时间够用"}),
        (K.ASK_EXTENSION, "2026-03-19", {"to": date(2026, 5, 20)}),
        (K.DECIDE_EXTENSION, "2026-03-20", {}),
        (K.REPORT, "2026-03-20", {}),
        (K.CORRECT, "2026-03-20", {"evidence": ("ab" * 32,)}),
        (K.DECIDE_CORRECTION, "2026-03-20", {"reason": "属实"}),
        (K.CORRECT, "2026-03-20", {}),
        (K.DECIDE_CORRECTION, "2026-03-20", {"grant": False, "reason": "原记录无误"}),
        (K.PAUSE, "2026-03-23", {"to": date(2026, 3, 27)}),
        (K.RESUME, "2026-03-25", {}),
        (K.RECALCULATE, "2026-03-26", {"calendar": CORRECTED}),
        (K.MIGRATE, "2026-03-26", {}),
        (K.SUBMIT, "2026-07-01", {}),
        (K.CLOSE, "2026-07-02", {"outcome": "continuing"}),
        (K.SUBMIT, "2026-07-03", {}),
        (K.APPROVE, "2026-07-06", {}),
        (K.SUBMIT, "2026-07-07", {}),
        (K.CLOSE, "2026-07-08", {}),
        (K.WATCH, "2026-07-09", {}),
        (K.WATCH, "2026-10-20", {}),
        (K.REOPEN, "2026-10-21", {}),
        (K.ANNUL, "2026-10-22", {}),
    ]
    for kind, when, fields in way:
        play.do(kind, when, **fields)
    return play


def completed() -> Play:
    """An item that its unit has ended itself."""
    unit = UnitRef(id="u1", name="县档案馆", kind="organ")
    play = Play(process=CHECKIN.resolve("organ", "report"), unit=unit)
    play.do(K.SUBMIT)
    return play


def waited() -> Play:
    """An item for which everybody waited until a day came."""
    play = play_to("waiting")
    play.tick_at_alarm()
    return play


def published() -> Play:
    """An item of which something was published, and objected to."""
    play = play_to("working", process=PUBLISHING)
    for kind in (K.PUBLISH, K.OBJECT, K.ANSWER_OBJECTION):
        play.do(kind)
    return play


def agreed() -> Play:
    """An item on which one of several has agreed, and which another supervisor has in hand."""
    unit = UnitRef(id="u1", name="县档案馆", kind="organ", area="a1")
    play = Play(process=APPRAISAL.resolve("organ", "year"), unit=unit)
    for kind in (K.SIGN, K.SUBMIT, K.APPROVE, K.HAND_OVER):
        play.do(kind)
    return play


def followed() -> Play:
    """An item whose rows became items, of which one ended, began again, and was annulled with it."""
    unit = UnitRef(id="u1", name="县档案馆", kind="organ", area="a1")
    play = Play(process=DRIVE.resolve("organ", "plain"), unit=unit)
    rows = tuple((f"tasks.{n}.what", f"任务 {n}") for n in (1, 2, 3))
    play.do(K.SUBMIT, answers=(("aim", "见效"), *rows, ("tasks.3.after", "1")))
    play.do(K.APPROVE)
    first = f"{play.state.no}-1"
    begun = (f"{play.state.no}-3",)
    ended = ChildEnded(no=first, status=ChildStatus.ENDED, outcome="done", begun=begun)
    for fact in (ended, ChildReopened(no=first)):
        play.events += told(play.process, play.calendar, play.state, fact, f"follow/{fact.no}", play.now).events
    play.do(K.ANNUL, children=True)
    return play


def redated() -> Play:
    """An item whose unit chose its day, and whose round moved."""
    unit = UnitRef(id="u1", name="农科所", kind="research")
    process = CHECKIN.resolve("research", "report")
    play = Play(process=process, unit=unit, deadline=date(2026, 3, 17), earliest=date(2026, 3, 9))
    play.do(K.SET_DUE, "2026-03-03", by=LIAISON, to=date(2026, 3, 12), reason="开会")
    choice = DueChoice(first=date(2026, 3, 10), last=date(2026, 3, 18))
    play.do(K.SET_DUE, "2026-03-04", to=choice.last, choice=choice, calendar=CORRECTED)
    return play


def leaves(plain: Any) -> Iterator[Any]:
    yield plain
    if type(plain) is dict:
        for key, value in plain.items():
            assert type(key) is str
            assert key.isascii()
            yield from leaves(value)
    elif type(plain) is list:
        for value in plain:
            yield from leaves(value)


def test_everything_that_can_happen_happens_in_these_tests() -> None:
    declined = play_to("declined")
    declined.do(K.REASSIGN)
    plays = (everything(), declined, completed(), waited(), agreed(), published(), followed(), redated())
    assert {kind for play in plays for kind in play.kinds} == set(EVENT_KINDS)


def test_every_event_and_every_state_goes_there_and_back() -> None:
    state = None
    for event in (
        *everything().events,
        *agreed().events,
        *published().events[:4],
        *followed().events,
        *redated().events,
    ):
        state = fold([event], state if event.seq > 1 else None)
        assert state is not None
        stored = json.loads(json.dumps(encode(event.fact)))
        assert decode_fact(event.kind, stored) == event.fact
        assert decode(State, json.loads(json.dumps(encode(state)))) == state
        for leaf in (*leaves(encode(event.fact)), *leaves(encode(state))):
            assert type(leaf) in (dict, list, str, int, bool, type(None))


@pytest.mark.parametrize(
    "value", [CALENDAR, PROCESS, *(Play().command(k) for k in USUAL)], ids=lambda v: type(v).__name__
)
def test_pinned_values_and_commands_go_there_and_back(value: Calendar | Process | Command) -> None:
    plain = json.loads(json.dumps(encode(value), ensure_ascii=False))
    back = decode(type(value), plain)
    assert back == value
    assert encode(back) == plain


def test_a_process_and_a_state_are_small_enough_to_travel() -> None:
    assert len(json.dumps(encode(PROCESS), ensure_ascii=False).encode()) < 5000
    assert len(json.dumps(encode(everything().state), ensure_ascii=False).encode()) < 8000


def test_a_field_that_has_its_default_is_left_out() -> None:
    assert encode(Window(amount=5)) == {"amount": 5}
    assert encode(Actor(id="a", role=Role.LEADER)) == {"id": "a", "role": "leader"}
    assert encode(UnitRef(id="u", name="局", kind="organ")) == {"id": "u", "name": "局", "kind": "organ"}


def test_a_field_added_later_with_its_default_changes_no_stored_form() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Older:
        amount: int

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Newer:
        amount: int
        note: str = ""

    assert decode(Newer, encode(Older(amount=3))) == Newer(amount=3)
    assert encode(Newer(amount=3)) == encode(Older(amount=3))


def test_a_remembered_form_is_that_of_equal_values_and_of_no_others() -> None:
    clock = play_to("working").state.clocks[0]
    due = clock.due
    others = (
        replace(due, provisional=not due.provisional),
        replace(due, at=due.at + timedelta(microseconds=1)),
        replace(due, trace=replace(due.trace, tier="另一类")),
        replace(due, trace=replace(due.trace, amount=99)),
    )
    assert len({json.dumps(encode(one)) for one in (due, *others)}) == 1 + len(others)
    clocks = (
        clock,
        replace(clock, fired=(Fired(rung="a"),)),
        replace(clock, late=due.at),
        replace(clock, due=others[0]),
    )
    assert len({json.dumps(encode(one)) for one in clocks}) == len(clocks)
    same = replace(due, at=due.at.astimezone(LOCAL), trace=replace(due.trace))
    assert same == due
    assert encode(same) == encode(due)
    assert encode(decode(Clock, encode(clock))) == encode(clock)


def test_an_instant_is_written_in_utc_with_microseconds() -> None:
    assert instant_text(at("2026-11-22", "12:21")) == "2026-11-22T04:21:00.000000Z"
    assert instant_text(datetime(2026, 11, 22, 4, 21, 10, 123456, UTC)) == "2026-11-22T04:21:10.123456Z"


@pytest.mark.parametrize(
    ("cls", "plain"),
    [
        (Window, {"amount": "5"}),
        (Window, {"amount": 5.0}),
        (Window, {"amount": True}),
        (Window, {"amount": None}),
        (Window, {"amount": 5, "unit": "weeks"}),
        (Window, {"amount": 5, "colour": "red"}),
        (Window, {}),
        (Window, []),
        (Window, "5"),
        (Actor, {"id": 5, "role": "leader"}),
        (Actor, {"id": "a", "role": "king"}),
        (Submitted, {"text": "t", "evidence": "abc"}),
    ],
)
def test_another_form_is_refused(cls: type, plain: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        decode(cls, plain)


def test_events_travel_with_their_place() -> None:
    for event in everything().events:
        plain = json.loads(json.dumps(encode_event(event)))
        assert decode_event(plain) == event
        assert encode_event(decode_event(plain)) == plain


def test_an_unknown_entry_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="later version"):
        decode_fact("exploded", {})


def test_an_instant_without_a_zone_has_no_form() -> None:
    naive = at("2026-11-22").replace(tzinfo=None)
    with pytest.raises(ValueError, match="time zone"):
        instant_text(naive)
    plain = encode(Play().state)
    plain["at"] = "2026-11-22T04:21:10"
    with pytest.raises(ValueError, match="time zone"):
        decode(State, plain)


def test_times_of_day_keep_their_seconds() -> None:
    process = replace(PROCESS, due_time=time(17, 30, 15))
    assert decode(Process, encode(process)).due_time == time(17, 30, 15)


def test_values_outside_the_listed_types_have_no_form() -> None:
    @dataclass
    class Loose:
        ratio: float

    with pytest.raises(TypeError, match="no JSON form"):
        encode(Loose(ratio=0.5))


class Pair(NamedTuple):
    """What many are made of."""

    name: str
    day: date
    times: int = 0
    unit: UnitRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldsPairs:
    pairs: tuple[Pair, ...] = ()


def test_named_tuples_have_the_form_of_dataclasses() -> None:
    day = date(2026, 3, 2)
    value = HoldsPairs(pairs=(Pair("a", day), Pair("b", day, 2, UnitRef(id="u", name="n", kind="k"))))
    plain = encode(value)
    assert plain == {
        "pairs": [
            {"name": "a", "day": "2026-03-02"},
            {"name": "b", "day": "2026-03-02", "times": 2, "unit": {"id": "u", "name": "n", "kind": "k"}},
        ]
    }
    assert decode(HoldsPairs, plain) == value


@pytest.mark.parametrize(
    "wrong",
    [
        ["a", "2026-03-02"],
        {"name": "a"},
        {"name": "a", "day": "2026-03-02", "more": 1},
        {"name": 1, "day": "2026-03-02"},
    ],
)
def test_what_is_no_form_of_a_named_tuple_is_refused(wrong: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        decode(HoldsPairs, {"pairs": [wrong]})
