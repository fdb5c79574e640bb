"""What can have happened to an item: facts in the past tense, each a kind of ledger entry; fields are only ever added.

A fact carries what was decided, so folding needs neither process nor calendar; `by`: the command, or the tick."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, TypeAlias

from rules.dates.clocks import Clock
from rules.dates.windows import Due, DueChoice
from rules.family import ChildEnded, ChildReopened, FollowUp
from rules.forms.answers import Pairs
from rules.links import ChildLink
from rules.machine.commands import CommandKind, UnitRef
from rules.machine.timed import TimedFact, Turn
from rules.nodes.node import Amount, OwedNode
from rules.process import PostAt, Role
from rules.publicity import PublicityScope

K = CommandKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """`title`, `matter`: what it is about; neither ever changes. `parent`: what it follows from, as its `link`, and
    whose `supervisor` has it. `veiled`: its unit does not see it yet. `year`: of its dates. `issued`: what is below.
    `choice`: between which days the unit chooses when it is due; the last of them is the deadline. `asked_of`: the unit
    of whom a round asks it: what it tells is that one's, whoever has it."""

    by: ClassVar[None] = None
    no: str
    process: str
    calendar: str
    unit: UnitRef
    title: str
    turn: Turn
    co_units: tuple[str, ...] = ()
    deadline: date | None = None
    cap: Due | None = None
    span: Due | None = None
    batch: str = ""
    matter: Pairs = ()
    parent: str = ""
    link: ChildLink | None = None
    supervisor: str = ""
    veiled: bool = False
    year: int | None = None
    issued: tuple[FollowUp, ...] = ()
    choice: DueChoice | None = None
    asked_of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    by: ClassVar[K] = K.SIGN
    turn: Turn
    text: str = ""
    evidence: tuple[str, ...] = ()
    form: str = ""
    answers: Pairs = ()
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    by: ClassVar[K] = K.DECLINE
    reason: str
    turn: Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Reassigned:
    """`deadline`: the committee's date where it still lies ahead; a new unit does not answer for one that passed."""

    by: ClassVar[K] = K.REASSIGN
    unit: UnitRef
    process: str
    reason: str
    turn: Turn
    cap: Due | None = None
    deadline: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """Another supervisor has the item in hand from now on, by id, in place of `former` (empty: of nobody by name)."""

    by: ClassVar[K] = K.HAND_OVER
    successor: str
    reason: str
    former: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """`amounts`: what counts in which tallies (else `uncounted` says why); nodes `met` give way, those `owed` begin."""

    by: ClassVar[K] = K.REPORT
    text: str = ""
    evidence: tuple[str, ...] = ()
    reporting: Clock | None = None
    tally: str = ""
    tally_name: str = ""
    about: str = ""
    on: date | None = None
    amounts: tuple[Amount, ...] = ()
    uncounted: str = ""
    met: tuple[int, ...] = ()
    owed: tuple[OwedNode, ...] = ()
    form: str = ""
    answers: Pairs = ()
    kept: tuple[str, ...] = ()
    issued: tuple[FollowUp, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """`form`: the one that was answered, and `kept` what of it the state keeps (rules.forms.answering). `way`: what the
    way is called that was taken, where it is not the usual one; `counted`: its place, where it may be taken only so
    often. `issued`: which rows become items with this. `reason`: why it ends short, without what is `missing`.
    `handed_in`: it is what was owed by the item's date, and waits to be judged."""

    by: ClassVar[K] = K.SUBMIT
    turn: Turn
    text: str = ""
    evidence: tuple[str, ...] = ()
    proposed: int | None = None
    way: str = ""
    counted: str = ""
    form: str = ""
    answers: Pairs = ()
    kept: tuple[str, ...] = ()
    issued: tuple[FollowUp, ...] = ()
    reason: str = ""
    missing: tuple[str, ...] = ()
    handed_in: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """The unit's last step ends the item, with the outcome that the process names. `unveils`: its unit sees it now."""

    by: ClassVar[K] = K.SUBMIT
    outcome: str
    text: str = ""
    evidence: tuple[str, ...] = ()
    watch: Due | None = None
    form: str = ""
    answers: Pairs = ()
    kept: tuple[str, ...] = ()
    issued: tuple[FollowUp, ...] = ()
    reason: str = ""
    missing: tuple[str, ...] = ()
    unveils: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    by: ClassVar[K] = K.APPROVE
    turn: Turn
    text: str = ""
    evidence: tuple[str, ...] = ()
    form: str = ""
    answers: Pairs = ()
    kept: tuple[str, ...] = ()
    issued: tuple[FollowUp, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Endorsed:
    """One of several parties agrees, as `post`; `left` of them still have to, and the last one decides."""

    by: ClassVar[K] = K.APPROVE
    post: PostAt
    left: int
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """`takes_back`: what had been handed in is owed again."""

    by: ClassVar[K] = K.RETURN
    reason: str
    turn: Turn
    takes_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionAsked:
    by: ClassVar[K] = K.ASK_EXTENSION
    to: date
    days: int
    reason: str
    text: str
    decider: Role
    clock: Clock
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionGranted:
    by: ClassVar[K] = K.DECIDE_EXTENSION
    days: int
    clock: Clock
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionRefused:
    by: ClassVar[K] = K.DECIDE_EXTENSION
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionAsked:
    """Entry `entry` of that `kind` is said to be wrong: what should stand (`text`; `answers` to a round), and why."""

    by: ClassVar[K] = K.CORRECT
    entry: int
    kind: str
    text: str
    reason: str
    decider: Role
    evidence: tuple[str, ...] = ()
    answers: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """Entry `entry`, which stays, should have said `text`, for the `reason` that `asker` gave in entry `asked`. Whoever
    made this one approved, adding `opinion`. It counts no more: the nodes `gone` give way to those `owed`."""

    by: ClassVar[K] = K.DECIDE_CORRECTION
    entry: int
    kind: str
    text: str
    reason: str
    asked: int
    asker: str
    asker_role: Role
    opinion: str = ""
    gone: tuple[int, ...] = ()
    owed: tuple[OwedNode, ...] = ()
    answers: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionRefused:
    """Entry `entry` is right as it stands, or need not be corrected: what was asked in entry `asked` by `asker`."""

    by: ClassVar[K] = K.DECIDE_CORRECTION
    entry: int
    kind: str
    reason: str
    asked: int
    asker: str
    asker_role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """`what` stands at `place` since `on`, before those of `scope`, at least until `until`: then the step can end."""

    by: ClassVar[K] = K.PUBLISH
    scope: PublicityScope
    what: str
    place: str
    on: date
    until: Due
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objected:
    """Somebody objects to what is published; who, is not said."""

    by: ClassVar[K] = K.OBJECT
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectionAnswered:
    """The objection of entry `entry` is answered."""

    by: ClassVar[K] = K.ANSWER_OBJECTION
    entry: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Urged:
    by: ClassVar[K] = K.URGE
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remarked:
    by: ClassVar[K] = K.REMARK
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    by: ClassVar[K] = K.CLOSE
    outcome: str
    text: str = ""
    evidence: tuple[str, ...] = ()
    watch: Due | None = None
    form: str = ""
    answers: Pairs = ()
    kept: tuple[str, ...] = ()
    issued: tuple[FollowUp, ...] = ()
    unveils: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleStarted:
    by: ClassVar[K] = K.CLOSE
    outcome: str
    turn: Turn
    text: str = ""
    evidence: tuple[str, ...] = ()
    cap: Due | None = None
    form: str = ""
    answers: Pairs = ()
    kept: tuple[str, ...] = ()
    issued: tuple[FollowUp, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    by: ClassVar[K] = K.WATCH
    result: str
    text: str
    evidence: tuple[str, ...] = ()
    watch: Due | None = None
    calendar: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened:
    """`calendar`: the one that the item reckons with from now on, where it is another than before."""

    by: ClassVar[K] = K.REOPEN
    reason: str
    turn: Turn
    cap: Due | None = None
    calendar: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Annulled:
    """`annulled`: the running numbers of the follow-ups that are annulled, or never issued, with it."""

    by: ClassVar[K] = K.ANNUL
    reason: str
    annulled: tuple[int, ...] = ()


Fact: TypeAlias = (
    Issued
    | Signed
    | Declined
    | Reassigned
    | HandedOver
    | Reported
    | Submitted
    | Completed
    | Approved
    | Endorsed
    | Returned
    | ExtensionAsked
    | ExtensionGranted
    | ExtensionRefused
    | CorrectionAsked
    | Corrected
    | CorrectionRefused
    | Published
    | Objected
    | ObjectionAnswered
    | Urged
    | Remarked
    | Closed
    | CycleStarted
    | Watched
    | Reopened
    | Annulled
    | TimedFact
    | ChildEnded
    | ChildReopened
)
