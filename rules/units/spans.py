"""Units over time. A unit is a list of spans, each with what the unit was then: it may be closed and opened again, be
called or stand elsewhere, become part of another. Its condition has spans of its own."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from rules.machine.commands import UnitRef
from rules.units.facts import (
    ConditionsGiven,
    KnownUnit,
    UnitFact,
    UnitsChanged,
    UnitsEnded,
    UnitsMerged,
    UnitsMoved,
    UnitsOpened,
    UnitSplit,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitSpan:
    """What a unit is from `first` to the day before `until`; without it, until something is changed. `became`: the
    units whose part it is after that, or into which it was divided; empty where it goes on or just ended."""

    first: date
    known: KnownUnit
    until: date | None = None
    became: tuple[str, ...] = ()

    def holds(self, day: date) -> bool:
        """Whether that day is among its days."""
        return self.first <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionSpan:
    """In which condition a unit is from `first` to the day before `until`."""

    first: date
    condition: str
    until: date | None = None

    def holds(self, day: date) -> bool:
        """Whether that day is among its days."""
        return self.first <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitThen:
    """A unit as it is on some day; `since`: from when on it has been one without a break, where that was asked."""

    known: KnownUnit
    condition: str = ""
    since: date | None = None

    @property
    def id(self) -> str:
        """The unit's id."""
        return self.known.id

    @property
    def ref(self) -> UnitRef:
        """The unit as what has an item."""
        return UnitRef(id=self.known.id, name=self.known.name, kind=self.known.kind, area=self.known.area)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitLife:
    """All spans of a unit and of its condition, from the first to the last. The condition stays while it is closed."""

    id: str
    spans: tuple[UnitSpan, ...] = ()
    conditions: tuple[ConditionSpan, ...] = ()

    def span(self, day: date) -> UnitSpan | None:
        """Its span that day; None when it was closed, or not yet opened."""
        return next((span for span in reversed(self.spans) if span.holds(day)), None)

    def condition(self, day: date) -> str:
        """Its condition that day, open or closed; empty where none is known."""
        return next((one.condition for one in reversed(self.conditions) if one.holds(day)), "")

    def as_of(self, day: date) -> UnitThen | None:
        """The unit as it was that day; None when it was closed, or not yet opened."""
        span = self.span(day)
        return UnitThen(known=span.known, condition=self.condition(day)) if span else None

    def latest(self, day: date) -> UnitSpan | None:
        """Its span that day, or the last one before; None when nothing of it was known."""
        return next((span for span in reversed(self.spans) if span.first <= day), None)


Lives = Mapping[str, UnitLife]
"""Units by id."""


def as_of(lives: Lives, day: date) -> Iterator[UnitThen]:
    """The units that there were that day, in the order of the directory."""
    for life in lives.values():
        if then := life.as_of(day):
            yield then


def after(lives: Lives, fact: UnitFact) -> dict[str, UnitLife]:
    """The lives that the fact changes, as they are with it; what it says of a unit that is not open changes nothing.
    A span that would have no day stays, so that it is seen when the unit was opened."""
    match fact:
        case UnitsOpened():
            return {one.id: _with(_life(lives, one.id), one, fact.day) for one in fact.units}
        case UnitsChanged():
            return _each(
                lives,
                fact.day,
                (
                    (one.id, {"name": one.name, "kind": one.kind, "aliases": one.aliases, "size": one.size})
                    for one in fact.units
                ),
            )
        case UnitsMoved():
            return _each(lives, fact.day, ((one.id, {"area": one.area, "parent": one.parent}) for one in fact.units))
        case UnitsMerged():
            return _closed(lives, fact.units, fact.day, (fact.into,))
        case UnitSplit():
            return {} if fact.unit in fact.into else _closed(lives, (fact.unit,), fact.day, fact.into)
        case UnitsEnded():
            return _closed(lives, fact.units, fact.day, ())
        case ConditionsGiven():
            return {one.unit: _given(_life(lives, one.unit), one.condition, fact.day) for one in fact.units}
        case _:
            return {}


def _life(lives: Lives, unit: str) -> UnitLife:
    return lives.get(unit) or UnitLife(id=unit)


def _with(life: UnitLife, known: KnownUnit, day: date) -> UnitLife:
    """The unit is that from that day on."""
    kept = tuple(one for one in life.spans if one.first != day)
    if kept and kept[-1].until is None:
        kept = (*kept[:-1], replace(kept[-1], until=day))
    return replace(life, spans=(*kept, UnitSpan(first=day, known=known)))


def _each(lives: Lives, day: date, changes: Iterable[tuple[str, dict[str, str | None]]]) -> dict[str, UnitLife]:
    found: dict[str, UnitLife] = {}
    for unit, values in changes:
        life = _life(lives, unit)
        if life.spans and life.spans[-1].until is None:
            found[unit] = _with(life, replace(life.spans[-1].known, **values), day)  # type: ignore[arg-type]
    return found


def _closed(lives: Lives, units: Iterable[str], day: date, became: tuple[str, ...]) -> dict[str, UnitLife]:
    found: dict[str, UnitLife] = {}
    for unit in units:
        life = _life(lives, unit)
        if life.spans and life.spans[-1].until is None:
            found[unit] = replace(life, spans=(*life.spans[:-1], replace(life.spans[-1], until=day, became=became)))
    return found


def _given(life: UnitLife, condition: str, day: date) -> UnitLife:
    """The unit is in that condition from that day on."""
    kept = tuple(one for one in life.conditions if one.first != day)
    if kept and kept[-1].until is None:
        kept = (*kept[:-1], replace(kept[-1], until=day))
    return replace(life, conditions=(*kept, ConditionSpan(first=day, condition=condition)))
