"""The Chinese words of the vocabulary: one per code word, as screens, documents and refusals use them. Two of them each
process may say in its own way (`rules.process.Words`): `names_of` gives all with those.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from rules.links import ChildLink
from rules.machine.fields import FIELDS
from rules.process import ClockKind, Holder, Party, Role, Stage, Words
from rules.publicity import PublicityScope

STATUS_NAMES = {
    "unsigned": "待签收",
    "declined": "已退回",
    "working": "办理中",
    "reviewing": "审核中",
    "waiting": "等待",
    "watching": "回头看",
    "closed": "已办结",
    "annulled": "作废",
}

COMMAND_NAMES = {
    "sign": "签收",
    "decline": "退回",
    "reassign": "改派",
    "hand_over": "交接",
    "report": "反馈进展",
    "submit": "上报",
    "approve": "审核通过",
    "return": "退回修改",
    "ask_extension": "申请延期",
    "decide_extension": "批复延期",
    "correct": "申请更正",
    "decide_correction": "批复更正",
    "urge": "催办",
    "remark": "批示",
    "publish": "公示",
    "object": "登记异议",
    "answer_objection": "答复异议",
    "close": "认定办结",
    "watch": "回头看",
    "reopen": "重启",
    "annul": "作废",
    "pause": "暂停计时",
    "resume": "恢复计时",
    "recalculate": "按新日历重算",
    "migrate": "换用新版本",
    "set_due": "自定到期日",
    "tick": "到点",
}

VIA_NAMES = {"site": "网站", "token": "接口令牌", "console": "终端", "system": "系统"}
"""What somebody acts through (rules.machine.commands.Via)."""

CONDITION_NAMES = {"advanced": "先进", "middle": "中间", "weak": "薄弱", "slack": "软弱涣散"}
"""In which condition a unit can be, from the best to the worst."""

OFFICE_ACT_NAMES = {
    "issue": "交办",
    "read": "查阅佐证材料",
    "export": "导出",
    "prove": "出具证明",
    "prove_scores": "出具得分的证明",
    "substitute": "替别人安排代理",
    "erase": "删除个人信息",
    "rotate_key": "换密钥",
    "grant": "给予管理员职务",
    "confirm_calendar": "复核采用日历",
    "confirm_migration": "复核换用流程版本",
    "confirm_erasure": "复核删除个人信息",
    "confirm_key": "复核换密钥",
    "confirm_grant": "复核给予管理员职务",
    "draw": "封存抽取的名单",
    "witness": "见证抽取",
    "replace_drawn": "替换抽中的单位",
    "round": "开放、解锁、停止轮次",
    "correct_round": "同意更正轮次通报",
    "allow_over_budget": "同意超出减负预算",
    "contest": "提出不该要",
    "answer_contest": "答复不该要",
    "accounts": "管理账号",
    "judge": "评定得分",
    "credit": "记加减分",
    "excuse": "不计入",
    "declare": "申报个性指标",
    "review_declared": "审定个性指标",
    "decide_tier": "认定状况",
    "use_result": "运用考核结果",
    "appeal": "申诉得分",
    "compare": "决定单位之间比不比",
}

FIELD_NAMES = {
    "id": "操作编号",
    **{field.attribute: field.label for field in FIELDS.values()},
    "deadline": "完成时限",
    "co_units": "协办单位",
}

VARIANT_NAME = "办理类型"
"""What the way in which an item runs is called."""

ROLE_NAMES = {
    Role.SUPERVISOR: "督查员",
    Role.LEADER: "分管领导",
    Role.INSTRUCTOR: "指导员",
    Role.AREA_LEADER: "片组长",
    Role.LIAISON: "联络员",
    Role.UNIT_HEAD: "单位负责人",
    Role.AUDITOR: "审计",
    Role.ADMINISTRATOR: "管理员",
    Role.SECURITY: "安全保密管理员",
    Role.SYSTEM: "系统",
}

SCOPE_NAMES = {PublicityScope.INSIDE: "内部公示", PublicityScope.PUBLIC: "向社会公示"}
STAGE_NAMES = {Stage.PLAN: "计划", Stage.EXECUTE: "执行", Stage.INSPECT: "检查", Stage.ADJUST: "调整"}
PARTY_NAMES = {Party.UNIT: "承办单位", Party.REVIEWER: "审核方"}
HOLDER_NAMES = {Holder.UNIT: PARTY_NAMES[Party.UNIT], Holder.AREA: "承办片组"}
CLOCK_NAMES = {
    ClockKind.UNSIGNED: "签收",
    ClockKind.DECLINED: "改派",
    ClockKind.WORKING: "办理",
    ClockKind.REVIEWING: "审核",
    ClockKind.WAITING: "等待",
    ClockKind.EXTENSION: "延期批复",
    ClockKind.REPORTING: "进展反馈",
    ClockKind.NODE: "节点",
}

MOVED_NAMES = {
    **{kind.value: f"{name}到期日" for kind, name in CLOCK_NAMES.items()},
    "cap": "事项总时限",
    "span": "全程总时限",
    "watch": "回头看期满日",
    "publicity": "公示期满日",
}

EVENT_NAMES = {
    "issued": "交办",
    "signed": "签收",
    "declined": "退回",
    "reassigned": "改派",
    "handed_over": "交接",
    "reported": "进展反馈",
    "submitted": "上报",
    "completed": "办结",
    "approved": "审核通过",
    "endorsed": "同意",
    "returned": "退回修改",
    "extension_asked": "申请延期",
    "extension_granted": "同意延期",
    "extension_refused": "不同意延期",
    "correction_asked": "申请更正",
    "corrected": "更正",
    "correction_refused": "不同意更正",
    "published": "公示",
    "objected": "登记异议",
    "objection_answered": "答复异议",
    "urged": "催办",
    "remarked": "批示",
    "closed": "认定办结",
    "cycle_started": "转入下一轮",
    "wait_ended": "等待期满",
    "watched": "回头看",
    "watch_ended": "回头看期满",
    "reopened": "重启",
    "annulled": "作废",
    "paused": "暂停计时",
    "resumed": "恢复计时",
    "recalculated": "按新日历重算",
    "due_set": "改定到期日",
    "migrated": "换用新版本",
    "fell_due": "到期未办结",
    "rung_reached": "督办",
    "child_ended": "子项办结",
    "child_reopened": "子项重启",
}

LINK_NAMES = {
    ChildLink.PART_OF: "子任务",
    ChildLink.FOUND_BY: "发现的问题",
    ChildLink.GUIDES: "分类指导",
    ChildLink.REPEATS: "重复问题",
    ChildLink.CAUSED_BY: "由此引起",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessNames:
    """What statuses, commands and events of a process are called, by code."""

    status: Mapping[str, str]
    command: Mapping[str, str]
    event: Mapping[str, str]


@cache
def names_of(words: Words) -> ProcessNames:
    """The names, where the process says those words."""
    return ProcessNames(
        status={**STATUS_NAMES, "closed": f"已{words.close}"},
        command={**COMMAND_NAMES, "close": f"认定{words.close}", "return": words.back},
        event={**EVENT_NAMES, "closed": f"认定{words.close}", "returned": words.back},
    )


def version_words(version: str) -> str:
    """A version of a process as people read it: the edition that its file says, and what that file's content is known
    by."""
    edition, _, content = version.partition("#")
    return f"{edition}（{content}）" if content else edition
