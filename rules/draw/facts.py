"""What can have happened in a draw: who may be drawn, two numbers sealed and opened, who was drawn and replaced."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class StratumBy(StrEnum):
    """By what units are told apart before they are drawn."""

    AREA = "area"
    KIND = "kind"
    SIZE = "size"
    CONDITION = "condition"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawUnit:
    """A unit that may be drawn, as it was when the population was sealed."""

    id: str
    kind: str
    size: str = ""
    area: str = ""
    condition: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawInspector:
    """Somebody who may inspect; `area`: where not, since it is their own."""

    person: str
    area: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StratumShare:
    """Of that stratum so many of a hundred, in place of the share of all."""

    stratum: str
    share: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationSealed:
    """Who may be drawn, how many of them, by whom they are inspected, and who brings the numbers. `left_out`: who was
    drawn lately. `each`: inspectors of a unit, none of them of its area."""

    draw: str
    title: str
    by: StratumBy
    share: int
    units: tuple[DrawUnit, ...]
    witnesses: tuple[str, ...]
    population_hash: str
    shares: tuple[StratumShare, ...] = ()
    most: int | None = None
    left_out: tuple[str, ...] = ()
    inspectors: tuple[DrawInspector, ...] = ()
    each: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberSealed:
    """A witness has a number, of which this is the seal."""

    draw: str
    person: str
    seal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberOpened:
    """The number that was sealed, and what keeps it from being tried out."""

    draw: str
    person: str
    number: str
    salt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitDrawn:
    """A unit that was drawn, and who inspects it."""

    unit: str
    inspectors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """The outcome, by the id of the unit."""

    draw: str
    seed: str
    units: tuple[UnitDrawn, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """In place of `unit` the next one of its stratum is inspected, for that reason."""

    draw: str
    unit: str
    successor: UnitDrawn
    reason: str


DrawFact: TypeAlias = PopulationSealed | NumberSealed | NumberOpened | Drawn | Replaced
