"""What happened to units, one Chinese sentence a fact."""

from collections.abc import Sequence

from rules.dates.explain import long_day
from rules.names import CONDITION_NAMES
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

_NAMED = 20


def tell_units(fact: UnitFact) -> str:
    """The fact as one line."""
    match fact:
        case UnitsSettled():
            return f"单位的变更到{long_day(fact.day)}生效"
        case UnitsOpened():
            said = f"单位设立：{_listed([f'{one.name}（{one.id}）' for one in fact.units])}"
        case UnitsChanged():
            said = f"单位的名称、类别、规模变更为：{_listed([f'{one.name}（{one.id}）' for one in fact.units])}"
        case UnitsMoved():
            said = f"单位调整隶属：{_listed([_stands(one.id, one.area, one.parent) for one in fact.units])}"
        case UnitsMerged():
            said = f"单位合并：{_listed(fact.units)} 并入 {fact.into}"
        case UnitSplit():
            said = f"单位分设：{fact.unit} 分为 {_listed(fact.into)}"
        case UnitsEnded():
            said = f"单位撤销：{_listed(fact.units)}"
        case ConditionsGiven():
            names = [f"{one.unit} {CONDITION_NAMES.get(one.condition, one.condition) or '未定'}" for one in fact.units]
            said = f"单位状况：{_listed(names)}"
    return f"{said}，自{long_day(fact.day)}起{f'，依据{fact.document}' if fact.document else ''}"


def _stands(unit: str, area: str | None, parent: str | None) -> str:
    return f"{unit}（片组 {area or '无'}，上级 {parent or '无'}）"


def _listed(names: Sequence[str]) -> str:
    more = f"等 {len(names)} 个" if len(names) > _NAMED else ""
    return "、".join(names[:_NAMED]) + more
