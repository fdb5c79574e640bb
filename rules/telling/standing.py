"""How an item stood at a moment, in words, and what differs between two moments. A moment takes in every entry that was
true by then (`at`), also one that was recorded only later."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rules.dates.calendar import LOCAL
from rules.dates.clocks import Clock
from rules.dates.explain import long_day, provisionally
from rules.dates.windows import Due
from rules.family import ChildStatus
from rules.machine.events import Event
from rules.machine.folding import fold
from rules.machine.state import State
from rules.machine.turns import deadline_words
from rules.names import ROLE_NAMES, STAGE_NAMES
from rules.nodes.node import OwedNode
from rules.permitting import post_name
from rules.process import ClockKind, Words
from rules.telling.item_words import PLAIN_WORDS, current_step, cycle, mover, status_name

NOTHING = "—"


def as_of(events: Iterable[Event], at: datetime) -> State | None:
    """The state after everything that was true by then; None before the item was issued."""
    return fold(event for event in events if event.at <= at)


@dataclass(frozen=True, slots=True, kw_only=True)
class StateWords:
    """What a state's codes are called: its lamp then; outcomes by id, units by id; and the words of its process."""

    lamp: str
    outcomes: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    process: Words = PLAIN_WORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One thing to be said of a state: what it is called, and how it stood."""

    id: str
    name: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A feature that changed."""

    id: str
    name: str
    before: str
    after: str


def features(state: State | None, words: StateWords) -> tuple[Feature, ...]:
    """Everything that can be said of the state, in the order in which it is asked for. Of no state: nothing yet."""
    return tuple(
        Feature(id=id_, name=name, words=said(state, words) or NOTHING if state else NOTHING)
        for id_, (name, _, said) in _FEATURES.items()
    )


def differences(before: Sequence[Feature], after: Sequence[Feature]) -> tuple[Difference, ...]:
    """The features that are not the same, in their order."""
    return tuple(
        Difference(id=old.id, name=old.name, before=old.words, after=new.words)
        for old, new in zip(before, after, strict=True)
        if old.words != new.words
    )


def _day(due: Due | None) -> str:
    return provisionally(long_day(due.date), due.provisional) if due else ""


def _times(count: int) -> str:
    return f"{count} 次" if count else ""


def _clock(state: State, kind: ClockKind) -> Clock | None:
    return next((c for c in state.clocks if c.kind is kind), None)


def _clock_due(kind: ClockKind) -> Callable[[State, StateWords], str]:
    def said(state: State, words: StateWords) -> str:
        clock = _clock(state, kind)
        if clock is None:
            return ""
        return _day(clock.due) + (f"，{_moment(clock.late)} 逾期" if clock.late else "")

    return said


def _by(node: OwedNode) -> str:
    return f"（{_day(node.clock.due)}前）" if node.clock else ""


def _late(state: State, words: StateWords) -> str:
    clock = state.clock
    return f"{_moment(clock.late)} 起" if clock and clock.late else ""


def _moment(at: datetime) -> str:
    return f"{at.astimezone(LOCAL):%Y-%m-%d %H:%M}"


def _asked(state: State, words: StateWords) -> str:
    asked = state.extension
    if asked is None:
        return ""
    return f"申请延至{long_day(asked.to)}（{asked.days} 个工作日），待{ROLE_NAMES[asked.decider]}批复"


def _extended(state: State, words: StateWords) -> str:
    return f"{state.extensions} 次，共 {state.extended_days} 个工作日" if state.extensions else ""


def _correction(state: State, words: StateWords) -> str:
    asked = state.correction
    return f"第 {asked.entry} 条，待{ROLE_NAMES[asked.decider]}决定" if asked else ""


def _pause(state: State, words: StateWords) -> str:
    pause = state.pause
    return f"{_moment(pause.since)} 起，至{long_day(pause.until)}：{pause.reason}" if pause else ""


def _units(state: State, words: StateWords) -> str:
    return "、".join(words.units.get(unit, unit) for unit in state.co_units)


def _children(state: State, words: StateWords) -> str:
    """How many there are, and how many of them have ended; those annulled do not count."""
    standing = [one for one in state.children if one.status is not ChildStatus.ANNULLED]
    left = [one for one in standing if one.to_come]
    return f"{len(standing)} 项中 {len(standing) - len(left)} 项办结" if standing else ""


def _choice(state: State, words: StateWords) -> str:
    choice = state.choice
    if choice is None:
        return ""
    between = f"{long_day(choice.first)}至{long_day(choice.last)}"
    return f"{long_day(choice.chosen)}（可选{between}）" if choice.chosen else f"可选{between}"


_Said = Callable[[State, StateWords], str]
_FEATURES: dict[str, tuple[str, tuple[str, ...], _Said]] = {
    "status": ("状态", ("status",), lambda s, w: status_name(s.status, w.process)),
    "lamp": ("亮灯", (), lambda s, w: w.lamp),
    "stage": ("阶段", ("stage",), lambda s, w: STAGE_NAMES[s.stage]),
    "step": ("环节", ("step", "step_name"), lambda s, w: current_step(s.status, s.step_name)),
    "party": ("轮到谁", ("party",), lambda s, w: mover(s.status, s.party) if s.clocks else ""),
    "endorsed": ("已同意", ("endorsed",), lambda s, w: "、".join(post_name(one.post) for one in s.endorsed)),
    "cycle": ("轮次", ("cycle",), lambda s, w: cycle(s.cycle, first=True)),
    "unit": ("牵头单位", ("unit",), lambda s, w: s.unit.name),
    "co_units": ("协办单位", ("co_units",), _units),
    "due": ("到期日", ("clocks",), lambda s, w: _day(s.clock.due) if s.clock else ""),
    "late": ("已逾期", (), _late),
    "late_count": ("累计逾期", ("late_count", "stamps"), lambda s, w: _times(s.late_count)),
    "late_reviews": ("审核方累计逾期", ("late_reviews",), lambda s, w: _times(s.late_reviews)),
    "points": ("扣分", ("points",), lambda s, w: f"{s.points} 分" if s.points else ""),
    "extension": ("待批延期", ("extension",), _asked),
    "correction": ("待定更正", ("correction",), _correction),
    "extended": ("本环节已延期", ("extensions", "extended_days"), _extended),
    "extension_due": ("延期批复到期日", (), _clock_due(ClockKind.EXTENSION)),
    "reporting_due": ("进展反馈到期日", (), _clock_due(ClockKind.REPORTING)),
    "nodes": ("还欠的", ("nodes",), lambda s, w: "；".join(f"{n.words}{_by(n)}" for n in s.nodes)),
    "tallied": ("已计入", ("tallied",), lambda s, w: _times(len(s.tallied))),
    "deadline": ("交办时限", ("deadline",), lambda s, w: deadline_words(s.deadline, s.cap)),
    "choice": ("自定到期日", ("choice",), _choice),
    "cap": ("事项总时限", ("cap",), lambda s, w: _day(s.cap)),
    "span": ("全程总时限", ("span",), lambda s, w: _day(s.span)),
    "answers": ("后面要用的填报", ("answers",), lambda s, w: "；".join(f"{at}：{text}" for at, text in s.answers)),
    "proposed": ("自报天数", ("proposed",), lambda s, w: "" if s.proposed is None else f"{s.proposed} 天"),
    "pause": ("暂停计时", ("pause",), _pause),
    "pauses": ("暂停过", ("pauses",), lambda s, w: _times(s.pauses)),
    "urges": ("催办过", ("urges", "urged_at"), lambda s, w: _times(s.urges)),
    "outcome": ("认定", ("outcome",), lambda s, w: w.outcomes.get(s.outcome, s.outcome)),
    "veiled": ("暗访", ("veiled",), lambda s, w: "承办单位还看不到" if s.veiled else ""),
    "publicity": ("公示至", ("publicity",), lambda s, w: _day(s.publicity)),
    "objections": ("待答复异议", ("objections",), lambda s, w: f"{len(s.objections)} 件" if s.objections else ""),
    "watch": ("回头看至", ("watch",), lambda s, w: _day(s.watch)),
    "reopened": ("重启过", ("reopened",), lambda s, w: _times(s.reopened)),
    "parent": ("上级事项", ("parent",), lambda s, w: s.parent),
    "children": ("子项", ("children",), _children),
    "process": ("流程", ("process",), lambda s, w: s.process),
    "calendar": ("日历", ("calendar",), lambda s, w: s.calendar),
}
"""Feature to its name, the fields of the state that it tells of, and the telling."""

UNTOLD = frozenset(
    {"no", "seq", "at", "clock_no", "window_days", "last", "seen", "doers", "counted", "supervisor", "approvers"}
    | {"issued", "owed_since", "rang", "stops", "stopped", "year", "asked_of"}
)
"""Fields of the state of which nothing is told: where the fold stands, and what only deciding needs."""
TOLD = frozenset(name for _, fields, _ in _FEATURES.values() for name in fields)
