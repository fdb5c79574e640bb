"""What a command can say: every field once, with its kind, its words, its limits and the commands that take it.

The command and the request hold these fields; the check, the command line's options, the JSON body, the page's form and
the story are made from them. A text field more is a row and an attribute here, and one in the fact that keeps it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

from rules.forms.answers import Pairs

TEXT_LIMIT = 4000
EVIDENCE_ID_LIMIT = 64
LIST_LIMIT = 50
SHORT_LIMIT = 60
"""The most characters of a name that stands in a line."""


class FieldKind(StrEnum):
    """What a field holds, in the order in which a form asks for it."""

    ENTRY = "entry"
    """An entry of the item, by its seq."""
    YES_NO = "yes_no"
    CHOICE = "choice"
    UNIT = "unit"
    PERSON = "person"
    DATE = "date"
    NUMBER = "number"
    ANSWERS = "answers"
    """What the step's form asks for, each answer by its field (rules.forms.answers)."""
    TEXT = "text"
    FILES = "files"
    """Ids (SHA-256, hexadecimal) of stored files."""
    RESOLVED = "resolved"
    """Nobody is asked for it: whoever makes the command knows it."""


def _commands(names: str) -> frozenset[str]:
    return frozenset(names.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of commands. `needed`: the commands that must say it; `optional`: those that may. A step may need more of
    `submit` (Step.requires).

    `name`: as whoever asks calls it; `held`: as the command does, where it holds what was found under that name.
    `about`: what is to be filled in, in a sentence. `limit`: the most characters of a text or of each file's id, the
    largest number. `choices`: code to name; `offered`: where the item's process says which there are, what it calls
    them. `counted`: how a sentence says that so many were given. `labels`: what the field is called in one command's
    form.
    """

    name: str
    kind: FieldKind
    label: str
    about: str = ""
    needed: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    held: str = ""
    limit: int = TEXT_LIMIT
    choices: Mapping[str, str] = field(default_factory=dict)
    offered: str = ""
    counted: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def attribute(self) -> str:
        """What the command calls it."""
        return self.held or self.name

    @property
    def example(self) -> Any:
        """What fills it without fault, where that asks for nothing known of an item."""
        return _EXAMPLES.get(self.kind)

    def taken_by(self, command: str) -> bool:
        """Whether that command may say it."""
        return command in self.needed or command in self.optional


_EXAMPLES = {
    FieldKind.YES_NO: True,
    FieldKind.TEXT: "-",
    FieldKind.FILES: ("0" * EVIDENCE_ID_LIMIT,),
}


_FIELDS = (
    Field(
        name="entry",
        kind=FieldKind.ENTRY,
        label="有误的记录",
        about="申请更正第几条记录：时间线里的 seq，duban item 的“序”",
        needed=_commands("correct"),
        limit=1_000_000,
    ),
    Field(
        name="reason",
        kind=FieldKind.TEXT,
        label="理由",
        about="理由",
        needed=_commands(
            "decline reassign hand_over return ask_extension correct reopen annul pause recalculate migrate"
        ),
        optional=_commands("submit decide_extension decide_correction set_due"),
        labels={"submit": "没有全部完成的，为什么提前结束"},
    ),
    Field(
        name="tally",
        kind=FieldKind.CHOICE,
        label="项目",
        about="反馈的是哪一项：编号或名称；不写是一般的进展反馈",
        optional=_commands("report"),
        limit=SHORT_LIMIT,
        offered="tally_names",
    ),
    Field(
        name="about",
        kind=FieldKind.TEXT,
        label="对象",
        about="反馈的是哪一个对象：事先列出的名称，如 3号户",
        optional=_commands("report"),
        limit=SHORT_LIMIT,
    ),
    Field(
        name="text",
        kind=FieldKind.TEXT,
        label="说明",
        about="说明：做了什么、批示什么、目前进展；异议及其答复；申请更正时，有误的记录应当怎样写",
        needed=_commands("ask_extension correct remark watch object answer_objection"),
        optional=_commands("report submit sign approve urge close resume"),
        labels={
            "sign": "签收说明",
            "report": "进展情况",
            "submit": "办理情况",
            "approve": "审核意见",
            "ask_extension": "目前进展",
            "correct": "应当怎样写",
            "urge": "催办内容",
            "remark": "批示内容",
            "resume": "恢复说明",
            "close": "认定说明",
            "watch": "回头看情况",
            "object": "异议内容（不写是谁提的）",
            "answer_objection": "答复",
        },
    ),
    Field(
        name="to",
        kind=FieldKind.DATE,
        label="新的日期",
        about="申请延期至，暂停计时至，或自定的到期日",
        needed=_commands("ask_extension pause set_due"),
        labels={"ask_extension": "申请延至", "pause": "暂停至", "set_due": "到期日"},
    ),
    Field(
        name="place",
        kind=FieldKind.TEXT,
        label="公示地点",
        about="在哪里公示，如公开栏、内网、报纸",
        needed=_commands("publish"),
        limit=200,
    ),
    Field(
        name="on",
        kind=FieldKind.DATE,
        label="公示之日",
        about="公示：哪一天贴出、发布的；反馈：哪天做的，不写是今天",
        needed=_commands("publish"),
        optional=_commands("report"),
        labels={"report": "哪天做的"},
    ),
    Field(
        name="reference",
        kind=FieldKind.TEXT,
        label="文号或网址",
        about="公示的文号或网址",
        optional=_commands("publish"),
        limit=500,
    ),
    Field(
        name="step",
        kind=FieldKind.CHOICE,
        label="退回到",
        about="退回到哪个环节：编号或名称；不写是流程列出的第一个",
        optional=_commands("return"),
        offered="step_names",
    ),
    Field(
        name="days",
        kind=FieldKind.NUMBER,
        label="自报天数",
        about="自报天数（弹性时限）",
        optional=_commands("sign submit return"),
        limit=10_000,
    ),
    Field(
        name="evidence",
        kind=FieldKind.FILES,
        label="佐证材料",
        about="佐证材料，可多份",
        optional=_commands("report submit ask_extension correct close watch"),
        limit=EVIDENCE_ID_LIMIT,
        counted="佐证 {} 份",
    ),
    Field(
        name="answers",
        kind=FieldKind.ANSWERS,
        label="填报",
        about="本环节表单要填的项，可多项：项=内容；表里的写 表.行.列=内容，或重复写 表=内容，一次一行",
        optional=_commands("sign report submit approve close correct"),
        counted="填报 {} 项",
        labels={"correct": "应当是多少（只填要更正的）"},
    ),
    Field(
        name="grant",
        kind=FieldKind.YES_NO,
        label="是否同意",
        about="同意或不同意延期、更正",
        needed=_commands("decide_extension decide_correction"),
    ),
    Field(
        name="outcome",
        kind=FieldKind.CHOICE,
        label="认定结果",
        about="认定为什么：编号或名称",
        needed=_commands("close"),
        offered="outcome_names",
    ),
    Field(
        name="result",
        kind=FieldKind.CHOICE,
        label="回头看结果",
        about="回头看结果：成效保持、问题反弹",
        needed=_commands("watch"),
        choices={"held": "成效保持", "relapsed": "问题反弹"},
    ),
    Field(
        name="unit",
        kind=FieldKind.UNIT,
        label="承办单位",
        about="改派给哪个单位：编号、名称或简称",
        needed=_commands("reassign"),
        held="assignment",
        labels={"reassign": "改派给"},
    ),
    Field(
        name="successor",
        kind=FieldKind.PERSON,
        label="接手人",
        about="交接给哪位督查员：编号或姓名",
        needed=_commands("hand_over"),
    ),
    Field(
        name="children",
        kind=FieldKind.YES_NO,
        label="连同子项",
        about="连同还没有办结的子项一起作废",
        optional=_commands("annul"),
    ),
    Field(
        name="calendar",
        kind=FieldKind.RESOLVED,
        label="日历",
        needed=_commands("recalculate"),
        optional=_commands("watch reopen set_due"),
    ),
    Field(
        name="choice",
        kind=FieldKind.RESOLVED,
        label="可选的日子",
        optional=_commands("set_due"),
    ),
    Field(
        name="process",
        kind=FieldKind.RESOLVED,
        label="流程的新版本",
        needed=_commands("migrate"),
    ),
    Field(
        name="steps",
        kind=FieldKind.RESOLVED,
        label="新版本的环节",
        optional=_commands("migrate"),
    ),
    Field(
        name="given",
        kind=FieldKind.RESOLVED,
        label="填过的",
        optional=_commands("migrate"),
    ),
)
FIELDS: Mapping[str, Field] = {one.name: one for one in _FIELDS}
"""By name, in the order in which a fault of a command is named."""
ASKED = tuple(one for one in _FIELDS if one.kind is not FieldKind.RESOLVED)
"""What somebody can fill in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is held of a command's fields as it was filled in, by a request, by a command and by the facts that follow.

    `text`: what was done, planned, found or instructed, or what a wrong `entry` should have said. `days`: the length
    proposed for an elastic window. `to`: the new due date, asked for or chosen, or the last day of a pause. `place`,
    `on`, `reference`: where something was published, on which day and under which number or address. `tally`, `about`,
    `on`: for what something is reported, about what, on which day it happened.
    """

    reason: str | None = None
    text: str | None = None
    to: date | None = None
    days: int | None = None
    evidence: tuple[str, ...] = ()
    answers: Pairs = ()
    grant: bool | None = None
    outcome: str | None = None
    result: str | None = None
    step: str | None = None
    place: str | None = None
    on: date | None = None
    reference: str | None = None
    children: bool | None = None
    tally: str | None = None
    about: str | None = None

    def said_for(self, cls: type) -> dict[str, Any]:
        """What of it was filled in and has its place, by name, in values of that class."""
        return {f.name: value for f in fields_in(cls) if (value := getattr(self, f.name)) not in (None, ())}


@cache
def fields_in(cls: type) -> tuple[Field, ...]:
    """Those of a command's fields that values of that class hold as they were filled in."""
    said, held = ({one.name for one in fields(kind)} for kind in (Said, cls))
    return tuple(f for f in FIELDS.values() if f.name in said & held)


def needed(command: str) -> frozenset[str]:
    """What that command must say, as it holds it."""
    return frozenset(f.attribute for f in FIELDS.values() if command in f.needed)


def optional(command: str) -> frozenset[str]:
    """What that command may say besides, as it holds it."""
    return frozenset(f.attribute for f in FIELDS.values() if command in f.optional)
