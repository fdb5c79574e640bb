"""What can have happened to units, with the day from which it holds and the document on which it rests."""

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownUnit:
    """A unit with all that is known of it. `aliases` are separated by line breaks."""

    id: str
    name: str
    kind: str
    area: str | None = None
    aliases: str = ""
    parent: str | None = None
    size: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedUnit:
    """What a unit is called and what it is from then on."""

    id: str
    name: str
    kind: str
    aliases: str = ""
    size: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedUnit:
    """Where a unit stands from then on: in which area, under which superior."""

    id: str
    area: str | None = None
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenCondition:
    """In which condition a unit is from then on; empty: in none that is known."""

    unit: str
    condition: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsOpened:
    """There are these units from that day on, for the first time or again."""

    day: date
    units: tuple[KnownUnit, ...]
    document: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsChanged:
    """These units are called, or are, something else from that day on."""

    day: date
    units: tuple[ChangedUnit, ...]
    document: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsMoved:
    """These units stand in another area or under another superior from that day on."""

    day: date
    units: tuple[MovedUnit, ...]
    document: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsMerged:
    """These units are no more from that day on: they are part of the unit `into`."""

    day: date
    units: tuple[str, ...]
    into: str
    document: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitSplit:
    """The unit is divided from that day on into these; it is no more, unless it is one of them."""

    day: date
    unit: str
    into: tuple[str, ...]
    document: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsEnded:
    """These units are no more from that day on, and no other is in their place."""

    day: date
    units: tuple[str, ...]
    document: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionsGiven:
    """These units are in another condition from that day on."""

    day: date
    units: tuple[GivenCondition, ...]
    document: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsSettled:
    """That day has come: what was to hold from it on holds."""

    day: date


UnitFact: TypeAlias = (
    UnitsOpened | UnitsChanged | UnitsMoved | UnitsMerged | UnitSplit | UnitsEnded | ConditionsGiven | UnitsSettled
)
