"""What cannot be stored of units: changes before what is known already, of units that are not open, and a directory in
which a unit stands above itself, too deep, or under one that is no more."""

from collections.abc import Iterable, Sequence
from datetime import date

from rules.errors import Code, RuleViolation
from rules.units.facts import (
    ConditionsGiven,
    UnitFact,
    UnitsChanged,
    UnitsEnded,
    UnitsMerged,
    UnitsMoved,
    UnitsOpened,
    UnitSplit,
    UnitsSettled,
)
from rules.units.spans import Lives, UnitLife, after, as_of

DEEPEST = 6
"""So many units at most, one above the other: more is a mistake, and nobody knows any longer who decides."""


def refused(unit: str, why: str) -> RuleViolation:
    """A change of units that cannot be."""
    return RuleViolation(Code.UNITS_REFUSED, unit=unit, why=why)


def with_facts(lives: Lives, facts: Sequence[UnitFact]) -> tuple[dict[str, UnitLife], set[str]]:
    """The lives with these facts, in their order, and the ids of those that are other than before. Raises units_refused
    for a change that is before what is known, of a unit that is not as the change needs it, or after which the
    directory could not stand."""
    found, changed, days = dict(lives), set[str](), set[date]()
    for fact in facts:
        _check(found, fact)
        then = after(found, fact)
        found.update(then)
        changed |= then.keys()
        days.add(fact.day)
    if days:
        begin = min(days)
        days |= {one.first for unit in found.values() for one in unit.spans if one.first > begin}
        days |= {one.until for unit in found.values() for one in unit.spans if one.until and one.until > begin}
    for day in sorted(days):
        check_day(found, day)
    return found, changed


def _check(lives: Lives, fact: UnitFact) -> None:
    match fact:
        case UnitsOpened():
            for one in fact.units:
                _check_forward(lives, one.id, fact.day)
                if _running(lives, one.id):
                    raise refused(one.id, "已经设立，不能再设立一次")
        case UnitsChanged() | UnitsMoved():
            for row in fact.units:
                _check_running(lives, row.id, fact.day)
        case UnitsMerged():
            _check_into(lives, fact.into, fact.day)
            for unit in fact.units:
                if unit == fact.into:
                    raise refused(unit, "不能并入自己")
                _check_running(lives, unit, fact.day)
        case UnitSplit():
            _check_running(lives, fact.unit, fact.day)
            if len(set(fact.into)) < 2:
                raise refused(fact.unit, "分设要分为两个以上的单位")
            for unit in fact.into:
                _check_into(lives, unit, fact.day)
        case UnitsEnded():
            for unit in fact.units:
                _check_running(lives, unit, fact.day)
        case ConditionsGiven():
            for given in fact.units:
                life = lives.get(given.unit)
                if life is None:
                    raise refused(given.unit, "没有这个单位")
                if life.conditions and life.conditions[-1].first > fact.day:
                    raise refused(given.unit, f"自 {life.conditions[-1].first} 起已另有状况，只能从那天或以后再改")
        case UnitsSettled():
            pass


def _running(lives: Lives, unit: str) -> bool:
    life = lives.get(unit)
    return bool(life and life.spans and life.spans[-1].until is None)


def _check_forward(lives: Lives, unit: str, day: date) -> None:
    """Nothing is known of the unit after that day: what was held then is not written anew."""
    life = lives.get(unit)
    last = life.spans[-1] if life and life.spans else None
    latest = max(last.first, last.until or last.first) if last else day
    if latest > day:
        raise refused(unit, f"自 {latest} 起已有变更，只能从那天或以后再改，{day} 在它之前")


def _check_running(lives: Lives, unit: str, day: date) -> None:
    _check_forward(lives, unit, day)
    if not _running(lives, unit):
        raise refused(unit, "没有这个单位，或已撤销")


def _check_into(lives: Lives, unit: str, day: date) -> None:
    life = lives.get(unit)
    if life is None or life.span(day) is None:
        raise refused(unit, f"{day} 没有这个单位：并入、分设的单位要先设立")


def check_day(lives: Lives, day: date) -> None:
    """That day no unit stands above itself, deeper than DEEPEST, or under one that there is not, and no two are called
    the same. Raises units_refused."""
    parents: dict[str, str | None] = {}
    names: dict[str, str] = {}
    for one in as_of(lives, day):
        parents[one.id] = one.known.parent
        if (other := names.setdefault(one.known.name, one.id)) != one.id:
            raise refused(one.id, f"“{one.known.name}”也是 {other} 的名称")
    check_superiors(parents)


def check_superiors(parents: dict[str, str | None]) -> None:
    """Of every unit its superior; see `check_day`. Each unit is looked at once."""
    depth: dict[str, int] = {}
    for unit in parents:
        line = list(_upward(parents, unit, depth))
        above = depth.get(parents[line[-1]] or "", 0) if line else 0
        for one in reversed(line):
            above += 1
            if above > DEEPEST:
                raise refused(one, f"到最上级有 {above} 层，最多 {DEEPEST} 层")
            depth[one] = above


def _upward(parents: dict[str, str | None], unit: str, known: dict[str, int]) -> Iterable[str]:
    """The unit and those above it whose depth is not known, from the bottom up."""
    line: dict[str, None] = {}
    at: str | None = unit
    while at is not None and at not in known:
        if at in line:
            raise refused(at, f"上级绕回了自己（{' → '.join([*line, at][-DEEPEST - 2 :])}）")
        line[at] = None
        above = parents[at]
        if above is not None and above not in parents:
            raise refused(at, f"上级 {above} 已撤销或不存在：先给它另一个上级，或一并撤销")
        at = above
    return line
