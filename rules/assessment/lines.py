"""What a unit got for an indicator in a period, with all that it was reckoned from: who reads a line can reckon it
again."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class ScoreRule(StrEnum):
    """By which rule a line's points came about."""

    LEVELS = "levels"
    YES_NO = "yes_no"
    LEAST = "least"
    COUNTED = "counted"
    RATIO = "ratio"
    ON_TIME = "on_time"
    JUDGED = "judged"
    MERITS = "merits"
    APPEAL = "appeal"


class LeftOut(StrEnum):
    """Why an indicator that has a period there has no line: it does not apply to the unit; nothing was owed; what it
    needs is asked for later, and the unit has not told it yet; somebody said why it does not count; nobody has judged
    it yet; the unit has not declared any."""

    NOT_APPLICABLE = "not_applicable"
    NOTHING_OWED = "nothing_owed"
    NOT_ASKED = "not_asked"
    EXCUSED = "excused"
    NOT_JUDGED = "not_judged"
    NOT_DECLARED = "not_declared"


# A dozen of each are made for every unit that is scored: named tuples are made in a third of the time.
class LineInput(NamedTuple):
    """One thing that was counted: `name` is a figure, a campaign, or what else the rule asks (`rungs`, a merit's kind);
    `value` its canonical text, empty where none was given; `entry` (stream#seq) where it stands, empty for what the
    ledger was asked as a whole. `owed`: what was owed of it, where the rule compares."""

    name: str
    period: str = ""
    value: str = ""
    entry: str = ""
    owed: str = ""


class ScoreLine(NamedTuple):
    """`points` of `full` hundredths for an indicator in one of its periods, by that rule from these inputs. `reason`:
    what the judge wrote, or why it was changed; `difference`: how many more (fewer below 0) than the line before it."""

    indicator: str
    period: str
    full: int
    points: int
    rule: ScoreRule
    inputs: tuple[LineInput, ...] = ()
    reason: str = ""
    difference: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftLine:
    """An indicator that has no line in its period, and why; `reason`: as somebody wrote it, in the entry `entry`;
    `awaits`: the round (campaign/period) that asks for what it needs, while that is still to come or in time."""

    indicator: str
    period: str
    why: LeftOut
    reason: str = ""
    entry: str = ""
    awaits: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodLines:
    """All lines of the indicators whose periods end with one month, and those that there are none of."""

    lines: tuple[ScoreLine, ...] = ()
    left: tuple[LeftLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLine:
    """An indicator on a sheet: of `weight` hundredths of the sheet's total it `counts` so many. `lines`: those that it
    is the mean (of what adds or deducts: the sum) of."""

    indicator: str
    weight: int
    counts: int
    lines: tuple[ScoreLine, ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSheet:
    """A unit's score over some time: what its lines count, summed."""

    lines: tuple[SheetLine, ...]

    @property
    def score(self) -> int:
        """In hundredths."""
        return sum(line.counts for line in self.lines)

    @property
    def empty(self) -> bool:
        """Whether nothing of the total was scored, so that there is no score."""
        return not any(line.weight for line in self.lines)

    def line(self, indicator: str) -> SheetLine | None:
        """What the sheet says of that indicator."""
        return next((line for line in self.lines if line.indicator == indicator), None)
