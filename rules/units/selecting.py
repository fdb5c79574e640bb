"""Which units are meant: by what they are on a day, or one by one."""

from collections.abc import Iterable
from dataclasses import dataclass

from rules.units.spans import UnitThen


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """Units by what they are, in codes: those of the `kinds`, `sizes`, `conditions` and `areas` (what is not said
    narrows nothing), and the single `units`; without the `excepted`. With nothing said, none, unless it is `everybody`,
    said by their kinds where `every_kind`. A unit that is closed on the day is not meant, named or not."""

    everybody: bool = False
    every_kind: bool = False
    kinds: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    excepted: tuple[str, ...] = ()

    @property
    def by_what_they_are(self) -> bool:
        """Whether units are meant by what they are, and not only one by one."""
        return self.everybody or bool(self.kinds or self.sizes or self.conditions or self.areas)


def selected(units: Iterable[UnitThen], selector: Selector) -> tuple[UnitThen, ...]:
    """Those of the units that are meant, in their order."""
    said = [
        (name, frozenset(codes))
        for name, codes in (("kind", selector.kinds), ("size", selector.sizes), ("area", selector.areas))
        if codes
    ]
    conditions, single, without = (
        frozenset(codes) for codes in (selector.conditions, selector.units, selector.excepted)
    )

    def meant(one: UnitThen) -> bool:
        if one.id in without:
            return False
        if one.id in single:
            return True
        return (
            selector.by_what_they_are
            and all(getattr(one.known, name) in codes for name, codes in said)
            and (not conditions or one.condition in conditions)
        )

    return tuple(one for one in units if meant(one))


def disjoint(one: Selector, other: Selector) -> bool:
    """Whether no unit can be meant by both, whatever units there are. Conditions keep nothing apart: they change."""
    for mine, theirs in ((one, other), (other, one)):
        named = set(mine.units) - set(mine.excepted) - set(theirs.excepted)
        if named and (theirs.by_what_they_are or named & set(theirs.units)):
            return False
    if not (one.by_what_they_are and other.by_what_they_are):
        return True
    axes = ((one.kinds, other.kinds), (one.sizes, other.sizes), (one.areas, other.areas))
    return any(mine and theirs and not set(mine) & set(theirs) for mine, theirs in axes)
