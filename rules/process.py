"""What a process says, resolved for one kind of unit: steps, windows, ladder, lamps. Data only, no decisions."""

from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from rules.codec import shared
from rules.forms.form import PLAIN_MATTER, Form
from rules.forms.tally import Tally
from rules.leave import PauseRule as PauseRule
from rules.leave import UrgeRule as UrgeRule
from rules.links import IssueRule
from rules.publicity import Publicity


class Role(StrEnum):
    """Who acts. `system` is the item's own alarm."""

    SUPERVISOR = "supervisor"
    LEADER = "leader"
    INSTRUCTOR = "instructor"
    AREA_LEADER = "area_leader"
    LIAISON = "liaison"
    UNIT_HEAD = "unit_head"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    SECURITY = "security"
    SYSTEM = "system"


class Stage(StrEnum):
    """The four stages of a cycle (PDCA)."""

    PLAN = "plan"
    EXECUTE = "execute"
    INSPECT = "inspect"
    ADJUST = "adjust"


CLOSE = "close"
"""Where a way leads that ends the item."""
WATCH = "watch"
"""Where a verdict leads that ends the item, which may be looked at again."""


class Party(StrEnum):
    """Which side has the move: whoever does the work, or whoever judges it. Who that is, the posts say."""

    UNIT = "unit"
    REVIEWER = "reviewer"


class PostPlace(StrEnum):
    """Where a post is held, as seen from an item: in its unit, above that one, over its area, for the whole body."""

    UNIT = "unit"
    PARENT = "parent"
    AREA = "area"
    SITE = "site"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostAt:
    """A post at a place: whoever holds it when it is asked for. At the parent it is the head of the nearest unit above
    that has one, and where none has, the role itself at the site."""

    role: Role
    place: PostPlace

    def __str__(self) -> str:
        return f"{self.role}@{self.place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posts:
    """Who a party is: posts, of which `least` have to answer. Where one will do, the first held hears, any may act."""

    of: tuple[PostAt, ...]
    least: int = 1


class Holder(StrEnum):
    """What has an item: a unit, or an area."""

    UNIT = "unit"
    AREA = "area"


HOLDERS = {
    Holder.UNIT: Posts(
        of=(PostAt(role=Role.LIAISON, place=PostPlace.UNIT), PostAt(role=Role.UNIT_HEAD, place=PostPlace.UNIT))
    ),
    Holder.AREA: Posts(
        of=(PostAt(role=Role.INSTRUCTOR, place=PostPlace.AREA), PostAt(role=Role.AREA_LEADER, place=PostPlace.AREA))
    ),
}
"""Who acts for what has the item."""
REVIEWERS = Posts(of=(PostAt(role=Role.SUPERVISOR, place=PostPlace.SITE),))
"""Who judges where a step names nobody else."""


def usual_posts(party: Party, holder: Holder) -> Posts:
    """Who a side is where a step names nobody else."""
    return HOLDERS[holder] if party is Party.UNIT else REVIEWERS


AREA_KIND = "area"
"""The kind under which an area has items, where a unit has its own."""


class ClockKind(StrEnum):
    """What a running clock measures. The first four are statuses in which somebody has to move, in `waiting` nobody has
    to. An extension that waits for its answer, a progress report and each node that is owed have their own."""

    UNSIGNED = "unsigned"
    DECLINED = "declined"
    WORKING = "working"
    REVIEWING = "reviewing"
    WAITING = "waiting"
    EXTENSION = "extension"
    REPORTING = "reporting"
    NODE = "node"


class WindowUnit(StrEnum):
    """What a window counts."""

    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"
    MONTHS = "months"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """How long a turn may take. Fixed when `minimum` is None; elastic from `minimum` to `amount` otherwise: whoever has
    the move proposes a length in that range, and has `amount` when nothing is proposed."""

    amount: int
    minimum: int | None = None
    unit: WindowUnit = WindowUnit.WORKING_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way out of a step: to step `to`, or "close". It is taken where the condition `when` holds, at most `times` in
    one cycle; `name` says what that means, where it is not the usual way."""

    to: str
    when: str = ""
    times: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormCheck:
    """What answers must not contradict: the condition `that`, and the sentence `say` for whoever does."""

    that: str
    say: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Nobody has the move: after the step's window, or on the day that the answer `until` (`form.field`) names, the
    item goes on to step `then` by itself."""

    then: str
    until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One box of a process: one party has the move, `posts` of it where they are not those that its side has anyway.

    A unit's step is ended by `submit`, which takes the first of the ways `submit_to` that is open; where that is
    "close", it ends the item with `outcome`. A reviewer's step is ended by `approve` (leads to `approve_to`), by
    `return` (to one of `return_to`, the first where none is named) or, where `closes`, by `close` with an outcome. In
    a step that `waits` nobody has the move. `issues`: the rules by which rows become items when it is left forward.

    `form`: what is asked of whoever ends the step (but by a return), and `checks` of what is answered. `proposes` names
    the step whose elastic window the unit proposes when it submits this one. `requires` lists the fields
    that `submit` must fill in. `report_every` makes the unit owe a progress report at that interval while it has the
    move. With `uses_deadline` a date that the committee set at issue stands in place of the window. `publish`: what
    has to be published before the unit can submit. Where it `reaches` it is not submitted before all its tallies are
    met; with `short` it may be, with a reason. Where it `gathers` it ends by itself with the last awaited."""

    id: str
    name: str
    stage: Stage
    party: Party
    window: Window
    submit_to: tuple[Way, ...] = ()
    approve_to: str | None = None
    return_to: tuple[str, ...] = ()
    closes: bool = False
    outcome: str = ""
    proposes: str | None = None
    requires: tuple[str, ...] = ()
    report_every: Window | None = None
    uses_deadline: bool = False
    form: str = ""
    checks: tuple[FormCheck, ...] = ()
    waits: Wait | None = None
    posts: Posts | None = None
    publish: Publicity | None = None
    issues: tuple[str, ...] = ()
    reaches: bool = False
    short: bool = False
    gathers: bool = False

    @property
    def ends_item(self) -> bool:
        """Whether the item can end with the step."""
        return self.closes or any(way.to == CLOSE for way in self.submit_to)

    @property
    def onward(self) -> tuple[str, ...]:
        """The steps to which it leads when nothing is returned, the usual one first."""
        others = [self.approve_to, self.waits.then if self.waits else None]
        ways = [*self.submit_to, *(Way(to=to) for to in others if to)]
        return tuple(dict.fromkeys(way.to for way in ways if way.to != CLOSE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """What happens at `offset` working days from due (negative: before) on the clocks it applies to.

    `lamp` is shown from then on; `audience` hears of it (in the morning's digest, at once when `immediate`), with
    `mover` also whoever has the move.
    `points` are taken off. `repeat`: again every so many working days after the offset, until the clock stops.
    """

    id: str
    name: str
    offset: int
    applies: tuple[ClockKind, ...]
    audience: tuple[Role, ...]
    lamp: str
    consequence: str = ""
    points: int = 0
    immediate: bool = False
    repeat: int | None = None
    mover: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lamp:
    """A lamp's id, name, colour (CSS hexadecimal) and rank; the highest of an item's is shown. Below 0: not counted."""

    id: str
    name: str
    colour: str
    rank: int
    meaning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A verdict at the end of a cycle: `then` is "watch", "close" or the step with which the next cycle begins. It is
    only taken where the condition `when` holds, and with `reason` it has to be explained. Without `issues` no row
    of the step becomes an item with it."""

    id: str
    name: str
    then: str
    when: str = ""
    reason: bool = False
    issues: bool = True

    @property
    def ends(self) -> bool:
        """Whether the item ends with it."""
        return self.then in (WATCH, CLOSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionRule:
    """At most `times` a turn, together at most `percent` of the turn's first window; beyond `leader_over` working days
    the leader decides. The answer is owed within `decide`."""

    times: int
    percent: int
    decide: Window
    leader_over: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What screens call two things of the process: that an item is brought to an end, and that it is given back to the
    unit by whoever reviews it. Chosen so that both go with 已, 认定 and 并 before them."""

    close: str = "办结"
    back: str = "退回修改"


@shared()
@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One type of item, for one kind of unit. `ref` names this value (id, variant, unit kind, content hash) and never
    changes its meaning; `version` names the definition file's content, of which this is one resolution.

    Without `sign` an item begins with its first step at once. The first of `lamps` is the normal one; `ended_lamp` is
    shown when nothing runs any more, `annulled_lamp` of an item that should not have been. Without a `pause` rule
    nothing stops the clocks. `cap` bounds one cycle, `span` all together, `cycles` how many there may be. `matter`:
    what is said of an item. `holder`: what has it. `veil`: the step until which its unit sees nothing. `sign_form`:
    what is asked at signing. `tallies`: what is owed so often, by dates of the year in the matter's field `year_in`, or
    of their step's. `together`: the process of what stands over many. `lazily`: no workflow at issue. `burden`: it asks
    figures and papers of units, within their budget."""

    ref: str
    id: str
    version: str
    name: str
    prefix: str
    variant: str
    variant_name: str
    unit_kind: str
    unit_kind_name: str
    sign: Window | None
    declined: Window | None
    steps: tuple[Step, ...]
    cap: Window | None
    extension: ExtensionRule
    watch: Window | None
    reopen_to: str
    outcomes: tuple[Outcome, ...]
    rungs: tuple[Rung, ...]
    lamps: tuple[Lamp, ...]
    ended_lamp: str
    annulled_lamp: str
    urge: UrgeRule
    due_time: time = time(17, 30)
    ring_time: time = time(9, 0)
    pause: PauseRule | None = None
    forms: tuple[Form, ...] = ()
    span: Window | None = None
    cycles: int | None = None
    matter: Form = PLAIN_MATTER
    words: Words = Words()
    holder: Holder = Holder.UNIT
    issues: tuple[IssueRule, ...] = ()
    veil: str = ""
    sign_form: str = ""
    tallies: tuple[Tally, ...] = ()
    year_in: str = ""
    together: str = ""
    lazily: bool = False
    burden: bool = False

    def __hash__(self) -> int:
        return hash(self.ref)

    @property
    def outcome_names(self) -> dict[str, str]:
        """What each outcome is called, by its id."""
        return {outcome.id: outcome.name for outcome in self.outcomes}

    @property
    def step_names(self) -> dict[str, str]:
        """What each step is called, by its id."""
        return {step.id: step.name for step in self.steps}

    @property
    def tally_names(self) -> dict[str, str]:
        """What can be reported for each tally that has a form or counts reports of its own, by its id."""
        return {tally.id: tally.name for tally in self.tallies if tally.reported}

    def form(self, form_id: str) -> Form | None:
        """The form of that id; None for no form."""
        return next((form for form in self.forms if form.id == form_id), None)

    def step(self, step_id: str) -> Step:
        """The step of that id; the loader has made sure that every reference in a process names one."""
        return next(s for s in self.steps if s.id == step_id)

    def issue_rule(self, rule_id: str) -> IssueRule:
        """The rule of that id by which rows become items."""
        return next(rule for rule in self.issues if rule.id == rule_id)

    def posts_of(self, step: Step) -> Posts:
        """Who has the move in that step."""
        return step.posts or usual_posts(step.party, self.holder)

    @property
    def looks_up(self) -> bool:
        """Whether somebody above the unit has a move."""
        return any(post.place is PostPlace.PARENT for step in self.steps if step.posts for post in step.posts.of)

    @property
    def first_step(self) -> Step:
        """The step that begins when the unit has signed, or at once."""
        return self.steps[0]

    def outcome(self, outcome_id: str) -> Outcome:
        """The outcome of that id; the loader has made sure that every step names one."""
        return next(o for o in self.outcomes if o.id == outcome_id)

    def lamp(self, lamp_id: str) -> Lamp:
        """The lamp of that id."""
        return next(lamp for lamp in self.lamps if lamp.id == lamp_id)
