"""What can have happened in a round: opened, units joined and dropped, fell due, unlocked, locked, reported, stopped.
`round` is its id, campaign/period."""

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from rules.rounds.campaign import Campaign, RoundDays


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedUnit:
    """Who is asked: a unit, or an area of a process that areas have in hand, of which `kind`; in which `area` it is."""

    id: str
    kind: str
    area: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundOpened:
    """So many are asked, by the definition `campaign` (its id and version) and the calendar. `lost`: so many working
    days after its day, by which what would have been too soon was put off. `supervisor`: who looks after it. `figures`:
    the version of the register whose figures it asks for; `known`: so many units are not asked, since all that would be
    is known of them."""

    round: str
    campaign: str
    calendar: str
    day: date
    days: RoundDays
    count: int
    population_hash: str
    supervisor: str
    lost: int = 0
    figures: str = ""
    known: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundMissed:
    """The round should have opened on that day, by the definition `campaign`, and had not when it would have locked: it
    opens only if somebody opens it."""

    round: str
    campaign: str
    opens: date
    locks: date


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsAsked:
    """Some of those who are asked, in order: as many entries as it takes, in the transaction of the opening."""

    round: str
    units: tuple[AskedUnit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitJoined:
    """A unit is asked too, from then on. `due`: its own date, where it would have less than the shortest time else."""

    round: str
    unit: AskedUnit
    due: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitDropped:
    """A unit owes nothing any longer, for that reason; what it has reported stands. `annul`: what it was issued and has
    not done is annulled. `gone`: there is no such unit any more; it may come back."""

    round: str
    unit: str
    reason: str
    annul: bool = False
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitHandedOn:
    """The unit has been merged: what it owes is still owed, as its own, by the unit `to`."""

    round: str
    unit: str
    to: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDay:
    """By when a unit owes it that has another date than its kind."""

    unit: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundMoved:
    """The days are others by another calendar. What has happened by the old one has happened. `own`: of the units that
    have a date of their own, those for which it is another too."""

    round: str
    calendar: str
    days: RoundDays
    cause: str
    own: tuple[OwnDay, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundReminded:
    """Those of these kinds who still owed were reminded (an empty kind: every other); how many they were."""

    round: str
    kinds: tuple[str, ...]
    owing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundFellDue:
    """The date by which these kinds owed it has passed."""

    round: str
    kinds: tuple[str, ...]
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitUnlocked:
    """After the lock that unit may still report, up to and with the day `until`."""

    round: str
    unit: str
    until: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRelocked:
    """The time for which the unit was unlocked is over."""

    round: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundLocked:
    """Nobody may report any more but who is unlocked. `day`: on which it was due to be."""

    round: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundCounts:
    """How the round stands: of those who owe it, in on time, in late, missing; `dropped` are not among them. Every
    number by itself: no percentage stands alone. `reviewing`: of those who are in so many wait to be judged;
    `not_due`: so many owe it by a day after the lock, since a pause or an extension, which has not ended."""

    on_time: int
    late: int
    missing: int
    dropped: int = 0
    joined: int = 0
    reviewing: int = 0
    not_due: int = 0

    @property
    def owed(self) -> int:
        """The denominator."""
        return self.on_time + self.late + self.missing + self.not_due


@dataclass(frozen=True, slots=True, kw_only=True)
class LateAfterLock:
    """A unit that could still report after the lock, and for which reason."""

    unit: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundReported:
    """The report's `revision`, from 1; the earlier ones stay as they are. `late_units`, `missing_units`,
    `not_due_units`: who, by id. Why there is another: for the `reason` of whoever asked, or because these units were
    `unlocked`."""

    round: str
    revision: int
    counts: RoundCounts
    reason: str = ""
    late_units: tuple[str, ...] = ()
    missing_units: tuple[str, ...] = ()
    not_due_units: tuple[str, ...] = ()
    unlocked: tuple[LateAfterLock, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRead:
    """Somebody looked at that revision of a round's report: it stands in a journal of its own, not in the round's."""

    round: str
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundCorrectionAsked:
    """Somebody says that the report is wrong and why; another has to agree before there is a new revision."""

    round: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundCorrectionRefused:
    """The report stays as it is, for that reason."""

    round: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundStopped:
    """The round ends here, for that reason. `annul`: what is still owed is annulled; else it runs out by itself."""

    round: str
    reason: str
    annul: bool = False


RoundFact: TypeAlias = (
    RoundOpened
    | RoundMissed
    | UnitsAsked
    | UnitJoined
    | UnitDropped
    | UnitHandedOn
    | RoundMoved
    | RoundReminded
    | RoundFellDue
    | UnitUnlocked
    | UnitRelocked
    | RoundLocked
    | RoundReported
    | RoundCorrectionAsked
    | RoundCorrectionRefused
    | RoundStopped
)
ROUND_FACTS: dict[str, type[RoundFact]] = {
    "round_opened": RoundOpened,
    "round_missed": RoundMissed,
    "units_asked": UnitsAsked,
    "unit_joined": UnitJoined,
    "unit_dropped": UnitDropped,
    "unit_handed_on": UnitHandedOn,
    "round_moved": RoundMoved,
    "round_reminded": RoundReminded,
    "round_fell_due": RoundFellDue,
    "unit_unlocked": UnitUnlocked,
    "unit_relocked": UnitRelocked,
    "round_locked": RoundLocked,
    "round_reported": RoundReported,
    "round_correction_asked": RoundCorrectionAsked,
    "round_correction_refused": RoundCorrectionRefused,
    "round_stopped": RoundStopped,
}
"""The facts of a round by their kind of entry."""
ROUND_EVENT_NAMES = {
    "round_opened": "轮次开放",
    "round_missed": "轮次错过未开",
    "units_asked": "应报名单",
    "unit_joined": "加入应报",
    "unit_dropped": "不再应报",
    "unit_handed_on": "应报由别的单位报",
    "round_moved": "轮次改日子",
    "round_reminded": "轮次临期",
    "round_fell_due": "轮次到期",
    "unit_unlocked": "解锁补报",
    "unit_relocked": "解锁期满",
    "round_locked": "轮次锁定",
    "round_reported": "轮次通报",
    "round_correction_asked": "申请更正通报",
    "round_correction_refused": "不同意更正通报",
    "round_stopped": "轮次停止",
}
"""Kind to its Chinese name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignLoaded:
    """The campaign is in force from then on, in place of what it was."""

    campaign: Campaign


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignStopped:
    """No more rounds of it open, for that reason."""

    campaign: str
    reason: str
