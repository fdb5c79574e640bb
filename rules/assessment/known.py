"""What a unit's points are reckoned from: what was told of it, as facts, each with the entry in which it stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from rules.assessment.assessment import Indicator
from rules.assessment.lines import LineInput


class FigureTold(NamedTuple):
    """A figure's value as canonical text, and the entry in which it stands (stream#seq; empty: reckoned from all)."""

    value: str
    entry: str = ""


class RoundTold(NamedTuple):
    """How the unit stands in a round: `on_time`, `late` or `missing`; and the entry by which it reported."""

    how: str
    entry: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPoints:
    """What somebody gave for an indicator and period, with the reason for less than full. `seq`: the number of the
    entry in the unit's stream, by which it is known who spoke last."""

    points: int
    by: str
    reason: str = ""
    entry: str = ""
    seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MeritTold:
    """A merit or a fault of that day: `points` at most as the file says of its kind; `seq`: the number of its entry in
    the unit's stream; `withdrawn`: it was entered wrongly, and counts no more."""

    indicator: str
    merit: str
    day: date
    points: int
    entry: str = ""
    document: str = ""
    seq: int = 0
    withdrawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Excuse:
    """Somebody said why an indicator does not count for the unit in a period."""

    reason: str
    entry: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitKnown:
    """All that a unit's points are reckoned from, as of the end of the period. By period: `figures` (figure, period),
    `waits` (figure, period: the round that asks for what is not told and not owed yet, empty where none ever has),
    `rounds` (campaign, the round's period), `rungs` (month: hundredths that the ladder took), `judged`, `excused` and
    `appealed` (indicator, period). `own`: the indicators that it has declared and that were agreed to.
    `since`: the first day on which it was a unit, where that is in the year and not its first."""

    unit: str
    kind: str
    size: str = ""
    condition: str = ""
    figures: Mapping[tuple[str, str], FigureTold] = field(default_factory=dict)
    waits: Mapping[tuple[str, str], str] = field(default_factory=dict)
    rounds: Mapping[tuple[str, str], RoundTold] = field(default_factory=dict)
    rungs: Mapping[str, tuple[LineInput, ...]] = field(default_factory=dict)
    judged: Mapping[tuple[str, str], tuple[JudgedPoints, ...]] = field(default_factory=dict)
    excused: Mapping[tuple[str, str], Excuse] = field(default_factory=dict)
    appealed: Mapping[tuple[str, str], JudgedPoints] = field(default_factory=dict)
    merits: tuple[MeritTold, ...] = ()
    own: tuple[Indicator, ...] = ()
    since: date | None = None
