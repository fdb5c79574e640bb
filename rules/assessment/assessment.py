"""An assessment: what is looked at of each unit, how often, and how many points it is worth.

Points are whole hundredths (800 is 8 points) and shares whole ten-thousandths (`WHOLE_SHARE` is all of it), so that
whoever recomputes a score in another language comes to the same hundredth.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from rules.process import Role
from rules.rounds.periods import MONTHS_OF_PERIOD, Period, Rhythm, ends_with
from rules.units.selecting import Selector

POINT = 100
"""Hundredths of a point."""
WHOLE_SHARE = 10_000
"""A share of all."""


class IndicatorKind(StrEnum):
    """Whence an indicator's points come: what the ledger tells of items; how often something was done; a ratio of
    figures; whether reports came in on time; somebody's judgement; single merits and faults with their documents."""

    LEDGER = "ledger"
    COUNTED = "counted"
    COMPUTED = "computed"
    ON_TIME = "on_time"
    JUDGED = "judged"
    ADD_DEDUCT = "add_deduct"


INDICATOR_KIND_NAMES = {
    IndicatorKind.LEDGER: "由留痕算",
    IndicatorKind.COUNTED: "计次数",
    IndicatorKind.COMPUTED: "测算",
    IndicatorKind.ON_TIME: "按时",
    IndicatorKind.JUDGED: "评定",
    IndicatorKind.ADD_DEDUCT: "加减分",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Applies:
    """To which units an indicator applies: of these kinds, sizes and conditions; what is not said narrows nothing."""

    kinds: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()

    def to(self, kind: str, size: str, condition: str) -> bool:
        """Whether it applies to such a unit."""
        return (
            (not self.kinds or kind in self.kinds)
            and (not self.sizes or size in self.sizes)
            and (not self.conditions or condition in self.conditions)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """From `least` hundredths of a percent on, so large a `share` of the full points."""

    least: int
    share: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeastOf:
    """So often at least, for units of that kind (empty: of every other)."""

    least: int
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """How often a figure has to be reached in each period of the indicator."""

    figure: str
    least: tuple[LeastOf, ...]

    def least_of(self, kind: str) -> int:
        """So often, of a unit of that kind."""
        others = 0
        for one in self.least:
            if one.kind == kind:
                return one.least
            if not one.kind:
                others = one.least
        return others


@dataclass(frozen=True, slots=True, kw_only=True)
class MeritKind:
    """A single thing that adds points, or takes some (below 0), each time with its document."""

    id: str
    name: str
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One indicator: worth `full` points in each of its periods (the year takes the mean of those that were owed).

    ledger: `figure`, by `levels` of its percentage, or yes or no, or `least` with `short`; with `rungs` the points that
    the ladder took in the period come off besides (of the full points, where nothing else was owed). counted: every
    time less than is owed of its `counts` costs `short` (0: one less costs all). computed: `value`, an expression over
    figures (of each the last that is known in the period), as a percentage by `levels`. on_time: the rounds of
    `campaign` in the period (of its `figure`, whether that was told), `late` and `missing` giving those shares. judged:
    by whoever holds the post `judge`, with a reason below full; `second`: where two judge and differ by more than so
    many points a third says, 0: one judges; `figures`: what is shown beside. add_deduct: `merits`, at most `add` up and
    `deduct` down in a period, and over all of them; `needs`: what each is entered with (document, date, evidence)."""

    id: str
    name: str
    kind: IndicatorKind
    every: Rhythm
    full: int = 0
    standard: str = ""
    applies: Applies = field(default_factory=Applies)
    figure: str = ""
    figures: tuple[str, ...] = ()
    value: str = ""
    levels: tuple[Level, ...] = ()
    counts: tuple[Counting, ...] = ()
    short: int = 0
    campaign: str = ""
    late: int = 0
    missing: int = 0
    rungs: bool = False
    judge: Role | None = None
    second: int = 0
    add: int = 0
    deduct: int = 0
    merits: tuple[MeritKind, ...] = ()
    needs: tuple[str, ...] = ()
    individual: bool = False

    @property
    def of_base(self) -> bool:
        """Whether its points are part of the total, and not added to it or taken from it."""
        return self.kind is not IndicatorKind.ADD_DEDUCT

    @property
    def reads(self) -> tuple[str, ...]:
        """The figures that its points come from."""
        counted = tuple(one.figure for one in self.counts)
        return tuple(dict.fromkeys((*((self.figure,) if self.figure else ()), *counted, *self.figures)))

    def merit(self, merit: str) -> MeritKind | None:
        """The kind of merit or fault of that id."""
        return next((one for one in self.merits if one.id == merit), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Individual:
    """What units declare for themselves: `count` indicators of `full` points together, each of `least` to `most`, of
    these kinds; reviewed by the assessor up to the day `month`-`day`, and pinned for the year. What is not declared is
    rescaled, not lost."""

    count: int
    full: int
    least: int
    most: int
    kinds: tuple[IndicatorKind, ...]
    month: int
    day: int
    process: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A tier: entered from `enter` points on, left below `leave`. The lowest has neither."""

    id: str
    name: str
    enter: int = 0
    leave: int = 0


APPEALED_MATTER = ("indicator", "period", "line", "why_line")
"""What the matter of an appeal says of the line that it is against."""
SAID_BY = ("source", "basis")
"""What the matter of an item says of why it was issued, where its process asks for it: by which decision of a tier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """What is issued to a unit that comes into a tier; `days`: working days until it is due, 0: by its process."""

    tier: str
    process: str
    variant: str
    days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiers:
    """Tiers from the highest to the lowest; a unit goes down only when it was below `leave` so many times in a row.
    Proposed by the machine, confirmed by whoever holds the post `confirm`. `by_decision`: the tier that somebody gives
    and lifts, by no score, within so many months."""

    every: Rhythm
    bands: tuple[Band, ...]
    down_after: int = 1
    confirm: Role = Role.LEADER
    by_decision: str = ""
    by_decision_name: str = ""
    months: int = 12
    guidance: tuple[Guidance, ...] = ()

    def band(self, tier: str) -> Band | None:
        """The tier of that id, of those that scores give."""
        return next((one for one in self.bands if one.id == tier), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Honour:
    """For what units are proposed by the year's result: at `least` so many hundredths, in the tier (empty: in any), and
    without anything deducted by these indicators (`without`)."""

    id: str
    name: str
    least: int
    tier: str = ""
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealRule:
    """Units may appeal by that process, so many working days from the lock on, so often in each half-year (`most`, 0:
    as often as they like). Where it ends with the outcome `upheld`, the points are what its answer `points`
    (form.field) says."""

    process: str
    variant: str
    within: int
    upheld: str
    points: str
    most: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """All indicators by which the units of a campaign are assessed in a year, out of `total` points. `rescales`: what
    does not apply to a unit leaves the denominator and the rest makes up the total; otherwise the indicators have to
    add up for everybody. `ranking`: units are compared with each other, by the leader's approval."""

    id: str
    name: str
    version: str
    year: int
    total: int
    campaign: str
    indicators: tuple[Indicator, ...]
    rescales: bool = False
    individual: Individual | None = None
    tiers: Tiers | None = None
    appeal: AppealRule | None = None
    ranking: bool = False
    seen: bool = False
    honours: tuple[Honour, ...] = ()
    to: Selector = field(default_factory=lambda: Selector(everybody=True, every_kind=True))
    note: str = ""

    @property
    def ref(self) -> str:
        """Its id and version."""
        return f"{self.id}@{self.version}"

    @property
    def most(self) -> int:
        """No score is above it: the total and all that can be added."""
        return self.total + sum(one.add for one in self.indicators)

    def indicator(self, indicator: str) -> Indicator | None:
        """The indicator of that id, of those that everybody has."""
        return next((one for one in self.indicators if one.id == indicator), None)


# Remembered: every unit of a round asks for the same few periods.
@lru_cache(maxsize=1024)
def due_in(every: Rhythm, month: Period) -> Period | None:
    """The period of that rhythm that ends with the month; None where none does."""
    if every not in ends_with(month):
        return None
    months = MONTHS_OF_PERIOD[every]
    return Period(rhythm=every, year=month.year, nth=(month.nth - 1) // months + 1)


@lru_cache(maxsize=1024)
def months_of(period: Period) -> tuple[Period, ...]:
    """The months of a period, in order."""
    return parts_of(period, Rhythm.MONTH)


@lru_cache(maxsize=1024)
def parts_of(period: Period, rhythm: Rhythm) -> tuple[Period, ...]:
    """The periods of a rhythm that lie in a period of the same or a longer one, in order."""
    many, each = MONTHS_OF_PERIOD[period.rhythm], MONTHS_OF_PERIOD[rhythm]
    first = (period.nth - 1) * many // each
    return tuple(Period(rhythm=rhythm, year=period.year, nth=first + n + 1) for n in range(many // each))


@lru_cache(maxsize=1024)
def periods_within(period: Period) -> tuple[Period, ...]:
    """Every period of which a round can be that lies in that one, the shortest first."""
    shorter = (rhythm for rhythm, months in MONTHS_OF_PERIOD.items() if months <= MONTHS_OF_PERIOD[period.rhythm])
    return tuple(part for rhythm in shorter for part in parts_of(period, rhythm))
