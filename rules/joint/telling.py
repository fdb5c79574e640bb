"""What happened to joint acts, one Chinese sentence a fact."""

from collections.abc import Mapping
from datetime import datetime

from rules.dates.calendar import LOCAL
from rules.joint.acts import JOINT_ACT_NAMES, JointAct
from rules.joint.facts import (
    JointAsked,
    JointCarriedOut,
    JointConfirmed,
    JointDetail,
    JointFact,
    JointRefused,
    JointWithdrawn,
    PayloadKeyMade,
)


def tell_joint(fact: JointFact, names: Mapping[str, str]) -> str:
    """The fact as one line. `names` gives the names of people by id."""
    match fact:
        case JointAsked():
            gains = f"，涉及{'、'.join(names.get(one, one) for one in fact.gains)}" if fact.gains else ""
            what = f"{act_name(fact.act)}（{details_said(fact.details)}）"
            return f"提请第 {fact.number} 号双人办理：{what}{gains}，{_minute(fact.until)}以前有效"
        case JointConfirmed():
            return f"复核第 {fact.number} 号双人办理：同意"
        case JointRefused():
            return f"复核第 {fact.number} 号双人办理：不同意，{fact.reason}"
        case JointWithdrawn():
            return f"撤回第 {fact.number} 号双人办理"
        case JointCarriedOut():
            by, second = (names.get(one, one) for one in (fact.asked_by, fact.confirmed_by))
            return f"办成第 {fact.number} 号双人办理：{act_name(fact.act)}，{by}提请，{second}复核"
        case PayloadKeyMade():
            said = f"{_minute(fact.since)}起启用流程内容的密钥 {fact.key}，接替 {fact.previous}"
            return f"{said}{by_two(fact.joint)}"


def by_two(number: int) -> str:
    """Behind what an entry says that it was a joint act's; nothing where it was none's."""
    return f"（第 {number} 号双人办理）" if number else ""


def act_name(act: str) -> str:
    """What the act is called."""
    return JOINT_ACT_NAMES[JointAct(act)] if act in set(JointAct) else act


def details_said(details: tuple[JointDetail, ...]) -> str:
    """What fixes it, on one line."""
    return "，".join(f"{one.name} {one.value}" for one in details)


def _minute(at: datetime) -> str:
    return f"{at.astimezone(LOCAL):%Y-%m-%d %H:%M}"
