"""What time does to an item: turns that begin, clocks that stand still, dates that move, rungs that speak; facts of it.

`by` says which command they come about by (with the tick: by themselves).
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, TypeAlias

from rules.codec import shared
from rules.dates.clocks import Clock
from rules.dates.windows import Due, DueChoice, Stop
from rules.forms.answers import Pairs
from rules.machine.commands import CommandKind, Status
from rules.nodes.node import OwedNode
from rules.process import ClockKind, Party, Role, Stage

K = CommandKind


@shared("step", "clock", "reporting")
@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A move that begins: who has it, in which step, until when. `window_days` is its length in working days as first
    given (what extensions are measured by). `unveils`: from now on the unit sees the item. `nodes`: what is owed from
    now on by dates of its own."""

    status: Status
    party: Party
    clock: Clock
    step: str = ""
    step_name: str = ""
    stage: Stage = Stage.PLAN
    window_days: int = 0
    reporting: Clock | None = None
    unveils: bool = False
    nodes: tuple[OwedNode, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchEnded:
    by: ClassVar[K] = K.TICK
    rang_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitEnded:
    """The day came until which nobody had the move; the alarm rang at `rang_at`."""

    by: ClassVar[K] = K.TICK
    turn: Turn
    rang_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A date that another calendar, another version or a pause moved: from, to; of which clock (`what`: its kind, or
    "cap", "span", "watch", "publicity")."""

    what: str
    before: date
    after: date
    clock: int = 0
    provisional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Redated:
    """An item's dates worked out again, whole: what stands in place of what stood. `moved`: those that changed. `stop`:
    the pause by which they did, for nodes that begin later."""

    clocks: tuple[Clock, ...] = ()
    cap: Due | None = None
    span: Due | None = None
    deadline: date | None = None
    watch: Due | None = None
    extension_to: date | None = None
    publicity: Due | None = None
    moved: tuple[Moved, ...] = ()
    nodes: tuple[OwedNode, ...] = ()
    stop: Stop | None = None
    choice: DueChoice | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused:
    """The clocks stand still from now to the end of `until`, at the instant `until_at`."""

    by: ClassVar[K] = K.PAUSE
    reason: str
    until: date
    until_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """The clocks run again, every date later by the `days` working days that they stood still. By somebody's command,
    or by itself at the pause's end: then the alarm rang at `rang_at`."""

    by: ClassVar[K] = K.RESUME
    days: int
    dates: Redated
    text: str = ""
    rang_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalculated:
    """From now on the item reckons with `calendar`; `cause` names the notice that brought it."""

    by: ClassVar[K] = K.RECALCULATE
    calendar: str
    cause: str
    dates: Redated


@dataclass(frozen=True, slots=True, kw_only=True)
class DueSet:
    """The date set at issue is another from now on, instead of `before`: `to` is the day that the unit chose. Or that
    by which its round asks for it by another `calendar`, and `first` the earliest that may be chosen (pauses, and what
    the unit chose before, aside: `dates` say what holds)."""

    by: ClassVar[K] = K.SET_DUE
    to: date
    before: date
    dates: Redated
    reason: str = ""
    calendar: str = ""
    first: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrated:
    """From now on the item goes by `process`, of that `version`, instead of by `before`; `cause` says why. It stands in
    `step` there (empty: in none), by these dates; `turn`: one that began anew, since the one that ran could not go on.
    `known`: what the state keeps of answers; `taken`: the ways that were, as that version numbers them. `unveils`: by
    that version the unit sees the item."""

    by: ClassVar[K] = K.MIGRATE
    process: str
    version: str
    before: str
    cause: str
    dates: Redated
    turn: Turn | None = None
    step: str = ""
    step_name: str = ""
    stage: Stage = Stage.PLAN
    window_days: int = 0
    proposed: int | None = None
    known: Pairs = ()
    taken: tuple[str, ...] = ()
    unveils: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FellDue:
    """A clock's due date passed at `due_at` with nothing done; the alarm rang at `rang_at`.

    `reporting`: a report was missed before this one too; its clock gives way to this one, as late. `node`: what was
    owed, of a node's clock.
    """

    by: ClassVar[K] = K.TICK
    clock: int
    clock_kind: ClockKind
    due: date
    due_at: datetime
    rang_at: datetime
    step: str = ""
    reporting: Clock | None = None
    node: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RungReached:
    """A rung spoke, once. `mover`: whoever has the move hears of it too. `quiet`: it was a reminder before due that
    could only ring after it, so nobody is told. `node`: what is owed, of a node's clock."""

    by: ClassVar[K] = K.TICK
    clock: int
    clock_kind: ClockKind
    rung: str
    name: str
    times: int
    lamp: str
    audience: tuple[Role, ...]
    due: date
    due_at: datetime
    rang_at: datetime
    consequence: str = ""
    points: int = 0
    immediate: bool = False
    quiet: bool = False
    mover: bool = False
    node: str = ""


TimedFact: TypeAlias = (
    WaitEnded | WatchEnded | Paused | Resumed | Recalculated | DueSet | Migrated | FellDue | RungReached
)
