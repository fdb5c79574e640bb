"""Units merged, divided, moved, ended, opened again, judged: said first and then done; and what a unit was."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection

from definitions.directory import CONDITIONS, SIZES, UNIT_KINDS
from ledger.directory import leaving, people
from ledger.directory import units as over_time
from ledger.directory.following import Follows, carried_out
from ledger.reading.spoken import code_of
from ledger.rounds.changed import campaigns_changed
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from rules.names import CONDITION_NAMES
from rules.units.comparing import compare, merge, split
from rules.units.facts import ConditionsGiven, GivenCondition, KnownUnit, MovedUnit, UnitsEnded, UnitsMoved


@dataclass(frozen=True, slots=True, kw_only=True)
class ToChange:
    """From which day something is to hold of units, by which document; `dry_run`: only what follows is said."""

    first: date
    document: str = ""
    dry_run: bool = False


def merge_units(database: Database, units: Sequence[str], into: str, how: ToChange, now: datetime) -> Follows:
    """The units are part of `into`; each by id, name or alias. Raises unknown_unit, units_refused."""

    def change(connection: Connection) -> None:
        gone, successor = _ids(connection, units), people.unit_ref(connection, into).id
        lives = over_time.lives(connection)
        over_time.record(connection, merge(lives, gone, successor, how.first, document=how.document), now)
        leaving.end_posts_of(connection, gone, now)

    return carried_out(database, change, how.first, asking=campaigns_changed, dry_run=how.dry_run)


def split_unit(database: Database, unit: str, into: Sequence[tuple[str, str]], how: ToChange, now: datetime) -> Follows:
    """The unit is divided into those of the ids and names; what they are else, they have from it. Raises unknown_unit,
    units_refused."""

    def change(connection: Connection) -> None:
        divided = people.unit_ref(connection, unit).id
        lives = over_time.lives(connection)
        span = lives[divided].span(how.first)
        if span is None:
            raise RuleViolation(Code.UNKNOWN_UNIT, actual=unit[:50], hint=f"：{how.first} 没有这个单位")
        parts: list[KnownUnit] = []
        for id_, name in into:
            then = lives[id_].as_of(how.first) if id_ in lives else None
            fresh = replace(span.known, id=id_, aliases="")
            parts.append(replace(then.known if then else fresh, name=name))
        over_time.record(connection, split(lives, divided, parts, how.first, document=how.document), now)
        leaving.end_posts_of(connection, [divided], now)

    return carried_out(database, change, how.first, asking=campaigns_changed, dry_run=how.dry_run)


def move_units(
    database: Database, units: Sequence[str], how: ToChange, now: datetime, *, area: str = "", parent: str | None = None
) -> Follows:
    """The units stand in that area, or under that superior (empty text: the body itself). Raises unknown_unit,
    field_invalid, units_refused."""

    def change(connection: Connection) -> None:
        areas = {row["id"]: row["name"] for row in people.all_areas(connection)}
        to_area = code_of("片组", area, areas) if area else None
        above = people.unit_ref(connection, parent).id if parent else None
        lives, moved = over_time.lives(connection), []
        for unit in _ids(connection, units):
            then = lives[unit].as_of(how.first)
            if then is None:
                raise RuleViolation(Code.UNKNOWN_UNIT, actual=unit, hint=f"：{how.first} 没有这个单位")
            known = replace(
                then.known, area=to_area or then.known.area, parent=then.known.parent if parent is None else above
            )
            if known != then.known:
                moved.append(MovedUnit(id=unit, area=known.area, parent=known.parent))
        if moved:
            fact = UnitsMoved(day=how.first, units=tuple(moved), document=how.document)
            over_time.record(connection, (fact,), now)

    return carried_out(database, change, how.first, asking=campaigns_changed, dry_run=how.dry_run)


def end_units(database: Database, units: Sequence[str], how: ToChange, now: datetime) -> Follows:
    """The units are no more, and no other is in their place. Raises unknown_unit, units_refused."""

    def change(connection: Connection) -> None:
        gone = _ids(connection, units)
        fact = UnitsEnded(day=how.first, units=tuple(gone), document=how.document)
        over_time.record(connection, (fact,), now)
        leaving.end_posts_of(connection, gone, now)

    return carried_out(database, change, how.first, asking=campaigns_changed, dry_run=how.dry_run)


def reopen_unit(database: Database, unit: str, how: ToChange, now: datetime) -> Follows:
    """There is the unit of that id again, as it was last. Raises unknown_unit, units_refused."""

    def change(connection: Connection) -> None:
        lives = over_time.lives(connection, {unit})
        if unit not in lives:
            raise RuleViolation(Code.UNKNOWN_UNIT, actual=unit[:50], hint="：写它原来的编号")
        known = over_time.lives(connection)
        again = lives[unit].spans[-1].known
        over_time.record(connection, compare(known, [again], how.first, document=how.document), now)

    return carried_out(database, change, how.first, asking=campaigns_changed, dry_run=how.dry_run)


def judge_units(database: Database, units: Sequence[str], condition: str, how: ToChange, now: datetime) -> Follows:
    """The units are in that condition. Raises unknown_unit, field_invalid, units_refused."""
    code = code_of("状况", condition, CONDITIONS)

    def change(connection: Connection) -> None:
        given = tuple(GivenCondition(unit=unit, condition=code) for unit in _ids(connection, units))
        over_time.record(connection, (ConditionsGiven(day=how.first, units=given, document=how.document),), now)

    return carried_out(database, change, how.first, asking=campaigns_changed, dry_run=how.dry_run)


def _ids(connection: Connection, units: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(people.unit_ref(connection, one).id for one in units))


def unit_history(connection: Connection, written: str) -> tuple[str, ...]:
    """All spans and conditions of the unit of that id, or of that name or alias, one line each. Raises unknown_unit."""
    unit = written.strip()
    lives = over_time.lives(connection, {unit})
    if not lives:
        unit = people.unit_ref(connection, written).id
        lives = over_time.lives(connection, {unit})
    life = lives[unit]
    areas = {row["id"]: row["name"] for row in people.all_areas(connection)}
    others = {other for span in life.spans for other in (*span.became, span.known.parent) if other}
    names = people.names_of_units(connection, others)
    said = []
    for place, span in enumerate(life.spans):
        known, following = span.known, life.spans[place + 1 : place + 2]
        what = [UNIT_KINDS.get(known.kind, known.kind), SIZES.get(known.size, known.size)]
        what += [areas.get(known.area, known.area)] if known.area else []
        what += [f"上级 {names.get(known.parent, known.parent)}"] if known.parent else []
        until = f"至 {span.until}" if span.until else ""
        became = "、".join(names.get(one, one) for one in span.became)
        if span.until and not (following and following[0].first == span.until):
            until += f" 前，{f'并入或分为{became}' if became else '撤销'}"
        elif span.until:
            until += " 前"
        said.append(f"{span.first} 起{until}：{known.name}（{'，'.join(one for one in what if one)}）")
    said += [f"{one.first} 起状况：{CONDITION_NAMES.get(one.condition, '未定')}" for one in life.conditions]
    return tuple(said)
