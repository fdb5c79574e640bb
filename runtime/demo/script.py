"""Who does what on which working day of the demo. Data: parts to play, and which items play them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LIAISON = "liaison"
_HEAD = "unit_head"
_SUPERVISOR = "supervisor"
_LEADER = "leader"
INSTRUCTOR = "instructor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """On working day `day` (counted from issuing) somebody in that role gives a command. A field that begins with "+"
    is so many working days after the item's due date."""

    day: int
    role: str
    command: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Storyline:
    """A way for an item to go, told in one line."""

    name: str
    acts: tuple[Act, ...]


def act(day: int, role: str, command: str, **fields: Any) -> Act:
    """An act, short to write."""
    return Act(day=day, role=role, command=command, fields=fields)


MEASURES = (
    ("measures", "完善工作台账，逐项明确责任人和完成时限"),
    ("measures", "开展一次专项检查，对照清单逐条整改"),
    ("measures", "健全长效机制，纳入年度考核"),
)
PLAN = "已召开专题会议研究，制定整改方案，明确责任人和时间节点。"
PROGRESS = "已完成摸底排查，第一批措施落实到位，正在推进制度修订。"
RESULT = "整改措施已全部落实，佐证材料齐全，申请验收。"

DILIGENT = Storyline(
    name="按时办结",
    acts=(
        act(1, LIAISON, "sign"),
        act(4, LIAISON, "submit", text=PLAN, answers=MEASURES),
        act(6, _SUPERVISOR, "approve", text="方案可行，抓紧落实。"),
        act(18, LIAISON, "report", text=PROGRESS),
        act(25, LIAISON, "submit", text=RESULT),
        act(30, _SUPERVISOR, "close", outcome="rectified", text="逐条核对措施与材料，同意销号。"),
    ),
)
PLAN_RETURNED = Storyline(
    name="方案退回后重报",
    acts=(
        act(1, LIAISON, "sign"),
        act(4, LIAISON, "submit", text="已制定方案。", answers=(("measures", "加强学习，提高认识"),)),
        act(6, _SUPERVISOR, "return", reason="措施照抄上级文件，没有责任人和时间节点，请结合本单位实际重新制定。"),
        act(9, LIAISON, "submit", text=PLAN, answers=MEASURES),
        act(12, _SUPERVISOR, "approve", text="比上一稿扎实，同意。"),
        act(25, LIAISON, "report", text=PROGRESS),
    ),
)
DECLINED = Storyline(
    name="退回后改派",
    acts=(
        act(1, LIAISON, "decline", reason="此项职能已随机构改革划出，不属于我单位职责。"),
        act(2, _SUPERVISOR, "reassign", reason="经核实职能已划转，改由承接单位办理。", unit="another"),
        act(4, LIAISON, "sign"),
        act(9, LIAISON, "submit", text=PLAN, answers=MEASURES),
        act(12, _SUPERVISOR, "approve", text="同意。"),
    ),
)
EXTENDED = Storyline(
    name="延期获准",
    acts=(
        act(1, LIAISON, "sign"),
        act(4, LIAISON, "submit", text=PLAN, answers=MEASURES),
        act(6, _SUPERVISOR, "approve", text="同意。"),
        act(
            25,
            _HEAD,
            "ask_extension",
            reason="涉及办公用房改造，施工单位进场推迟。",
            text="已完成七成，余下为硬件改造。",
            to="+8",
        ),
        act(26, _SUPERVISOR, "decide_extension", grant=True, reason="情况属实，同意延期一次。"),
        act(36, LIAISON, "report", text="改造已完成，正在组织验收。"),
    ),
)
EXTENSION_REFUSED = Storyline(
    name="延期未准",
    acts=(
        act(1, LIAISON, "sign"),
        act(4, LIAISON, "submit", text=PLAN, answers=MEASURES),
        act(6, _SUPERVISOR, "approve", text="同意。"),
        act(18, LIAISON, "ask_extension", reason="近期工作任务较重。", text="尚在起草制度。", to="+5"),
        act(20, _SUPERVISOR, "decide_extension", grant=False, reason="工作忙不是延期的理由，按原定时限完成。"),
        act(25, LIAISON, "report", text="制度已印发，正在组织学习。"),
    ),
)
QUICK_THEN_LATE = Storyline(
    name="立行立改却逾期",
    acts=(
        act(1, LIAISON, "sign"),
        act(18, INSTRUCTOR, "urge", text="已逾期，请本周内报送结果。"),
        act(20, _LEADER, "remark", text="逾期两周仍无结果，请单位主要负责人说明情况。"),
        act(30, LIAISON, "submit", text=RESULT),
        act(36, _SUPERVISOR, "return", reason="缺少整改前后对照材料。"),
    ),
)
REOPENED = Storyline(
    name="销号后反弹重启",
    acts=(
        act(1, LIAISON, "sign"),
        act(6, LIAISON, "submit", text=RESULT),
        act(9, _SUPERVISOR, "close", outcome="rectified", text="现场核验通过，同意销号。"),
        act(30, _SUPERVISOR, "watch", result="relapsed", text="回头看抽查：近两个月又未按时开展，问题反弹。"),
        act(31, _SUPERVISOR, "reopen", reason="问题反弹，重新整改。"),
        act(36, LIAISON, "submit", text="已重新整改并建立提醒制度。"),
    ),
)
NEVER_SIGNED = Storyline(name="迟迟不签收", acts=(act(12, _SUPERVISOR, "urge", text="请尽快签收。"),))
REVIEWER_LATE = Storyline(
    name="审核方逾期",
    acts=(act(1, LIAISON, "sign"), act(4, LIAISON, "submit", text=PLAN, answers=MEASURES)),
)
CONTINUING = Storyline(
    name="转入下一轮",
    acts=(
        act(1, LIAISON, "sign"),
        act(6, LIAISON, "submit", text=RESULT),
        act(12, _SUPERVISOR, "close", outcome="continuing", text="阶段任务完成，转入下一轮持续整改。"),
        act(18, LIAISON, "submit", text="第二轮措施已落实。"),
    ),
)
ELASTIC = Storyline(
    name="弹性时限自报",
    acts=(
        act(1, LIAISON, "sign", days=12, text="科研任务集中，自报 12 个工作日制定方案。"),
        act(9, LIAISON, "submit", text=PLAN, answers=MEASURES, days=60),
        act(12, _SUPERVISOR, "approve", text="结合科研周期，同意 60 个工作日。"),
        act(30, LIAISON, "report", text=PROGRESS),
    ),
)
LONG_TERM = Storyline(
    name="长期坚持",
    acts=(
        act(2, LIAISON, "sign"),
        act(5, LIAISON, "submit", text=PLAN, answers=MEASURES),
        act(9, _SUPERVISOR, "approve", text="按季报送进展。"),
        act(36, LIAISON, "report", text="本季度已开展两次督查，问题整改率九成。"),
    ),
)

PARTS_BY_VARIANT: dict[str, tuple[Storyline, ...]] = {
    "at_once": (REOPENED, QUICK_THEN_LATE, CONTINUING, NEVER_SIGNED),
    "staged": (DILIGENT, EXTENDED, PLAN_RETURNED, EXTENSION_REFUSED, DECLINED, REVIEWER_LATE, NEVER_SIGNED),
    "long_term": (LONG_TERM,),
}
ELASTIC_KINDS = ("research", "enterprise")
DAYS = (1, 2, 4, 6, 9, 12, 18, 20, 25, 26, 30, 31, 36, 42)
"""The working days at which the demo stops to act; two months from issuing."""
