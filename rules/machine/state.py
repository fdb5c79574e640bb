"""An item's state: everything that deciding needs. How facts fold into it stands in folding."""

from dataclasses import dataclass
from datetime import date, datetime

from rules.dates.clocks import Clock
from rules.dates.windows import Due, DueChoice, Stop
from rules.family import Child
from rules.forms.answers import Pairs
from rules.machine.commands import ENDED, Actor, Status, UnitRef
from rules.machine.facts import CorrectionAsked, ExtensionAsked
from rules.nodes.node import OwedNode, Rang, Tallied
from rules.process import ClockKind, Party, PostAt, Role, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class LateStamp:
    """A deadline that passed: which clock in which step (of a `node`: what was owed), what was due when. A fact for
    ever."""

    clock: int
    kind: ClockKind
    step: str
    due: date
    at: datetime
    node: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedExtension:
    """An extension that waits for its answer: asked for by whom (`behalf`: for whom who was away)."""

    to: date
    days: int
    decider: Role
    asker: str
    behalf: str = ""

    @classmethod
    def of(cls, fact: ExtensionAsked, actor: Actor) -> "AskedExtension":
        """That actor asks for it."""
        return cls(to=fact.to, days=fact.days, decider=fact.decider, asker=actor.id, behalf=actor.behalf)

    @property
    def people(self) -> frozenset[str]:
        """Whose word it is already, so that none of them can decide."""
        return frozenset({self.asker, self.behalf} - {""})


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedCorrection:
    """A correction that waits for its answer: what was said in entry `asked`, and by whom in which role (`behalf`: for
    whom who was away)."""

    entry: int
    kind: str
    text: str
    reason: str
    asked: int
    asker: str
    asker_role: Role
    decider: Role
    behalf: str = ""
    answers: Pairs = ()

    @classmethod
    def of(cls, fact: CorrectionAsked, asked: int, actor: Actor) -> "AskedCorrection":
        """That actor asks for it, in entry `asked`."""
        return cls(
            entry=fact.entry,
            kind=fact.kind,
            text=fact.text,
            reason=fact.reason,
            asked=asked,
            asker=actor.id,
            asker_role=actor.role,
            decider=fact.decider,
            behalf=actor.behalf,
            answers=fact.answers,
        )

    @property
    def people(self) -> frozenset[str]:
        """Whose word it is already, so that none of them can decide."""
        return frozenset({self.asker, self.behalf} - {""})


@dataclass(frozen=True, slots=True, kw_only=True)
class Endorsement:
    """One of several parties has agreed in this turn: at which post, by whom (`behalf`: for whom who was away)."""

    post: PostAt
    person: str
    behalf: str = ""

    @classmethod
    def of(cls, post: PostAt, actor: Actor) -> "Endorsement":
        """That actor agrees at that post."""
        return cls(post=post, person=actor.id, behalf=actor.behalf)

    @property
    def people(self) -> frozenset[str]:
        """Whose word it is already."""
        return frozenset({self.person, self.behalf} - {""})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """The clocks stand still: since when, until the end of which day, why."""

    since: datetime
    until: date
    until_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """The last command that changed the item, so that whoever comes second hears why."""

    kind: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NextDue:
    """The next date by which an item owes something. `what`: the node owed, in words; nothing where it is the turn
    itself. `late`: the date of the turn or of some node has passed."""

    due: Due | None
    what: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything that deciding needs. `seq` is the last folded entry, `at` its instant.

    `clocks`: the turn's own clock first, then an extension's and a report's when they run (at most three).
    `late_count`: how often the unit was late, `late_reviews` the reviewer. `stamps`: the last 20 late stamps of both.
    `seen`: the last 100 command ids. `correction`: whatever happens to the item, it waits for its answer. `doers`:
    who worked on it since it was given to the lead unit, each with the one stood in for; none of them judges it.
    `answers`: what later conditions ask for, as `form.field` (rules.forms.answering). `counted`: the ways of this
    cycle that may be taken only so often, as often as they were. `span`: the end of the whole item over all cycles,
    which cuts each cycle's `cap`. `publicity`: until when what the step publishes has to stand; `objections`: the
    entries of those that wait for an answer. `veiled`: its unit sees nothing of it yet. `supervisor`: who has it in
    hand for the reviewer's side; whoever holds the post, when that one no longer does. `endorsed`: who has agreed in
    this turn, where several have to. `approvers`: whose approval it judges.
    `parent`: the item that it follows from; `children`: the follow-ups that it has, at most 60 (rules.family).
    `nodes`: what is owed now by dates of its own (at most 64), since `owed_since`, the clocks having stood still for
    `stops` since. `tallied`: the reports of this cycle that counted (at most 300). `rang`: what nodes have said that
    are not open now. `issued`: when the item was. `choice`: between which days the unit chooses when it is due;
    `stopped`: for so many working days its clocks stood still in all. `asked_of`: the unit of whom a round asks it.
    """

    no: str
    seq: int
    at: datetime
    process: str
    calendar: str
    unit: UnitRef
    status: Status
    party: Party = Party.UNIT
    step: str = ""
    step_name: str = ""
    stage: Stage = Stage.PLAN
    cycle: int = 1
    clock_no: int = 0
    clocks: tuple[Clock, ...] = ()
    window_days: int = 0
    co_units: tuple[str, ...] = ()
    deadline: date | None = None
    cap: Due | None = None
    proposed: int | None = None
    extension: AskedExtension | None = None
    extensions: int = 0
    extended_days: int = 0
    outcome: str = ""
    watch: Due | None = None
    pause: Pause | None = None
    pauses: int = 0
    urged_at: datetime | None = None
    urges: int = 0
    late_count: int = 0
    late_reviews: int = 0
    points: int = 0
    reopened: int = 0
    stamps: tuple[LateStamp, ...] = ()
    last: Last | None = None
    seen: tuple[str, ...] = ()
    correction: AskedCorrection | None = None
    doers: tuple[str, ...] = ()
    answers: Pairs = ()
    counted: tuple[str, ...] = ()
    span: Due | None = None
    supervisor: str = ""
    endorsed: tuple[Endorsement, ...] = ()
    veiled: bool = False
    year: int | None = None
    publicity: Due | None = None
    objections: tuple[int, ...] = ()
    approvers: tuple[str, ...] = ()
    parent: str = ""
    children: tuple[Child, ...] = ()
    issued: datetime | None = None
    owed_since: datetime | None = None
    nodes: tuple[OwedNode, ...] = ()
    tallied: tuple[Tallied, ...] = ()
    rang: tuple[Rang, ...] = ()
    stops: tuple[Stop, ...] = ()
    choice: DueChoice | None = None
    stopped: int = 0
    asked_of: str = ""

    @property
    def answers_for(self) -> str:
        """The unit, by id, whose are the figures that it tells: of whom a round asks it, else whoever has it."""
        return self.asked_of or self.unit.id

    @property
    def clock(self) -> Clock | None:
        """The clock of the turn; None when nobody has to move."""
        return next((c for c in self.clocks if c.kind not in (ClockKind.EXTENSION, ClockKind.REPORTING)), None)

    @property
    def running(self) -> tuple[Clock, ...]:
        """Every clock that runs: of the turn, of what is asked and reported beside, of each node."""
        return (*self.clocks, *(node.clock for node in self.nodes if node.clock)) if self.nodes else self.clocks

    @property
    def due(self) -> Due | None:
        """What is due next by the turn's own clock; while watching, the end of the watch."""
        clock = self.clock
        if clock:
            return clock.due
        return self.watch if self.status is Status.WATCHING else None

    @property
    def next_due(self) -> NextDue:
        """What is owed first: by the turn, or a node whose date comes before the turn's."""
        clock, due = self.clock, self.due
        late = bool(clock and clock.late)
        dated = [(node.clock.due.date, node) for node in self.nodes if node.clock]
        if not dated:
            return NextDue(due=due, late=late)
        late = late or any(node.clock.late for _, node in dated if node.clock)
        day = min(day for day, _ in dated)
        if due and due.date <= day:
            return NextDue(due=due, late=late)
        same = [node for on, node in dated if on == day]
        more = f" 等 {len(same)} 份" if len(same) > 1 else ""
        assert same[0].clock is not None
        return NextDue(due=same[0].clock.due, what=same[0].words + more, late=late)

    @property
    def is_open(self) -> bool:
        """Whether anything can still happen to the item by itself."""
        return self.status not in ENDED
