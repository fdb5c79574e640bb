"""What a directory changes: units as they are, against units as a file has them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from rules.units.checking import refused
from rules.units.facts import (
    ChangedUnit,
    ConditionsGiven,
    GivenCondition,
    KnownUnit,
    MovedUnit,
    UnitFact,
    UnitsChanged,
    UnitsEnded,
    UnitsMerged,
    UnitsMoved,
    UnitsOpened,
    UnitSplit,
)
from rules.units.spans import Lives, as_of


def compare(
    lives: Lives,
    units: Sequence[KnownUnit],
    first: date,
    *,
    conditions: Mapping[str, str] | None = None,
    ended: Collection[str] = (),
    document: str = "",
) -> tuple[UnitFact, ...]:
    """What it takes for the units to be these from `first` on, in these `conditions`, those `ended` no more; nothing
    for what is as it was. Units that are not named stay as they are."""
    opened, changed, moved = [], [], []
    for one in units:
        life = lives.get(one.id)
        then = life.as_of(first) if life else None
        if then is None:
            opened.append(one)
            continue
        was = then.known
        if (was.name, was.kind, was.aliases, was.size) != (one.name, one.kind, one.aliases, one.size):
            changed.append(ChangedUnit(id=one.id, name=one.name, kind=one.kind, aliases=one.aliases, size=one.size))
        if (was.area, was.parent) != (one.area, one.parent):
            moved.append(MovedUnit(id=one.id, area=one.area, parent=one.parent))
    given = [
        GivenCondition(unit=unit, condition=condition)
        for unit, condition in (conditions or {}).items()
        if (life := lives.get(unit)) is None or life.condition(first) != condition
    ]
    gone = [unit for unit in ended if (life := lives.get(unit)) and life.span(first)]
    facts: list[UnitFact] = []
    if opened:
        facts.append(UnitsOpened(day=first, units=tuple(opened), document=document))
    if changed:
        facts.append(UnitsChanged(day=first, units=tuple(changed), document=document))
    if moved:
        facts.append(UnitsMoved(day=first, units=tuple(moved), document=document))
    if gone:
        facts.append(UnitsEnded(day=first, units=tuple(gone), document=document))
    if given:
        facts.append(ConditionsGiven(day=first, units=tuple(given), document=document))
    return tuple(facts)


def merge(lives: Lives, units: Sequence[str], into: str, first: date, *, document: str = "") -> tuple[UnitFact, ...]:
    """What it takes for the units to be part of `into` from `first` on: what stands under them stands under it."""
    gone = set(units)
    found = [
        MovedUnit(id=one.id, area=one.known.area, parent=_above(lives, into, gone, first) if one.id == into else into)
        for one in as_of(lives, first)
        if one.id not in gone and one.known.parent in gone
    ]
    moved: tuple[UnitFact, ...] = (UnitsMoved(day=first, units=tuple(found), document=document),) if found else ()
    return (*moved, UnitsMerged(day=first, units=tuple(dict.fromkeys(units)), into=into, document=document))


def _above(lives: Lives, unit: str, gone: Collection[str], day: date) -> str | None:
    """The nearest unit above it that goes on."""
    at: str | None = unit
    while at is not None and (at == unit or at in gone):
        then = lives[at].as_of(day) if at in lives else None
        if then is None:
            raise refused(unit, f"{day} 没有这个单位，或它的上级绕回了自己")
        at = then.known.parent
        if at == unit:
            raise refused(unit, "上级绕回了自己")
    return at


def split(
    lives: Lives, unit: str, into: Sequence[KnownUnit], first: date, *, document: str = ""
) -> tuple[UnitFact, ...]:
    """What it takes for the unit to be divided into these from `first` on: those that there are not are opened. What
    stands under a unit that is no more has to be moved before."""
    brought = compare(lives, into, first, document=document)
    return (*brought, UnitSplit(day=first, unit=unit, into=tuple(one.id for one in into), document=document))
